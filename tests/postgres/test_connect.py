"""Connections: one kind of session, facts of the server, and refusals in one line without a password."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as adbc
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from outgrow.embedded.cluster import Cluster
from outgrow.errors import ConfigError, OutgrowError, TargetError
from outgrow.postgres.connect import adbc_url, connect, redact, server_facts, session_sql

SESSION = {
    "TimeZone": "UTC", "DateStyle": "ISO, YMD", "IntervalStyle": "postgres", "extra_float_digits": "3",
    "bytea_output": "hex", "standard_conforming_strings": "on", "synchronize_seqscans": "off",
    "row_security": "off", "statement_timeout": "0", "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0", "client_encoding": "UTF8", "application_name": "outgrow",
}  # fmt: skip
CONTRARY = """
    ALTER DATABASE {0} SET TimeZone = 'Asia/Tokyo';
    ALTER DATABASE {0} SET DateStyle = 'German';
    ALTER DATABASE {0} SET IntervalStyle = 'iso_8601';
    ALTER DATABASE {0} SET extra_float_digits = 0;
    ALTER DATABASE {0} SET bytea_output = 'escape';
    ALTER DATABASE {0} SET statement_timeout = '5s';
    ALTER DATABASE {0} SET lock_timeout = '1s';
    ALTER DATABASE {0} SET client_encoding = 'LATIN1';
