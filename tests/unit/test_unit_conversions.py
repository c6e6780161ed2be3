"""Every conversion: what it takes comes back with its class and bits, what it refuses it names."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit_values import array, as_read, quickly, round_trip, same, stored

from outgrow.errors import ConfigError, CounterExample
from outgrow.types.observed import Value
from outgrow.types.restore import restorer, same_document, same_documents, unescape
from outgrow.types.values import CONVERSIONS, conversion
from outgrow.types.values.base import ARROW_TYPES, Form
from outgrow.types.values.documents import MAX_DEPTH, why_not
from outgrow.types.values.escaped import escape

INT64 = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False, width=64)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ANY_TEXT = st.binary(max_size=12).map(lambda b: b.decode(errors="surrogateescape"))
LOOKALIKES = st.sampled_from(
    [
        "5",
        "-0",
        "5.0",
        "1e5",
        "1e+300",
        "Inf",
        "-Inf",
        "X'00'",
        "X'0'",
        "CAST(X'00' AS TEXT)",
        "CAST(X'",
        "'",
        "''",
        "'a'",
        "it's",
        "",
        "\\N",
        "\\.",
        "a\0b",
        "\udcff",
        "007",
        " 5",
        "5\n",
        "inf",
        "NaN",
        "٣",
    ]
)
ANY_VALUE = st.one_of(st.none(), INT64, DOUBLES, ANY_TEXT, LOOKALIKES, st.binary(max_size=12))
FRACTIONS = DOUBLES.filter(lambda x: not (x.is_integer() and abs(x) < 2**63))


def nullable(values: st.SearchStrategy[Value]) -> st.SearchStrategy[list[Value]]:
    return st.lists(st.one_of(st.none(), values), max_size=8)


def moments(zone: timezone | None = None) -> st.SearchStrategy[datetime]:
    low, high = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)
    return st.datetimes(low, high, timezones=st.just(zone) if zone else st.none())


def trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


DAY_AND_TIME = moments().map(lambda m: m.replace(microsecond=0).isoformat(" "))
ROUND_TRIPS = {
    ("same", "bigint"): INT64,
    ("same", "integer"): st.integers(-(2**31), 2**31 - 1),
    ("same", "smallint"): st.integers(-(2**15), 2**15 - 1),
    ("same", "double precision"): DOUBLES,
    ("same", "real"): st.floats(allow_nan=False, width=32),
    ("same", "text"): TEXTS,
    ("same", "varchar(12)"): TEXTS,
    ("same", "bytea"): st.binary(max_size=20),
    ("integer-text", "bigint"): INT64.map(str),
    ("boolean:0/1", "boolean"): st.integers(0, 1),
    ("boolean:no/yes", "boolean"): st.sampled_from(["no", "yes"]),
    ("timestamp-text:YYYY-MM-DD HH:MM:SS", "timestamp"): DAY_AND_TIME,
    ("timestamp-text:YYYY-MM-DDTHH:MM", "timestamp"): moments().map(lambda m: m.isoformat("T")[:16]),
    ("timestamp-text:YYYY-MM-DD", "timestamp"): st.dates().map(date.isoformat),
    ("timestamp-text:YYYY-MM-DDTHH:MM:SS[.ffffff]", "timestamp"): moments().map(datetime.isoformat),
    ("timestamp-text:YYYY-MM-DD HH:MM:SS[.f]", "timestamp"): moments().map(
        lambda m: trimmed(m.isoformat(" ", "microseconds"))
    ),
    **{
        (f"timestamp-text:YYYY-MM-DD HH:MM:SS.{'f' * n}", "timestamp"): moments().map(
            lambda m, n=n: m.isoformat(" ", "microseconds")[: 20 + n]
        )
        for n in range(1, 7)
    },
    ("timestamptz-text:YYYY-MM-DDTHH:MM:SSZ", "timestamptz"): DAY_AND_TIME.map(
        lambda text: text.replace(" ", "T") + "Z"
    ),
    ("timestamptz-text:YYYY-MM-DD HH:MM:SS.fff+02:00", "timestamptz"): moments(
        timezone(timedelta(hours=2))
    ).map(lambda m: m.isoformat(" ", "milliseconds")),
    ("timestamptz-text:YYYY-MM-DD HH:MM:SS-05:30", "timestamptz"): moments(
        timezone(-timedelta(hours=5, minutes=30))
    ).map(lambda m: m.isoformat(" ", "seconds")),
    ("timestamptz-text:YYYY-MM-DD HH:MM:SS[.f] +0000 UTC", "timestamptz"): moments(UTC).map(
        lambda m: trimmed(m.replace(tzinfo=None).isoformat(" ", "microseconds")) + " +0000 UTC"
    ),
    ("date-text:YYYY-MM-DD", "date"): st.dates().map(date.isoformat),
    ("time-text:HH:MM:SS", "time"): moments().map(lambda m: m.strftime("%H:%M:%S")),
    ("time-text:HH:MM:SS.fff", "time"): moments().map(lambda m: m.time().isoformat("milliseconds")),
    ("time-text:HH:MM", "time"): moments().map(lambda m: m.strftime("%H:%M")),
    ("timestamptz-epoch:s", "timestamptz"): st.integers(-62_135_596_800, 253_402_300_799),
    ("timestamptz-epoch:ms", "timestamptz"): st.integers(-62_135_596_800_000, 253_402_300_799_999),
    ("timestamptz-epoch:us", "timestamp"): st.integers(-(2**53), 2**53),
    ("timestamptz-epoch:apple", "timestamptz"): st.integers(-(10**9), 10**9),
    ("timestamptz-epoch:webkit", "timestamptz"): st.integers(0, 2**53),
    ("timestamptz-epoch:julian", "timestamptz"): st.integers(1_721_426, 5_373_484),
    ("timestamptz-epoch-real:s", "timestamptz"): st.integers(-(10**15), 10**15).map(lambda n: n / 1e6),
    ("uuid-text", "uuid"): st.uuids().map(str),
    ("uuid-text:upper", "uuid"): st.uuids().map(lambda u: str(u).upper()),
    ("uuid-hex", "uuid"): st.uuids().map(lambda u: u.hex),
    ("uuid-hex:upper", "uuid"): st.uuids().map(lambda u: u.hex.upper()),
    ("uuid-blob", "uuid"): st.uuids().map(lambda u: u.bytes),
    ("numbers", "double precision"): st.one_of(st.integers(-(2**53), 2**53), FRACTIONS),
    ("numeric", "numeric"): st.one_of(INT64, FRACTIONS),
    ("numeric", "numeric(10,2)"): st.integers(-(10**10) + 1, 10**10 - 1).map(
        lambda n: n // 100 if n % 100 == 0 else n / 100
    ),
    ("numeric", "numeric(30,6)"): st.one_of(INT64, st.integers(1, 10**15).map(lambda n: n + 0.5)),
    ("numeric-point", "numeric"): st.one_of(INT64, DOUBLES.filter(lambda x: str(x) != "-0.0")),
    ("vector", "vector(3)"): st.tuples(*[st.floats(allow_nan=False, allow_infinity=False, width=32)] * 3).map(
        lambda floats: pa.array(floats, pa.float32()).buffers()[1].to_pybytes()[:12]
    ),
    ("vector-int8", "vector(3)"): st.binary(min_size=3, max_size=3),
    ("bit", "bit(16)"): st.binary(min_size=2, max_size=2),
    ("escaped", "text"): ANY_VALUE,
}


def test_every_conversion_has_a_round_trip() -> None:
    assert {recipe.partition(":")[0] for recipe, _ in ROUND_TRIPS} | {"json"} == set(CONVERSIONS)


@pytest.mark.parametrize(
    ("recipe", "sql_type"), list(ROUND_TRIPS), ids=[" → ".join(key) for key in ROUND_TRIPS]
)
def test_values_come_back(recipe: str, sql_type: str) -> None:
    @quickly
    @given(nullable(ROUND_TRIPS[recipe, sql_type]))
    def holds(values: list[Value]) -> None:
        assert same(round_trip(recipe, sql_type, values, _form(recipe, sql_type, values)), values)

    holds()


def _form(recipe: str, sql_type: str, values: list[Value]) -> Form | None:
    """The form in which a column without values is delivered has to be one that the conversion takes."""
    if any(value is not None for value in values):
        return None
    return min(conversion(recipe, sql_type).forms, key=lambda form: form.value)


@pytest.mark.parametrize(
    ("recipe", "sql_type"), list(ROUND_TRIPS), ids=[" → ".join(key) for key in ROUND_TRIPS]
)
def test_no_rows_and_only_nulls(recipe: str, sql_type: str) -> None:
    made, back = conversion(recipe, sql_type), restorer(recipe, sql_type)
    for form in made.forms:
        for count in (0, 3):
            sent = made.encode(pa.nulls(count, ARROW_TYPES[form]), form)
            assert (len(sent), sent.null_count) == (count, count)
            assert stored(back.back(as_read(recipe, sql_type, sent)), back.kind) == [None] * count


@quickly
@given(ANY_VALUE)
@example("X'")
@example("a'b")
def test_an_escaped_form_stands_for_one_value(value: Value) -> None:
    form = escape(value)
    assert form is None if value is None else same([unescape(form or "")], [value])
    assert form is None or "\0" not in form


@quickly
@given(st.lists(ANY_VALUE, unique_by=lambda v: (type(v), v), min_size=2, max_size=2))
def test_two_values_never_share_an_escaped_form(values: list[Value]) -> None:
    assert escape(values[0]) != escape(values[1])


def test_a_batch_is_encoded_as_its_parts_are() -> None:
    texts: list[Value] = ["2024-01-02 03:04:05", None, "2024-02-29 23:59:59", "1969-12-31 00:00:00"]
    made = conversion("timestamp-text:YYYY-MM-DD HH:MM:SS", "timestamp")
    whole = array(texts)
    parts = [made.encode(whole.slice(at, 2), Form.TEXT) for at in (0, 2)]
    assert pa.concat_arrays(parts).equals(made.encode(whole, Form.TEXT))


REJECTED = [
    ("same", "integer", [1, 2**31], "2147483648", "is out of range for integer"),
    ("same", "smallint", [-(2**15) - 1], "-32769", "is out of range for smallint"),
    ("same", "real", [0.5, 0.1], "0.1", "has more digits than real keeps"),
    ("same", "varchar(3)", ["abc", None, "löwe"], "'löwe'", "is longer than varchar(3)"),
    ("same", "text", ["ok", "a\0b"], r"'a\x00b'", "holds NUL, which PostgreSQL's text cannot"),
    ("same", "text", ["ok", "\udcffA"], r"'\xffA'", "is not valid UTF-8"),
    ("integer-text", "bigint", ["7", "007"], "'007'", "is not how SQLite spells an integer"),
    ("integer-text", "bigint", ["x"], "'x'", "is no integer"),
    ("integer-text", "bigint", [str(2**63)], "'9223372036854775808'", "is out of range for bigint"),
    ("boolean:0/1", "boolean", [0, 1, 2], "2", "is neither 0 nor 1"),
    ("boolean:no/yes", "boolean", ["yes", "Yes"], "'Yes'", "is neither 'no' nor 'yes'"),
    (
        "date-text:YYYY-MM-DD",
        "date",
        ["2024-02-29", "2023-02-29"],
        "'2023-02-29'",
        "is no such day or time, or not spelled as the column's format does",
    ),
    (
        "date-text:YYYY-MM-DD",
        "date",
        ["0000-01-01"],
        "'0000-01-01'",
        "is no such day or time, or not spelled as the column's format does",
    ),
    ("date-text:YYYY-MM-DD", "date", ["2024-01-02", ""], "''", "does not have the column's date format"),
    ("date-text:YYYY-MM-DD", "date", [""], "''", "does not have the column's date format"),
    (
        "date-text:YYYY-MM-DD",
        "date",
        ["2024/01/02"],
        "'2024/01/02'",
        "does not have the column's date format",
    ),
    (
        "date-text:YYYY-MM-DD",
        "date",
        ["\uff12024-01-0"],
        "'\uff12024-01-0'",
        "does not have the column's date format",
    ),
    (
        "time-text:HH:MM:SS",
        "time",
        ["23:59:59", "24:00:00"],
        "'24:00:00'",
        "is no such day or time, or not spelled as the column's format does",
    ),
    (
        "timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]",
        "timestamp",
        ["2024-01-02 03:04:05.000000"],
        "'2024-01-02 03:04:05.000000'",
        "is no such day or time, or not spelled as the column's format does",
    ),
    (
        "timestamp-text:YYYY-MM-DD HH:MM:SS[.f]",
        "timestamp",
        ["2024-01-02 03:04:05.50"],
        "'2024-01-02 03:04:05.50'",
        "is no such day or time, or not spelled as the column's format does",
    ),
    (
        "timestamp-text:YYYY-MM-DD HH:MM:SS.ff",
        "timestamp",
        ["2024-01-02 03:04:05.5"],
        "'2024-01-02 03:04:05.5'",
        "does not have the column's date format",
    ),
    (
        "timestamptz-text:YYYY-MM-DD HH:MM:SS+00:00",
        "timestamptz",
        ["2024-01-02 03:04:05+01:00"],
        "'2024-01-02 03:04:05+01:00'",
        "does not have the column's date format",
    ),
    (
        "timestamptz-epoch:s",
        "timestamptz",
        [0, 253_402_300_800],
        "253402300800",
        "lies outside the years 1 to 9999 in that unit",
    ),
    (
        "timestamptz-epoch:ms",
        "timestamptz",
        [-(2**63)],
        "-9223372036854775808",
        "lies outside the years 1 to 9999 in that unit",
    ),
    ("timestamptz-epoch:s", "timestamptz", [1.5, 2.0], "2.0", "is a real without a fraction beside integers"),
    (
        "timestamptz-epoch-real:s",
        "timestamptz",
        [0.1234567],
        "0.1234567",
        "is finer than a microsecond keeps",
    ),
    (
        "timestamptz-epoch-real:s",
        "timestamptz",
        [float("inf")],
        "inf",
        "lies outside the years 1 to 9999 in that unit",
    ),
    ("timestamptz-epoch-real:s", "timestamptz", [-0.0], "-0.0", "is finer than a microsecond keeps"),
    ("timestamptz-epoch:s", "timestamptz", [1, "x"], "'x'", "is no number"),
    (
        "uuid-text",
        "uuid",
        [str(uuid.UUID(int=1)), str(uuid.UUID(int=10)).upper()],
        "'00000000-0000-0000-0000-00000000000A'",
        "is no UUID in the column's spelling",
    ),
    ("uuid-text", "uuid", [""], "''", "is no UUID in the column's spelling"),
    ("uuid-hex", "uuid", ["z" * 32], f"'{'z' * 32}'", "is no UUID in the column's spelling"),
    ("uuid-blob", "uuid", [bytes(16), bytes(15)], f"x'{'00' * 15}'", "is not 16 bytes long"),
    ("numbers", "double precision", [1, 2**53 + 1], "9007199254740993", "is an integer beyond 2^53"),
    ("numbers", "double precision", [1.5, 5.0], "5.0", "is a real without a fraction beside integers"),
    ("numbers", "double precision", [-0.0], "-0.0", "is a real without a fraction beside integers"),
    ("numeric", "numeric(10,2)", [1.23, 1.239], "1.239", "has more decimals than numeric(10,2)"),
    ("numeric", "numeric(4,2)", [99.99, 100.5], "100.5", "is too large for numeric(4,2)"),
    ("numeric", "numeric(4,2)", [100], "100", "is too large for numeric(4,2)"),
    ("numeric", "numeric(4,2)", [float("inf")], "inf", "is not finite, as numeric(4,2) needs"),
    (
        "numeric",
        "numeric(4,2)",
        [1.25, 2.0],
        "2.0",
        "is a real without a fraction, which NUMERIC would give back as an integer",
    ),
    ("numeric", "numeric", [1, "x"], "'x'", "is no number"),
    ("numeric-point", "numeric", [1, -0.0], "-0.0", "is a negative zero, which numeric does not have"),
    ("vector", "vector(2)", [bytes(8), bytes(4)], "x'00000000'", "is no array of 2 float32"),
    (
        "vector",
        "vector(1)",
        [b"\0\0\xc0\x7f"],
        "x'0000c07f'",
        "holds NaN or an infinity, which vector cannot",
    ),
    ("vector-int8", "vector(2)", [b"ab", b"a"], "x'61'", "is no array of 2 int8"),
    ("bit", "bit(16)", [b"ab", b"a"], "x'61'", "is no array of 16 bits"),
    ("json", "jsonb", ['{"a":1}', "{bad"], "'{bad'", "is not JSON"),
]


@pytest.mark.parametrize(("recipe", "sql_type", "values", "value", "reason"), REJECTED)
def test_a_value_that_would_not_come_back_is_named(
    recipe: str, sql_type: str, values: list[Value], value: str, reason: str
) -> None:
    made = conversion(recipe, sql_type)
    form = Form.MIXED if len({type(v) for v in values if v is not None}) > 1 else None
    sent = array(values, form)
    with pytest.raises(CounterExample) as caught:
        made.encode(sent, form or _form_of(sent))
    assert (caught.value.value, caught.value.reason) == (value, reason)


def _form_of(sent: pa.Array) -> Form:
    return next(form for form, arrow in ARROW_TYPES.items() if arrow == sent.type)


DOCUMENTS = [
    ('{"a": [1, 2.50, -1e3], "b": {"c": null}, "d": "\\u00e9\\ud83d\\ude00"}', None, None),
    (' {"a":1}\n', None, None),
    ('"text"', None, None),
    ("12", None, None),
    ("1e5000", None, None),
    ("1" * 4400, None, None),
    ('{"hash": "12e123456789"}', None, None),
    ("", "is not JSON", "is not JSON"),
    ("{bad", "is not JSON", "is not JSON"),
    ("[1] [2]", "is not JSON", "is not JSON"),
    ("{'a': 1}", "is not JSON", "is not JSON"),
    ("NaN", "is not JSON", "is not JSON"),
    ("[Infinity]", "is not JSON", "is not JSON"),
    ("[-Infinity]", "is not JSON", "is not JSON"),
    ('"a\nb"', "is not JSON", "is not JSON"),
    ('{"a":1,"a":2}', "repeats a key, and jsonb keeps only the last", None),
    ('[{"b":{"a":1,"\\u0061":2}}]', "repeats a key, and jsonb keeps only the last", None),
    ('{"a":1,"a":"\\u003a"}', "repeats a key, and jsonb keeps only the last", None),
    ('{"a\\u003A":1,"b":":"}', None, None),
    ('{"a":"\\u0000"}', "holds \\u0000 or a lone surrogate, which jsonb cannot", None),
    ('{"\\ud800":1}', "holds \\u0000 or a lone surrogate, which jsonb cannot", None),
    ('["\\\\u0000"]', None, None),
    ("[1e400000]", "holds a number that numeric may not keep", None),
    ("[1e-20000]", "holds a number that numeric may not keep", None),
    ("[1e99999999999999999999]", "holds a number that numeric may not keep", None),
    ("[" * MAX_DEPTH + "]" * MAX_DEPTH, None, None),
    ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "is nested too deeply", "is nested too deeply"),
    ("[" + "[]," * 2000 + '"' + "[" * 2000 + '"]', None, None),
]


@pytest.mark.parametrize(("text", "as_jsonb", "as_json"), DOCUMENTS)
def test_which_documents_are_kept(text: str, as_jsonb: str | None, as_json: str | None) -> None:
    assert (why_not(text), why_not(text, binary=False)) == (as_jsonb, as_json)
    for sql_type, reason in (("jsonb", as_jsonb), ("json", as_json)):
        made = conversion("json", sql_type)
        if reason is None:
            assert made.encode(array([text, None]), Form.TEXT).to_pylist() == [text, None]
        else:
            with pytest.raises(CounterExample) as caught:
                made.encode(array(["[]", text]), Form.TEXT)
            assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('{"a":1,"b":[1.0,1e2]}', '{"b": [1.0, 100], "a": 1}', True),
        ("[1]", "[1.00]", True),
        ("[0.1]", "[0.10000000000000001]", False),
        ("[1e-400]", "[0.0]", False),
        ("[1e22]", "[10000000000000000000000]", True),
        ("[-0.0]", "[0.0]", True),
        ('{"a":1,"a":"\\u003a"}', '{"a": ":"}', False),
        ('{"\\u003a":1}', '{":": 1}', True),
        ('["\\u00e9"]', '["é"]', True),
        ("[9007199254740993]", "[9007199254740992]", False),
        ("[1,2]", "[2,1]", False),
        ("[1]", "[1,1]", False),
        ('{"a":1}', '{"b":1}', False),
        ('["1"]', "[1]", False),
        ("[true]", "[1]", False),
        ("[null]", "[false]", False),
        ('{"a":1,"a":2}', '{"a": 2}', False),
        ('{"a":{}}', '{"a": []}', False),
        ("[" * 490 + "1e2" + "]" * 490, "[" * 490 + "100" + "]" * 490, True),
        ("{bad", "{}", False),
    ],
)
def test_when_two_documents_are_the_same(left: str, right: str, equal: bool) -> None:
    assert same_document(left, right) is equal
    assert same_documents(pa.array([left]), pa.array([right])) is equal
    plain = [f'{{"n": {number}}}' for number in range(150)]
    assert same_documents(pa.array([*plain, left]), pa.array([*plain, right])) is equal


def test_documents_are_compared_one_with_one() -> None:
    assert not same_documents(pa.array(["[1", "2]"]), pa.array(["[1,2]", "[]"]))
    assert not same_documents(pa.array(["1,2", "[1", "2]"]), pa.array(["1", "2", "[1, 2]"]))
    with pytest.raises(CounterExample, match="is not JSON"):
        conversion("json", "jsonb").encode(array(["1,2", "[1", "2]"]), Form.TEXT)


@pytest.mark.parametrize(
    ("recipe", "sql_type"),
    [
        ("magic", "text"),
        ("boolean:yes", "boolean"),
        ("boolean:a/a", "boolean"),
        ("boolean:0/1", "text"),
        ("timestamp-text:DD.MM.YYYY", "timestamp"),
        ("timestamp-text:", "timestamp"),
        ("timestamp-text:YYYY-MM-DD HH:MM:SS", "text"),
        ("timestamp-text:YYYY-MM-DD HH:MM:SSZ", "timestamp"),
        ("timestamptz-text:YYYY-MM-DD HH:MM:SS", "timestamptz"),
        ("date-text:YYYY-MM-DD HH:MM", "date"),
        ("timestamptz-epoch:fortnight", "timestamptz"),
        ("timestamptz-epoch:s", "bigint"),
        ("uuid-text:mixed", "uuid"),
        ("uuid-text", "text"),
        ("uuid-blob", "bytea"),
        ("json", "text"),
        ("numbers", "bigint"),
        ("numeric", "numeric(0,0)"),
        ("numeric", "numeric(2,4)"),
        ("numeric", "numeric(1001,2)"),
        ("numeric", "double precision"),
        ("numeric-point", "numeric(10,2)"),
        ("vector", "vector"),
        ("vector", "vector(16001)"),
        ("vector-int8", "vector"),
        ("bit", "bit(7)"),
        ("bit", "vector(8)"),
        ("escaped", "bytea"),
        ("integer-text", "text"),
        ("same", "money"),
        ("same", "text(5)"),
        ("same", "varchar(3); DROP TABLE x"),
        ("same", "timestamp"),
    ],
)
def test_a_recipe_that_cannot_make_the_type_is_a_config_error(recipe: str, sql_type: str) -> None:
    with pytest.raises(ConfigError):
        conversion(recipe, sql_type)


LITERALS = [
    ("same", "bigint", -5, "-5"),
    ("same", "double precision", 5, "'5.0'::double precision"),
    ("same", "double precision", 0.1, "'0.1'::double precision"),
    ("same", "double precision", float("-inf"), "'-Infinity'::double precision"),
    ("same", "text", "it's \\", r"E'it''s \\'"),
    ("same", "bytea", b"\0\xff", r"'\x00ff'::bytea"),
    ("boolean:0/1", "boolean", 1, "true"),
    ("boolean:n/y", "boolean", "n", "false"),
    (
        "timestamp-text:YYYY-MM-DD HH:MM:SS",
        "timestamp",
        "2024-01-02 03:04:05",
        "'2024-01-02 03:04:05'::timestamp",
    ),
    (
        "timestamptz-epoch:s",
        "timestamptz",
        86400,
        "('epoch'::timestamptz + 86400000000 * interval '1 microsecond')",
    ),
    ("uuid-hex", "uuid", uuid.UUID(int=5).hex, f"'{uuid.UUID(int=5)}'::uuid"),
    ("uuid-blob", "uuid", uuid.UUID(int=5).bytes, f"'{uuid.UUID(int=5)}'::uuid"),
    ("json", "jsonb", "{}", "'{}'::jsonb"),
    ("numbers", "double precision", 3, "'3.0'::double precision"),
    ("numeric", "numeric(10,2)", 1.5, "1.5"),
    ("numeric", "numeric", 0, "'0'::numeric"),
    ("numeric-point", "numeric", 5.0, "'5.0'::numeric"),
    ("numeric-point", "numeric", 5, "'5'::numeric"),
    ("integer-text", "bigint", "12", "12"),
    ("escaped", "text", b"\1", "'X''01'''"),
    ("vector", "vector(1)", b"\0\0\x80?", "'[1.0]'::vector(1)"),
    ("vector-int8", "vector(2)", b"\x01\xff", "'[1.0,-1.0]'::vector(2)"),
    ("bit", "bit(8)", b"\xa1", "B'10100001'::bit(8)"),
]


@pytest.mark.parametrize(("recipe", "sql_type", "value", "sql"), LITERALS)
def test_a_stored_value_as_a_literal(recipe: str, sql_type: str, value: Value, sql: str) -> None:
    assert conversion(recipe, sql_type).literal(value) == sql


NO_LITERAL = [
    ("same", "bigint", "5"),
    ("same", "integer", 2**31),
    ("same", "double precision", "x"),
    ("same", "text", 5),
    ("same", "text", "a\0"),
    ("same", "varchar(1)", "ab"),
    ("same", "bytea", "a"),
    ("boolean:0/1", "boolean", 2),
    ("boolean:n/y", "boolean", "N"),
    ("date-text:YYYY-MM-DD", "date", "now"),
    ("date-text:YYYY-MM-DD", "date", 5),
    ("timestamptz-epoch:s", "timestamptz", "now"),
    ("timestamptz-epoch-real:s", "timestamptz", 5),
    ("uuid-text", "uuid", "x"),
    ("uuid-text", "uuid", 5),
    ("uuid-blob", "uuid", b""),
    ("json", "jsonb", "{"),
    ("json", "jsonb", 5),
    ("numbers", "double precision", 5.0),
    ("numeric", "numeric", "x"),
    ("numeric-point", "numeric", "x"),
    ("integer-text", "bigint", "01"),
    ("vector", "vector(1)", b"\0"),
    ("vector", "vector(1)", b"\0\0\xc0\x7f"),
    ("vector-int8", "vector(2)", b"\0"),
    ("bit", "bit(8)", 5),
]


@pytest.mark.parametrize(("recipe", "sql_type", "value"), NO_LITERAL)
def test_a_value_without_a_literal_in_the_type(recipe: str, sql_type: str, value: Value) -> None:
    with pytest.raises(CounterExample):
        conversion(recipe, sql_type).literal(value)
