"""A garden's notebook on sqlite-utils, as for SQLite: `garden_sqlite_utils.py FILE|URL verb ...`.

What it prints must not depend on the database behind the connection.
"""

from __future__ import annotations

import datetime
import decimal
import sys
from typing import Any

import sqlite_utils

import outgrow


def create(db: sqlite_utils.Database) -> None:
    """Tables made by inserting, as sqlite-utils does, with keys between them."""
    db["beds"].insert_all(
        [{"id": n, "name": f"bed {n}", "sunny": n % 2 == 0, "area": n * 1.5} for n in range(1, 6)], pk="id"
    )
    db["plants"].insert_all(
        (
            {
                "id": n,
                "name": f"Plant {n}" if n != 9 else "Bärlauch 10 % → 漢字",
                "bed_id": 1 + n % 5,
                "planted": datetime.date(2024, 1 + n % 12, 1 + n % 28),
                "seen": datetime.datetime(2024, 3, 1, n % 24, n, 7),
                "height": n * 2.5,
                "price": decimal.Decimal("1.25") * n,
                "notes": {"water": n % 3, "tags": ["a", f"t{n % 2}"]},
                "photo": bytes(range(n)),
            }
            for n in range(1, 31)
        ),
        pk="id",
        foreign_keys=[("bed_id", "beds", "id")],
        not_null={"name"},
    )
    db["visits"].insert_all(
        [{"plant": 1 + n % 30, "day": f"2024-05-{1 + n % 28:02}", "who": "Ada"} for n in range(60)],
        pk=("plant", "day"),
        ignore=True,
    )
    db["plants"].create_index(["bed_id", "name"])
    db["plants"].create_index(["planted"], index_name="by_day", if_not_exists=True)
    db.create_view("tall", "SELECT id, name, height FROM plants WHERE height > 60")


def queries(db: sqlite_utils.Database) -> None:
    """Reading."""
    print(db.table_names(), db.view_names(), db["plants"].count, db["plants"].count_where("bed_id = ?", [2]))
    print(db["plants"].get(9))
    print(
        list(
            db["plants"].rows_where(
                "height > :h", {"h": 70}, order_by="height desc", limit=2, select="id, name"
            )
        )
    )
    print(
        list(
            db["plants"].rows_where(
                order_by="id", limit=2, offset=28, select="id, seen, planted, price, notes"
            )
        )
    )
    print(list(db["tall"].rows)[:2])
    print(
        list(
            db.query(
                "SELECT beds.name, count(*) AS n, avg(height) AS h "
                "FROM plants JOIN beds ON beds.id = bed_id GROUP BY beds.name ORDER BY beds.name"
            )
        )
    )
    print(
        list(
            db.query(
                "SELECT json_extract(notes, '$.tags[1]') AS tag, count(*) AS n "
                "FROM plants GROUP BY tag ORDER BY tag"
            )
        )
    )
    print(
        list(
            db.query(
                "SELECT strftime('%m', planted) AS month, count(id) AS ids "
                "FROM plants GROUP BY month ORDER BY month LIMIT 2"
            )
        )
    )
    print(db.execute("SELECT typeof(sunny), typeof(area), typeof(seen) FROM beds, plants LIMIT 1").fetchone())
    try:
        db["plants"].get(4711)
    except sqlite_utils.db.NotFoundError:
        print("not found")


