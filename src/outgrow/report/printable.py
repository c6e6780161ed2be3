"""Text from the database made safe to show: it cannot move the cursor, break a line or reverse reading.

Names, samples and SQL texts come from a file that anybody may have written. Whoever prints or
draws them (text, progress, html) sends them through here first; markup is then each writer's own
matter (rich `Text` objects, `html.escape`).
"""

from __future__ import annotations

import re

# Controls, line separators, marks that reorder text, and lone surrogates (which UTF-8 cannot hold).
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def printable(text: str) -> str:
    r"""`text` on one line, with controls, reordering marks and invalid bytes as `\n`, `\x1b`, `\u202e`.

    A surrogate that stands for a byte that was not UTF-8 (Python's surrogateescape) is shown as that
    byte. Backslashes of the text itself stay single: this is for reading, not for parsing back.
    """
    return _UNSAFE.sub(lambda found: _escaped(found[0]), text)


def printable_lines(text: str) -> list[str]:
    """The lines of a SQL text, each printable; tabs become four spaces, blank lines at both ends go."""
    lines = text.replace("\r\n", "\n").replace("\t", "    ").strip("\n").split("\n")
    return [printable(line).rstrip() for line in lines]


def encodable(text: str) -> str:
    """`text` as it is when UTF-8 can hold it, else its printable form; JSON escapes the rest itself."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return printable(text)
    return text


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
