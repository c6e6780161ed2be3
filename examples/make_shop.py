"""Makes `shop.db`: what a small shop's SQLite file looks like after some years. Seeded: always the same rows.

The README moves it. It holds what real applications have and migrations lose: keys of every kind,
a partial index, a unique e-mail without regard to case, CHECKs, JSON, dates as text, booleans,
UUIDs, blobs, a generated column, full-text search, views and triggers, and one column in which
somebody once wrote words where numbers belong.

    python examples/make_shop.py [shop.db]
"""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import sys
import uuid
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).with_name("shop.sql")
SEED = 1961
CUSTOMERS, PRODUCTS, ORDERS, REVIEWS = 1200, 300, 3000, 900
OPENED = datetime(2019, 3, 1, 9, 0, 0)

FIRST = (
    "Ada", "Alan", "Barbara", "Dennis", "Edsger", "Frances", "Grace", "Hedy", "John", "Katherine",
    "Linus", "Margaret", "Noether", "Radia", "Zoë",
)  # fmt: skip
LAST = (
    "Backus", "Curry", "Dahl", "Engelbart", "Floyd", "Hoare", "Iverson", "Knuth", "Lovelace",
    "McCarthy", "Nygaard", "Perlis", "Wirth", "Żak",
)  # fmt: skip
CITIES = ("Berlin", "Köln", "München", "Praha", "Wien", "Zürich", "Kraków", "København")
THINGS = (
    "Lamp", "Kettle", "Chair", "Notebook", "Blanket", "Vase", "Backpack", "Clock", "Mirror", "Shelf",
    "Bowl", "Teapot", "Stool", "Basket",
)  # fmt: skip
LOOKS = (
    "oak", "linen", "brass", "walnut", "ceramic", "copper", "wool", "cork", "granite", "bamboo",
    "enamel", "felt",
)  # fmt: skip
REMARKS = (
    "Arrived quickly.",
    "Exactly as shown.",
    "A little smaller than I thought.",
    "Großartig!",
    "もう一つ買います。",
)


def make(path: Path) -> None:
    """Writes the database to `path`, over what was there."""
    path.unlink(missing_ok=True)
    chance = random.Random(SEED)  # noqa: S311 - no secret, the same rows every time
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA foreign_keys = ON;" + SCHEMA.read_text())
    with connection:
        fill(connection, "customers", customers(chance))
        fill(connection, "addresses", addresses(chance))
        fill(connection, "categories", categories())
        fill(connection, "products", products(chance))
        fill(connection, "product_categories", product_categories(chance))
        fill(connection, "product_images", product_images(chance))
        fill(connection, "orders", orders(chance))
        fill(connection, "order_lines", order_lines(chance))
        fill(connection, "reviews", reviews(chance))
        fill(connection, "settings", settings())
        connection.execute("INSERT INTO product_search(product_search) VALUES ('rebuild')")
        connection.execute("DELETE FROM customers WHERE id = (SELECT max(id) FROM customers)")
    connection.executescript("PRAGMA user_version = 12; VACUUM;")
    connection.close()