def writes(db: sqlite_utils.Database) -> None:
    """Inserting, upserting, changing, deleting."""
    plants: Any = db["plants"]
    print(plants.insert({"name": "New", "bed_id": 1, "height": 1.0}).last_pk)
    plants.insert({"id": 31, "name": "Again", "bed_id": 2}, replace=True)
    plants.insert({"id": 31, "name": "Never", "bed_id": 2}, ignore=True)
    plants.upsert({"id": 31, "name": "Again", "height": 9.5}, pk="id")
    plants.upsert_all([{"id": n, "name": f"up {n}", "bed_id": 3} for n in (30, 31, 32, 33)], pk="id")
    print(list(plants.rows_where("id > 29", select="id, name, bed_id, height", order_by="id")))
    print(plants.update(5, {"notes": {"new": [1, None, "ü"]}, "photo": b"\x00\xff"}).get(5))
    plants.delete(6)
    plants.delete_where("id > ?", [31])
    print(plants.count)
    db["visits"].insert_all(
        [{"plant": 1, "day": f"2023-01-{1 + n % 28:02}-{n}", "who": f"w{n}"} for n in range(1000)],
        pk=("plant", "day"),
    )
    print(db["visits"].count, db["visits"].get((1, "2023-01-05-4")))
    try:
        plants.insert({"id": 1, "name": "twice"})
    except Exception as error:
        print(type(error).__name__, error)
    try:
        with db.conn:
            plants.insert({"name": "undone", "bed_id": 1})
            stop()
    except RuntimeError:
        pass
    print(plants.count_where("name = 'undone'"))


def stop() -> None:
    """Something goes wrong."""
    raise RuntimeError


def convert(db: sqlite_utils.Database) -> None:
    """A function of Python's in an UPDATE."""
    db["plants"].convert("name", lambda name: name.upper(), where="id < 3")
    print(list(db["plants"].rows_where("id < 4", select="id, name", order_by="id")))


def structure(db: sqlite_utils.Database) -> None:
    """What can be seen of the schema, and what changes it."""
    plants: Any = db["plants"]
    print(plants.columns_dict, plants.pks, plants.foreign_keys)
    print(
        [
            (column.name, column.type, column.notnull, column.default_value, column.is_pk)
            for column in plants.columns
        ]
    )
    print(
        [(index.name, index.columns, index.unique) for index in plants.indexes],
        db["visits"].pks,
        plants.triggers,
    )
    plants.add_column("colour", str, not_null_default="green")
    plants.add_column("extra")
    plants.insert({"name": "With more", "bed_id": 1, "smell": "sweet"}, alter=True)
    print(list(plants.rows_where("smell IS NOT NULL", select="name, colour, extra, smell")))
    db["watering"].create(
        {"id": int, "plant_id": int, "litres": float, "at": str},
        pk="id",
        defaults={"litres": 1.5},
        not_null={"at"},
    )
    db["watering"].insert({"plant_id": 1, "at": "2024-01-01"})
    db["watering"].add_foreign_key("plant_id", "plants", "id")
    print(list(db["watering"].rows), db["watering"].foreign_keys)
    plants.transform(
        types={"height": str}, rename={"extra": "more"}, drop={"smell"}, defaults={"colour": "blue"}
    )
    print(plants.columns_dict, plants.foreign_keys)
    print(list(plants.rows_where("id IN (1, 2)", select="id, height, more, colour", order_by="id")))
    db["visits"].extract("who", table="people", fk_column="person_id")
    print(db["visits"].columns_dict, db["people"].count)
    db["watering"].drop()
    db["copied"].insert_all(db.query("SELECT id, name FROM plants WHERE id < 4"))
    print(list(db["copied"].rows), db["copied"].exists(), db.table("copied").detect_fts())
    db["beds"].rename("places") if hasattr(db["beds"], "rename") else db.rename_table("beds", "places")
    print(plants.foreign_keys, sorted(db.table_names()))


def search(db: sqlite_utils.Database) -> None:
    """Full text."""
    plants: Any = db["plants"]
    plants.enable_fts(["name"], create_triggers=True)
    plants.insert({"name": "wild strawberry", "bed_id": 1})
    print(
        [row["name"] for row in plants.search("strawberry")],
        [row["id"] for row in plants.search("plant", limit=3, order_by="id")],
    )
    print(plants.detect_fts(), plants.virtual_table_using)
    plants.disable_fts()
    print(plants.detect_fts())


def main(where: str, *verbs: str) -> None:
    """Runs the verbs on the database."""
    db = sqlite_utils.Database(outgrow.connect(where))
    for verb in verbs:
        globals()[verb](db)
    db.close()


main(*sys.argv[1:])
