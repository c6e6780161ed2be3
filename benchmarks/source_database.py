"""The SQLite database that is moved: seeded, of any size, shaped like what people outgrow.

Of every 3.45 M rows, 3.0 M are narrow (a sensor's readings), 0.4 M are documents with JSON, dates and
booleans, and 50 k are blobs; 3.45 M rows make a file of about 500 MB. `move` stands after it.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FULL = 3_450_000
SENSORS = 500
SEED = 20_250_101
VERSION = 1
"""Part of the cached file's name: raise it when the content changes."""

_SCHEMA = """
CREATE TABLE sensors (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  enabled BOOLEAN NOT NULL DEFAULT 1
);
CREATE TABLE readings (
  id INTEGER PRIMARY KEY,
  sensor_id INTEGER NOT NULL REFERENCES sensors(id),
  taken_at INTEGER NOT NULL,
  value REAL NOT NULL,
  quality INTEGER NOT NULL,
  note TEXT
);
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL,
  title TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at TEXT NOT NULL,
  edited_at DATETIME,
  published BOOLEAN NOT NULL DEFAULT 0,
  score REAL
);
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY,
  document_id INTEGER NOT NULL,
  media_type TEXT NOT NULL,
  content BLOB NOT NULL
);
"""

_INDEXES = """
CREATE INDEX readings_by_sensor ON readings(sensor_id, taken_at);
CREATE INDEX readings_doubtful ON readings(taken_at) WHERE quality > 0;
CREATE UNIQUE INDEX documents_slug ON documents(slug COLLATE NOCASE);
CREATE INDEX documents_published ON documents(created_at) WHERE published;
CREATE INDEX attachments_by_document ON attachments(document_id);
"""

_WORDS = (
    "amber", "basin", "cedar", "delta", "ember", "fjord", "grove", "harbour", "inlet", "juniper",
    "kettle", "lagoon", "meadow", "north", "orchard", "prairie", "quarry", "river", "summit", "timber",
    "upland", "valley", "willow", "yarrow",
)  # fmt: skip


def cached(folder: Path, rows: int, *, narrow_only: bool = False) -> Path:
    """The database of about `rows` rows in `folder`, made there when it is missing."""
    kind = "narrow" if narrow_only else "full"
    path = folder / f"bench-{kind}-{rows}-v{VERSION}.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _make(fresh, rows, narrow_only=narrow_only)
        fresh.rename(path)
    return path


def _make(path: Path, rows: int, *, narrow_only: bool) -> None:
    documents = 0 if narrow_only else round(rows * 400_000 / FULL)
    attachments = 0 if narrow_only else round(rows * 50_000 / FULL)
    chance = random.Random(SEED)
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
    with connection:
        _insert(connection, "sensors", ((n, f"Sensor-{n:04}", n % 17 > 0) for n in range(1, SENSORS + 1)))
        _insert(connection, "readings", _readings(chance, rows - documents - attachments))
        _insert(connection, "documents", _documents(chance, documents))
        _insert(connection, "attachments", _attachments(chance, attachments, documents))
    connection.executescript(_INDEXES)
    connection.close()


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    width = len(connection.execute(f"SELECT * FROM {table}").description)
    connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)


def _readings(chance: random.Random, count: int) -> Iterator[tuple[Any, ...]]:
    at = 1_600_000_000_000
    draw = chance.random
    for number in range(1, count + 1):
        dice = draw()
        at += int(dice * 2000)
        note = None if dice < 0.7 else _WORDS[int(dice * 1e6) % len(_WORDS)]
        sensor = 1 + int(draw() * SENSORS)
        yield number, sensor, at, draw() * 100 - 20, int(dice * 1000) % 20 == 0, note


def _documents(chance: random.Random, count: int) -> Iterator[tuple[Any, ...]]:
    start = datetime(2019, 1, 1)
    for number in range(1, count + 1):
        created = start + timedelta(seconds=number * 431 + chance.randrange(400))
        later = timedelta(microseconds=chance.randrange(1, 10**13))
        edited = created + later if chance.random() < 0.6 else None
        words = chance.choices(_WORDS, k=5)
        payload = {
            "author": {"id": chance.randrange(9000), "name": " ".join(words[:2]).title()},
            "tags": words[2:],
            "views": chance.randrange(10**6),
            "ratio": round(chance.random(), 4),
            "draft": chance.random() < 0.1,
            "note": "naïve café 「資料」" if number % 50 == 0 else None,
        }
        yield (
            number,
            f"{words[0]}-{words[1]}-{number}",
            " ".join(words).capitalize(),
            json.dumps(payload, ensure_ascii=False),
            created.isoformat(sep=" "),
            None if edited is None else edited.isoformat(sep=" ", timespec="microseconds"),
            int(chance.random() < 0.8),
            None if number % 9 == 0 else chance.gauss(50, 17),
        )


def _attachments(chance: random.Random, count: int, documents: int) -> Iterator[tuple[Any, ...]]:
    for number in range(1, count + 1):
        size = int(chance.expovariate(1 / 3800)) + 16
        kind = chance.choice(("image/png", "image/webp", "application/pdf"))
        yield number, chance.randrange(1, documents + 1), kind, chance.randbytes(size)
