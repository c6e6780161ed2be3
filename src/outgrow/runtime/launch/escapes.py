"""Ways from another SQLite database to a file that is PostgreSQL now: ATTACH, and a backup into it.

Asked by `patching` for the connections that stay SQLite's own. Both are refused, since the one would read and
write the old file and the other would write nowhere. Standard library only.
"""

from __future__ import annotations

import _sqlite3
import os
import re
from collections.abc import Callable
from typing import Any

from outgrow.runtime.launch import paths

_ATTACH = re.compile(r"\battach\b", re.IGNORECASE)
_TEXT = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"")

RUNS = ("execute", "executemany", "executescript")


def refuse_attach(sql: object, parameters: object, is_ours: Callable[[str], bool]) -> None:
    """NotSupportedError for an ATTACH that names one of the files, in its text or by a parameter."""
    if not isinstance(sql, str) or not _ATTACH.search(sql):
        return
    named = [one.replace("''", "'") or other for one, other in _TEXT.findall(sql)]
    values = list(parameters.values()) if isinstance(parameters, dict) else parameters
    if isinstance(values, tuple | list):  # anything else might be used up
        named += [os.fsdecode(value) for value in values if isinstance(value, str | bytes)]
    for name in named:
        found = paths.named(name, is_uri=lambda: True)
        if found is not None and is_ours(found.path):
            raise _sqlite3.NotSupportedError(
                f"ATTACH of {name}, which is PostgreSQL now: connect to it by its name, and attach the other "
                "one there after moving that, too"
            )


def refuse_backup(target: Any) -> None:
    """NotSupportedError for a backup into a database that is PostgreSQL."""
    base = getattr(target, "outgrow_base", None)
    if base is not None and getattr(base, "target", None) is not None:
        raise _sqlite3.NotSupportedError(
            "a backup into a file that is PostgreSQL now: move the copy with outgrow move --replace"
        )
