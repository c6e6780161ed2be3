"""Which types a column could have, best first, judged by declaration, profile, name and default.

A candidate is a guess that the evidence allows so far; only the conversion, which looks at every
value, makes it certain. `types.choose` picks; to teach outgrow a new guess, add a function to
`_GUESSES`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from outgrow.options import Options
from outgrow.schema.model import Affinity, Column, Table
from outgrow.schema.names import fold
from outgrow.types.declared import Declared, declared
from outgrow.types.formats import DateFormat, date_formats
from outgrow.types.observed import EXACT_INTEGERS, ColumnProfile
from outgrow.types.values.booleans import SPELLINGS
from outgrow.types.values.epochs import UNITS
from outgrow.types.values.vectors import MAX_DIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A target type with its recipe, and one line on what speaks for it."""

    type: str
    conversion: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one column; `sibling` is the date format that most of the file's date columns have."""

    table: Table
    column: Column
    profile: ColumnProfile
    options: Options
    sibling: DateFormat | None = None

    @property
    def declared(self) -> Declared:
        """The declared type's meaning."""
        return declared(self.column.declared_type)

    @property
    def texts(self) -> tuple[str, ...]:
        """Text values of the sample."""
        return tuple(value for value in self.profile.sample if isinstance(value, str))

    @property
    def is_key(self) -> bool:
        """Whether the column is part of a primary or foreign key."""
        in_foreign = any(self.column.name in key.columns for key in self.table.foreign_keys)
        return self.column.primary_key > 0 or in_foreign

    def only(self, *classes: str) -> bool:
        """Whether all values are of these storage classes (true for a column without values)."""
        return self.profile.classes <= frozenset(classes)


_FLAG_NAME = re.compile(
    r"(?:is|has|was|can|should|allow|allows|enable|disable|show|hide|use|uses|no|not|needs|include|auto)_\w+\Z"
    r"|(?:\w+_)?(?:enabled|disabled|active|inactive|deleted|archived|hidden|visible|locked|verified|public|private"
    r"|published|favou?rite|starred|pinned|read|seen|admin|default|required|optional|success|completed|done|paused"
    r"|approved|confirmed|muted|blocked|flag)\Z"
    r"|(?:is|has|was|can)[A-Z]\w*\Z"
)
_DATE_NAME = re.compile(
    r"(?:.*[_ ])?(?:at|on|date|time|datetime|timestamp|ts|when|day|created|updated|modified|changed|deleted|added|started"
    r"|ended|finished|completed|expires|expiry|expiration|since|until|deadline|due|birthday|birthdate|dob|seen|joined"
    r"|start|end|last_login|published)\Z|.*(?:date|time|timestamp|_at|_on|At|On|Date|Time)(?:_utc)?\Z|(?:date|time)_.*\Z",
    re.IGNORECASE,
)
_UUID_NAME = re.compile(r".*(?:uuid|guid|_id|_key|_token|\bid)\Z|id\Z", re.IGNORECASE)
_JSON_NAME = re.compile(
    r".*(?:json|data|meta|metadata|payload|config|configuration|settings|options|props|properties|attributes|attrs|params"
    r"|parameters|extra|details|context|tags|content|body|state|schema|value|values|items|list|fields|rules|args|headers"
    r"|preferences|permissions|scopes|info|spec|definition)s?\Z",
    re.IGNORECASE,
)
_VECTOR_NAME = re.compile(r".*(?:embedding|vector|embed|emb|_vec)s?\Z|vec\Z", re.IGNORECASE)
_UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_UUID_UPPER = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\Z")
_HEX32 = re.compile(r"[0-9a-f]{32}\Z")
_HEX32_UPPER = re.compile(r"[0-9A-F]{32}\Z")
_NOW_DEFAULT = re.compile(r"current_timestamp|current_date|current_time|\b(?:datetime|date|time|strftime)\s*\(", re.IGNORECASE)

_DATE_MEANINGS = {"date", "datetime", "datetimetz", "time"}
_ENOUGH = 10
"""So many values convince without a telling name or declaration."""


