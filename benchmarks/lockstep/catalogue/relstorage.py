"""RelStorage, ZODB's objects in a database: pickles by number, locks, conflicts, old states, packing."""

from __future__ import annotations

from lockstep.program import Mask, Program

_USE = """
import sys
import transaction, ZODB
from BTrees.OOBTree import OOBTree
from persistent.mapping import PersistentMapping
from relstorage.adapters.sqlite.adapter import Sqlite3Adapter
from relstorage.options import Options
from relstorage.storage import RelStorage
from ZODB.POSException import ConflictError

def opened(**options):
    return ZODB.DB(RelStorage(Sqlite3Adapter("zodb", {}, options=Options(keep_history=False, **options))))

db = opened()
c = db.open()
root = c.root()
verb, *given = sys.argv[1:]
if verb == "fill":
    root["tree"] = OOBTree({f"key {n}": PersistentMapping(n=n, text="ü" * n) for n in range(50)})
    root["list"] = [1, 2.5, None, b"x"]
    transaction.commit()
elif verb == "show":
    tree = root["tree"]
    print(len(tree), list(tree)[:5], tree["key 7"]["text"], root["list"], sorted(root))
elif verb == "change":
    root["tree"][given[0]] = PersistentMapping(n=given[1]); root["list"] = root["list"] + given
    transaction.commit()
    root["gone"] = 1
    transaction.abort()
    print("gone" in root)
elif verb == "savepoint":
    root["one"] = 1
    s = transaction.savepoint()
    root["two"] = 2
    s.rollback()
    transaction.commit(); print(sorted(root))
elif verb == "conflict":
    one, two = (transaction.TransactionManager() for _ in "ab")
    a, b = db.open(one), db.open(two)
    a.root()["tree"]["key 1"]["n"] = "a"; b.root()["tree"]["key 1"]["n"] = "b"
    one.commit()
    try: two.commit()
    except ConflictError as error: print(type(error).__name__)
    two.abort(); print(b.root()["tree"]["key 1"]["n"])
    a.close(); b.close()
elif verb == "delete":
    for key in list(root["tree"])[: int(given[0])]: del root["tree"][key]
    transaction.commit(); print(len(root["tree"]))
elif verb == "pack":
    before = len(db.storage); db.pack(); print(before > len(db.storage) or given, len(root["tree"]))
elif verb == "many":
    for n in range(int(given[0])): root["tree"][f"new {n}"] = PersistentMapping(n=n)
    transaction.commit(); print(len(root["tree"]))
c.close()
db.close()
"""

RELSTORAGE = Program(
    name="relstorage",
    packages=("relstorage[sqlite3]",),
    database="zodb/main.sqlite3",
    files={"use.py": _USE},
    prepare=("python use.py fill",),
    commands=(
        "python use.py show",
        "python use.py change 'key 7' new",
        "python use.py show",
        "python use.py savepoint",
        "python use.py conflict",
        "python use.py many 300",
        "python use.py delete 20",
        "python use.py pack",
        "python use.py show",
        "python use.py pack again",
        "python use.py many 10",
        "python use.py show",
    ),
    masks=(Mask(pattern=r"\b2\d{17}\b", why="a transaction is numbered by its moment"),),
    not_compared=("zodb/*",),
)
