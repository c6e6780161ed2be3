"""Reads a `.env` file: which one it is, and what it says.

Only for `settings`, which asks before every decision; nothing is put into the process's environment.
The dialect is that of python-dotenv, because that is what the applications at hand read the same file
with: `export`, comments, both quotes, values over several lines, `${NAME}` and `${NAME:-default}`.
One thing differs on purpose: single quotes keep a `${...}` as it is written, as in a shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from outgrow.errors import ConfigError

NAME = ".env"

_BLANK = re.compile(r"(?:\s*(?:#[^\n]*)?(?:\n|\Z))")
_KEY = re.compile(r"[^\S\n]*(?:export[^\S\n]+)?(?:'(?P<quoted>[^'\n]+)'|(?P<key>[^\s=#]+))[^\S\n]*")
_SINGLE = re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'", re.DOTALL)
_DOUBLE = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"(?P<text>[^\n]*?)(?:[^\S\n]+#[^\n]*|[^\S\n]*)(?:\n|\Z)")
_END = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|\Z)")
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def find(directory: Path) -> Path | None:
    """The nearest `.env` file in `directory` or a directory above it."""
    absolute = directory.absolute()
    return next((p for d in (absolute, *absolute.parents) if (p := d / NAME).is_file()), None)


def read(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that `path` sets; of one that is set twice the last.

    `${NAME}` stands for the variable of `environ`, else for one set further up in the file, else for
    nothing. Raises ConfigError for a file that cannot be read or a line that is no NAME=value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}: let this user read it") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8: save it as UTF-8") from None
    return parse(text, environ, str(path))


def parse(text: str, environ: Mapping[str, str], where: str = NAME) -> dict[str, str]:
    """As `read`, of a text; `where` is what messages call it."""
    found: dict[str, str] = {}
    text = text.replace("\r\n", "\n")

    def expand(value: str) -> str:
        def of(match: re.Match[str]) -> str:
            name, default = match["name"], match["default"] or ""
            return environ.get(name) or found.get(name) or default

        return _REFERENCE.sub(of, value)

    position = 0
    while position < len(text):
        if blank := _BLANK.match(text, position):
            position = blank.end()
            continue
        key = _KEY.match(text, position)
        if key is None:
            raise _unreadable(text, position, where)
        position, name = key.end(), key["quoted"] or key["key"]
        if text[position : position + 1] == "=":
            value, position = _value(text, position + 1, expand, where)
            found[name] = value
        elif end := _END.match(text, position):  # a name alone is a variable without a value
            found.pop(name, None)
            position = end.end()
        else:
            raise _unreadable(text, position, where)
    return found


def _value(text: str, start: int, expand: Callable[[str], str], where: str) -> tuple[str, int]:
    """The value that begins at `start`, and where the next line begins."""
    while text[start : start + 1] in (" ", "\t"):
        start += 1
    quote = text[start : start + 1]
    if quote not in ("'", '"'):
        bare = _BARE.match(text, start)
        assert bare is not None  # noqa: S101 - it matches the rest of any line
        # `KEY= # comment` has no value: the blank that a comment needs was skipped above
        value = "" if bare["text"].startswith("#") and text[start - 1] in " \t" else bare["text"]
        return expand(value), bare.end()
    match = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    end = _END.match(text, match.end()) if match else None
    if match is None or end is None:
        raise _unreadable(text, start, where)
    if quote == "'":
        return re.sub(r"\\([\\'])", r"\1", match["text"]), end.end()
    return expand(re.sub(r"\\(.)", _escaped, match["text"], flags=re.DOTALL)), end.end()


def _escaped(match: re.Match[str]) -> str:
    """What an escape inside double quotes stands for; an unknown one stands for itself."""
    letter = match[1]
    return _ESCAPES.get(letter) or (letter if letter in "\\'\"" else match[0])


def _unreadable(text: str, position: int, where: str) -> ConfigError:
    """Names the line, and not what stands in it: that may be a password."""
    line = text.count("\n", 0, position) + 1
    return ConfigError(f"line {line} of {where} is not NAME=value: mend it, or put # before it")
