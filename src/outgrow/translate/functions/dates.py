"""Rules of dates: of a column that keeps moments by `moments`, of texts by the schema `sqlite`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from outgrow.errors import TranslationError
from outgrow.translate import moments
from outgrow.translate.functions.rule import Rule, Setting, called, text_of
from outgrow.translate.value import Kind, Value, Volatility


def function(name: str) -> Rule:
    """The rule for a date function: by the kept moment, else by the text of every argument."""

    def rule(arguments: Sequence[Value], setting: Setting) -> Value:
        try:
            return (
                moments.strftime(arguments) if name == "strftime" else moments.date_function(name, arguments)
            )
        except TranslationError:
            return _dates_of_text(name, arguments, setting)

    return rule


def _dates_of_text(name: str, arguments: Sequence[Value], setting: Setting) -> Value:
    texts = [text_of(argument) for argument in arguments]
    words = [text.constant[0] if text.constant is not None else None for text in texts]
    subsecond = any(isinstance(word, str) and word.lower() in {"subsec", "subsecond"} for word in words)
    kind: Kind = {"julianday": "real", "unixepoch": "integer"}.get(name, "text")  # type: ignore[assignment]
    if name == "unixepoch" and subsecond:
        name, kind = "unixepoch_real", "real"
    found = called(f"{name}_fixed" if setting.fixed else name, texts, kind, nullable=True)
    return found if setting.fixed else replace(found, volatility=max(found.volatility, Volatility.STABLE))


def current(name: str) -> Rule:
    """The rule for CURRENT_DATE, CURRENT_TIME and CURRENT_TIMESTAMP."""
    return lambda _, __: moments.current(name)
