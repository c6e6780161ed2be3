"""sqlite-utils, the tool for any SQLite file: definitions, catalog pragmas, triggers, full text, JSON."""

from __future__ import annotations

import json

from lockstep.program import Program, Typed

_PEOPLE = [
    {
        "id": n, "name": f"Person {n:02}", "age": 20 + n * 7 % 50, "weight": 50.5 + n,
        "city": ("Oslo", "Řím", "Lima")[n % 3],
        "joined": f"2023-{n % 12 + 1:02}-{n:02}", "tags": ["a", f"t{n % 4}"],
        "note": None if n % 5 else "it's \"5\"",
    }
    for n in range(1, 25)
]  # fmt: skip
_PETS = "id,owner,kind,born\n" + "".join(
    f"{n},{n % 24 + 1},{('cat', 'dog', 'axolotl')[n % 3]},2020-01-{n:02}\n" for n in range(1, 20)
)

SQLITE_UTILS = Program(
    name="sqlite-utils",
    packages=("sqlite-utils",),
    database="data.db",
    files={
        "people.json": json.dumps(_PEOPLE),
        "pets.csv": _PETS,
        "more.json": json.dumps(
            [{"id": 3, "name": "Person three", "age": 99}, {"id": 90, "name": "Ninety", "age": 9}]
        ),
        "lines.txt": "one\ntwo\nthree\n",
        "picture.bin": bytes(range(256)),
    },
    prepare=(
        "sqlite-utils insert data.db people people.json --pk id",
        "sqlite-utils insert data.db pets pets.csv --csv --pk id",
        "sqlite-utils create-index data.db people city name",
        'sqlite-utils create-view data.db old "select * from people where age > 40"',
        "sqlite-utils enable-fts data.db people name note --fts5 --create-triggers",
        "sqlite-utils insert data.db plain lines.txt --lines",
    ),
    commands=(
        "sqlite-utils tables data.db --counts",
        "sqlite-utils tables data.db --columns --table",
        "sqlite-utils views data.db",
        "sqlite-utils indexes data.db --table",
        "sqlite-utils triggers data.db",
        "sqlite-utils schema data.db",
        "sqlite-utils rows data.db people --limit 5",
        "sqlite-utils rows data.db people -c name -c age --where 'age > :a' -p a 30 --order 'age desc, id' "
        "--csv",
        "sqlite-utils rows data.db pets --nl",
        "sqlite-utils rows data.db plain",
        "sqlite-utils data.db 'select city, count(*), avg(weight), max(joined) from people group by city "
        "order by 1' --table",
        "sqlite-utils data.db \"select name, json_extract(tags, '$[1]') as t from people where id < 5\"",
        "sqlite-utils data.db 'select p.name, group_concat(kind) k from people p join pets on owner = p.id "
        "group by p.id order by p.id' --tsv",
        "sqlite-utils data.db 'select * from old order by id' --json-cols",
        "sqlite-utils data.db 'select nothing from nowhere'",
        "sqlite-utils data.db 'selec 1'",
        "sqlite-utils search data.db people 'person' --limit 4",
        "sqlite-utils search data.db people '5' -c id -c name",
        "sqlite-utils search data.db people 'per*' --quote",
        "sqlite-utils insert data.db people more.json --pk id",
        "sqlite-utils insert data.db people more.json --pk id --ignore",
        "sqlite-utils upsert data.db people more.json --pk id",
        "sqlite-utils insert data.db people more.json --pk id --replace",
        "sqlite-utils data.db 'update people set age = age + 1 where city = :c' -p c Lima",
        "sqlite-utils data.db \"delete from pets where kind = 'dog'\"",
        Typed(
            line="sqlite-utils bulk data.db 'update pets set born = :b where id = :i' -",
            stdin='[{"i": 1, "b": "x"}, {"i": 4, "b": null}]',
        ),
        "sqlite-utils add-column data.db pets weight float",
        "sqlite-utils add-column data.db pets name text --not-null-default 'no name'",
        "sqlite-utils add-foreign-key data.db pets owner people id",
        "sqlite-utils create-table data.db books id integer title text price float --pk id --not-null title "
        "--default price 1.5",
        "sqlite-utils create-table data.db books id integer",
        Typed(
            line="sqlite-utils insert data.db books - --alter",
            stdin='[{"id": 1, "title": "One", "year": 1999}, {"id": 2, "title": "Two", "price": 7.25}]',
        ),
        Typed(line="sqlite-utils insert data.db books -", stdin='{"id": 3}'),
        "sqlite-utils insert-files data.db files picture.bin lines.txt -c path -c sha256 -c size -c content",
        "sqlite-utils extract data.db people city",
        "sqlite-utils rows data.db city",
        "sqlite-utils transform data.db books --rename title name --drop year --type price text",
        "sqlite-utils schema data.db books",
        "sqlite-utils rename-table data.db books volumes",
        "sqlite-utils duplicate data.db volumes volumes2",
        "sqlite-utils create-index data.db pets kind --unique",
        "sqlite-utils create-index data.db pets born --if-not-exists",
        "sqlite-utils drop-index data.db pets idx_pets_born",
        "sqlite-utils create-view data.db kinds 'select distinct kind from pets'",
        "sqlite-utils drop-view data.db kinds",
        "sqlite-utils tables data.db --counts",
        "sqlite-utils analyze-tables data.db people",
        "sqlite-utils rebuild-fts data.db people",
        "sqlite-utils optimize data.db",
        "sqlite-utils vacuum data.db",
        "sqlite-utils disable-fts data.db people",
        "sqlite-utils enable-counts data.db",
        Typed(line="sqlite-utils insert data.db plain -", stdin='{"line": "four"}'),
        "sqlite-utils tables data.db --counts",
        "sqlite-utils reset-counts data.db",
        "sqlite-utils drop-table data.db volumes2",
        "sqlite-utils drop-table data.db volumes2",
        "sqlite-utils schema data.db",
        "sqlite-utils dump data.db",
        "sqlite-utils convert data.db files path 'value.upper()'",
        "sqlite-utils convert data.db files size 'value * 2' --output twice --output-type integer",
        "sqlite-utils drop-table data.db files",
        "sqlite-utils memory pets.csv 'select count(*) from pets'",
    ),
)
