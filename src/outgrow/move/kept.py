"""What a moved database keeps for those who run SQL on it, as values. Read at every start of an application.

Light on purpose: `remembered`, which can build it anew, needs the whole planner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from outgrow.errors import TargetError
from outgrow.options import Options
from outgrow.schema import document
from outgrow.schema.target import TargetModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What SQL for the moved database is translated with; `texts` are SQLite's CREATE texts.

    `options` are the move's own policies with the facts of the server, `source` is the path of the file.
    """

    source: str
    model: TargetModel
    options: Options
    texts: tuple[str, ...]


_TEMPORARY = re.compile(r"CREATE TEMP |CREATE(?: UNIQUE)? INDEX temp\.|CREATE VIRTUAL TABLE temp\.")


def lasting(texts: tuple[str, ...]) -> tuple[str, ...]:
    """SQLite's texts without those of temporary objects, as `move.define` marks them."""
    return tuple(text for text in texts if not _TEMPORARY.match(text))


def loaded(text: str, schema: str) -> Remembered:
    """What a kept document says; TargetError when another outgrow wrote it in a form of its own."""
    try:
        return document.load(Remembered, text)
    except (ValueError, KeyError, TypeError) as error:
        raise TargetError(
            f"the target keeps its model of schema {schema} in a form that this outgrow does not read; "
            "use the one that wrote it, or move the file again with --replace"
        ) from error


def refreshed(found: Remembered, facts: Options) -> Remembered:
    """The same with what the server can do now."""
    return replace(
        found,
        options=replace(
            found.options, bytewise=facts.bytewise, vectors=facts.vectors, server_version=facts.server_version
        ),
    )
