"""Which database the application is to use, from its environment or its `.env` file.

Read afresh by every call and never at import, so a program that loads its `.env` late is not stuck
with what was there before. What contradicts itself is refused with both places named: an application
that was told PostgreSQL and quietly stays on SQLite writes to the wrong database until somebody looks.
After it come `adapter`, which connects, and `doctor`, which tells a person what would be connected to.
The rules are those of docs/reference/settings.md.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from outgrow.errors import ConfigError
from outgrow.postgres.redact import redact
from outgrow.runtime import dotenv, urls

Kind = Literal["sqlite", "postgresql"]
Fallback = Literal["none", "read-only", "read-write"]

KIND_VARIABLES = ("DB_TYPE", "DATABASE_TYPE", "STORAGE_BACKEND")
PART_VARIABLES = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD")
_TUNING = ("POSTGRES_POOL_MIN", "POSTGRES_POOL_MAX", "POSTGRES_TIMEOUT")
_FALLBACK = ("OUTGROW_FALLBACK", "OUTGROW_FALLBACK_PATH")
VARIABLES = ("DATABASE_URL", *KIND_VARIABLES, *PART_VARIABLES, "SQLITE_PATH", *_TUNING, *_FALLBACK)
"""Every variable that is read."""

POOL_MIN, POOL_MAX, TIMEOUT = 1, 10, 30.0
_PLACES = ("POSTGRES_HOST", "SQLITE_PATH")
_KINDS: dict[str, Kind] = {
    "sqlite": "sqlite", "sqlite3": "sqlite",
    "postgresql": "postgresql", "postgres": "postgresql", "pg": "postgresql",
}  # fmt: skip
_FALLBACKS = ("none", "read-only", "read-write")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """One database, and how it is to be used.

    `url` is PostgreSQL's with its password, "" for SQLite; `path` is SQLite's file, ":memory:" or a
    `file:` URI, "" for PostgreSQL. `said_by` is for people: which variable of which place decided, and
    what was set and not heard. `timeout` is the seconds to wait for a connection. `fallback` is what
    may be used while PostgreSQL is down, in the file `fallback_path`.
    """

    kind: Kind
    url: str = ""
    path: str = ""
    said_by: str = ""
    pool_min: int = POOL_MIN
    pool_max: int = POOL_MAX
    timeout: float = TIMEOUT
    fallback: Fallback = "none"
    fallback_path: str = ""

    def __repr__(self) -> str:
        values = ", ".join(
            f"{name}={redact(value, self.url) if isinstance(value, str) else value!r}"
            for name in self.__slots__
            if (value := getattr(self, name)) != ""
        )
        return f"Settings({values})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One variable: its value, and for people where it was set."""

    name: str
    value: str
    place: str

    def __str__(self) -> str:
        return f"{self.name} in {self.place}"


class _Variables:
    """The variables that are set, each with its place. An empty value is none."""

    def __init__(self, environ: Mapping[str, str], directory: Path) -> None:
        path = dotenv.find(directory)
        in_file = dotenv.read(path, environ) if path else {}
        self._said: dict[str, _Said] = {}
        self.notes: list[str] = []
        for name in VARIABLES:
            here, there = environ.get(name, ""), in_file.get(name, "")
            if here or there:
                place = "the environment" if here else str(path)
                value = here or there
                value = value if name == "POSTGRES_PASSWORD" else value.strip()
                self._said[name] = _Said(name=name, value=value, place=place)
            if here and there and here != there:
                self.notes.append(f"{path} says another {name}, which the environment overrules")

    def get(self, name: str) -> _Said | None:
        return self._said.get(name)

    def all_of(self, names: tuple[str, ...]) -> list[_Said]:
        return [self._said[name] for name in names if name in self._said]

    def number(self, name: str, default: float, *, least: float, whole: bool) -> float:
        """The number that `name` holds. Raises ConfigError for anything else or a smaller one."""
        said = self._said.get(name)
        if said is None:
            return default
        try:
            number = int(said.value) if whole else float(said.value)
        except ValueError:
            number = least - 1
        if not least <= number < float("inf"):
            what = "a whole number" if whole else "a number of seconds"
            raise ConfigError(f"{said} is {said.value!r}: set it to {what} of at least {least:g}")
        return number


def read_settings(environ: Mapping[str, str] | None = None, directory: Path | None = None) -> Settings:
    """What the environment and the nearest `.env` say now; the environment wins.

    `environ` is by default the process's own; the `.env` is looked for in `directory`, by default the
    working directory, and those above it. Raises ConfigError, which names the variables and their
    places and holds no password, for contradictions, values that cannot be, and where nothing is set.
    """
    variables = _Variables(os.environ if environ is None else environ, directory or Path())
    url = variables.get("DATABASE_URL")
    location = urls.read(url.value, str(url)) if url else None
    kind, decided = _kind(variables, url, location)
    if kind == "sqlite":
        path, by = _sqlite_path(variables, url, location)
        settings = Settings(kind=kind, path=path, said_by=_said_by(variables, [*decided, by]))
    else:
        text, parts = _postgresql_url(variables, url, location)
        settings = Settings(kind=kind, url=text, said_by=_said_by(variables, [*decided, *parts]))
    return _tuned(settings, variables)