def candidates(evidence: Evidence) -> tuple[Candidate, ...]:
    """Types for the column, best first; the last one always holds every value."""
    found: list[Candidate] = []
    if evidence.options.types != "faithful":
        for guess in _GUESSES:
            found.extend(guess(evidence))
    found.extend(_by_class(evidence))
    unique: dict[tuple[str, str], Candidate] = {}
    for candidate in found:
        unique.setdefault((candidate.type, candidate.conversion), candidate)
    return tuple(unique.values())


def _told(evidence: Evidence) -> str:
    return f"declared {evidence.column.declared_type}" if evidence.column.declared_type else "no declared type"


def _boolean(e: Evidence) -> Iterator[Candidate]:
    is_declared = e.declared.meaning == "boolean"
    if e.is_key or not (is_declared or _looks_like_flag(e)):
        return
    why = _told(e) if is_declared else "only 0 and 1, named and defaulted like a flag"
    if e.only("integer") and _within(e.profile, 0, 1):
        yield Candidate(type="boolean", conversion="boolean:0/1", evidence=why)
    if is_declared and e.profile.values and e.only("text"):
        seen = set(e.texts)
        for spelling in SPELLINGS:
            if seen <= set(spelling.split("/")):
                yield Candidate(type="boolean", conversion=f"boolean:{spelling}", evidence=f"{why}, spelled {spelling}")


def _looks_like_flag(e: Evidence) -> bool:
    if e.options.types != "inferred" or not e.profile.values:
        return False
    if any(_is_flag_check(check.expression, e.column.name) for check in e.table.checks):
        return True
    default = (e.column.default or "").strip("()' \"").lower()
    return bool(_FLAG_NAME.match(e.column.name)) and default in {"0", "1", "false", "true"}


def _is_flag_check(expression: str, column: str) -> bool:
    text = re.sub(r"[\s\"`\[\]()]", "", expression).lower()
    name = re.sub(r"[\s\"`\[\]()]", "", column).lower()
    return text in {f"{name}in0,1", f"{name}in1,0", f"{name}=0or{name}=1", f"{name}=1or{name}=0", f"{name}between0and1"}


def _within(profile: ColumnProfile, low: int, high: int) -> bool:
    if profile.min_integer is None or profile.max_integer is None:
        return True
    return low <= profile.min_integer and profile.max_integer <= high


def _date_text(e: Evidence) -> Iterator[Candidate]:
    said = e.declared.meaning in _DATE_MEANINGS
    if not e.only("text") or (e.is_key and not said):
        return
    hinted = e.options.types == "inferred" and e.column.affinity in {Affinity.TEXT, Affinity.BLOB} and _date_hint(e)
    if not (said or hinted):
        return
    if not e.profile.values:
        if said:
            yield from _undated(e)
        return
    for form in date_formats(e.texts):
        if form.kind in {"timestamp", "timestamptz"} and e.declared.meaning in {"date", "time"} and said:
            continue
        yield Candidate(type=form.kind, conversion=form.recipe, evidence=f"{_told(e)}, every value is {form.spelling}")


def _date_hint(e: Evidence) -> bool:
    return bool(_DATE_NAME.match(e.column.name)) or bool(_NOW_DEFAULT.search(e.column.default or ""))


def _undated(e: Evidence) -> Iterator[Candidate]:
    """A declared date column without values: the declaration, in the format of its siblings."""
    meaning, why = e.declared.meaning, f"{_told(e)}, no values"
    if meaning == "date":
        yield Candidate(type="date", conversion="date-text:YYYY-MM-DD", evidence=why)
    elif meaning == "time":
        yield Candidate(type="time", conversion="time-text:HH:MM:SS", evidence=why)
    elif e.sibling is not None and not _NOW_DEFAULT.search(e.column.default or ""):
        yield Candidate(
            type=e.sibling.kind, conversion=e.sibling.recipe, evidence=f"{why}; format of the other date columns"
        )
    elif meaning == "datetimetz":
        yield Candidate(type="timestamptz", conversion="timestamptz-text:YYYY-MM-DD HH:MM:SS+00:00", evidence=why)
    else:
        yield Candidate(type="timestamp", conversion="timestamp-text:YYYY-MM-DD HH:MM:SS", evidence=why)


_PLAUSIBLE = (631_152_000_000_000, 4_102_444_800_000_000)
"""1990 to 2100 in microseconds since 1970."""


