"""A repair shop on Peewee, as one is written for SQLite: `workshop_peewee.py URL verb ...`.

It knows nothing of outgrow but where its database comes from. What it prints must not depend on that, nor on
which of Peewee's two JSON fields it uses: WORKSHOP_JSON names the module.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import importlib
import os
import sys
import uuid
from typing import Any

from peewee import (
    JOIN,
    SQL,
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    Case,
    CharField,
    Check,
    CompositeKey,
    DatabaseProxy,
    DateField,
    DateTimeField,
    DecimalField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    ManyToManyField,
    Model,
    TextField,
    TimeField,
    TimestampField,
    UUIDField,
    chunked,
    fn,
    prefetch,
)
from playhouse.db_url import connect
from playhouse.migrate import SqliteMigrator, migrate
from playhouse.reflection import Introspector
from playhouse.shortcuts import model_to_dict

JSONField = importlib.import_module(os.environ.get("WORKSHOP_JSON", "playhouse.sqlite_ext")).JSONField

database = DatabaseProxy()


class State(enum.Enum):
    OPEN = "open"
    DONE = "done"


class StateField(CharField):
    def db_value(self, value: Any) -> Any:
        return value.value if isinstance(value, State) else value

    def python_value(self, value: Any) -> Any:
        return State(value) if value is not None else None


class Base(Model):
    class Meta:
        database = database


class Customer(Base):
    name = CharField(max_length=80, unique=True)
    since = DateField(null=True)
    regular = BooleanField(default=False)


class Tag(Base):
    name = CharField(primary_key=True)


class Job(Base):
    id = AutoField()
    number = UUIDField(index=True)
    customer = ForeignKeyField(Customer, backref="jobs", on_delete="CASCADE")
    title = TextField()
    hours = FloatField(null=True)
    price = DecimalField(max_digits=10, decimal_places=2, default=0)
    taken = DateTimeField()
    pickup = TimeField(null=True)
    touched = TimestampField(default=1_700_000_000, utc=True)
    state = StateField(default=State.OPEN)
    details = JSONField(null=True)
    photo = BlobField(null=True)
    bytes_moved = BigIntegerField(default=0)
    priority = IntegerField(default=1, constraints=[Check("priority BETWEEN 1 AND 5")])
    tags = ManyToManyField(Tag, backref="jobs")

    class Meta:
        indexes = ((("customer", "title"), True),)


class Part(Base):
    job = ForeignKeyField(Job, backref="parts")
    name = CharField(collation="NOCASE")
    amount = IntegerField(constraints=[SQL("DEFAULT 1")])

    class Meta:
        primary_key = CompositeKey("job", "name")


MODELS = [Customer, Tag, Job, Part, Job.tags.get_through_model()]


def create() -> None:
    """Tables and the rows of a small shop."""
    database.create_tables(MODELS)
    with database.atomic():
        ada, grace = (Customer.create(name=n, since=s, regular=n == "Ada") for n, s in
                      (("Ada", datetime.date(2020, 2, 29)), ("Grace", None)))  # fmt: skip
        Tag.insert_many([{"name": name} for name in ("bike", "clock", "radio")]).execute()
        for n in range(1, 25):
            job = Job.create(
                number=uuid.UUID(int=n * 2**96 + 9),
                customer=[ada, grace][n % 2],
                title=f"Job {n}" if n != 11 else "Größe 10 % → 漢字",
                hours=n / 4 if n % 4 else None,
                price=decimal.Decimal(n) * decimal.Decimal("3.35"),
                taken=datetime.datetime(
                    2024, 1 + n % 12, 1 + n % 28, n % 24, n, n % 60, n * 1001 if n % 2 else 0
                ),
                pickup=datetime.time(n % 24, 30) if n % 3 else None,
                touched=1_700_000_000 + n * 3600,
                state=[State.OPEN, State.DONE][n % 2],
                details={"size": n % 5, "marks": ["x", f"m{n % 3}"], "in": {"deep": n}} if n % 6 else None,
                photo=bytes(range(n)) if n % 2 else None,
                bytes_moved=n * 2**33,
                priority=1 + n % 5,
            )
            job.tags.add(
                [tag for place, tag in enumerate(Tag.select().order_by(Tag.name)) if (n + place) % 2]
            )
            Part.insert_many(
                [{"job": job, "name": f"Part {p}", "amount": p} for p in range(n % 3)]
            ).execute() if n % 3 else None


def queries() -> None:
    """Reading: values of every type, joins, pages of a list, aggregates."""
    print(model_to_dict(Job.get_by_id(11), backrefs=False, recurse=False))
    for page in (1, 2, 5):
        print(
            [
                (j.id, j.customer.name, j.taken)
                for j in Job.select(Job, Customer).join(Customer).order_by(Job.taken).paginate(page, 4)
            ]
        )
    print(
        Job.select(
            fn.COUNT(Job.id), fn.SUM(Job.price), fn.AVG(Job.hours), fn.MAX(Job.taken), fn.MIN(Job.pickup)
        ).scalar(as_tuple=True)
    )
    counted = (
        Customer.select(Customer.name, fn.COUNT(Job.id).alias("jobs_there"))
        .join(Job, JOIN.LEFT_OUTER)
        .group_by(Customer.name)
    )
    print([(c.name, c.jobs_there) for c in counted.having(fn.COUNT(Job.id) > 1).order_by(Customer.name)])
    for customer in prefetch(
        Customer.select().order_by(Customer.id), Job.select().where(Job.state == State.DONE).order_by(Job.id)
    ):
        print(customer.name, customer.since, customer.regular, [job.id for job in customer.jobs])
    print([j.id for j in Job.select().where(Job.number == uuid.UUID(int=5 * 2**96 + 9))])
    print(
        [
            j.id
            for j in Job.select()
            .where(Job.taken.year == 2024, Job.taken.month.in_([2, 3]), Job.taken.hour > 3)
            .order_by(Job.id)
        ]
    )
    print(
        [
            tuple(row)
            for row in Job.select(Job.taken.truncate("month"), fn.COUNT(Job.id))
            .group_by(Job.taken.truncate("month"))
            .order_by(SQL("1"))
            .limit(3)
            .tuples()
        ]
    )
    print(Job.select(Job.taken.day, Job.taken.second, Job.pickup.hour).where(Job.id == 7).tuples().get())
    print(
        [
            j.id
            for j in Job.select()
            .where(Job.taken.between(datetime.datetime(2024, 3, 1), datetime.datetime(2024, 4, 30)))
            .order_by(Job.id)
        ]
    )
    print([j.id for j in Job.select().where(Job.pickup < datetime.time(5)).order_by(Job.id)])
    print([j.id for j in Job.select().where(Job.details["in"]["deep"] > 20).order_by(Job.id)])
    print([j.details["marks"] for j in Job.select().where(Job.details["size"] == 3).order_by(Job.id)])
    print(
        [j.id for j in Job.select().where(Job.title.contains("JOB 1")).order_by(Job.id)],
        Job.select().where(Job.title ** "job 2_").count(),
    )
    print(
        [j.id for j in Job.select().where(Job.title % "Job 1*").order_by(Job.id)],
        [j.id for j in Job.select().where(Job.title.startswith("job 1")).order_by(Job.id)],
    )
    print(
        [
            j.id
            for j in Job.select()
            .join(Job.tags.get_through_model())
            .join(Tag)
            .where(Tag.name == "clock")
            .order_by(Job.id)
        ]
    )
    print(
        Job.select().where(Job.photo == bytes(range(5))).get().id,
        Job.select(fn.LENGTH(Job.photo)).where(Job.id == 9).scalar(),
    )
    ranked = Job.select(
        Job.id, fn.RANK().over(partition_by=[Job.customer], order_by=[Job.price.desc()]).alias("place")
    )
    print(
        [
            (r.id, r.place)
            for r in Job.select(ranked.c.id, ranked.c.place)
            .from_(ranked)
            .where(ranked.c.place < 3)
            .order_by(ranked.c.id)
        ]
    )
    print(
        list(
            Job.select(Case(None, [(Job.priority > 3, "high")], "low").alias("kind"), fn.COUNT(SQL("*")))
            .group_by(SQL("kind"))
            .order_by(SQL("kind"))
            .tuples()
        )
    )
    low = Customer.alias()
    print([c.name for c in Customer.select().where(~fn.EXISTS(low.select().where(low.name < Customer.name)))])
    print(
        [(p.job_id, p.name, p.amount) for p in Part.select().where(Part.name == "PART 1").order_by(Part.job)][
            :3
        ]
    )
    print(Job.select().where(Job.hours.is_null()).count(), Job.select(fn.SUM(Job.bytes_moved)).scalar())
    print(list(Customer.select(Customer.name, Customer.regular).where(Customer.regular == True).dicts()))  # noqa: E712
    print(
        Job.get_by_id(3).touched,
        Job.select()
        .where(
            Job.touched
            > datetime.datetime.fromtimestamp(1_700_000_000 + 20 * 3600, datetime.UTC).replace(tzinfo=None)
        )
        .count(),
    )


def portable() -> None:
    """What must be the same with Peewee's own class for PostgreSQL, too."""
    for job in Job.select().order_by(Job.id).limit(4):
        print(
            {
                name: getattr(job, name)
                for name in Job._meta.fields
                if name not in {"details", "customer", "photo", "price"}
            },
            f"{job.price:.2f}",
            job.photo and bytes(job.photo),
            job.details and sorted(job.details.items()),
            job.customer.regular,
            sorted(t.name for t in job.tags),
        )
    same = Job.get_by_id(11)
    for field in Job._meta.sorted_fields:
        if field.name != "details":  # JSON is compared by its elements
            print(
                field.name,
                11 in [found.id for found in Job.select(Job.id).where(field == getattr(same, field.name))],
            )
    print([j.id for j in Job.select().where(Job.taken.year == 2024, Job.taken.month == 3).order_by(Job.id)])
    print([c.name for c in Customer.select().where(Customer.regular == True)])  # noqa: E712
    new = Job.create(
        number=uuid.UUID(int=5),
        customer=same.customer,
        title="copy",
        taken=datetime.datetime(2024, 2, 3, 4, 5, 6),
        pickup=datetime.time(1, 2, 3),
        details={"a": 1},
        photo=b"\x00\xff",
        price=decimal.Decimal("1.25"),
    )
    new = Job.get_by_id(new.id)
    print(new.number, new.taken, new.pickup, new.details, bytes(new.photo), new.price, new.state, new.touched)
    Customer.insert(name="Ada", regular=False).on_conflict(
        conflict_target=[Customer.name], preserve=[Customer.regular]
    ).execute()
    Customer.insert_many([{"name": f"many {n}", "regular": n > 1} for n in range(3)]).execute()
    print([(c.name, c.regular) for c in Customer.select().order_by(Customer.name)])
    try:
        with database.atomic():
            Customer.create(name="Ada")
    except IntegrityError:
        print(Job.select().count())