def fill(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Inserts rows in the order of the table's columns; table_info leaves generated ones out."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def moment(chance: random.Random) -> datetime:
    """Some second since the shop opened."""
    return OPENED + timedelta(seconds=chance.randrange(5 * 365 * 86_400))


def customers(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """One more than stays: the last is deleted, so that AUTOINCREMENT is ahead of the greatest id."""
    for number in range(1, CUSTOMERS + 2):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        mail = f"{first}.{last}{number}@example.org" if number % 7 else f"{first}{number}@Example.COM"
        born = date(1945, 1, 1) + timedelta(days=chance.randrange(22_000))
        yield (
            number,
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            mail,
            f"{first} {last}",
            born.isoformat() if chance.random() < 0.7 else None,
            int(chance.random() < 0.4),
            moment(chance).isoformat(sep=" "),
        )


def addresses(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """Two for every third customer, else one; a customer's addresses follow each other."""
    number = 0
    for customer in range(1, CUSTOMERS + 1):
        for preferred in (1, 0)[: 2 if customer % 3 == 0 else 1]:
            number += 1
            street = f"{chance.choice(LAST)}straße {chance.randrange(1, 200)}"
            postcode = f"{chance.randrange(1000, 99_999):05}"
            yield (
                number,
                customer,
                street,
                chance.choice(CITIES),
                postcode,
                chance.choice(("DE", "AT", "CH")),
                preferred,
            )


def categories() -> Iterator[tuple[Any, ...]]:
    """Two levels."""
    yield from ((1, None, "Living", 1), (2, None, "Kitchen", 2), (3, None, "Travel", 3))
    for number, thing in enumerate(THINGS, 4):
        yield number, 1 + number % 3, f"{thing}s", number


def products(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """Three of them have a weight that is no number. The rating comes with the reviews."""
    for number in range(1, PRODUCTS + 1):
        thing, look = chance.choice(THINGS), chance.choice(LOOKS)
        attributes: dict[str, Any] = {
            "material": look,
            "colours": chance.sample(["red", "green", "blue", "natural"], 2),
        }
        if number % 5 == 0:
            attributes |= {
                "size": {"cm": [chance.randrange(5, 90) for _ in range(3)]},
                "fragile": number % 2 == 0,
            }
        odd = {77: "about 300", 142: "unknown", 260: "1,2 kg"}
        yield (
            number,
            f"{thing[:3].upper()}-{number:04}",
            f"{look.title()} {thing}",
            f"A {thing.lower()} of {look}, made by hand in {chance.choice(CITIES)}.",
            chance.randrange(290, 25_000),
            7 if number % 11 == 0 else 19,
            odd.get(number, chance.randrange(40, 9000) if number % 13 else None),
            json.dumps(attributes),
            None,
            chance.randrange(150, 900),
            int(chance.random() < 0.9),
            moment(chance).isoformat(timespec="milliseconds") + "Z" if number % 3 else None,
        )


def product_categories(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """One to three for each product."""
    for number in range(1, PRODUCTS + 1):
        for category in sorted(chance.sample(range(4, 4 + len(THINGS)), chance.randrange(1, 4))):
            yield number, category


def product_images(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """A small picture for every third product."""
    for number, product in enumerate(range(1, PRODUCTS + 1, 3), 1):
        yield number, product, "image/png", png(chance.randbytes(12), 24)


def png(colours: bytes, size: int) -> bytes:
    """A square PNG of four colours."""
    half = size // 2
    rows = b""
    for y in range(size):
        left, right = (0, 3) if y < half else (6, 9)
        rows += b"\0" + colours[left : left + 3] * half + colours[right : right + 3] * half
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def orders(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """Placed at any second; what is shipped was shipped within a week."""
    for number in range(1, ORDERS + 1):
        placed = moment(chance)
        status = chance.choices(("open", "paid", "shipped", "cancelled"), (2, 5, 88, 5))[0]
        shipped = (
            (placed + timedelta(days=chance.randrange(1, 8))).date().isoformat()
            if status == "shipped"
            else None
        )
        note = "Please ring twice" if number % 40 == 0 else None
        shipping = chance.choice((0, 3.9, 4.95, 12.5))
        customer = chance.randrange(1, CUSTOMERS + 1)
        address = customer + (customer - 1) // 3  # the customer's first: every third has two
        yield (
            number,
            f"{placed:%Y}-{number:06}",
            customer,
            address,
            status,
            placed.isoformat(sep=" "),
            shipped,
            shipping,
            note,
        )


def order_lines(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """One to five for each order."""
    for order in range(1, ORDERS + 1):
        for line in range(1, chance.randrange(1, 5) + 1):
            yield (
                order,
                line,
                chance.randrange(1, PRODUCTS + 1),
                chance.randrange(1, 4),
                chance.randrange(290, 25_000),
            )


def reviews(chance: random.Random) -> Iterator[tuple[Any, ...]]:
    """At most one of each customer for each product; seconds since 1970."""
    pairs = chance.sample(range(PRODUCTS * CUSTOMERS), REVIEWS)
    for number, pair in enumerate(pairs, 1):
        body = chance.choice(REMARKS) if chance.random() < 0.6 else None
        written = int((moment(chance) - datetime(1970, 1, 1)).total_seconds())
        yield (
            number,
            1 + pair // CUSTOMERS,
            1 + pair % CUSTOMERS,
            chance.choices(range(1, 6), (3, 4, 9, 30, 54))[0],
            body,
            written,
        )


def settings() -> Iterator[tuple[Any, ...]]:
    """Values of every storage class, as key-value tables have them."""
    yield from (
        ("shop.name", "Kettle & Lamp"),
        ("shop.opened", OPENED.isoformat()),
        ("tax.default", 19),
        ("shipping.free_from", 49.9),
        ("theme", json.dumps({"dark": True, "accent": "#b5651d"})),
        ("secret", bytes(range(16))),
        ("maintenance.until", None),
    )


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("shop.db"))
