"""A library on SQLAlchemy 2, as one is written for SQLite: `library_sqlalchemy.py URL create|work|native`.

It knows nothing of outgrow. What it prints must not depend on the database behind the URL.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import sys
import uuid
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    case,
    create_engine,
    delete,
    event,
    exc,
    extract,
    func,
    insert,
    inspect,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    validates,
)


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON}


class State(enum.Enum):
    ON_SHELF = "on shelf"
    LENT = "lent"
    LOST = "lost"


written = Table(
    "written",
    Base.metadata,
    Column("author_id", ForeignKey("author.id", ondelete="CASCADE"), primary_key=True),
    Column("book_id", ForeignKey("book.id", ondelete="CASCADE"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    born: Mapped[datetime.date | None]
    books: Mapped[list[Book]] = relationship(secondary=written, back_populates="authors", order_by="Book.id")

    @validates("name")
    def _name(self, _key: str, name: str) -> str:
        return name.strip()


class Book(Base):
    __tablename__ = "book"
    __table_args__ = (
        CheckConstraint("pages > 0", name="some_pages"),
        Index("book_of_year", "published", "title"),
        Index("book_lost", "title", sqlite_where=text("state = 'LOST'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[uuid.UUID] = mapped_column(Uuid, default=uuid.uuid4)
    title: Mapped[str] = mapped_column(Text)
    pages: Mapped[int]
    price: Mapped[decimal.Decimal] = mapped_column(Numeric(10, 2))
    weight: Mapped[float | None]
    published: Mapped[datetime.date]
    opens: Mapped[datetime.time | None]
    added: Mapped[datetime.datetime] = mapped_column(default=datetime.datetime(2024, 1, 2, 3, 4, 5, 678900))
    state: Mapped[State] = mapped_column(Enum(State, native_enum=False), default=State.ON_SHELF)
    rare: Mapped[bool] = mapped_column(default=False)
    about: Mapped[dict[str, Any] | None]
    cover: Mapped[bytes | None] = mapped_column(LargeBinary)
    stamp: Mapped[str | None] = mapped_column(server_default=text("'new'"))
    authors: Mapped[list[Author]] = relationship(
        secondary=written, back_populates="books", order_by="Author.id"
    )
    loans: Mapped[list[Loan]] = relationship(back_populates="book", cascade="all, delete-orphan")


class Loan(Base):
    __tablename__ = "loan"
    __table_args__ = (UniqueConstraint("book_id", "reader", name="one_each"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("book.id"))
    reader: Mapped[str]
    since: Mapped[datetime.datetime]
    book: Mapped[Book] = relationship(back_populates="loans")


class Setting(Base):
    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    changed: Mapped[datetime.datetime] = mapped_column(server_default=func.current_timestamp())


def create(session: Session) -> None:
    """Tables and the rows of a small library."""
    Base.metadata.create_all(session.get_bind())
    ada = Author(name="Ada ", born=datetime.date(1815, 12, 10))
    grace = Author(name="Grace", born=datetime.date(1906, 12, 9))
    edsger = Author(name="Edsger")
    for number in range(1, 31):
        book = Book(
            isbn=uuid.UUID(int=number * 2**96 + 7),
            title=f"Volume {number}" if number != 13 else "Ünïcode & 100 % “quoted” 漢字",
            pages=100 + number * 7 % 90,
            price=decimal.Decimal(number) * decimal.Decimal("3.35"),
            weight=number / 8,
            published=datetime.date(1990 + number % 7, 1 + number % 12, 1 + number % 28),
            opens=datetime.time(9, number % 60, 30) if number % 3 else None,
            added=datetime.datetime(2024, 1, 1, 12, 0, number, number * 1000),
            state=list(State)[number % 3],
            rare=number % 5 == 0,
            about={"shelf": number % 4, "tags": ["a", f"t{number % 3}"], "lent": {"times": number}},
            cover=bytes(range(number)) if number % 2 else None,
        )
        book.authors = [[ada], [grace, ada], [edsger]][number % 3]
        book.loans = [
            Loan(reader=f"reader {r}", since=datetime.datetime(2024, 3, 1 + r, 8)) for r in range(number % 3)
        ]
        session.add(book)
    session.add_all([Setting(name="size", value="big"), Setting(name="hours", value="9-17")])
    session.commit()


def queries(session: Session) -> None:
    """Reading: values of every type, joins, pages of a list, aggregates."""
    book = session.get(Book, 13)
    assert book is not None
    for column in Book.__table__.columns:
        print(column.name, repr(getattr(book, column.key)))
    page = select(Book).order_by(Book.published, Book.id).options(selectinload(Book.authors)).limit(5)
    for start in (0, 5, 25):
        print(
            [
                (b.id, b.published.isoformat(), [a.name for a in b.authors])
                for b in session.scalars(page.offset(start))
            ]
        )
    print(
        session.execute(
            select(func.count(), func.sum(Book.pages), func.avg(Book.price)).select_from(Book)
        ).one()
    )
    print(session.execute(
        select(Author.name, func.count(Book.id), func.min(Book.published), func.max(Book.added))
        .join(Author.books).group_by(Author.name).having(func.count(Book.id) > 5).order_by(Author.name)
    ).all())  # fmt: skip
    joined = select(Loan).options(joinedload(Loan.book)).where(Loan.reader.like("READER%")).order_by(Loan.id)
    print([(loan.id, loan.book.title, loan.since) for loan in session.scalars(joined).unique()][:4])
    print(
        session.scalars(
            select(Book.title).where(Book.state == State.LENT, Book.rare.is_(True)).order_by(Book.id)
        ).all()
    )
    print(
        session.scalars(
            select(Book.id).where(Book.about["lent"]["times"].as_integer() > 27).order_by(Book.id)
        ).all()
    )
    print(
        session.scalars(select(Book.about["tags"][1].as_string()).where(Book.id < 4).order_by(Book.id)).all()
    )
    print(
        session.scalars(
            select(Book.id).where(Book.title.regexp_match("^Volume 1[0-2]$")).order_by(Book.id)
        ).all()
    )
    print(session.scalars(select(Book.id).where(Book.isbn == uuid.UUID(int=5 * 2**96 + 7))).all())
    print(
        session.scalars(
            select(Book.id).where(Book.price.in_([decimal.Decimal("3.35"), decimal.Decimal("6.7")]))
        ).all()
    )
    print(
        session.scalars(
            select(Book.id).where(Book.added > datetime.datetime(2024, 1, 1, 12, 0, 28)).order_by(Book.id)
        ).all()
    )
    print(session.scalars(select(Book.id).where(Book.opens < datetime.time(9, 4), Book.published.between(
        datetime.date(1990, 1, 1), datetime.date(1993, 12, 31))).order_by(Book.id)).all())  # fmt: skip
    print(session.execute(select(Book.cover, func.length(Book.cover)).where(Book.id == 5)).one())
    other = aliased(Book)
    same_day = select(Book.id, other.id).join(
        other, and_(Book.published == other.published, Book.id < other.id)
    )
    print(session.execute(same_day.order_by(Book.id)).all())
    ranked = select(
        Book.id, func.row_number().over(partition_by=Book.state, order_by=Book.price.desc()).label("place")
    ).subquery()
    print(session.execute(select(ranked).where(ranked.c.place == 1).order_by(ranked.c.id)).all())
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 5))
    print(session.scalars(select(numbers.c.n)).all())
    print(
        session.execute(
            select(func.strftime("%Y", Book.published), func.count()).group_by(text("1")).order_by(text("1"))
        ).all()
    )
    print(
        session.execute(
            select(extract("year", Book.published), extract("minute", Book.added)).where(Book.id == 3)
        ).one()
    )
    print(
        session.execute(
            select(case((Book.rare, "rare"), else_="common"), func.count())
            .group_by(Book.rare)
            .order_by(Book.rare)
        ).all()
    )
    print(
        session.execute(
            select(Book.price * 2, Book.pages / 7, Book.pages // 7, Book.title + "!").where(Book.id == 3)
        ).one()
    )
    print(session.execute(select(Setting.name, Setting.value)).mappings().all())


def portable(session: Session) -> None:
    """What must be the same with SQLAlchemy's own dialect of PostgreSQL, too."""
    for book in session.scalars(select(Book).options(selectinload(Book.authors)).order_by(Book.id).limit(4)):
        print(
            {
                column.key: getattr(book, column.key)
                for column in Book.__table__.columns
                if column.key != "about"
            }
        )
        print(sorted(book.about.items()), [author.name for author in book.authors])
    same = session.get_one(Book, 13)
    for column in Book.__table__.columns:
        if column.key != "about":  # JSON is compared by its elements
            value = getattr(same, column.key)
            print(column.key, 13 in session.scalars(select(Book.id).where(column == value)).all())
    print(
        session.scalars(
            select(Book.id).where(Book.about["lent"]["times"].as_integer() > 27).order_by(Book.id)
        ).all()
    )
    print(session.scalars(select(Author.name).where(Author.born < datetime.date(1900, 1, 1))).all())
    made = session.scalars(insert(Book).returning(Book, sort_by_parameter_order=True), [
        {"isbn": uuid.UUID(int=n), "title": f"copy {n}", "pages": n, "price": decimal.Decimal(n) / 4,
         "published": datetime.date(2024, 1, n), "state": State.LOST, "rare": n == 2, "about": {"n": n}}
        for n in (1, 2, 3)
    ]).all()  # fmt: skip
    print([(b.isbn, b.title, b.price, b.state, b.rare, b.about, b.stamp) for b in made])
    print(
        session.execute(
            update(Book).where(Book.rare, Book.state == State.LOST).values(price=Book.price + 1)
        ).rowcount
    )
    session.add(Setting(name="late", value="x"))
    session.commit()
    print(type(session.get_one(Setting, "late").changed).__name__)
    try:
        session.add(Author(name="Ada"))
        session.flush()
    except exc.IntegrityError:
        session.rollback()
        print(session.scalar(select(func.count()).select_from(Book)))