def raw() -> None:
    """SQL as SQLite has it."""
    print(
        list(
            database.execute_sql(
                "SELECT strftime('%Y-%m', taken) AS month, count(*) "
                "FROM job GROUP BY month ORDER BY month LIMIT 3"
            )
        )
    )
    print(
        database.execute_sql(
            "SELECT json_extract(details, '$.in.deep'), typeof(details), typeof(price), typeof(state) "
            "FROM job WHERE id = ?",
            (5,),
        ).fetchone()
    )
    print(
        database.execute_sql(
            "SELECT taken, pickup, price, number, touched, details FROM job WHERE id = 7"
        ).fetchone()
    )
    print([j.title for j in Job.raw("SELECT * FROM job WHERE title LIKE ? ORDER BY id DESC LIMIT 2", "job%")])
    with database.atomic() as transaction:
        database.execute_sql("INSERT OR REPLACE INTO tag (name) VALUES ('bike'), ('lamp')")
        database.execute_sql("INSERT OR IGNORE INTO customer (name, regular) VALUES ('Ada', 0), ('Linus', 1)")
        print(
            database.execute_sql(
                "SELECT group_concat(name, '/') FROM (SELECT name FROM tag ORDER BY name)"
            ).fetchone()
        )
        print(database.execute_sql("UPDATE customer SET name = name || '!' WHERE regular = 1").rowcount)
        transaction.rollback()
    print(Customer.select().count(), Tag.select().count())