def _date_number(e: Evidence) -> Iterator[Candidate]:
    if e.declared.meaning not in {"datetime", "datetimetz", "date"} or not e.profile.values or e.is_key:
        return
    if not e.only("integer", "real"):
        return
    units = plausible_units(e.profile)
    if len(units) != 1:
        return
    real_affinity = e.column.affinity is Affinity.REAL
    kind = "timestamptz-epoch-real" if real_affinity else "timestamptz-epoch"
    if e.column.affinity is Affinity.BLOB and "real" in e.profile.classes:
        return
    yield Candidate(
        type="timestamptz",
        conversion=f"{kind}:{units[0]}",
        evidence=f"{_told(e)}, every number is {units[0]} between 1990 and 2100",
    )


def plausible_units(profile: ColumnProfile) -> tuple[str, ...]:
    """Epoch units under which all numbers of the column, zeros aside, fall between 1990 and 2100."""
    numbers = [x for x in (profile.min_integer, profile.max_integer, profile.min_real, profile.max_real) if x is not None]
    numbers += [value for value in profile.sample if isinstance(value, int | float)]
    if not numbers:
        return ()
    low, high = _PLAUSIBLE
    fits = [
        name
        for name, unit in UNITS.items()
        if all(abs(number) < 1e18 and low <= number * unit.micros + unit.zero <= high for number in numbers)
    ]
    if "s" in fits and "apple" in fits:
        # Seconds since 2001 and since 1970 overlap between 1.0e9 and 2.1e9; CoreData names its columns Z….
        fits.remove("s" if fold(profile.column).startswith("z") else "apple")
    if "us" in fits and "webkit" in fits:
        fits.remove("webkit")
    return tuple(fits)


def _uuid(e: Evidence) -> Iterator[Candidate]:
    said = e.declared.meaning == "uuid"
    if not e.profile.values:
        if said:
            yield Candidate(type="uuid", conversion="uuid-text", evidence=f"{_told(e)}, no values")
        return
    if not (said or (e.options.types == "inferred" and (_UUID_NAME.match(e.column.name) or e.profile.values >= _ENOUGH))):
        return
    if e.only("text"):
        shapes = [("uuid-text", _UUID_TEXT), ("uuid-text:upper", _UUID_UPPER)]
        if said:
            shapes += [("uuid-hex", _HEX32), ("uuid-hex:upper", _HEX32_UPPER)]
        for recipe, shape in shapes:
            if all(shape.match(text) for text in e.texts):
                yield Candidate(type="uuid", conversion=recipe, evidence=f"{_told(e)}, every value is a UUID")
    blob_named = said or bool(re.search(r"uuid|guid", e.column.name, re.IGNORECASE)) or e.declared.size == 16
    if e.only("blob") and blob_named and e.profile.max_bytes == 16 and e.profile.mean_bytes == 16:
        yield Candidate(type="uuid", conversion="uuid-blob", evidence=f"{_told(e)}, every value has 16 bytes")


def _json(e: Evidence) -> Iterator[Candidate]:
    said = e.declared.meaning == "json" or _is_checked_json(e)
    if not e.only("text") or e.is_key or _is_indexed(e) or not (said or e.profile.values):
        return
    if not said:
        shaped = all(text.lstrip()[:1] in {"{", "["} and text.rstrip()[-1:] in {"}", "]"} for text in e.texts)
        hint = bool(_JSON_NAME.match(e.column.name))
        if e.options.types != "inferred" or not shaped or not (hint or e.profile.values >= _ENOUGH):
            return
    why = "every value is JSON" if e.profile.values else "no values"
    yield Candidate(type=e.options.json, conversion="json", evidence=f"{_told(e)}, {why}")


def _is_checked_json(e: Evidence) -> bool:
    """Whether a CHECK says json_valid(column), as Django and others write it."""
    name = re.sub(r"[\s\"`\[\]()]", "", e.column.name).lower()
    texts = (re.sub(r"[\s\"`\[\]()]", "", check.expression).lower() for check in e.table.checks)
    return e.options.types == "inferred" and any(f"json_valid{name}" in text for text in texts)


def _is_indexed(e: Evidence) -> bool:
    """Whether the column is a key of an index, where its text's own order and equality count."""
    return any(key.column == e.column.name for index in e.table.indexes for key in index.columns)


