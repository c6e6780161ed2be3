"""The crew of threads: its order, and what an error stops."""

from __future__ import annotations

import threading
import time

import pytest

from outgrow.move.work import Crew


def test_the_lowest_rank_runs_first_and_then_the_order_given() -> None:
    done: list[str] = []
    with Crew(1) as crew:
        begun, go = threading.Event(), threading.Event()
        crew.give(lambda: (begun.set(), go.wait()))
        begun.wait()
        for name, rank in (("late", 2), ("first", 0), ("second", 0), ("middle", 1)):
            crew.give(lambda name=name: done.append(name), rank)  # type: ignore[misc]
        go.set()
        crew.run()
    assert done == ["first", "second", "middle", "late"]


def test_a_task_gives_tasks_and_all_are_done() -> None:
    done: list[int] = []
    with Crew(2) as crew:

        def task(depth: int) -> None:
            done.append(depth)
            if depth:
                crew.give(lambda: task(depth - 1))

        crew.run([lambda: task(5)])
    assert done == [5, 4, 3, 2, 1, 0]


def test_the_first_error_stops_what_has_not_begun() -> None:
    done: list[str] = []
    stopped = threading.Event()

    def fail() -> None:
        raise ValueError("first")

    def stop() -> None:
        stopped.set()
        time.sleep(0.02)  # the worker is quicker than the pool's own end

    with Crew(1, on_stop=stop) as crew:
        begun, go = threading.Event(), threading.Event()
        crew.give(lambda: (begun.set(), go.wait()))
        begun.wait()
        crew.give(fail, 1)
        crew.give(stopped.wait, 2)
        crew.give(lambda: done.append("late"), 3)
        go.set()
        with pytest.raises(ValueError, match="first"):
            crew.run()
    assert stopped.is_set()
    assert done == []
