"""Pony, an object-relational mapper: functions of its own in SQL, JSON, dates as texts, optimistic checks."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import sys
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from pony.orm import *

db = Database()

class Person(db.Entity):
    name = Required(str, unique=True)
    age = Required(int)
    born = Optional(date)
    seen = Optional(datetime)
    took = Optional(timedelta)
    pay = Optional(Decimal, 10, 2)
    share = Optional(float)
    active = Required(bool, default=True)
    key = Optional(UUID)
    photo = Optional(bytes)
    notes = Optional(Json)
    town = Optional("Town")
    friends = Set("Person", reverse="friends")
    orders = Set("Order")
    composite_index(age, name)

class Town(db.Entity):
    name = PrimaryKey(str)
    people = Set(Person)

class Order(db.Entity):
    person = Required(Person)
    lines = Required(int)
    PrimaryKey(person, lines)

db.bind(provider="sqlite", filename="{home}/app.db", create_db=True)
db.generate_mapping(create_tables=True)
verb, *given = sys.argv[1:]

def show(rows):
    for row in rows:
        print(row if not isinstance(row, Person) else
              (row.id, row.name, row.age, row.born, row.seen, row.took, row.pay, row.share, row.active,
             row.key, row.photo, row.notes, row.town and row.town.name, sorted(p.name for p in row.friends)))

with db_session:
    if verb == "fill":
        towns = [Town(name=n) for n in ("Köln", "Łódź")]
        for n in range(1, 13):
            Person(name=f"Person {n}", age=20 + n % 5, born=date(1990, 1, n),
                   seen=datetime(2024, 2, n, 3, 4, 5, n * 1000),
                   took=timedelta(minutes=n), pay=Decimal(n) * Decimal("1.10"), share=n / 3,
                   active=n % 3 > 0, key=UUID(int=n), photo=bytes([n]), town=towns[n % 2],
                   notes={"n": n, "tags": ["a", "ü"][: n % 3], "deep": {"x": n * 1.5}})
        people = list(Person.select().order_by(Person.id))
        for a, b in zip(people, people[3:]): a.friends.add(b)
        for n in (1, 2, 3): Order(person=people[0], lines=n)
    elif verb == "all":
        show(Person.select().order_by(Person.id))
    elif verb == "queries":
        in_town = select(p for p in Person if p.age > 22 and p.town.name == "Köln")
        show(in_town.order_by(lambda p: desc(p.name)))
        show(select((p.town.name, count(p), avg(p.age), sum(p.pay)) for p in Person).order_by(1))
        show(select(p.name for p in Person if p.name.upper().startswith("PERSON 1")).order_by(1))
        show(select(p.name for p in Person if "son 2" in p.name or p.name.endswith("3")).order_by(1))
        parts = select((p.born.year, p.born.month, p.born.day, p.seen.hour) for p in Person if p.born.day < 4)
        show(parts.order_by(3))
        show(select(p.name for p in Person if p.born > date(1990, 1, 9)).order_by(1))
        show(select(p.name for p in Person if p.seen < datetime(2024, 2, 3)).order_by(1))
        show(select(p.name for p in Person if len(p.orders) > 1))
        show(select(p.name for p in Person if p.notes["n"] == 4))
        show(select((p.id, p.notes["deep"]["x"]) for p in Person if p.notes["deep"]["x"] > 15).order_by(1))
        show(select(p.id for p in Person if "ü" in p.notes["tags"]).order_by(1))
        show(select(max(p.born) for p in Person))
        show(select((p.age, group_concat(p.id)) for p in Person if p.id < 4).order_by(1))
        show(select(p.name for p in Person).order_by(1).limit(3, offset=2))
        print(Person.select(lambda p: p.active).count(), exists(p for p in Person if p.age > 90))
        print(Person.get(name="Person 7").id, round(select(avg(p.share) for p in Person).first(), 6))
        print(select(max(p.pay) for p in Person).first(), select(sum(p.share) for p in Person).first() > 25)
        show(db.select("select name, age from Person where id < $(3 + 1) order by id"))
        show(select(coalesce(p.pay, 0) for p in Person if p.id == 3))
        show(select(distinct(p.age) for p in Person).order_by(1))
        show(select(raw_sql("abs(p.age - 30)") for p in Person if p.id in (1, 2, 3)).order_by(1))
    elif verb == "change":
        p = Person[int(given[0])]
        p.age += 5; p.born = date(2000, 2, 29); p.seen = datetime(2030, 1, 2, 3, 4, 5)
        p.notes["n"] = "changed"; p.active = not p.active; p.friends.clear(); p.town = None
        p.pay = Decimal("0.01"); p.took = timedelta(days=2, microseconds=5)
    elif verb == "new":
        print(Person(name=given[0], age=1).flush(), max(p.id for p in Person))
    elif verb == "bad":
        for make in (lambda: Person(name="Person 1", age=1), lambda: Order(person=Person[1], lines=1),
                     lambda: Person[99]):
            try:
                make(); flush()
            except Exception as error:
                print(type(error).__name__, error); rollback()
    elif verb == "delete":
        Person[int(given[0])].delete()
    elif verb == "bulk":
        print(delete(p for p in Person if p.age > int(given[0])), Person.select().count())
    elif verb == "sql":
        for sql in given: show(db.execute(sql).fetchall())
if verb == "drop":
    db.drop_table("Order", with_all_data=True)
    db.create_tables()
"""

PONY = Program(
    name="pony",
    packages=("pony",),
    database="app.db",
    plan='[outgrow]\nversion = 1\njson = "json"\n',  # it prints whole documents
    files={"use.py": _USE.replace("{home}/", "")},
    prepare=("python use.py fill",),
    commands=(
        "python use.py all",
        "python use.py queries",
        "python use.py change 3",
        "python use.py change 4",
        "python use.py new Nobody",
        "python use.py bad",
        "python use.py all",
        "python use.py queries",
        "python use.py delete 1",
        "python use.py delete 99",
        "python use.py bulk 23",
        "python use.py sql 'SELECT count(*), max(seq) FROM sqlite_sequence' 'PRAGMA table_info(Person)'",
        "python use.py new Again",
        "python use.py all",
        "python use.py drop",
        "python use.py all",
    ),
)
