"""The embedded PostgreSQL: kept, found again, closed to others, ended only when it is ours."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outgrow.embedded import process, settings
from outgrow.embedded.cluster import Cluster, binaries, database_name, of_environment
from outgrow.errors import ConfigError, TargetError
from outgrow.postgres.connect import connect

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def cluster(home: Path) -> Cluster:
    return Cluster(home=home, durable=False)


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A directory that other users can pass through, unlike pytest's."""
    path = Path(tempfile.mkdtemp(prefix="outgrow-x-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with connect(url) as conn:
        return conn.execute(sql.encode()).fetchall()


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def test_the_data_stays_and_the_url_too(cluster: Cluster) -> None:
    assert cluster.status().state == "absent"
    url = cluster.ensure_database("my app")
    assert url == f"postgresql://postgres@/my%20app?host={cluster.home}/postgres"
    with connect(url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS n")
    assert cluster.stop() is True
    assert cluster.status().state == "stopped"
    assert cluster.stop() is False
    cluster.start()
    assert cluster.ensure_database("my app") == url
    assert rows(url, "SELECT n FROM kept") == [(42,)]


def test_status_says_how_to_connect(cluster: Cluster) -> None:
    url = cluster.start()
    status = cluster.status()
    assert (status.state, status.version, status.url) == ("running", "18", url)
    assert status.pid == process.alive(cluster.data)
    assert rows(url, "SELECT current_user, current_database()") == [("postgres", "postgres")]


def test_text_sorts_bytewise_and_case_is_unicode(cluster: Cluster) -> None:
    url = cluster.ensure_database("sorted")
    words = ["a", "B", "_", "Z", "é", "z", "\uff5e", "\U0001f600", ""]
    with connect(url) as conn:
        found = conn.execute("SELECT w FROM unnest(%s::text[]) AS w ORDER BY w", [words]).fetchall()
    assert [w for (w,) in found] == sorted(words, key=str.encode)
    assert rows(url, "SELECT lower('ÀÉÎ'), upper('ß'), current_setting('server_encoding')") == [
        ("àéî", "ß", "UTF8")
    ]


def test_the_loader_s_settings_are_in_force_and_the_user_s_own_win(cluster: Cluster) -> None:
    wanted = ["wal_level", "max_wal_senders", "listen_addresses", "fsync", "data_checksums", "max_wal_size"]
    query = f"SELECT name, setting FROM pg_settings WHERE name IN {tuple(wanted)}"
    assert dict(rows(cluster.start(), query)) == {
        "wal_level": "minimal", "max_wal_senders": "0", "listen_addresses": "",
        "fsync": "off", "data_checksums": "on", "max_wal_size": "4096",
    }  # fmt: skip
    with connect(cluster.url(), autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET max_wal_size = '1GB'")
    cluster.stop()
    lasting = Cluster(home=cluster.home)
    lasting.start()
    assert dict(rows(lasting.url(), query)) == {
        "wal_level": "minimal", "max_wal_senders": "0", "listen_addresses": "",
        "fsync": "on", "data_checksums": "on", "max_wal_size": "1024",
    }  # fmt: skip


def test_many_start_it_at_once_and_all_find_the_same(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from outgrow.embedded.cluster import Cluster;"
        "print(Cluster(home=Path(sys.argv[1]), durable=False).ensure_database('one'))"
    )
    command = [sys.executable, "-c", program, str(home)]
    source = str(Path(settings.__file__).parents[2])
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": source}, text=True)
        for _ in range(4)
    ]
    assert [(run.communicate()[0], run.returncode) for run in runs] == [
        (f"postgresql://postgres@/one?host={home}/postgres\n", 0)
    ] * 4
    found = rows(Cluster(home=home).url("one"), "SELECT count(*) FROM pg_database WHERE datname = 'one'")
    assert found == [(1,)]


def test_after_kill_9_it_starts_again_with_its_data(cluster: Cluster) -> None:
    url = cluster.ensure_database("hardy")
    with connect(url) as conn:
        conn.execute("CREATE TABLE t AS SELECT 1 AS n")
        conn.commit()
        pid = cluster.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        until(lambda: process.ready(cluster.data) is None)
    cluster.start()
    assert cluster.status().pid != pid
    assert rows(url, "SELECT n FROM t") == [(1,)]


def test_a_half_made_data_directory_is_made_anew(cluster: Cluster) -> None:
    half = cluster.home / "postgres.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert rows(cluster.start(), "SELECT 1") == [(1,)]
    assert not half.exists()


def test_a_process_that_only_has_its_number_is_never_ended(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        lines = [bystander.pid, cluster.data, 0, 5432, cluster.data, "", 0, "ready"]
        pidfile = cluster.data / "postmaster.pid"
        pidfile.write_text("\n".join(map(str, lines)))
        shutil.chown(pidfile, cluster.data.owner())
        assert cluster.status().state == "stopped"
        assert cluster.stop() is False
        assert rows(cluster.start(), "SELECT 1") == [(1,)]
        assert bystander.poll() is None
        bystander.kill()


def test_backends_that_outlive_their_killed_server_are_waited_for(cluster: Cluster) -> None:
    url = cluster.ensure_database("hardy")
    with connect(url) as conn:
        pid, backend = cluster.status().pid, conn.info.backend_pid
        assert pid is not None
        os.kill(backend, signal.SIGSTOP)
        os.kill(pid, signal.SIGKILL)
        until(lambda: process.ready(cluster.data) is None)
        wake = threading.Timer(1.0, os.kill, (backend, signal.SIGCONT))
        began = time.monotonic()
        wake.start()
        cluster.start()
        assert time.monotonic() - began > 0.9
        wake.join()
    assert rows(url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("letters", ["a 'b", 'x"; $(touch y)', "back\\slash, comma", "ünïcode"])
def test_any_path_will_do(home: Path, letters: str) -> None:
    cluster = Cluster(home=home / letters, durable=False)
    try:
        assert rows(cluster.start(), "SELECT 1") == [(1,)]
    finally:
        cluster.stop(immediate=True)


def test_a_long_path_has_its_socket_in_a_private_directory(home: Path) -> None:
    cluster = Cluster(home=home / ("long" * 30), durable=False)
    try:
        url = cluster.start()
        directory = Path(url.partition("?host=")[2])
        assert directory.parent == Path("/tmp")
        assert directory.stat().st_mode & 0o777 == 0o700
        assert directory.owner() == cluster.data.owner()
        assert rows(url, "SELECT 1") == [(1,)]
        cluster.stop()
        assert not directory.exists()
        assert cluster.url() == url
        directory.mkdir(mode=0o755)
        with pytest.raises(TargetError) as refused:
            cluster.start()
        assert str(refused.value) == (
            f"{directory}, the place of the server's socket, is not a private directory of "
            f"{cluster.data.owner()}: remove it, or set OUTGROW_HOME to a shorter path"
        )
    finally:
        cluster.stop(immediate=True)
        directory.rmdir()


def test_only_its_owner_is_let_in(cluster: Cluster) -> None:
    url = cluster.start()
    assert rows(url, "SELECT type, database, user_name, auth_method, options FROM pg_hba_file_rules") == [
        ("local", ["all"], ["all"], "peer", ["map=outgrow"])
    ]
    owners = sorted({cluster.data.owner(), "root"})
    assert rows(url, "SELECT map_name, sys_name, pg_username FROM pg_ident_file_mappings ORDER BY 2") == [
        ("outgrow", owner, "postgres") for owner in owners
    ]
    with connect(url, autocommit=True) as conn:
        conn.execute("CREATE ROLE somebody LOGIN SUPERUSER")
    with pytest.raises(TargetError) as refused:
        connect(url.replace("postgres@", "somebody@"))
    assert 'Peer authentication failed for user "somebody"' in str(refused.value)


@pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")
def test_another_os_user_is_kept_out_twice(cluster: Cluster) -> None:
    url = cluster.start()
    nobody = pwd.getpwnam("nobody")
    command = [binaries() / "psql", url, "-Atc", "SELECT 1"]

    def as_nobody() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], cwd="/",
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert "Permission denied" in as_nobody().stderr
    # Even with all doors open, the kernel says who it is.
    cluster.home.chmod(0o711)
    cluster.data.chmod(0o711)
    (cluster.data / ".s.PGSQL.5432").chmod(0o777)
    done = as_nobody()
    assert (done.returncode, done.stdout) == (2, "")
    assert 'Peer authentication failed for user "postgres"' in done.stderr


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as another user")
def test_root_s_private_directories_are_opened_to_the_server_alone(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    cluster = Cluster(home=private / "deep" / "home", durable=False)
    assert rows(cluster.start(), "SELECT 1") == [(1,)]
    assert cluster.data.owner() == "pgserver"
    assert private.stat().st_mode & 0o007 == 0
    nobody = pwd.getpwnam("nobody").pw_uid
    looks = subprocess.run(["ls", private / "deep"], user=nobody, capture_output=True, check=False)
    assert looks.returncode != 0
    cluster.stop(immediate=True)
    assert rows(cluster.start(), "SELECT 1") == [(1,)]
    cluster.stop(immediate=True)


def test_data_of_another_version_is_left_alone(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(TargetError) as refused:
        cluster.start()
    assert str(refused.value) == (
        f"{cluster.data} was made by PostgreSQL 17, and this outgrow brings 18: set OUTGROW_HOME to a "
        "new directory and move again, or give a server of your own with --to URL"
    )


def test_a_directory_with_something_else_in_it_is_left_alone(cluster: Cluster) -> None:
    cluster.data.mkdir()
    (cluster.data / "novel.txt").write_text("chapter one")
    with pytest.raises(TargetError, match="exists and holds no PostgreSQL: move it away"):
        cluster.start()
    assert (cluster.data / "novel.txt").read_text() == "chapter one"


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TargetError) as refused:
        Cluster(home=tmp_path / "file" / "home").start()
    assert str(refused.value) == (
        f"{tmp_path}/file/home: Not a directory: free some space, or set OUTGROW_HOME to a directory that "
        "can be written, or give a server of your own with --to URL"
    )


def test_a_server_that_cannot_start_gives_its_own_reason(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    with (cluster.data / "postgresql.auto.conf").open("a") as conf:
        conf.write("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(TargetError) as refused:
        cluster.start()
    assert str(refused.value) == (
        f'PostgreSQL does not start in {cluster.data}: could not access file "no_such_library": '
        f"No such file or directory; its log is {cluster.data}/server.log"
    )


def test_a_full_disk_is_said_before_postgresql_waits_on_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.start()
    cluster.stop()
    monkeypatch.setattr(process, "_LEAST_BYTES", 1 << 60)  # more than any disk has left
    with pytest.raises(
        TargetError, match=r"has \d+ MB left, and PostgreSQL needs 1099511627776 to start: free"
    ):
        cluster.start()
    assert process.alive(cluster.data) is None


def test_a_start_that_was_cut_short_is_taken_over(cluster: Cluster) -> None:
    """The server of a command that was killed while it waited goes on starting: the next one waits for it."""
    url = cluster.ensure_database("heavy")
    with connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 300000) AS n")
        conn.execute("UPDATE t SET n = n + 1")
    cluster.stop(immediate=True)
    program = (
        "import sys; from pathlib import Path; from outgrow.embedded.cluster import Cluster;"
        "Cluster(home=Path(sys.argv[1]), durable=False).start()"
    )
    source = str(Path(settings.__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", program, str(cluster.home)], env=os.environ | {"PYTHONPATH": source}
    ) as killed:
        until(lambda: process.alive(cluster.data) is not None)
        pid = process.alive(cluster.data)
        killed.kill()
    cluster.start()
    assert cluster.status().pid == pid
    assert rows(url, "SELECT count(*), sum(n) FROM t") == [(300000, 45000450000)]


def test_a_name_of_a_database_is_never_sql(cluster: Cluster) -> None:
    evil = 'x"; DROP DATABASE template1; --'
    url = cluster.ensure_database(evil)
    assert rows(url, "SELECT current_database()") == [(evil,)]
    for impossible in ("", "nul\0", "é" * 32):
        with pytest.raises(ConfigError):
            cluster.ensure_database(impossible)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/data/home-assistant_v2.db", "home-assistant_v2"),
        ("Northwind.sqlite3", "Northwind"),
        ("postgres.db", "postgres_"),
        ("template1.sqlite", "template1_"),
        ("é" * 40 + ".db", "é" * 27 + "_84fe2e03"),
    ],
)
def test_the_database_is_named_after_the_file(file: str, name: str) -> None:
    assert database_name(Path(file)) == name
    assert len(name.encode()) <= 63


def test_where_the_environment_puts_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OUTGROW_HOME", str(tmp_path / "a" / ".." / "own"))
    assert of_environment().home == tmp_path / "own"
    monkeypatch.delenv("OUTGROW_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert of_environment().home == tmp_path / "outgrow"
    monkeypatch.setenv("XDG_DATA_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert of_environment().home == tmp_path / ".local/share/outgrow"


def test_settings_fit_the_machine() -> None:
    def lines(memory: int, *, shared_memory_files: bool = False) -> list[str]:
        text = settings.settings(
            socket_dir=Path("/s"), memory=memory, durable=True, shared_memory_files=shared_memory_files
        )
        wanted = ("shared_buffers", "maintenance_work_mem", "effective_cache_size", "dynamic_shared", "fsync")
        return [line for line in text.splitlines() if line.startswith(wanted)]

    gb = 1024**3
    assert lines(64 * gb) == [
        "shared_buffers = 512MB", "effective_cache_size = 32768MB", "maintenance_work_mem = 256MB",
    ]  # fmt: skip
    assert lines(gb, shared_memory_files=True) == [
        "shared_buffers = 128MB", "effective_cache_size = 512MB", "maintenance_work_mem = 64MB",
        "dynamic_shared_memory_type = mmap",
    ]  # fmt: skip


def test_a_throwaway_server_ends_with_the_last_who_uses_it(short_tmp: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from outgrow.embedded.throwaway import throwaway\n"
        "with throwaway(Path(sys.argv[1])) as cluster:\n"
        "    cluster.start(); print(cluster.status().pid, flush=True); time.sleep(600)\n"
    )
    home = short_tmp / "shared"
    source = str(Path(settings.__file__).parents[2])

    def user() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, str(home)],
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": source}, text=True,
        )  # fmt: skip

    with user() as first, user() as second:
        assert first.stdout is not None
        assert second.stdout is not None
        pids = {first.stdout.readline(), second.stdout.readline()}
        assert len(pids) == 1
        pid = int(pids.pop())
        first.kill()
        first.wait()
        time.sleep(0.3)
        assert process.ready(home / "postgres") == pid
        second.kill()
        second.wait()
        until(lambda: not home.exists() and not Path(f"/proc/{pid}").exists())
    until(lambda: list(short_tmp.iterdir()) == [])