"""


def name_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def run(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(sql.encode())


def refusal(url: str) -> OutgrowError:
    with pytest.raises(OutgrowError) as refused:
        connect(url).close()
    assert "\n" not in str(refused.value)
    return refused.value


@pytest.fixture
def passwords(home: Path) -> Iterator[str]:
    """A server that asks for passwords; yields the part of a URL after user and password."""
    cluster = Cluster(home=home, durable=False)
    run(cluster.start(), "ALTER ROLE postgres PASSWORD 'p@ss/wörd %41'")
    (cluster.data / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    run(cluster.url(), "SELECT pg_reload_conf()")
    yield cluster.url().partition("@")[2]
    cluster.stop(immediate=True)


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_session_is_the_same_whatever_the_database_prefers(database: str, *, autocommit: bool) -> None:
    run(database, CONTRARY.format(name_of(database)))
    with connect(database, autocommit=autocommit) as conn:
        assert conn.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert conn.autocommit is autocommit
        conn.rollback()
        shown = conn.execute(
            "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(SESSION)]
        )
        assert dict(shown.fetchall()) == SESSION


def test_adbc_reaches_the_same_database_in_the_same_session(database: str) -> None:
    run(database, CONTRARY.format(name_of(database)))
    keywords = " ".join(f"{k}='{v}'" for k, v in conninfo_to_dict(database).items())
    for form in (database, keywords):
        with adbc.connect(adbc_url(form), autocommit=True) as conn, conn.cursor() as cursor:
            cursor.execute(session_sql())
            cursor.fetchall()
            cursor.execute(
                "SELECT current_database(), current_setting('TimeZone'), current_setting('application_name')"
            )
            assert cursor.fetchall() == [(name_of(database), "UTC", "outgrow")]


def test_the_environment_alone_is_a_target(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "dbname": "PGDATABASE",
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
    }
    for key, value in conninfo_to_dict(database).items():
        monkeypatch.setenv(variables[key], str(value))
    with connect("") as conn:
        assert conn.info.dbname == name_of(database)
    with adbc.connect(adbc_url(""), autocommit=True) as raw, raw.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchall() == [(name_of(database),)]


def test_an_application_name_in_the_url_wins(database: str) -> None:
    with connect(f"{database}&application_name=mine") as conn:
        assert conn.execute("SHOW application_name").fetchone() == ("mine",)


def test_facts_of_the_server(database: str) -> None:
    with connect(database) as conn:
        facts = server_facts(conn)
        assert facts.version_num == conn.info.server_version
        assert facts.major == conn.info.server_version // 10000
        assert facts.max_connections == int(conn.execute("SHOW max_connections").fetchone()[0])
        assert facts.wal_level == conn.execute("SHOW wal_level").fetchone()[0]
    assert (facts.database, facts.encoding, facts.timezone) == (name_of(database), "UTF8", "UTC")
    assert (facts.database_collation_is_c, facts.can_create_schema) == (True, True)
    assert (facts.in_recovery, facts.read_only) == (False, False)


def test_pgvector_counts_only_where_the_user_may_have_it(home: Path) -> None:
    cluster = Cluster(home=home, durable=False)
    url = cluster.ensure_database("vectors")
    plain = "SET ROLE plain"
    with connect(url, autocommit=True) as conn:
        conn.execute("CREATE ROLE plain")
        assert server_facts(conn).pgvector == "available"
        conn.execute(plain)
        facts = server_facts(conn)
        assert (facts.pgvector, facts.is_superuser, facts.can_create_schema) == (None, False, False)
        conn.execute("RESET ROLE")
        conn.execute("GRANT CREATE ON DATABASE vectors TO plain")
        conn.execute(plain)
        assert server_facts(conn).can_create_schema is True
        assert server_facts(conn).pgvector is None  # the wheel's is not a trusted extension
        conn.execute("RESET ROLE")
        conn.execute("CREATE EXTENSION vector")
        conn.execute(plain)
        assert server_facts(conn).pgvector == "installed"


@pytest.mark.parametrize(
    ("locale", "bytewise"),
    [
        ("LOCALE_PROVIDER libc LOCALE 'C'", True),
        ("LOCALE_PROVIDER libc LOCALE 'POSIX'", True),
        ("LOCALE_PROVIDER libc LOCALE 'C.UTF-8'", True),
        ("LOCALE_PROVIDER libc LC_COLLATE 'C.utf8' LC_CTYPE 'C'", True),
    ],
)
def test_which_collations_sort_bytewise(database: str, locale: str, *, bytewise: bool) -> None:
    other = f"{name_of(database)}_b"
    run(database, f"CREATE DATABASE {other} TEMPLATE template0 {locale}")
    try:
        with connect(database.replace(name_of(database), other)) as conn:
            assert server_facts(conn).database_collation_is_c is bytewise
            words = [(w,) for w in sorted(["a", "B", "_", "é", "\uff5e", "\U0001f600"], key=str.encode)]
            assert (
                conn.execute(
                    "SELECT w FROM unnest(%s::text[]) AS w ORDER BY 1", [[w for (w,) in words]]
                ).fetchall()
                == words
            )
    finally:
        run(database, f"DROP DATABASE {other}")


def test_an_icu_database_does_not_sort_bytewise(database: str) -> None:
    other = f"{name_of(database)}_i"
    create = f"CREATE DATABASE {other} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en' LOCALE 'C'"
    with connect(database, autocommit=True) as conn:
        try:
            conn.execute(create)
        except psycopg.errors.FeatureNotSupported:
            # The embedded server is built without ICU; its catalog can still say what it would say.
            conn.execute("UPDATE pg_database SET datlocprovider = 'i' WHERE datname = current_database()")
            assert server_facts(conn).database_collation_is_c is False
            return
    with connect(database.replace(name_of(database), other)) as conn:
        assert server_facts(conn).database_collation_is_c is False
    run(database, f"DROP DATABASE {other}")


def test_a_database_that_is_not_utf_8_is_refused(database: str) -> None:
    other = f"{name_of(database)}_l"
    run(
        database,
        f"CREATE DATABASE {other} TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'",
    )
    try:
        with (
            connect(database.replace(name_of(database), other)) as conn,
            pytest.raises(TargetError) as refused,
        ):
            server_facts(conn)
        assert str(refused.value) == (
            f"the database {other} has the encoding LATIN1, which does not hold all text: "
            "make one with `createdb --encoding UTF8 --template template0`"
        )
    finally:
        run(database, f"DROP DATABASE {other}")


def test_a_read_only_database_is_refused(database: str) -> None:
    run(database, f"ALTER DATABASE {name_of(database)} SET default_transaction_read_only = on")
    with connect(database) as conn, pytest.raises(TargetError) as refused:
        server_facts(conn)
    assert str(refused.value) == (
        f"the database {name_of(database)} is read-only for this user: "
        "set default_transaction_read_only to off, or connect as another user"
    )


def test_a_standby_is_refused(home: Path) -> None:
    cluster = Cluster(home=home, durable=False)
    run(cluster.start(), "ALTER SYSTEM SET wal_level = replica")
    cluster.stop()
    cluster.start()
    cluster.stop()
    (cluster.data / "standby.signal").touch()
    with (
        connect(cluster.start()) as conn,
        pytest.raises(TargetError, match="is a standby and takes no writes"),
    ):
        server_facts(conn)
    cluster.stop(immediate=True)


def test_a_password_travels_in_every_form(passwords: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "p@ss/wörd %41"
    where = passwords.partition("?host=")[2]
    forms = [
        f"postgresql://postgres:{quote(secret, safe='')}@{passwords}",
        f"host={where} user=postgres password='{secret}'",
    ]
    for form in forms:
        with connect(form) as conn, adbc.connect(adbc_url(form)) as raw:
            assert conn.execute("SELECT current_user").fetchone() == ("postgres",)
            raw.close()
    monkeypatch.setenv("PGPASSWORD", secret)
    with connect(f"postgresql://postgres@{passwords}") as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("postgres",)


def test_a_wrong_password_is_said_and_not_shown(passwords: str) -> None:
    where = passwords.partition("?host=")[2]
    error = refusal(f"postgresql://postgres:hunter22@{passwords}")
    assert type(error) is TargetError
    assert str(error) == (
        f"cannot connect to database postgres at the socket in {where} as user postgres: "
        'password authentication failed for user "postgres": '
        "check the user and the password in the URL, PGPASSWORD or ~/.pgpass"
    )
    assert str(refusal(f"postgresql://postgres@{passwords}")) == (
        f"cannot connect to database postgres at the socket in {where} as user postgres: "
        "fe_sendauth: no password supplied: put the password into the URL, PGPASSWORD or ~/.pgpass"
    )


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        (
            "postgresql://me:hunter22@127.0.0.1:1/app", TargetError,
            "cannot connect to database app at 127.0.0.1:1 as user me: Connection refused: "
            "start the server, or mend host and port in the URL",
        ),
        (
            "host=/nowhere port=5 user=me password=hunter22", TargetError,
            "cannot connect to database me at the socket in /nowhere as user me: No such file or directory: "
            "start the server, or mend host and port in the URL",
        ),
        (
            "postgresql://me:hunter22@no-such-host.invalid/app", TargetError,
            "cannot connect to database app at no-such-host.invalid:5432 as user me: failed to resolve host "
            "'no-such-host.invalid': [Errno -2] Name or service not known: mend the host in the URL",
        ),
        (
            "postgresql://me:hunter22@127.0.0.1:99999/app", TargetError,
            "cannot connect to database app at 127.0.0.1:99999 as user me: "
            'invalid port number: "99999": check the URL',
        ),
        (
            "postgresql+psycopg://me:hunter22@h/app", ConfigError,
            "postgresql+psycopg:// names a driver, which PostgreSQL does not read: write postgresql://",
        ),
        (
            "sqlite:///app.db", ConfigError,
            'the target URL cannot be read: missing "=" after "sqlite:///app.db" in connection info string: '
            "write it as postgresql://user@host:port/database",
        ),
        (
            "postgresql://h/app?password=hunter22&bogus=1", ConfigError,
            'the target URL cannot be read: invalid URI query parameter: "bogus": '
            "write it as postgresql://user@host:port/database",
        ),
    ],
)  # fmt: skip
def test_refusals_say_what_where_and_what_to_do(
    url: str, kind: type[OutgrowError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def without_asking(host: str, *rest: Any, **more: Any) -> Any:
        if host == "no-such-host.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", without_asking)
    error = refusal(url)
    assert (type(error), str(error)) == (kind, message)


@pytest.mark.parametrize(
    "secret",
    ["hun@ter22", "hun/ter22", "hunter?22x", "hunter#22", "hunter%22%", "hun ter22", "4444/hunter22"],
)
def test_a_password_that_breaks_the_url_is_explained_and_not_shown(secret: str) -> None:
    error = refusal(f"postgresql://me:{secret}@127.0.0.1:1/app")
    assert (type(error), str(error)) == (
        ConfigError,
        "the password in the URL holds a character that has a meaning there: "
        "write @ as %40, / as %2F, ? as %3F, # as %23, % as %25 and a space as %20",
    )


def test_a_database_that_is_missing(database: str) -> None:
    message = str(refusal(database.replace(name_of(database), "no_such_database")))
    assert message.startswith("cannot connect to database no_such_database at ")
    assert message.endswith(
        'database "no_such_database" does not exist: make it with `createdb`, or name another one in the URL'
    )


@pytest.mark.parametrize(
    ("text", "urls", "clean"),
    [
        ("at postgresql://u:hunter22@h/db now", (), "at postgresql://u:***@h/db now"),
        ("at postgresql://u:hun@ter:22@h/db", (), "at postgresql://u:***@h/db"),
        ("at postgresql://u@h:5432/db", (), "at postgresql://u@h:5432/db"),
        ("postgresql://h/db?user=u&password=hunter22&x=1", (), "postgresql://h/db?user=u&password=***&x=1"),
        ("host=h password=hunter22 user=u", (), "host=h password=*** user=u"),
        ("host=h password = 'it\\'s 22' user=u", (), "host=h password = *** user=u"),
        ("PGPASSWORD=hunter22 outgrow", (), "PGPASSWORD=*** outgrow"),
        ("sslpassword=hunter22", (), "sslpassword=***"),
        ("bad word hunter22.", ("postgresql://u:hunter22@h/db",), "bad word ***."),
        ("raw hun%40ter, meant hun@ter", ("postgresql://u:hun%40ter@h/db",), "raw ***, meant ***"),
        ("bare it's 22!", ("password='it\\'s 22' host=h",), "bare ***!"),
        ("bare hunter22", ("postgresql://h/db?password=hunter22",), "bare ***"),
        ("postgresql and postgres", ("postgresql://u:postgres@h/db",), "postgresql and ***"),
        ("a short one: abc", ("postgresql://u:abc@h/db",), "a short one: abc"),
        ("nothing here", ("postgresql://u@h/db", ""), "nothing here"),
    ],
)
def test_redact(text: str, urls: tuple[str, ...], clean: str) -> None:
    assert redact(text, *urls) == clean
