"""Booleans: declared ones, and integers that are only 0 and 1 in a column that says it is a flag."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.values.booleans import SPELLINGS

_FLAG_NAME = re.compile(
    r"(?:is|has|was|can|should|allow|allows|enable|disable|show|hide|use|uses|no|not|needs|include|auto)_\w+\Z"
    r"|(?:\w+_)?(?:enabled|disabled|active|inactive|deleted|archived|hidden|visible|locked|verified|public"
    r"|private|published|favou?rite|starred|pinned|read|seen|admin|default|required|optional|success"
    r"|completed|done|paused|approved|confirmed|muted|blocked|flag)\Z"
    r"|(?:is|has|was|can)[A-Z]\w*\Z"
)
_NOISE = re.compile(r"[\s\"`\[\]()]")


def boolean(e: Evidence) -> Iterator[Candidate]:
    """0 and 1 as integers, or two known spellings as text; never in a key."""
    is_declared = e.declared.meaning == "boolean"
    if e.is_key or not (is_declared or _looks_like_flag(e)):
        return
    why = e.told if is_declared else "only 0 and 1, named and defaulted or checked like a flag"
    if e.only("integer") and e.within(0, 1):
        yield Candidate(type="boolean", conversion="boolean:0/1", evidence=why)
    if is_declared and e.profile.values and e.only("text"):
        for spelling in SPELLINGS:
            if set(e.texts) <= set(spelling.split("/")):
                yield Candidate(
                    type="boolean", conversion=f"boolean:{spelling}", evidence=f"{why}, spelled {spelling}"
                )


def _looks_like_flag(e: Evidence) -> bool:
    if not e.inferring or not e.profile.values:
        return False
    if any(_is_flag_check(check.expression, e.column.name) for check in e.table.checks):
        return True
    default = (e.column.default or "").strip("()' \"").lower()
    return bool(_FLAG_NAME.match(e.column.name)) and default in {"0", "1", "false", "true"}


def _is_flag_check(expression: str, column: str) -> bool:
    text, name = _NOISE.sub("", expression).lower(), _NOISE.sub("", column).lower()
    return text in {
        f"{name}in0,1",
        f"{name}in1,0",
        f"{name}=0or{name}=1",
        f"{name}=1or{name}=0",
        f"{name}between0and1",
    }
