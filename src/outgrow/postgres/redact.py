"""Takes passwords out of text. Standard library only, so the outermost error handler can use it.

Before it stands everything that is printed; it trusts no parser, since the text at hand is often
the very URL that did not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

HIDDEN = "***"

# user:password@ of a URI. Greedy, to the last @ of the word: a password that should have been
# percent-encoded may itself hold @, : or /.
_AUTHORITY = re.compile(r"(?P<head>://[^\s:/?#@]*:)(?P<secret>\S*)(?=@)")
# password=..., PGPASSWORD=..., ?sslpassword=..., with the quoting of libpq's keyword form.
_KEYWORD = re.compile(
    r"(?P<head>(?:pg|ssl)?password\s*=\s*)(?P<secret>'(?:[^'\\]|\\.)*'?|\"[^\"]*\"|(?:\\.|[^\s&;,'\"])+)",
    re.IGNORECASE | re.DOTALL,
)
# The first in a string that is known to be one whole URL, where a password may hold spaces.
_WHOLE = re.compile(r"\w+(?:\+\w+)?://[^:/?#@]*:(?P<secret>.*)@", re.DOTALL)
_QUERY = re.compile(r"\?(?=\w+=)")
_SHORTEST = 4  # a shorter password would turn half of a text into stars


def redact(text: str, *urls: str) -> str:
    """`text` with *** for every password in it.

    Passwords are found by where they stand (in a URI, after `password=`) and, for those of `urls`
    (connection strings in either form), wherever they occur as a word of four characters or more.
    """
    secrets = {secret for url in urls for secret in _secrets(url) if len(secret) >= _SHORTEST}
    for secret in sorted(secrets, key=len, reverse=True):
        text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", HIDDEN, text)
    for pattern in (_AUTHORITY, _KEYWORD):
        text = pattern.sub(rf"\g<head>{HIDDEN}", text)
    return text


def uri_password(url: str) -> str | None:
    """The password of a URI as its writer meant it, percent-encoding untouched: all up to the last @."""
    match = _WHOLE.match(_QUERY.split(url, maxsplit=1)[0])
    return match["secret"] if match else None


def _secrets(url: str) -> Iterator[str]:
    """The passwords of one connection string, as written and as meant."""
    if (raw := uri_password(url)) is not None:
        yield from (raw, unquote(raw))
    for match in _KEYWORD.finditer(url):
        raw = match["secret"]
        bare = raw.strip("'\"")
        yield from (raw, bare, unquote(bare), re.sub(r"\\(.)", r"\1", bare))
