"""What `outgrow run` tells the program's processes: which file is which database, and where to write.

Written by `cli.run` into the environment, read by `patching` inside the program. Standard library only.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

_LENT = ("outgrow", "psycopg", "psycopg_binary", "psycopg_c", "typing_extensions", "apsw", "numpy", "pyarrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One SQLite file and what becomes of it.

    `database` is its absolute path. With `url` (and its password) it is a PostgreSQL database, with
    `schema`, `values` and `keys` where the URL does not say them ("" for none). With `record` every
    statement is written to that file, whose clock began at `clock` (ns of time.monotonic_ns()), with the
    first `rows` rows of each result.
    """

    database: str
    url: str = ""
    schema: str = ""
    values: str = ""
    keys: str = ""
    record: str = ""
    rows: int = 0
    clock: int = 0


def environment(target: Target, report: Path, current: Mapping[str, str]) -> dict[str, str]:
    """The environment of the program: `current`, and what the bootstrap needs.

    An `outgrow run` that is started by another one adds its file to those of the other.
    """
    bootstrap = str(Path(__file__).with_name("bootstrap"))
    targets = [asdict(found) for found in read(current) if found.database != target.database]
    above = current.get("OUTGROW_RUN_REPORT")
    return {
        **current,
        "PYTHONPATH": os.pathsep.join(filter(None, (bootstrap, current.get("PYTHONPATH")))),
        "OUTGROW_RUN_TARGETS": json.dumps([*targets, asdict(target)]),
        "OUTGROW_RUN_REPORT": os.pathsep.join(filter(None, (above, str(report)))),
        "OUTGROW_RUN_PATHS": os.pathsep.join(_directories()),
        "OUTGROW_RUN_TAG": (sys.implementation.cache_tag or "") + getattr(sys, "abiflags", ""),
    }


def read(environ: Mapping[str, str]) -> list[Target]:
    """The files that this environment speaks of."""
    return [Target(**found) for found in json.loads(environ.get("OUTGROW_RUN_TARGETS") or "[]")]


def _directories() -> list[str]:
    """Where outgrow and what it needs are installed."""
    found = [importlib.util.find_spec(name) for name in _LENT]
    places = [
        str(Path(spec.origin).parents[1 if spec.submodule_search_locations else 0])
        for spec in found
        if spec is not None and spec.origin
    ]
    return list(dict.fromkeys([*places, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]))