def raw(session: Session) -> None:
    """SQL as SQLite has it."""
    print(
        session.execute(
            text(
                "SELECT strftime('%Y-%m', published) AS month, count(*) "
                "FROM book GROUP BY month ORDER BY month LIMIT 4"
            )
        ).all()
    )
    print(
        session.execute(
            text(
                "SELECT json_extract(about, '$.tags[1]'), typeof(about), typeof(price), typeof(rare) "
                "FROM book WHERE id = :id"
            ),
            {"id": 4},
        ).one()
    )
    print(
        session.execute(
            text("SELECT published, added, opens, price, state, rare, about, isbn FROM book WHERE id = 7")
        ).one()
    )
    session.execute(
        text("INSERT OR REPLACE INTO setting (name, value) VALUES (:name, :value)"),
        [{"name": "size", "value": "huge"}, {"name": "lang", "value": "de"}],
    )
    session.execute(
        text(
            "INSERT INTO setting (name, value) VALUES ('size', 'x') "
            "ON CONFLICT (name) DO UPDATE SET value = value || excluded.value"
        )
    )
    session.execute(text("INSERT OR IGNORE INTO setting (name, value) VALUES ('size', 'never')"))
    print(session.execute(text("SELECT name, value FROM setting ORDER BY name COLLATE NOCASE")).all())
    print(
        session.execute(
            text(
                "SELECT group_concat(name, '/'), total(length(value)) "
                "FROM (SELECT * FROM setting ORDER BY name)"
            )
        ).one()
    )
    print(
        session.execute(
            text(
                "SELECT ifnull(max(id), 0), datetime('2024-02-28', '+2 days') "
                "FROM loan WHERE reader = 'nobody'"
            )
        ).one()
    )
    result = session.execute(text("UPDATE book SET title = title || '' WHERE rare = 1 AND state = 'LENT'"))
    print(result.rowcount)
    session.rollback()
    print(session.scalar(text("SELECT count(*) FROM setting")))


