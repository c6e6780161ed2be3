"""Rules of the functions that make texts and bytes, or look into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.translate import held, patterns
from outgrow.translate.convert import as_text, to_integer
from outgrow.translate.functions.rule import Rule, Setting, called, text_of
from outgrow.translate.value import Rank, Value, constant, made


def length(arguments: Sequence[Value], _: Setting) -> Value:
    """Characters of a text, bytes of a blob."""
    value = held.stored_form(arguments[0])
    if value.kind == "tagged":
        found = called("length_from", (value,), "integer")
    elif value.kind == "blob":
        found = made(f"octet_length({value.sql})", "integer", "integer", value)
    else:
        found = made(f"length({as_text(value).sql})", "integer", "integer", value)
    return replace(found, natural=True)


def folded(name: str) -> Rule:
    """The rule for lower() and upper(), which know ASCII only."""

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        value = text_of(arguments[0])
        return made(f'{name}({value.within(Rank.OTHER)} COLLATE "C")', "text", "text", value)

    return rule


def trimmed(name: str) -> Rule:
    """The rule for ltrim(), rtrim() and trim()."""

    def rule(arguments: Sequence[Value], _: Setting) -> Value:
        parts = [text_of(argument) for argument in arguments]
        return made(f"{name}({', '.join(part.sql for part in parts)})", "text", "text", *parts)

    return rule


def replaced(arguments: Sequence[Value], _: Setting) -> Value:
    """Every occurrence of a text replaced by another."""
    parts = [text_of(argument) for argument in arguments]
    return made(f"replace({', '.join(part.sql for part in parts)})", "text", "text", *parts)


def substr(arguments: Sequence[Value], _: Setting) -> Value:
    """A part of a text or blob; where SQLite counts otherwise than PostgreSQL, by the schema `sqlite`."""
    value = held.stored_form(arguments[0])
    whole = [to_integer(argument) for argument in arguments[1:]]
    if value.kind == "tagged":
        return called("substr_from", [value, *whole], "tagged")
    if value.kind == "blob":
        return called("substr", [value, *whole], "blob")
    text = as_text(value)
    if not all(number.constant is not None and number.natural for number in whole):
        return called("substr", [text, *whole], "text")
    start, *length = (int(number.constant[0] or 0) for number in whole if number.constant is not None)
    if start == 0:
        return called("substr", [text, *whole], "text")
    return made(f"substr({', '.join([text.sql, str(start), *map(str, length)])})", "text", "text", text)


def instr(arguments: Sequence[Value], _: Setting) -> Value:
    """Where a text or blob begins in another, from 1; 0 for nowhere."""
    parts = [held.stored_form(argument) for argument in arguments]
    kinds = {part.kind for part in parts}
    if kinds == {"blob"}:
        return replace(called("instr", parts, "integer"), natural=True)
    if kinds & {"blob", "tagged"}:
        return replace(called("instr_from", [held.tagged(part) for part in parts], "integer"), natural=True)
    texts = [as_text(part) for part in parts]
    found = made(f"strpos({texts[0].sql}, {texts[1].sql})", "integer", "integer", *texts)
    return replace(found, natural=True)


def hexadecimal(arguments: Sequence[Value], _: Setting) -> Value:
    """The bytes of a value in upper-case digits; NULL gives none."""
    value = held.stored_form(arguments[0])
    if value.kind == "blob":
        sql = f"upper(encode({value.sql}, 'hex'))"
        return made(f"coalesce({sql}, '')" if value.nullable else sql, "text", "text", value, nullable=False)
    if value.kind == "tagged":
        return called("hex_from", (value,), "text", nullable=False)
    return called("hex", (as_text(value),), "text", nullable=False)


def characters(arguments: Sequence[Value], _: Setting) -> Value:
    """A text of characters by their code points."""
    codes = [argument.constant[0] if argument.constant is not None else None for argument in arguments]
    if all(isinstance(code, int) and 0 < code < 0xD800 for code in codes):
        return constant("".join(chr(code) for code in codes if isinstance(code, int)))
    return called('"char"', [to_integer(argument) for argument in arguments], "text", nullable=False)


def like(arguments: Sequence[Value], setting: Setting) -> Value:
    """The operator LIKE with its sides exchanged."""
    escape = arguments[2] if len(arguments) > 2 else None
    return patterns.like(arguments[1], arguments[0], escape, by_case=setting.like_by_case)


def glob(arguments: Sequence[Value], _: Setting) -> Value:
    """The operator GLOB with its sides exchanged."""
    return patterns.glob(arguments[1], arguments[0])


def zeroblob(arguments: Sequence[Value], _: Setting) -> Value:
    """So many bytes of 0."""
    known = arguments[0].constant[0] if arguments[0].constant is not None else None
    if isinstance(known, int) and known <= 4096:
        return constant(bytes(max(known, 0)))
    return called("zeroblob", (to_integer(arguments[0]),), "blob")
