"""sqlitedict, a dictionary in a table: a thread that owns the connection, REPLACE, tables made by name."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import sys
from sqlitedict import SqliteDict
verb, *given = sys.argv[1:]
with SqliteDict("things.db", tablename=given[0] if given else "unnamed", autocommit=verb == "auto") as d:
    if verb == "fill":
        for n in range(20):
            d[f"key {n}"] = {"n": n, "list": list(range(n)), "text": "Ä" * n}
        d[7] = "an integer key"
        d.commit()
    elif verb == "read":
        print(len(d), bool(d), d.get("key 3"), d.get("nothing"), "key 4" in d, d["7"])
        print(list(d.keys())[:5], list(d.values())[:2], dict(d.items())["key 2"])
    elif verb == "change":
        d["key 1"] = "changed"
        d.update({"new": 1, "newer": 2})
        del d["key 2"]
        print(d.pop("key 5"), d.setdefault("key 6", 0)["n"])
        d.commit()
        d["lost"] = "never committed"
    elif verb == "wrong":
        try:
            d["nobody"]
        except KeyError as error:
            print("KeyError", error)
        try:
            del d["nobody"]
        except KeyError as error:
            print("KeyError", error)
    elif verb == "auto":
        d["auto"] = b"bytes"
    elif verb == "tables":
        print(SqliteDict.get_tablenames("things.db"))
    elif verb == "clear":
        d.clear()
        print(len(d), bool(d))
        d.commit()
    elif verb == "order":
        print([key for key, _ in d.items()])
"""

SQLITEDICT = Program(
    name="sqlitedict",
    packages=("sqlitedict",),
    database="things.db",
    move=("--rowids", "all"),  # it lists by rowid
    files={"use.py": _USE},
    prepare=("python use.py fill", "python use.py fill second"),
    commands=(
        "python use.py read",
        "python use.py order",
        "python use.py change",
        "python use.py order",
        "python use.py wrong",
        "python use.py auto",
        "python use.py read",
        "python use.py tables",
        "python use.py fill third",
        "python use.py change third",
        "python use.py tables",
        "python use.py order third",
        "python use.py clear second",
        "python use.py order second",
        "python use.py fill second",
        "python use.py order second",
    ),
)
