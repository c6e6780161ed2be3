"""Walking a tree: the parts of a node, and the tables a statement speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass


def children(node: object) -> Iterator[object]:
    """The nodes directly inside a node, in order of writing, tuples opened."""
    if isinstance(node, tuple):
        for item in node:
            if is_dataclass(item):
                yield item
            else:
                yield from children(item)
    elif is_dataclass(node):
        for field in fields(node):
            part = getattr(node, field.name)
            if is_dataclass(part):
                yield part
            else:
                yield from children(part)


def walk(node: object) -> Iterator[object]:
    """The node and all nodes inside it, outer before inner."""
    yield node
    for child in children(node):
        yield from walk(child)