def writes(session: Session) -> None:
    """What is written, refused and undone."""
    new = Book(title="New", pages=3, price=decimal.Decimal("0.10"), published=datetime.date(2024, 2, 29))
    new.isbn = uuid.UUID(int=99)
    session.add(new)
    session.flush()
    print(new.id, new.stamp, new.state, new.rare, new.about, new.added)
    session.add(Author(name="Ada"))
    try:
        with session.begin_nested():
            session.flush()
    except exc.IntegrityError as error:
        print(type(error.orig).__name__, error.orig)
    session.rollback()
    for wrong in (
        Book(title="None", pages=0, price=1, published=datetime.date(2024, 1, 1)),
        Book(title=None, pages=1, price=1, published=datetime.date(2024, 1, 1)),
        Loan(book_id=1, reader="reader 0", since=datetime.datetime(2024, 1, 1)),
        Loan(book_id=4711, reader="x", since=datetime.datetime(2024, 1, 1)),
    ):
        try:
            with session.begin_nested():
                session.add(wrong)
        except exc.IntegrityError as error:
            print(error.orig)
    with session.begin_nested():
        session.add(Setting(name="inner", value="kept"))
        session.flush()
        try:
            with session.begin_nested():
                session.add(Setting(name="innermost", value="undone"))
                session.flush()
                stop()
        except RuntimeError:
            pass
    session.commit()
    print(session.scalars(select(Setting.name).order_by(Setting.name)).all())
    in_bulk(session)
    of_one(session)


