"""What the environment and a `.env` say, and that nothing contradictory passes."""

from __future__ import annotations

import itertools
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from outgrow.errors import ConfigError
from outgrow.runtime import dotenv
from outgrow.runtime.settings import Settings, read_settings
from outgrow.runtime.urls import without_own

PG = "postgresql://app@db/shop"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a `.env` above it that says nothing, so that none of the machine's is found."""
    (tmp_path / ".env").write_text("")
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


@pytest.mark.parametrize(
    ("environ", "kind", "place"),
    [
        ({"DATABASE_URL": PG}, "postgresql", PG),
        ({"DATABASE_URL": "postgres://app@db/shop"}, "postgresql", PG),
        ({"DATABASE_URL": "postgresql+psycopg2://app@db/shop"}, "postgresql", PG),
        ({"DATABASE_URL": "postgresql+asyncpg://app@db/shop"}, "postgresql", PG),
        ({"DATABASE_URL": PG + "?schema=a&values=native"}, "postgresql", PG + "?schema=a&values=native"),
        ({"DATABASE_URL": f" {PG} "}, "postgresql", PG),
        ({"DATABASE_URL": "sqlite:///app.db"}, "sqlite", "app.db"),
        ({"DATABASE_URL": "sqlite:////srv/app.db"}, "sqlite", "/srv/app.db"),
        ({"DATABASE_URL": "sqlite+aiosqlite:///data/app.db"}, "sqlite", "data/app.db"),
        ({"DATABASE_URL": "sqlite:///app.db?check_same_thread=False"}, "sqlite", "app.db"),
        ({"DATABASE_URL": "sqlite:///file:a.db?mode=ro&uri=true"}, "sqlite", "file:a.db?mode=ro&uri=true"),
        ({"DATABASE_URL": "file:./dev.db"}, "sqlite", "file:./dev.db"),
        ({"DATABASE_URL": "sqlite://"}, "sqlite", ":memory:"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "sqlite", ":memory:"),
        ({"SQLITE_PATH": "app.db"}, "sqlite", "app.db"),
        ({"SQLITE_PATH": "app.db", "DATABASE_URL": "sqlite:///app.db"}, "sqlite", "app.db"),
        ({"POSTGRES_HOST": "db"}, "postgresql", "postgresql://db/"),
        ({"POSTGRES_HOST": "/run/pg", "POSTGRES_PORT": "5433"}, "postgresql",
         "postgresql:///?host=/run/pg&port=5433"),
        ({"POSTGRES_HOST": "::1", "POSTGRES_DB": "a"}, "postgresql", "postgresql:///a?host=%3A%3A1"),
        ({"DATABASE_URL": PG, "POSTGRES_HOST": "db", "POSTGRES_DB": "shop"}, "postgresql", PG),
        ({"DATABASE_URL": PG, "POSTGRES_PORT": "5432"}, "postgresql", PG),
        ({"DATABASE_URL": PG, "POSTGRES_PASSWORD": "a&b"}, "postgresql", PG + "?password=a%26b"),
        # a word for the kind makes the rest parameters that lie ready
        ({"DB_TYPE": "sqlite", "SQLITE_PATH": "app.db", "POSTGRES_HOST": "db"}, "sqlite", "app.db"),
        ({"DB_TYPE": "postgresql", "SQLITE_PATH": "app.db", "DATABASE_URL": PG}, "postgresql", PG),
    ],
)  # fmt: skip
def test_what_is_named(environ: dict[str, str], kind: str, place: str, directory: Path) -> None:
    settings = read_settings(environ, directory)
    assert (settings.kind, settings.path or settings.url) == (kind, place)
    assert bool(settings.url) is (kind == "postgresql")


