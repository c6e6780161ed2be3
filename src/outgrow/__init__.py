"""outgrow moves an application from SQLite to PostgreSQL; `ARCHITECTURE.md` draws the walk.

`outgrow.connect` is `sqlite3.connect` that takes the URL of a moved database, too.
"""

import importlib
from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """`connect`, which is imported when it is asked for, so that `import outgrow` costs nothing."""
    if name == "connect":
        # By name: the package itself is below all of its layers.
        return importlib.import_module("outgrow.runtime.sqlite3").connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
