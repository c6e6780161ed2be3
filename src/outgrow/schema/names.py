"""Names: quoting on both sides, and the map from source names to PostgreSQL names.

PostgreSQL keeps 63 bytes of a name, folds what is not quoted, keeps tables, views, indexes and
sequences of a schema in one namespace, and has system columns in every table. SQLite knows none
of that. Every name that outgrow writes into SQL goes through `quote` or `quote_sqlite`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Literal

NamePolicy = Literal["fold", "preserve"]

MAX_BYTES = 63
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})

# pg_get_keywords() of PostgreSQL 18, categories R, T and C: what cannot stand unquoted as a name
# everywhere. Older servers know a subset.
KEYWORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization between bigint binary bit
    boolean both case cast char character check coalesce collate collation column concurrently
    constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user dec decimal default deferrable desc distinct do else end except
    exists extract false fetch float for foreign freeze from full grant greatest group grouping
    having ilike in initially inner inout int integer intersect interval into is isnull join json
    json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
    json_serialize json_table json_value lateral leading least left like limit localtime
    localtimestamp merge_action national natural nchar none normalize not notnull null nullif
    numeric offset on only or order out outer overlaps overlay placing position precision primary
    real references returning right row select session_user setof similar smallint some substring
    symmetric system_user table tablesample then time timestamp to trailing treat trim true union
    unique user using values varchar variadic verbose when where window with xmlattributes xmlconcat
    xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()  # noqa: SIM905 - as a list it takes 160 lines
)

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")
_ASCII_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")


def quote(name: str) -> str:
    """`name` as a PostgreSQL identifier: bare when that means the same, else in double quotes.

    Raises ValueError for an empty name and for one with NUL, which PostgreSQL cannot hold.
    """
    if not name or "\0" in name:
        raise ValueError("a PostgreSQL identifier cannot be empty or hold NUL")
    if _PLAIN.match(name) and name not in KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_sqlite(name: str) -> str:
    """`name` as a SQLite identifier, always in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a PostgreSQL string literal, whatever standard_conforming_strings says."""
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


def fold(name: str) -> str:
    """ASCII lower case, as SQLite compares names and as PostgreSQL folds unquoted ones."""
    return name.lower() if name.isascii() else name.translate(_ASCII_LOWER)


def qualified(schema: str, name: str) -> str:
    """`schema.name`, both quoted where needed."""
    return f"{quote(schema)}.{quote(name)}"


def shorten(name: str, suffix: str = "") -> str:
    """`name + suffix` within 63 bytes of UTF-8, never cut inside a character.

    A cut name carries a hash of the whole, which keeps two long names apart that agree in their
    first 63 bytes.
    """
    whole = name + suffix
    if len(whole.encode()) <= MAX_BYTES:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
    tail = f"_{digest}{suffix}"
    head = name.encode()[: MAX_BYTES - len(tail.encode())].decode(errors="ignore")
    return head + tail


class Namespace:
    """Names already taken in one PostgreSQL namespace; `take` gives a free one."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, wanted: str, *, suffix: str = "") -> str:
        """A free name as near to `wanted + suffix` as possible; it is taken from then on.

        A collision adds _2, _3, ... before the suffix, in order of asking.
        """
        name, number = shorten(wanted, suffix), 1
        while name in self._taken:
            number += 1
            name = shorten(f"{wanted}_{number}", suffix)
        self._taken.add(name)
        return name


def column_names(source: Iterable[str], policy: NamePolicy) -> dict[str, str]:
    """Source column name → target column name for one table, in order.

    System column names get a trailing underscore. Names that are usable as they stand take
    precedence over names that must be made up.
    """
    return _assign(source, policy, lambda text: f"{text}_" if text in SYSTEM_COLUMNS else text)


def relation_names(source: Iterable[str], policy: NamePolicy, taken: Iterable[str] = ()) -> dict[str, str]:
    """Source relation name → target relation name; `taken` are names the schema already uses."""
    return _assign(source, policy, lambda text: text, taken)


def _assign(
    source: Iterable[str], policy: NamePolicy, legal: Callable[[str], str], taken: Iterable[str] = ()
) -> dict[str, str]:
    wanted = {name: fold(name) if policy == "fold" else name for name in source}
    usable = {n: (legal(w) or "_").replace("\0", "_") for n, w in wanted.items()}
    space = Namespace(taken)
    first = sorted(wanted, key=lambda name: usable[name] != wanted[name])
    taken_names = {name: space.take(usable[name]) for name in first}
    return {name: taken_names[name] for name in wanted}
