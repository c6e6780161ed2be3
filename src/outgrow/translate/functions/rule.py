"""What a rule is, and the rule for functions that the schema `sqlite` has under a name of its own.

One rule = one function of SQLite's: it takes the translated arguments and gives a `Value`, or refuses the
types it cannot do exactly. Used by every family beside it; `table` lists the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from outgrow.translate import held
from outgrow.translate.aggregates import json_argument
from outgrow.translate.convert import as_text, to_integer, to_real
from outgrow.translate.value import Kind, Value, Volatility, made


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a call stands: whether the database sorts `bytewise`, and whether its value must be `fixed`.

    A fixed value depends on nothing but its arguments: what indexes and generated columns take.
    `like_by_case` is PRAGMA case_sensitive_like.
    """

    bytewise: bool = False
    fixed: bool = False
    like_by_case: bool = False


Rule = Callable[[Sequence[Value], Setting], Value]
"""Arguments and where the call stands → the call's value."""


def text_of(value: Value) -> Value:
    """The text that a function reads in a value."""
    return as_text(held.stored_form(value))


_TYPES: Mapping[str, str] = {
    "integer": "bigint", "real": "double precision", "text": "text", "tagged": "text", "blob": "bytea",
}  # fmt: skip


def called(name: str, parts: Sequence[Value], kind: Kind, *, nullable: bool = True) -> Value:
    """A call of the schema `sqlite`."""
    arguments = ", ".join(part.sql if part.kind != "null" else f"NULL::{part.type}" for part in parts)
    return made(f"sqlite.{name}({arguments})", kind, _TYPES[kind], *parts, nullable=nullable)


def _blob(value: Value) -> Value:
    """The bytes that a function reads in a value."""
    if value.kind == "blob":
        return value
    return made(f"sqlite.blob_from({held.tagged(value).sql})", "blob", "bytea", value)


_TAKEN: Mapping[str, Callable[[Value], Value]] = {
    "T": text_of,
    "I": lambda value: to_integer(held.stored_form(value)),
    "R": lambda value: to_real(held.stored_form(value)),
    "V": held.tagged,
    "J": lambda value: replace(held.tagged(value), sql=json_argument(value)),
    "B": lambda value: _blob(held.stored_form(value)),
}


def library(name: str, takes: str, kind: Kind, *, json: bool = False, nullable: bool = True) -> Rule:
    """The rule for a function of the schema `sqlite`.

    `takes` says how each argument goes over: T text, I integer, R real, B blob, V tagged, J tagged for JSON;
    the last letter holds for all that follow. `json`: its text is JSON to other JSON functions.
    """

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        letters = takes + takes[-1:] * len(arguments)
        parts = [_TAKEN[letter](argument) for letter, argument in zip(letters, arguments, strict=False)]
        return replace(called(name, parts, kind, nullable=nullable), json=json)

    return rule


def volatile(rule: Rule, volatility: Volatility) -> Rule:
    """A rule whose value changes from call to call although its arguments do not."""
    return lambda arguments, setting: replace(rule(arguments, setting), volatility=volatility)
