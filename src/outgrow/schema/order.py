"""Order by dependency: what others need comes first."""

from __future__ import annotations

from collections.abc import Mapping, Set


def dependency_order(needs: Mapping[str, Set[str]]) -> tuple[str, ...]:
    """The keys of `needs`, each after all it needs, otherwise in the order given.

    Needs that are no keys are ignored. Members of a cycle stay in the order given.
    """
    done: dict[str, None] = {}
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered:
            return
        entered.add(name)
        for need in needs:
            if need in needs[name]:
                visit(need)
        done.setdefault(name)

    for name in needs:
        visit(name)
    return tuple(done)
