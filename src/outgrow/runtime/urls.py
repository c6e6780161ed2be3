"""The text of DATABASE_URL: what it names, in whichever of its common spellings.

Text only. Before it stands `settings`; the URLs that come out are libpq's, except for our own
`schema`, `values` and `keys`, which `connect` takes out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, unquote, urlencode, urlsplit

from outgrow.errors import ConfigError
from outgrow.postgres.redact import redact, uri_password

PARTS = {"host": "host", "port": "port", "db": "dbname", "user": "user", "password": "password"}
"""The endings of POSTGRES_* and libpq's words for them."""

OWN = ("schema", "values", "keys")
"""Parameters of a URL that are outgrow's, not libpq's."""

_POSTGRESQL = re.compile(r"postgres(?:ql)?(?:\+\w+)?://")
_SQLITE = re.compile(r"sqlite3?(?:\+\w+)?://(?P<rest>.*)", re.DOTALL)
_PLAIN_HOST = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """What a URL names. `parts` holds libpq's words with decoded values, of those that are there."""

    kind: Literal["sqlite", "postgresql"]
    url: str = ""
    path: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


def read(text: str, where: str) -> Location:
    """What `text` names. `where` is what messages call it. Raises ConfigError; it holds no password."""
    if match := _POSTGRESQL.match(text):
        # SQLAlchemy's URLs name a driver, and Heroku's have the short scheme; libpq takes neither
        url = "postgresql://" + text[match.end() :]
        check(url, where)
        return Location(kind="postgresql", url=url, parts=_parts(url))
    if match := _SQLITE.match(text):
        return Location(kind="sqlite", path=_path(match["rest"], where))
    if text.startswith("file:"):
        return Location(kind="sqlite", path=text)
    raise ConfigError(
        f"{where} is {redact(text, text)!r}, which is neither postgresql://... nor sqlite:///...: "
        "write the one or the other"
    )


def check(url: str, where: str) -> None:
    """Raises ConfigError where libpq cannot read `url`, or would cut it elsewhere than its writer meant."""
    import psycopg.conninfo  # noqa: PLC0415 - a tenth of a second that SQLite's users do without

    if re.search(r"[@/?#\s]|%(?![0-9A-Fa-f]{2})", uri_password(url) or ""):
        raise ConfigError(
            f"the password in {where} holds a character that has a meaning in a URL: "
            "write @ as %40, / as %2F, ? as %3F, # as %23, % as %25 and a space as %20"
        )
    try:
        words = psycopg.conninfo.conninfo_to_dict(without_own(url))
    except psycopg.Error as error:
        reason = redact(str(error).strip().partition("\n")[0], url)
        raise ConfigError(
            f"{where} cannot be read: {reason}: write it as postgresql://user:password@host:port/database"
        ) from None
    if not re.fullmatch(r"[\d,]*", port := str(words.get("port", ""))):
        raise ConfigError(f"{where} says the port {port!r}, which is no number: mend it")


def without_own(url: str) -> str:
    """`url` without the parameters that are outgrow's."""
    head, mark, query = url.partition("?")
    kept = [word for word in query.split("&") if word.partition("=")[0] not in OWN]
    return head + (mark if any(kept) else "") + "&".join(kept)


def build(parts: Mapping[str, str]) -> str:
    """The URL of libpq's words; whatever stands in a value survives."""
    query = {}
    host, port = parts.get("host", ""), parts.get("port", "")
    if not _PLAIN_HOST.fullmatch(host):  # a socket's directory, an IPv6 address, several hosts
        query["host"], host = host, ""
        if port:
            query["port"], port = port, ""
    login = quote(parts.get("user", ""), safe="")
    if "password" in parts:
        login += ":" + quote(parts["password"], safe="")
    place = (f"{login}@" if login else "") + host + (f":{port}" if port else "")
    url = f"postgresql://{place}/{quote(parts.get('dbname', ''), safe='')}"
    return url + ("?" + urlencode(query, quote_via=quote, safe="/,") if query else "")


def complete(url: str, missing: Mapping[str, str]) -> str:
    """`url` with words that it lacks, as parameters of its query."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(missing, quote_via=quote, safe='')}"


def _parts(url: str) -> dict[str, str]:
    split = urlsplit(url)
    login, _, place = split.netloc.rpartition("@")
    user, _, password = login.partition(":")
    host, _, port = place.rpartition(":") if re.search(r":\d*$", place) else (place, "", "")
    found = {
        "user": unquote(user),
        "password": unquote(password),
        "host": unquote(host).strip("[]"),
        "port": port,
        "dbname": unquote(split.path.removeprefix("/")),
    }
    for word in split.query.split("&"):  # not parse_qs: to libpq a + is a +
        key, _, value = word.partition("=")
        found[key] = unquote(value)
    return {key: value for key, value in found.items() if value}


def _path(rest: str, where: str) -> str:
    """SQLAlchemy's reading: three slashes before a relative path, four before an absolute one."""
    path, _, query = rest.partition("?")
    foreign = [word for word in query.split("&") if word and not word.startswith("check_same_thread=")]
    if foreign and not path.startswith("/file:"):
        raise ConfigError(
            f"{where} says {foreign[0]}, which outgrow does not read: take it out, or write a file: URI"
        )
    if path in ("", "/", "/:memory:"):
        return ":memory:"
    if not path.startswith("/"):
        raise ConfigError(
            f"{where} names a host, which SQLite has not: write sqlite:///app.db, or sqlite:////srv/app.db "
            "with four slashes for an absolute path"
        )
    if path.startswith("/file:"):
        return path[1:] + ("?" + query if query else "")
    return path[1:]