def _kind(
    variables: _Variables, url: _Said | None, location: urls.Location | None
) -> tuple[Kind, list[_Said]]:
    """Which database, and the variables that say so. All that say anything must agree."""
    claims: list[tuple[_Said, Kind]] = []
    for said in variables.all_of(KIND_VARIABLES):
        if said.value.lower() not in _KINDS:
            raise ConfigError(
                f"{said} is {said.value!r}, which is no database: set it to sqlite or postgresql"
            )
        claims.append((said, _KINDS[said.value.lower()]))
    named = len(claims)
    if url and location:
        claims.append((url, location.kind))
    if not named:
        # Without a word for the kind, whatever places a database also says which kind it is. With one,
        # these are parameters that lie ready for the day of the switch.
        place, path = variables.get("POSTGRES_HOST"), variables.get("SQLITE_PATH")
        claims += [(place, "postgresql")] if place else []
        claims += [(path, "sqlite")] if path else []
    if not claims:
        raise _nothing_said(variables)
    first, kind = claims[0]
    for said, other in claims[1:]:
        if other != kind:
            advice = "make them agree" if named else "set DB_TYPE to the one that is meant, or take one out"
            raise ConfigError(f"{first} says {kind}, and {said} says {other}: {advice}")
    return kind, [said for said, _ in claims]


def _nothing_said(variables: _Variables) -> ConfigError:
    if parts := variables.all_of(PART_VARIABLES):
        return ConfigError(f"{parts[0]} is set, but no host: set POSTGRES_HOST, or DATABASE_URL instead")
    return ConfigError(
        "nothing says which database to use: set DATABASE_URL to postgresql://user@host/database "
        "or sqlite:///app.db, in the environment or a .env file"
    )


def _sqlite_path(
    variables: _Variables, url: _Said | None, location: urls.Location | None
) -> tuple[str, _Said]:
    path = variables.get("SQLITE_PATH")
    if url and location:
        if path and path.value != location.path:
            raise ConfigError(
                f"{url} says the file {location.path}, and {path} says {path.value}: take one of them out"
            )
        return location.path, url
    if path is None:
        said = variables.all_of(KIND_VARIABLES)[0]
        raise ConfigError(
            f"{said} says sqlite, and nothing says which file: set SQLITE_PATH or DATABASE_URL=sqlite:///app.db"
        )
    return path.value, path


def _postgresql_url(
    variables: _Variables, url: _Said | None, location: urls.Location | None
) -> tuple[str, list[_Said]]:
    """The URL, and the variables that it was made of."""
    parts = variables.all_of(PART_VARIABLES)
    given = {urls.PARTS[said.name.removeprefix("POSTGRES_").lower()]: said for said in parts}
    if url is None or location is None:
        if "host" not in given:
            said = (variables.all_of(KIND_VARIABLES) + parts)[0]
            raise ConfigError(
                f"{said} says postgresql, and nothing says where: set POSTGRES_HOST, or DATABASE_URL instead"
            )
        text = urls.build({key: said.value for key, said in given.items()})
        urls.check(text, str(given.get("port", given["host"])))
        return text, parts
    missing = {}
    for key, said in given.items():
        has = location.parts.get(key) or ("5432" if key == "port" else "")
        if not has:
            missing[key] = said
        elif has != said.value:
            shown = "" if key == "password" else f" {has}"
            other = "another" if key == "password" else said.value
            raise ConfigError(
                f"{url} says the {key}{shown}, and {said} says {other}: make them agree, or take one out"
            )
    text = location.url
    if missing:
        text = urls.complete(text, {key: said.value for key, said in missing.items()})
    return text, [url, *missing.values()]


def _tuned(settings: Settings, variables: _Variables) -> Settings:
    """`settings` with the pool's numbers and the fallback."""
    least = int(variables.number("POSTGRES_POOL_MIN", POOL_MIN, least=0, whole=True))
    # who sets the least alone means the most to follow
    most = int(variables.number("POSTGRES_POOL_MAX", max(POOL_MAX, least), least=1, whole=True))
    if least > most:
        low, high = variables.get("POSTGRES_POOL_MIN"), variables.get("POSTGRES_POOL_MAX")
        raise ConfigError(f"{low} is {least}, and {high} is {most}: make the first the smaller one")
    fallback, path = _fallback(settings, variables)
    return Settings(
        kind=settings.kind,
        url=settings.url,
        path=settings.path,
        said_by=settings.said_by,
        pool_min=least,
        pool_max=most,
        timeout=variables.number("POSTGRES_TIMEOUT", TIMEOUT, least=0.001, whole=False),
        fallback=fallback,
        fallback_path=path,
    )


def _fallback(settings: Settings, variables: _Variables) -> tuple[Fallback, str]:
    """What may stand in for PostgreSQL; nothing stands in for SQLite."""
    mode, path = (variables.get(name) for name in _FALLBACK)
    word = mode.value.lower() if mode else "none"
    if word not in _FALLBACKS:
        raise ConfigError(f"{mode} is {word!r}: set it to none, read-only or read-write")
    if mode is None and path:
        raise ConfigError(f"{path} is set, but not OUTGROW_FALLBACK: set that to read-only, or take this out")
    if word == "none" or settings.kind == "sqlite":
        return "none", ""
    if path is None:
        raise ConfigError(f"{mode} is {word}, but there is no file: set OUTGROW_FALLBACK_PATH to it")
    return cast(Fallback, word), path.value


def _said_by(variables: _Variables, decided: list[_Said]) -> str:
    """The variables by place, then what was not heard."""
    places: dict[str, list[str]] = {}
    for said in decided:
        names = places.setdefault(said.place, [])
        if said.name not in names:
            names.append(said.name)
    words = [f"{', '.join(names)} in {place}" for place, names in places.items()]
    used = {said.name for said in decided}
    idle = [f"{said} is not used" for said in variables.all_of(_PLACES) if said.name not in used]
    return "; ".join([" and ".join(words), *idle, *variables.notes])
