"""HTML elements as text that cannot be forgotten to be escaped.

`el` escapes every plain string it is given, child or attribute; only what `el` itself made (`Html`)
passes through. All of `report.html` is built with it, so no text of a database becomes markup.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from outgrow.report.printable import printable

_VOID = frozenset({"meta", "input"})


class Html(str):
    """Markup made by `el` or read from this package's own files; never text from elsewhere."""

    __slots__ = ()


def escaped(text: str) -> Html:
    """Text from anywhere: controls and reordering marks made visible, markup made inert."""
    return Html(html.escape(printable(text), quote=True))


def el(name: str, /, *children: str | Html, **attributes: str | bool | None) -> Html:
    """One element. `class_` and `for_` lose their underscore, `aria_label` becomes `aria-label`.

    An attribute that is None or False is left out, one that is True stands without a value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(parts: Iterable[str | Html]) -> Html:
    """The parts one after the other, plain strings escaped."""
    return Html("".join(part if isinstance(part, Html) else escaped(part) for part in parts))


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escaped(value)}"'