@pytest.mark.parametrize("variable", ["DB_TYPE", "DATABASE_TYPE", "STORAGE_BACKEND"])
@pytest.mark.parametrize(
    ("word", "kind"),
    [("sqlite", "sqlite"), ("SQLite3", "sqlite"), ("pg", "postgresql"), ("Postgres", "postgresql"),
     ("POSTGRESQL", "postgresql")],
)  # fmt: skip
def test_words_for_the_kind(variable: str, word: str, kind: str, directory: Path) -> None:
    environ = {variable: word, "SQLITE_PATH": "app.db", "POSTGRES_HOST": "db"}
    assert read_settings(environ, directory).kind == kind


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ["DATABASE_URL", "nothing says which database"]),
        ({"DB_TYPE": ""}, ["nothing says which database"]),
        ({"DB_TYPE": "sqlite", "DATABASE_URL": PG}, ["DB_TYPE", "DATABASE_URL", "postgresql"]),
        ({"DB_TYPE": "pg", "DATABASE_URL": "sqlite:///a.db"}, ["DB_TYPE", "DATABASE_URL", "sqlite"]),
        ({"DB_TYPE": "postgresql"}, ["DB_TYPE", "POSTGRES_HOST", "DATABASE_URL"]),
        ({"DB_TYPE": "postgresql", "POSTGRES_DB": "a"}, ["DB_TYPE", "POSTGRES_HOST"]),
        ({"POSTGRES_DB": "a"}, ["POSTGRES_DB", "POSTGRES_HOST"]),
        ({"DB_TYPE": "sqlite"}, ["DB_TYPE", "SQLITE_PATH"]),
        ({"DB_TYPE": "sqlite", "STORAGE_BACKEND": "postgres"}, ["DB_TYPE", "STORAGE_BACKEND"]),
        ({"DATABASE_TYPE": "pg", "STORAGE_BACKEND": "sqlite"}, ["DATABASE_TYPE", "STORAGE_BACKEND"]),
        ({"DB_TYPE": "mysql", "DATABASE_URL": PG}, ["DB_TYPE", "'mysql'"]),
        ({"DATABASE_URL": PG, "SQLITE_PATH": "app.db"}, ["DATABASE_URL", "SQLITE_PATH", "DB_TYPE"]),
        ({"DATABASE_URL": "sqlite:///a.db", "POSTGRES_HOST": "db"}, ["DATABASE_URL", "POSTGRES_HOST"]),
        ({"SQLITE_PATH": "a.db", "POSTGRES_HOST": "db"}, ["SQLITE_PATH", "POSTGRES_HOST"]),
        ({"DATABASE_URL": "sqlite:///a.db", "SQLITE_PATH": "b.db"}, ["a.db", "b.db", "SQLITE_PATH"]),
        ({"DATABASE_URL": PG, "POSTGRES_HOST": "other"}, ["DATABASE_URL", "db", "POSTGRES_HOST", "other"]),
        ({"DATABASE_URL": PG, "POSTGRES_DB": "other"}, ["DATABASE_URL", "shop", "POSTGRES_DB", "other"]),
        ({"DATABASE_URL": PG, "POSTGRES_USER": "other"}, ["DATABASE_URL", "app", "POSTGRES_USER", "other"]),
        ({"DATABASE_URL": PG, "POSTGRES_PORT": "5433"}, ["DATABASE_URL", "5432", "POSTGRES_PORT", "5433"]),
        ({"DATABASE_URL": "postgresql://app@/shop?host=db", "POSTGRES_HOST": "b"}, ["db", "POSTGRES_HOST"]),
        ({"DATABASE_URL": "app.db"}, ["DATABASE_URL", "sqlite:///"]),
        ({"DATABASE_URL": "mysql://u:secret@h/d"}, ["DATABASE_URL", "mysql://u:***@h/d"]),
        ({"DATABASE_URL": "sqlite://app.db"}, ["DATABASE_URL", "sqlite:///app.db"]),
        ({"DATABASE_URL": "sqlite:///app.db?mode=ro"}, ["DATABASE_URL", "mode=ro"]),
        ({"DATABASE_URL": "postgresql://u:secret@h:port/d"}, ["DATABASE_URL", "'port'"]),
        ({"POSTGRES_HOST": "db", "POSTGRES_PORT": "x"}, ["POSTGRES_PORT", "'x'"]),
        ({"DATABASE_URL": PG + "?nonsense=1"}, ["DATABASE_URL", "nonsense"]),
        ({"DATABASE_URL": "postgresql://u:secret@word@h/d"}, ["DATABASE_URL", "%40"]),
        ({"DATABASE_URL": PG, "POSTGRES_POOL_MIN": "5", "POSTGRES_POOL_MAX": "4"},
         ["POSTGRES_POOL_MIN", "5", "POSTGRES_POOL_MAX", "4"]),
        ({"DATABASE_URL": PG, "POSTGRES_POOL_MAX": "many"}, ["POSTGRES_POOL_MAX", "'many'"]),
        ({"DATABASE_URL": PG, "POSTGRES_POOL_MAX": "0"}, ["POSTGRES_POOL_MAX", "'0'"]),
        ({"DATABASE_URL": PG, "POSTGRES_POOL_MIN": "-1"}, ["POSTGRES_POOL_MIN", "'-1'"]),
        ({"DATABASE_URL": PG, "POSTGRES_POOL_MIN": "1.5"}, ["POSTGRES_POOL_MIN", "'1.5'"]),
        ({"DATABASE_URL": PG, "POSTGRES_TIMEOUT": "30s"}, ["POSTGRES_TIMEOUT", "'30s'"]),
        ({"DATABASE_URL": PG, "POSTGRES_TIMEOUT": "nan"}, ["POSTGRES_TIMEOUT", "'nan'"]),
        ({"DATABASE_URL": PG, "POSTGRES_TIMEOUT": "inf"}, ["POSTGRES_TIMEOUT", "'inf'"]),
        ({"DATABASE_URL": PG, "OUTGROW_FALLBACK": "yes"}, ["OUTGROW_FALLBACK", "'yes'", "read-only"]),
        ({"DATABASE_URL": PG, "OUTGROW_FALLBACK": "read-only"}, ["OUTGROW_FALLBACK_PATH"]),
        ({"DATABASE_URL": PG, "OUTGROW_FALLBACK_PATH": "a.db"}, ["OUTGROW_FALLBACK_PATH", "read-only"]),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(
    environ: dict[str, str], words: list[str], directory: Path
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_settings(environ, directory)
    message = str(refused.value)
    assert [word for word in words if word not in message] == []
    assert "secret" not in message
    assert "\n" not in message


def test_a_contradiction_names_both_places(directory: Path) -> None:
    (directory / ".env").write_text("DB_TYPE=sqlite\n")
    with pytest.raises(ConfigError) as refused:
        read_settings({"DATABASE_URL": PG}, directory)
    assert str(refused.value) == (
        f"DB_TYPE in {directory / '.env'} says sqlite, and DATABASE_URL in the environment says postgresql: "
        "make them agree"
    )


def test_passwords_that_disagree_are_not_shown(directory: Path) -> None:
    environ = {"DATABASE_URL": "postgresql://u:secret-1@h/d", "POSTGRES_PASSWORD": "secret-2"}
    with pytest.raises(ConfigError) as refused:
        read_settings(environ, directory)
    assert "secret" not in str(refused.value)
    assert "POSTGRES_PASSWORD" in str(refused.value)


@given(
    st.fixed_dictionaries(
        {name: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
         for name in ("POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD")}
    ),
    st.sampled_from(["db.example.org", "127.0.0.1", "::1", "/run/postgresql", "a,b", "é.example"]),
)  # fmt: skip
def test_any_password_survives(parts: dict[str, str], host: str) -> None:
    parts |= {name: parts[name].strip() or "x" for name in ("POSTGRES_DB", "POSTGRES_USER")}
    settings = read_settings({"POSTGRES_HOST": host, **parts}, Path("/"))
    understood = conninfo_to_dict(settings.url)
    assert understood == {
        "host": host,
        "dbname": parts["POSTGRES_DB"],
        "user": parts["POSTGRES_USER"],
        "password": parts["POSTGRES_PASSWORD"],
    }
    # what was cut into a URL agrees with the parts that it was made of
    again = read_settings({"DATABASE_URL": settings.url, "POSTGRES_HOST": host, **parts}, Path("/"))
    assert again.url == settings.url


@pytest.mark.parametrize("password", ["hunter2-long", "p@ss:w/rd?#%", "with space", "short"])
def test_the_repr_shows_no_password(password: str, directory: Path) -> None:
    parts = {"POSTGRES_HOST": "db", "POSTGRES_USER": "app", "POSTGRES_PASSWORD": password}
    settings = read_settings(parts, directory)
    assert repr(settings) == (
        "Settings(kind='postgresql', url='postgresql://app:***@db/', "
        "said_by='POSTGRES_HOST, POSTGRES_USER, POSTGRES_PASSWORD in the environment', "
        "pool_min=1, pool_max=10, timeout=30.0, fallback='none')"
    )
    completed = read_settings(
        {"DATABASE_URL": "postgresql://app@db/x", "POSTGRES_PASSWORD": password}, directory
    )
    assert password not in repr(completed)
    assert quote(password, safe="") not in repr(completed)
    assert conninfo_to_dict(completed.url)["password"] == password


def test_numbers(directory: Path) -> None:
    environ = {
        "DATABASE_URL": PG,
        "POSTGRES_POOL_MIN": "0",
        "POSTGRES_POOL_MAX": "3",
        "POSTGRES_TIMEOUT": "2.5",
    }
    settings = read_settings(environ, directory)
    assert (settings.pool_min, settings.pool_max, settings.timeout) == (0, 3, 2.5)
    settings = read_settings({"DATABASE_URL": PG, "POSTGRES_POOL_MIN": "20"}, directory)
    assert (settings.pool_min, settings.pool_max) == (20, 20)


def test_fallback(directory: Path) -> None:
    environ = {"DATABASE_URL": PG, "OUTGROW_FALLBACK": "read-only", "OUTGROW_FALLBACK_PATH": "app.db"}
    settings = read_settings(environ, directory)
    assert (settings.fallback, settings.fallback_path) == ("read-only", "app.db")
    assert read_settings(environ | {"OUTGROW_FALLBACK": "none"}, directory).fallback == "none"
    on_sqlite = read_settings(environ | {"DATABASE_URL": "sqlite:///app.db"}, directory)
    assert on_sqlite == Settings(kind="sqlite", path="app.db", said_by="DATABASE_URL in the environment")


def test_the_nearest_file_counts_and_the_environment_wins(directory: Path) -> None:
    (directory.parent / ".env").write_text("DATABASE_URL=sqlite:///far.db\n")
    assert read_settings({}, directory).path == "far.db"
    (directory / ".env").write_text("DATABASE_URL=sqlite:///near.db\n")
    near = read_settings({}, directory)
    assert (near.path, near.said_by) == ("near.db", f"DATABASE_URL in {directory / '.env'}")
    told = read_settings({"DATABASE_URL": "sqlite:///told.db"}, directory)
    assert (told.path, told.said_by) == (
        "told.db",
        "DATABASE_URL in the environment; "
        f"{directory / '.env'} says another DATABASE_URL, which the environment overrules",
    )


def test_what_is_not_used_is_told(directory: Path) -> None:
    environ = {"DB_TYPE": "pg", "SQLITE_PATH": "app.db", "POSTGRES_HOST": "db"}
    assert read_settings(environ, directory).said_by == (
        "DB_TYPE, POSTGRES_HOST in the environment; SQLITE_PATH in the environment is not used"
    )


def test_every_call_reads_afresh(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(directory)
    for name in ("DB_TYPE", "DATABASE_TYPE", "STORAGE_BACKEND", "POSTGRES_HOST", "SQLITE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///first.db")
    assert read_settings().path == "first.db"
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(ConfigError):
        read_settings()
    (directory / ".env").write_text("DATABASE_URL=sqlite:///second.db\n")
    assert read_settings().path == "second.db"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("export A=1\n  export\tB = 2 \n", {"A": "1", "B": "2"}),
        ("# comment\n\nA=1 # comment\nB=1# none\nC=# none\nD= # comment\n",
         {"A": "1", "B": "1# none", "C": "# none", "D": ""}),
        ("A='p#a s$\"s' # comment\n", {"A": 'p#a s$"s'}),
        (r"A='it\'s \n'", {"A": r"it's \n"}),
        (r'A="say \"x\"\n\t\\ \d"', {"A": 'say "x"\n\t\\ \\d'}),
        ("A='two\nlines'\nB=\"two\nlines\"\n", {"A": "two\nlines", "B": "two\nlines"}),
        ("U=app\nA=postgresql://${U}:${P}@${H:-db}/x\n",
         {"U": "app", "A": "postgresql://app:from-environ@db/x"}),
        ("A='${P}'\nB=\"${P}\"\nC=$P\nD=${NONE}.", {"A": "${P}", "B": "from-environ", "C": "$P", "D": "."}),
        ("A=1\nA=2\nB=1\nB\nC\n", {"A": "2"}),
        ("A=\nB=''\n", {"A": "", "B": ""}),
        ("A=ü\n'B'=2\n", {"A": "ü", "B": "2"}),
        ("A=x=y", {"A": "x=y"}),
        ("", {}),
    ],
)  # fmt: skip
def test_a_file_is_read_as_written(text: str, found: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8", newline="")
    assert dotenv.read(path, {"P": "from-environ"}) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [("A=1\nB='secret\nC=2\n", 2), ("A=1\n\nsource other.env\n", 3), ("=secret", 1), ("A='a' secret", 1)],
)
def test_a_line_that_is_none_is_named(text: str, line: int, directory: Path) -> None:
    path = directory / ".env"
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_settings({}, directory)
    assert str(refused.value) == f"line {line} of {path} is not NAME=value: mend it, or put # before it"


def test_a_file_that_is_no_text(directory: Path) -> None:
    (directory / ".env").write_bytes(b"A=\xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        read_settings({}, directory)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1))
def test_any_value_in_single_quotes_survives(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    assert dotenv.parse(f"A='{quoted}'\nB=2\n", {}) == {"A": value, "B": "2"}


@pytest.mark.parametrize(
    "own", [p for n in (1, 2) for p in itertools.permutations(["schema=s", "values=native"], n)]
)
def test_own_parameters_are_cut_off(own: tuple[str, ...]) -> None:
    assert without_own(f"{PG}?{'&'.join(own)}") == PG
    assert without_own(f"{PG}?{'&'.join((*own, 'sslmode=require'))}") == f"{PG}?sslmode=require"
    assert without_own(f"{PG}?{'&'.join(('sslmode=require', *own))}") == f"{PG}?sslmode=require"