def _decimal(e: Evidence) -> Iterator[Candidate]:
    if e.declared.meaning != "decimal" or not e.only("integer", "real") or e.column.affinity is not Affinity.NUMERIC:
        return
    if e.declared.size and e.declared.size <= 1000 and (e.declared.scale or 0) <= e.declared.size:
        sized = f"numeric({e.declared.size},{e.declared.scale or 0})"
        yield Candidate(type=sized, conversion="numeric", evidence=f"{_told(e)}, no stored value changes")
    if e.only("integer") and e.is_key:
        return
    yield Candidate(type="numeric", conversion="numeric", evidence=f"{_told(e)}, no stored value changes")


def _sized_text(e: Evidence) -> Iterator[Candidate]:
    if e.options.types == "declared" and e.declared.meaning == "text" and e.declared.size and e.only("text"):
        sized = f"varchar({e.declared.size})"
        if 0 < e.declared.size <= 10_485_760:
            yield Candidate(type=sized, conversion="same", evidence=f"{_told(e)}, every value fits")


def _string_numbers(e: Evidence) -> Iterator[Candidate]:
    """`STRING` and its like have NUMERIC affinity, so texts that look like numbers became numbers."""
    if e.declared.meaning == "text" and e.column.affinity is Affinity.NUMERIC and not e.is_key:
        if e.profile.classes - {"text"}:
            yield Candidate(type="text", conversion="escaped", evidence=f"{_told(e)}, which SQLite reads as a number type")


def _vector(e: Evidence) -> Iterator[Candidate]:
    size = e.profile.max_bytes
    if not (e.options.vectors and e.options.types == "inferred" and e.profile.values and e.only("blob")):
        return
    if _VECTOR_NAME.match(e.column.name) and size % 4 == 0 and 8 <= size // 4 <= MAX_DIMENSIONS and e.profile.mean_bytes == size:
        dimensions = size // 4
        yield Candidate(
            type=f"vector({dimensions})", conversion="vector", evidence=f"every value is {dimensions} float32, named like an embedding"
        )


_GUESSES: tuple[Callable[[Evidence], Iterator[Candidate]], ...] = (
    _boolean,
    _date_text,
    _date_number,
    _uuid,
    _json,
    _decimal,
    _sized_text,
    _string_numbers,
    _vector,
)

_PLAIN = {"integer": "bigint", "real": "double precision", "text": "text", "blob": "bytea"}


def _by_class(e: Evidence) -> Iterator[Candidate]:
    classes = e.profile.classes
    if not classes:
        yield Candidate(type=_empty_type(e), conversion="same", evidence=f"{_told(e)}, no values")
    elif len(classes) == 1:
        (only,) = classes
        evidence = f"{_told(e)}, every value is {only}"
        if only == "integer" and e.column.affinity is Affinity.REAL:
            yield Candidate(type="double precision", conversion="numbers", evidence=evidence)
        yield Candidate(type=_PLAIN[only], conversion="same", evidence=evidence)
    elif classes == {"integer", "real"}:
        evidence = f"{_told(e)}, integers and reals"
        if _within(e.profile, -EXACT_INTEGERS, EXACT_INTEGERS):
            yield Candidate(type="double precision", conversion="numbers", evidence=evidence)
        yield Candidate(type="numeric", conversion="numeric-point", evidence=evidence)
    kinds = ", ".join(f"{count} {name}" for name, count in e.profile.counts) or "no values"
    yield Candidate(type="text", conversion="escaped", evidence=f"{_told(e)}; holds {kinds}")


def _empty_type(e: Evidence) -> str:
    if e.declared.meaning == "none":
        return "text"
    return {
        Affinity.INTEGER: "bigint",
        Affinity.REAL: "double precision",
        Affinity.TEXT: "text",
        Affinity.BLOB: "bytea",
        Affinity.NUMERIC: _empty_numeric(e),
    }[e.column.affinity]


def _empty_numeric(e: Evidence) -> str:
    by_meaning = {"boolean": "bigint", "text": "text", "json": "text", "uuid": "text", "date": "text", "datetime": "text",
                  "datetimetz": "text", "time": "text", "blob": "bytea", "unknown": "text"}  # fmt: skip
    return by_meaning.get(e.declared.meaning, "double precision")
