"""Rules of arithmetic and of chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.translate import held
from outgrow.translate.convert import as_integer, to_integer, to_real
from outgrow.translate.functions.rule import Rule, Setting, called, library
from outgrow.translate.value import Rank, Value, Volatility, constant, made

# gen_random_uuid holds 122 random bits; hashing two of them gives 32 bytes without a fixed bit.
_RANDOM_BYTES = "sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))"


def absolute(arguments: Sequence[Value], _: Setting) -> Value:
    """abs() of a number; a text is read as one."""
    value = held.stored_form(arguments[0])
    known = value.constant[0] if value.constant is not None else None
    if isinstance(known, float):
        return constant(-known if known < 0 else known)  # -0.0 stays what it is
    number = as_integer(value) if value.kind in {"integer", "boolean"} else value
    if number.kind in {"integer", "real"}:
        return replace(made(f"abs({number.sql})", number.kind, number.type, number), natural=True)
    return called("abs", (held.tagged(value),), "tagged")


def rounded(arguments: Sequence[Value], _: Setting) -> Value:
    """Half away from zero; reals that have no fraction stay as they are."""
    value = to_real(held.stored_form(arguments[0]))
    if len(arguments) > 1:
        return called("round", (value, to_integer(arguments[1])), "real")
    if value.volatility is Volatility.VOLATILE:
        return called("round", (value,), "real")
    x = value.within(Rank.MULTIPLY)
    half = f"trunc({x} + CASE WHEN {x} < 0 THEN -0.5 ELSE 0.5 END) + 0.0"
    return made(
        f"CASE WHEN abs({x}) < 4503599627370496 THEN {half} ELSE {x} END", "real", "double precision", value
    )


def log(arguments: Sequence[Value], setting: Setting) -> Value:
    """The logarithm to base 10, or to the first of two arguments."""
    if len(arguments) == 1:
        return library("log", "R", "real")(arguments, setting)
    base = held.tagged(arguments[0])
    base = replace(base, sql=f"sqlite.math_from({base.sql})", kind="real")
    return called("log", (base, to_real(held.stored_form(arguments[1]))), "real")


def whole_or_real(name: str) -> Rule:
    """ceil, floor and trunc: an integer stays one."""

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        value = held.stored_form(arguments[0])
        if value.kind in {"integer", "boolean"}:
            return as_integer(value)
        if value.kind in {"number", "tagged", "text", "blob"}:
            return called(f"{name}_from", (held.tagged(value),), "tagged")
        return called(name, (to_real(value),), "real")

    return rule


def random_integer(_: Sequence[Value], __: Setting) -> Value:
    """Any integer of 64 bits."""
    sql = f"('x' || encode(substr({_RANDOM_BYTES}, 1, 8), 'hex'))::bit(64)::bigint"
    return Value(sql=sql, kind="integer", type="bigint", nullable=False, volatility=Volatility.VOLATILE)


def randomblob(arguments: Sequence[Value], _: Setting) -> Value:
    """So many random bytes, one at least."""
    known = arguments[0].constant[0] if arguments[0].constant is not None else None
    if not isinstance(known, int) or known > 1024:
        found = called("randomblob", (to_integer(arguments[0]),), "blob")
        return replace(found, volatility=Volatility.VOLATILE)
    size = max(known, 1)
    chunks = [f"substr({_RANDOM_BYTES}, 1, {min(32, size - at)})" for at in range(0, size, 32)]
    sql = chunks[0] if len(chunks) == 1 else f"({' || '.join(chunks)})"
    return Value(sql=sql, kind="blob", type="bytea", nullable=False, volatility=Volatility.VOLATILE)
