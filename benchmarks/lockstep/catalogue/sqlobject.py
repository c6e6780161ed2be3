"""SQLObject: rows as objects, each change an UPDATE of its own, schema made by code, joins, inheritance."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import datetime, decimal, sys
from sqlobject import *
from sqlobject.inheritance import InheritableSQLObject
from sqlobject.sqlbuilder import LIKE, IN, Select, func, LEFTJOINOn, Update, Delete, Insert
import os

connection = sqlhub.processConnection = connectionForURI("sqlite:" + os.path.abspath("app.db"))
verb, *given = sys.argv[1:]

class Person(SQLObject):
    class sqlmeta: lazyUpdate = False
    name = UnicodeCol(unique=True, notNone=True)
    born = DateCol(default=None)
    seen = DateTimeCol(default=None)
    wakes = TimeCol(default=None)
    pay = DecimalCol(size=10, precision=2, default=None)
    share = FloatCol(default=None)
    active = BoolCol(default=True)
    colour = EnumCol(enumValues=["red", "green", None], default=None)
    photo = BLOBCol(default=None)
    doc = PickleCol(default=None)
    number = IntCol(default=0)
    pets = MultipleJoin("Pet", joinColumn="owner_id", orderBy="name")
    clubs = RelatedJoin("Club", orderBy="id")
    byNumber = DatabaseIndex("number", "name")

class Pet(InheritableSQLObject):
    name = UnicodeCol()
    owner = ForeignKey("Person", cascade=True, default=None)

class Dog(Pet):
    bark = UnicodeCol(default="wow")

class Club(SQLObject):
    name = UnicodeCol(alternateID=True)
    people = RelatedJoin("Person", orderBy="id")

def show(rows):
    for row in rows:
        print({k: v for k, v in row.sqlmeta.asDict().items()} if isinstance(row, SQLObject) else row)

if verb == "fill":
    for table in (Person, Pet, Dog, Club): table.createTable()
    for n in range(1, 8):
        p = Person(name=f"Person {n}", born=datetime.date(1990, n, n), active=n % 2 == 0, number=n % 3,
                   seen=datetime.datetime(2024, n, 1, 2, 3, n, n), wakes=datetime.time(6, n), share=n / 3,
                   pay=decimal.Decimal(n) * 3 / 2, colour=["red", "green", None][n % 3],
                   photo=bytes([n, 0, 255]), doc={"n": n})
        (Dog if n % 2 else Pet)(name=f"Pet {n}", owner=p)
    c = Club(name="Chess ü")
    for p in Person.select(Person.q.number == 1): p.addClub(c)
elif verb == "all":
    for table in (Person, Pet, Dog, Club): show(table.select(orderBy="id"))
elif verb == "queries":
    show(Person.select(AND(Person.q.number > 0, LIKE(Person.q.name, "PERSON%")), orderBy=["-number", "name"]))
    show(Person.select(Person.q.born > datetime.date(1990, 4, 1), orderBy="id")[1:3])
    every = Person.select()
    show([every.count(), every.sum("pay"), every.max("born"), every.avg("share")])
    show(Person.select(IN(Person.q.id, Select(Pet.q.ownerID, Pet.q.name > "Pet 4")), orderBy="id"))
    show([[p.name for p in Club.byName("Chess ü").people], [d.bark for d in Dog.select(orderBy="id")]])
    show([Person.byName("Person 2").id, Person.selectBy(number=2, active=True).count()])
    show(connection.queryAll("SELECT number, group_concat(id) FROM person WHERE id < 3 GROUP BY number"))
    third = Person.select(func.upper(Person.q.name) == "PERSON 3")
    show(third.accumulateMany(("COUNT", "id"), ("MIN", "seen")))
    joined = LEFTJOINOn(Person, Pet, Pet.q.ownerID == Person.q.id)
    show([p.pets[0].name for p in Person.select(join=joined, orderBy=Person.q.id)])
    show(Person.select(Person.q.colour == None, orderBy="id", limit=1))
    show(Person.select(OR(Person.q.name.contains("3"), Person.q.name.startswith("Person 4")), orderBy="id"))
    show(Person.select(NOT(Person.q.number >= 0)))
elif verb == "change":
    p = Person.get(int(given[0]))
    p.name = "Changed"; p.colour = "green"
    p.set(number=p.number + 10, born=None, doc=[1], seen=datetime.datetime(2030, 1, 1))
    for c in p.clubs: p.removeClub(c)
    connection.query(connection.sqlrepr(Update(Person.q, {"number": 99}, where=Person.q.id == 2)))
elif verb == "bad":
    for make in (lambda: Person(name="Person 4"), lambda: Person(name=None), lambda: Person.get(99),
                 lambda: Club.byName("no")):
        try: make()
        except Exception as error: print(type(error).__name__, str(error)[:90])
elif verb == "transaction":
    t = connection.transaction()
    p = Person(name="Undone", connection=t); print(p.id, Person.select(connection=t).count())
    t.rollback(); print(Person.select().count())
    t.begin(); Person(name="Kept", connection=t); t.commit(close=True); print(Person.byName("Kept").id)
elif verb == "delete":
    Person.delete(int(given[0])); print(Pet.select().count(), Dog.select().count())
elif verb == "grow":
    Person.sqlmeta.addColumn(UnicodeCol("town", default="Köln"), changeSchema=True)
    Person(name="Grown", town="Łódź"); show(connection.queryAll("SELECT id, town FROM person ORDER BY id"))
elif verb == "schema":
    print(Person.createTableSQL()[0])
    print(sorted(c.name for c in connection.columnsFromSchema("person", Person)))
    print(connection.listTables(), connection.tableExists("pet"))
elif verb == "clear":
    Club.clearTable(); print(Club.select().count(), Club(name="new").id)
elif verb == "drop":
    Dog.dropTable(); print(connection.tableExists("dog"), Dog.createTable(ifNotExists=True) is not None)
"""

SQLOBJECT = Program(
    name="sqlobject",
    packages=("sqlobject",),
    database="app.db",
    files={"use.py": _USE},
    prepare=("python use.py fill",),
    commands=(
        "python use.py all",
        "python use.py queries",
        "python use.py change 1",
        "python use.py bad",
        "python use.py transaction",
        "python use.py all",
        "python use.py queries",
        "python use.py delete 3",
        "python use.py grow",
        "python use.py schema",
        "python use.py all",
        "python use.py clear",
        "python use.py drop",
        "python use.py all",
    ),
)
