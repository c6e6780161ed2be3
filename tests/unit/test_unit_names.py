"""Names: quoting, 63 bytes, collisions, system columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit_values import quickly

from outgrow.schema.names import (
    KEYWORDS,
    MAX_BYTES,
    SYSTEM_COLUMNS,
    column_names,
    literal,
    quote,
    quote_sqlite,
    relation_names,
    shorten,
)

NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
    | st.sampled_from(
        ["ctid", "CTID", "ctid_", "Ctid_2", "xmin", "a", "A", "É", "é", "select", "x" * 63, "x" * 64]
    ),
    max_size=8,
    unique_by=lambda name: name.translate(str.maketrans({chr(c): chr(c + 32) for c in range(65, 91)})),
)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("users", "users"),
        ("_x1", "_x1"),
        ("Users", '"Users"'),
        ("select", '"select"'),
        ("a b", '"a b"'),
        ('x"; drop table y; --', '"x""; drop table y; --"'),
        ("1st", '"1st"'),
        ("é", '"é"'),
        ("a\nb", '"a\nb"'),
        ("a\n", '"a\n"'),
    ],
)
def test_quote(name: str, sql: str) -> None:
    assert quote(name) == sql


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_cannot_be_quoted(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be empty or hold NUL"):
        quote(name)


def test_every_reserved_word_is_quoted() -> None:
    assert [quote(word) for word in sorted(KEYWORDS)] == [f'"{word}"' for word in sorted(KEYWORDS)]


def test_quoting_for_sqlite_and_literals() -> None:
    assert (quote_sqlite('a"b'), literal("it's"), literal("a\\'b")) == ('"a""b"', "'it''s'", r"E'a\\''b'")


def test_folding_is_ascii_only_and_leaves_usable_names_alone() -> None:
    assert column_names(["Id", "É", "é", "CTID", "ctid_"], "fold") == {
        "Id": "id",
        "É": "É",
        "é": "é",
        "CTID": "ctid__2",
        "ctid_": "ctid_",
    }
    assert column_names(["Id", "ID2", "xmin"], "preserve") == {"Id": "Id", "ID2": "ID2", "xmin": "xmin_"}
    assert relation_names(["ctid", "T"], "fold", taken=["t"]) == {"ctid": "ctid", "T": "t_2"}


def test_cut_names_carry_a_hash_and_never_half_a_character() -> None:
    long = ["é" * 40 + end for end in "ab"]
    made = [shorten(name, "_pkey") for name in long]
    assert len(set(made)) == 2
    assert all(len(name.encode()) <= MAX_BYTES and name.endswith("_pkey") for name in made)
    assert shorten("x" * 63) == "x" * 63


@quickly
@given(NAMES, st.sampled_from(["fold", "preserve"]))
def test_any_names_become_different_legal_ones(names: list[str], policy: str) -> None:
    made = column_names(names, policy)  # type: ignore[arg-type]
    assert list(made) == names
    assert len(set(made.values())) == len(names)
    for target in made.values():
        assert 0 < len(target.encode()) <= MAX_BYTES
        assert target not in SYSTEM_COLUMNS
        assert quote(target)
