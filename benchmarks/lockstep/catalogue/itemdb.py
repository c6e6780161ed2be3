"""itemdb, documents with indexed fields, as Timetagger keeps its records: tables that grow columns."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import json, sys
from itemdb import ItemDB

db = ItemDB("items.db")
verb, *given = sys.argv[1:]
if verb == "tables":
    db.ensure_table("person", "!name", "age", "town")
    db.ensure_table("log", "at", "level")
    print(db.get_table_names(), {n: sorted(db.get_indices(n)) for n in db.get_table_names()})
elif verb == "grow":
    db.ensure_table("person", "!name", "age", "town", *given)
    print(sorted(db.get_indices("person")))
elif verb == "put":
    with db:
        for word in given:
            name, age, town = word.split(",")
            db.put_one("person", name=name, age=int(age), town=town, about={"ä": [age, None, True, 1.5]})
elif verb == "many":
    with db:
        db.put("log", *({"at": n, "level": "wx"[n % 2], "text": f"t{n}"} for n in range(int(given[0]))))
    print(db.count("log", "level == 'w'"))
elif verb == "bad":
    for item in ({"age": 3}, {"name": "x", "age": "y" * 3}, ["name"]):
        try:
            with db:
                db.put("person", {"name": "kept?", "age": 1}, item)
        except Exception as error:
            print(type(error).__name__, error)
    print(db.count_all("person"))
elif verb == "query":
    print(sorted(json.dumps(item) for item in db.select("person", *given)))
    print(db.count("person", *given))
elif verb == "one":
    print(db.select_one("person", "name = ?", given[0]))
elif verb == "delete":
    with db:
        db.delete("person", *given)
    print(db.count_all("person"))
elif verb == "rename":
    with db:
        db.rename_table(*given)
    print(db.get_table_names())
elif verb == "drop":
    with db:
        db.delete_table(given[0])
    print(db.get_table_names(), db.mtime > 0)
"""

ITEMDB = Program(
    name="itemdb",
    packages=("itemdb",),
    database="items.db",
    plan='[outgrow]\nversion = 1\njson = "json"\n',  # it prints whole documents
    files={"use.py": _USE},
    prepare=(
        "python use.py tables",
        "python use.py put Ada,36,London Grace,85,Arlington",
        "python use.py many 20",
    ),
    commands=(
        "python use.py tables",
        "python use.py query 'age > ?' 40",
        "python use.py query 'age > 3'",
        "python use.py put Ada,37,Paris Edsger,72,Nuenen 'Łukasz,1,Kraków'",
        "python use.py query \"town == 'Paris' OR age < 80\"",
        "python use.py one Ada",
        "python use.py one nobody",
        "python use.py grow height",
        "python use.py query 'height IS NULL'",
        "python use.py bad",
        "python use.py many 50",
        "python use.py delete \"name = 'Grace'\"",
        "python use.py delete 'missing = 1'",
        "python use.py rename log history",
        "python use.py tables",
        "python use.py many 3",
        "python use.py drop log",
        "python use.py grow !height",
        "python use.py query \"name LIKE '%a%'\"",
    ),
    known={
        "python use.py bad": "it writes a text into a column that held whole numbers alone, which is refused",
        "python use.py delete \"name = 'Grace'\"": "two rows more: those of the command above",
    },
)
