"""pyDAL, web2py's database layer: columns that are added later, functions of its own in SQL, cascades."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import datetime, sys
from pydal import DAL, Field

verb, *given = sys.argv[1:]
db = DAL("sqlite://app.db", folder=".", adapter_args={"foreign_keys": True})
more = [Field("colour", "string", default="red"), Field("weight", "double")] if "grow" in verb else []
db.define_table("person", Field("name", unique=True, notnull=True), Field("born", "date"),
                Field("seen", "datetime"), Field("wakes", "time"), Field("active", "boolean", default=True),
                Field("pay", "decimal(10,2)"), Field("share", "double"), Field("tags", "list:string"),
                Field("doc", "json"), Field("photo", "blob"), Field("count_", "integer"), *more)
db.define_table("dog", Field("name"), Field("owner", "reference person"),
                Field("friends", "list:reference person"))
db.define_table("note", Field("text_", "text"), Field("dog", "reference dog", ondelete="SET NULL"))

def show(rows):
    for row in rows: print({k: v for k, v in sorted(row.as_dict().items())})

p, d = db.person, db.dog
if verb == "fill":
    for n in range(1, 9):
        p.insert(name=f"Person {n}", born=datetime.date(1990, n, n),
                 seen=datetime.datetime(2024, n, 2, 3, 4, n), wakes=datetime.time(6, n), active=n % 2 == 0,
                 pay=n * 1.25, share=n / 3, tags=["a", "ü"][: n % 3], doc={"n": n, "ü": [n, None]},
                 photo=bytes([n]), count_=n % 4)
        d.insert(name=f"Dog {n}", owner=(n + 2) // 3, friends=[1, n])
        db.note.insert(text_="Bark " * n, dog=n)
elif verb == "all":
    for table in (p, d, db.note): show(db(table).select(orderby=table.id))
elif verb == "queries":
    show(db(p.name.like("PERSON%") & (p.count_ > 1)).select(p.id, p.name, orderby=~p.id))
    show(db(p.name.like("PERSON 1", case_sensitive=True)).select(p.id))
    show(db(p.name.contains("son 2") | p.tags.contains("ü")).select(p.id, p.tags, orderby=p.id))
    show(db(p.name.regexp("[357]$")).select(p.id, p.name, orderby=p.id))
    late = db((p.born.year() == 1990) & (p.born.month() > 5))
    show(late.select(p.id, p.seen.hour(), p.seen.minutes(), orderby=p.id))
    show(db(p.seen.epoch() > 0).select(p.seen.epoch().max(), p.born.min()))
    many = d.id.count()
    show(db(d.owner == p.id).select(p.name, many, groupby=p.name, orderby=p.name, having=many > 2))
    show(db().select(p.name, d.name, left=d.on(d.owner == p.id), orderby=p.id | d.id))
    show(db(p.id.belongs(db(d.name > "Dog 6")._select(d.owner))).select(p.id, orderby=p.id))
    show(db(p).select(p.count_, p.pay.sum(), p.share.avg(), groupby=p.count_, orderby=p.count_))
    show(db(p).select(p.name.upper(), p.name.len(), p.name[2:5], p.name.replace("Per", "X"), limitby=(2, 5),
                      orderby=p.id))
    show(db(p.active == True).select(p.active.count(), p.count_.coalesce_zero().sum()))
    show(db(p.id < 3).select(p.count_.max().coalesce(p.pay.max()), distinct=True))
    print(db(d.friends.contains(1)).count(), db(p.id > 100).isempty(), db.executesql("SELECT 1 FROM note"))
    print(db(p.name.startswith("Person")).count(distinct=p.count_), db(~p.name.endswith("1")).count())
elif verb == "change":
    new = {"name": "Changed", "born": None, "count_": p.count_ + 10, "tags": ["x|y"], "doc": [1]}
    print(db(p.id == int(given[0])).update(**new))
    p[2] = {"pay": 0.01}
    print(p.update_or_insert(p.name == "Person 3", name="Person 3", share=9))
    print(p.update_or_insert(name="Fresh"))
    print(p.validate_and_insert(name="Person 4"))
elif verb == "bad":
    for make in (lambda: p.insert(name="Person 4"), lambda: p.insert(name=None), lambda: d.insert(owner=99)):
        try: print(make())
        except Exception as error: print(type(error).__name__, error)
        db.rollback()
elif verb == "delete":
    print(db(p.id == int(given[0])).delete(), db(d).count(), db(db.note.dog == None).count())
elif verb == "grow":
    print(p.fields[-2:], db(p.colour == "red").count(), p.insert(name="Grown", colour="blue", weight=1.5))
elif verb == "grown":
    show(db(p.weight > 1).select(p.name, p.colour, p.weight))
elif verb == "truncate":
    db.note.truncate(); print(db(db.note).count(), db.note.insert(text_="again"))
elif verb == "drop":
    db.note.drop(); print(db.tables)
db.commit()
db.close()
"""

PYDAL = Program(
    name="pydal",
    packages=("pydal",),
    database="app.db",
    plan='[outgrow]\nversion = 1\njson = "json"\n',  # it prints whole documents
    files={"use.py": _USE},
    prepare=("python use.py fill",),
    commands=(
        "python use.py all",
        "python use.py queries",
        "python use.py change 1",
        "python use.py bad",
        "python use.py all",
        "python use.py queries",
        "python use.py delete 2",
        "python use.py all",
        "python use.py grow",
        "python use.py grown",
        "python use.py all",
        "python use.py truncate",
        "python use.py drop",
        "python use.py all",
    ),
)
