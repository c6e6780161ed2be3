"""Datasette, a site over a SQLite file: pages and JSON by `--get`, facets, sorting, SQL of visitors."""

from __future__ import annotations

import json

from lockstep.program import Mask, Program

_PLACES = [
    {
        "id": n, "name": f"Place {n}", "kind": ("park", "bar", "Museum")[n % 3], "rating": n % 5 + 0.5,
        "opened": f"20{n % 20:02}-0{n % 9 + 1}-11", "tags": json.dumps(["x", f"t{n % 4}"]),
        "owner": n % 4 + 1,
    }
    for n in range(1, 41)
]  # fmt: skip
_OWNERS = [{"id": n, "name": f"Owner {n}"} for n in range(1, 5)]


def _get(path: str) -> str:
    return f"datasette serve places.db --setting num_sql_threads 1 --get '{path}'"


DATASETTE = Program(
    name="datasette",
    packages=("datasette", "sqlite-utils", "setuptools<81"),
    database="places.db",
    files={"places.json": json.dumps(_PLACES), "owners.json": json.dumps(_OWNERS)},
    prepare=(
        "sqlite-utils insert places.db owners owners.json --pk id",
        "sqlite-utils insert places.db places places.json --pk id",
        "sqlite-utils add-foreign-key places.db places owner owners id",
        "sqlite-utils create-index places.db places kind",
        "sqlite-utils create-view places.db good 'select * from places where rating > 3'",
        "sqlite-utils enable-fts places.db places name",
    ),
    commands=(
        _get("/places.json"),
        _get("/places/places.json?_size=5&_shape=array"),
        _get("/places/places.json?_size=7&_sort=rating&_shape=objects"),
        _get("/places/places.json?_sort_desc=name&_size=3&_next=Place+30,30"),
        _get("/places/places.json?kind__contains=MUS&rating__gte=2&_nl=on&_shape=array"),
        _get("/places/places.json?_facet=kind&_facet=owner&_size=1"),
        _get("/places/places.json?_facet_array=tags&_size=1"),
        _get("/places/places.json?_facet_date=opened&_size=1"),
        _get("/places/places.json?tags__arraycontains=t2&_shape=array"),
        _get("/places/places.json?_search=place&_size=2&_shape=array"),
        _get("/places/places.json?_where=rating%20%3C%201&_shape=array&_labels=on"),
        _get("/places/places.csv?_size=4&_labels=on"),
        _get("/places/places/7.json"),
        _get("/places/places/700.json"),
        _get("/places/owners/1.json?_extras=foreign_key_tables"),
        _get("/places/good.json?_size=3&_shape=array"),
        _get(
            "/places.json?sql=select+kind%2C+count%28*%29+n+from+places+group+by+kind+order+by+n%2C+1&_shape=array"
        ),
        _get("/places.json?sql=select+*+from+places+where+name+%3D+%3Aname&name=Place+9&_shape=array"),
        _get("/places.json?sql=select+nothing+from+nowhere"),
        _get("/places.json?sql=delete+from+places"),
        _get("/places.csv?sql=select+id%2C+opened+from+places+limit+3"),
        _get("/places/places"),
        _get("/places/places/9"),
        _get("/places"),
        _get("/"),
        _get("/-/databases.json"),
        "datasette inspect places.db",
    ),
    masks=(
        Mask(pattern=r'"query_ms": [\d.]+|Queries took [\d.]+ms', why="how long queries took"),
        Mask(pattern=r"<\S+ object at 0x[0-9a-f]+>", why="the class and address of a connection"),
    ),
)