def writes() -> None:
    """What is written, refused and undone."""
    ada = Customer.get(Customer.name == "Ada")
    job = Job.create(
        number=uuid.UUID(int=77), customer=ada, title="New", taken=datetime.datetime(2024, 2, 29, 1, 2, 3, 4)
    )
    print(job.id, Job.get_by_id(job.id).taken, Job.get_by_id(job.id).price)
    for wrong in (
        lambda: Customer.create(name="Ada"),
        lambda: Job.create(number=uuid.UUID(int=78), customer=ada, title="x", taken=job.taken, priority=9),
        lambda: Job.create(number=uuid.UUID(int=78), customer=ada, title=None, taken=job.taken),
        lambda: Job.create(number=uuid.UUID(int=78), customer=4711, title="x", taken=job.taken),
    ):
        try:
            with database.atomic():
                wrong()
        except IntegrityError as error:
            print(type(error).__name__, error)
    with database.atomic():
        Tag.create(name="outer")
        try:
            with database.atomic():
                Tag.create(name="inner")
                stop()
        except RuntimeError:
            pass
        with database.savepoint() as savepoint:
            Tag.create(name="undone")
            savepoint.rollback()
    print([tag.name for tag in Tag.select().order_by(Tag.name)])
    with database.atomic():
        rows = [{"name": f"many {n:03}", "regular": n % 2 == 0} for n in range(300)]
        for batch in chunked(rows, 100):
            Customer.insert_many(batch).execute()
    Customer.bulk_create([Customer(name=f"bulk {n}") for n in range(50)], batch_size=20)
    print(Customer.select().count(), len({customer.id for customer in Customer.select()}))
    found, made = Customer.get_or_create(name="many 007", defaults={"regular": True})
    print(found.regular, made)
    some = list(Customer.select().where(Customer.name.startswith("bulk")).order_by(Customer.id).limit(3))
    for customer in some:
        customer.regular = True
    print(Customer.bulk_update(some, fields=[Customer.regular]))
    upsert = Tag.insert(name="bike").on_conflict_ignore()
    upsert.execute()
    Customer.insert(name="Ada", regular=False).on_conflict(
        conflict_target=[Customer.name], preserve=[Customer.regular]
    ).execute()
    Customer.replace(name="many 008", since=datetime.date(2000, 1, 1), regular=True).execute()
    print(
        [
            (c.name, c.since, c.regular)
            for c in Customer.select().where(Customer.name << ["Ada", "many 008"]).order_by(Customer.name)
        ]
    )
    print(
        Job.update(price=Job.price + decimal.Decimal("0.05"), details=None).where(Job.priority == 2).execute()
    )
    print(
        [(j.id, f"{j.price:.2f}", j.details) for j in Job.select().where(Job.priority == 2).order_by(Job.id)]
    )
    print(list(Job.update(hours=9).where(Job.id == 4).returning(Job.id, Job.hours, Job.state).tuples()))
    job.details = {"new": [1, 2.5, None, True, "ü"]}
    job.photo = b"\x00\xff"
    job.pickup = datetime.time(23, 59, 59, 999999)
    job.save()
    print(model_to_dict(Job.get_by_id(job.id), recurse=False))
    print(Customer.delete().where(Customer.name.startswith("many")).execute())
    job.delete_instance(recursive=True)
    print(Job.select().count(), Part.select().count())


