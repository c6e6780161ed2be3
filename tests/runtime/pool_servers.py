"""What the tests of pool and adapter need around them: servers of their own, and waiting for a condition."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from outgrow.embedded import access
from outgrow.embedded.cluster import Cluster
from outgrow.embedded.throwaway import throwaway

PORT = 6432
_CONFIG = """\
[databases]
* = {target}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_reset_query =
logfile =
pidfile =
"""


@contextmanager
def restartable() -> Iterator[Cluster]:
    """A throwaway server that nobody else uses, so that it may be stopped and started."""
    with throwaway(Path(tempfile.mkdtemp(prefix="outgrow-home-"))) as cluster:
        yield cluster
        cluster.stop(immediate=True)


@contextmanager
def pgbouncer(url: str, *, size: int = 1, ignore_options: bool = False) -> Iterator[str]:
    """URL of the database of `url` through a PgBouncer of the test's own, with `size` server connections.

    It listens on a socket only, and ends with the test, or with pytest. Required in CI, else skipped.
    """
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("pgbouncer is not installed, and CI does not skip")
        pytest.skip("pgbouncer is not installed")
    directory = Path(tempfile.mkdtemp(prefix="outgrow-bouncer-"))
    user = access.server_user(directory)
    config = directory / "pgbouncer.ini"
    text = _CONFIG.format(target=_target(url), port=PORT, directory=directory, size=size)
    config.write_text(text + ("ignore_startup_parameters = options\n" if ignore_options else ""))
    switch: list[str] = []
    if os.geteuid() != user.pw_uid:  # PgBouncer refuses to run as root
        os.chown(directory, user.pw_uid, user.pw_gid)
        config.chmod(0o644)
        switch = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", *switch, "--pdeathsig=TERM", program, str(config)], stdout=log, stderr=log, cwd="/"
        )
    through = f"postgresql:///{quote(_name(url))}?host={quote(str(directory))}&port={PORT}&user=app"
    try:
        wait_until(lambda: _answers(through) or process.poll() is not None)
        assert process.poll() is None, (directory / "log").read_text()
        yield through
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(directory)


def _target(url: str) -> str:
    """PgBouncer's words for the server of `url`; every client is let in as the user of `url`."""
    with psycopg.connect(url) as conn:
        info = conn.info
        words = {"host": info.host, "port": str(info.port), "user": info.user, "password": info.password}
    return " ".join(f"{key}='{value}'" for key, value in words.items() if value)


def _name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until `condition` holds; fails after a time that only a broken test takes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
