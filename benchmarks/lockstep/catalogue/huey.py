"""huey, a task queue: its own threads and transactions, priorities, pickles, results that are taken once."""

from __future__ import annotations

from lockstep.program import Mask, Program

_USE = """
import datetime, sys
from huey import SqliteHuey
huey = SqliteHuey("tasks", filename="tasks.db", immediate=False)

@huey.task(retries=1)
def add(a, b):
    print("adding", a, b)
    return a + b

@huey.task()
def fail():
    raise ValueError("no")

verb, *given = sys.argv[1:]
if verb == "put":
    for n in range(int(given[0])):
        add(n, n)
    add.schedule((1, 2), eta=datetime.datetime(2031, 1, 1))
    fail()
elif verb == "look":
    print(len(huey), huey.pending_count(), huey.scheduled_count(), huey.result_count())
    print([(task.name, task.args) for task in huey.pending()], [task.args for task in huey.scheduled()])
elif verb == "work":
    for _ in range(int(given[0])):
        task = huey.dequeue()
        if task is None:
            print("nothing to do")
            continue
        print(task.name, huey.execute(task))
elif verb == "keep":
    huey.put("key", {"a": 1})
    print(huey.get("key", peek=True), huey.get("key"), huey.get("key"))
    print(huey.put_if_empty("once", 1), huey.put_if_empty("once", 2))
    with huey.lock_task("lock"):
        print(huey.is_locked("lock"))
elif verb == "priority":
    huey.enqueue(add.s(8, 8))
    huey.enqueue(add.s(7, 7, priority=5))
    print([task.args for task in huey.pending()])
elif verb == "results":
    print(len(huey.all_results()))
elif verb == "flush":
    huey.flush()
    print(len(huey), huey.result_count())
"""

HUEY = Program(
    name="huey",
    packages=("huey",),
    database="tasks.db",
    files={"use.py": _USE},
    prepare=("python use.py put 3",),
    commands=(
        "python use.py look",
        "python use.py work 2",
        "python use.py look",
        "python use.py keep",
        "python use.py priority",
        "python use.py look",
        "python use.py work 5",
        "python use.py results",
        "python use.py put 2",
        "python use.py look",
        "python use.py work 1",
        "python use.py keep",
        "python use.py results",
        "python use.py work 9",
        "python use.py flush",
        "python use.py look",
        "python use.py put 3",
        "python use.py work 1",
        "python use.py look",
    ),
    masks=(
        Mask(
            pattern=r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            why="tasks have random names",
        ),
    ),
)