def stop() -> None:
    """Something goes wrong."""
    raise RuntimeError


def structure() -> None:
    """What can be seen of the schema, and what changes it."""
    print(database.get_tables(), database.table_exists("job"))
    print([(c.name, c.data_type, c.null, c.primary_key) for c in database.get_columns("job")])
    print(
        [(i.name, i.columns, i.unique) for i in database.get_indexes("job")],
        database.get_primary_keys("part"),
    )
    print([(k.column, k.dest_table, k.dest_column) for k in database.get_foreign_keys("part")])
    made = Introspector.from_database(database).generate_models()["customer"]
    print([(name, type(field).__name__) for name, field in made._meta.fields.items()])
    migrator = SqliteMigrator(database)
    database.pragma("foreign_keys", 0)
    with database.atomic():
        migrate(
            migrator.add_column("customer", "town", CharField(default="?")),
            migrator.add_index("customer", ("town",), False),
            migrator.rename_column("tag", "name", "label"),
        )
    print(database.execute_sql("SELECT town, count(*) > 1 FROM customer GROUP BY town").fetchall())
    print(
        [c.name for c in database.get_columns("tag")], [i.columns for i in database.get_indexes("customer")]
    )
    migrate(migrator.drop_column("customer", "since"), migrator.drop_not_null("customer", "town"))
    print(
        [(c.name, c.null) for c in database.get_columns("customer")],
        database.execute_sql("SELECT count(*) FROM job").fetchone(),
    )
    database.pragma("foreign_keys", 1)
    database.execute_sql("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)")
    print(database.execute_sql("INSERT INTO note (body) VALUES ('a'), ('b')").lastrowid)
    database.execute_sql("DROP TABLE note")
    print(database.get_tables())


def main(url: str, *verbs: str) -> None:
    """Runs the verbs on the database."""
    if url.startswith("outgrow"):
        import outgrow.runtime.peewee  # noqa: F401, PLC0415 - for the scheme
    database.initialize(
        connect(url) if url.startswith("postgresql") else connect(url, pragmas={"foreign_keys": 1})
    )
    with database.connection_context():
        for verb in verbs:
            globals()[verb]()


main(*sys.argv[1:])