def stop() -> None:
    """Something goes wrong."""
    raise RuntimeError


def in_bulk(session: Session) -> None:
    """Many rows in one statement, and what statements return."""
    many = session.scalars(
        insert(Author).returning(Author, sort_by_parameter_order=True),
        [{"name": f"many {n}"} for n in range(1200)],
    ).all()
    first = many[0].id
    print(len(many), [author.id - first for author in many[::400]], many[-1].name)
    session.execute(insert(Setting), [{"name": f"k{n}", "value": str(n)} for n in range(500)])
    print(session.scalar(select(func.count()).select_from(Setting)))
    session.execute(delete(Setting).where(Setting.name.like("k%")))
    statement = upsert(Setting).values([{"name": "size", "value": "s"}, {"name": "new", "value": "n"}])
    statement = statement.on_conflict_do_update(
        index_elements=["name"], set_={"value": statement.excluded.value + "!"}
    )
    print(session.execute(statement.returning(Setting.name, Setting.value)).all())
    changed = update(Book).where(Book.pages > 180).values(pages=Book.pages + 1, rare=True)
    print(session.execute(changed.returning(Book.id, Book.pages, Book.rare)).all())
    print(session.execute(update(Book).where(Book.state == State.LOST).values(about=None)).rowcount)


def of_one(session: Session) -> None:
    """One object, changed and deleted."""
    book = session.get_one(Book, 2)
    book.about = {"new": [1, 2.5, None, True, "ü"]}
    book.price += decimal.Decimal("0.05")
    book.cover = b"\x00\xff"
    book.opens = datetime.time(23, 59, 59, 999999)
    book.loans = []
    session.commit()
    session.expire_all()
    print(book.about, book.price, book.cover, book.opens, book.loans)
    session.delete(session.get_one(Book, 3))
    session.execute(delete(Author).where(Author.name.like("many %")))
    session.commit()
    print(
        session.scalar(select(func.count()).select_from(written)),
        session.scalar(select(func.count()).select_from(Author)),
    )


def structure(session: Session) -> None:
    """What the inspector sees, and what changes the schema."""
    seen = inspect(session.connection())
    print(sorted(seen.get_table_names()), seen.get_view_names())
    for column in seen.get_columns("book"):
        print(column["name"], column["type"], column["nullable"], column["default"], column["primary_key"])
    print(seen.get_pk_constraint("written"), seen.get_foreign_keys("loan"))
    print(
        [
            (i["name"], i["column_names"], str(*i["dialect_options"].values()))
            for i in seen.get_indexes("book")
        ]
    )
    print(seen.get_unique_constraints("loan"), seen.get_check_constraints("book"))
    session.commit()
    session.execute(text("ALTER TABLE loan ADD COLUMN note TEXT DEFAULT 'none'"))
    session.execute(text("CREATE TABLE mail (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL)"))
    session.execute(text("INSERT INTO mail (body) VALUES ('hello')"))
    session.commit()
    print(session.execute(text("SELECT note, count(*) FROM loan GROUP BY note")).all())
    reflected = Table("mail", Base.metadata, autoload_with=session.connection())
    print([(c.name, str(c.type), c.nullable) for c in reflected.columns])
    print(session.execute(insert(reflected).values(body="again")).inserted_primary_key)
    session.rollback()
    Base.metadata.drop_all(session.connection(), [reflected])
    session.commit()
    print(sorted(inspect(session.connection()).get_table_names()))


def main(url: str, *verbs: str) -> None:
    """Runs the verbs on the database."""
    engine = create_engine(url, pool_pre_ping=True)
    told: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: told.append(a[2]))

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _keys(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON")

    for verb in verbs:
        with Session(engine) as session:
            globals()[verb](session)
    print(bool(told))
    engine.dispose()


main(*sys.argv[1:])
