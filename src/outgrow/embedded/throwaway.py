"""A PostgreSQL that ends with those who use it: for tests and benchmarks.

Every user holds a shared lock on one file; a watcher, a process of its own, waits for the exclusive
lock, then stops the server and removes the directory. The kernel gives a lock back however its
holder ends, so nothing is left behind by a kill -9 either.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outgrow.embedded.cluster import Cluster

_USERS = "users"
_WATCHER = "watcher"


@contextmanager
def throwaway(home: Path, *, durable: bool = False) -> Iterator[Cluster]:
    """The cluster in `home`, not yet started; it is destroyed with `home` soon after its last user left.

    Several processes may share one `home`, which must be a path of their own: all of it is removed.
    """
    lock = _join(home)
    try:
        _watch(home)
        yield Cluster(home=home, durable=durable)
    finally:
        os.close(lock)


def _join(home: Path) -> int:
    """A descriptor that holds the shared lock; never one of a directory that is being removed."""
    while True:
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        try:
            lock = os.open(home / _USERS, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # the watcher removed the directory just now
            continue
        fcntl.flock(lock, fcntl.LOCK_SH)
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)


def _watch(home: Path) -> None:
    """Starts a watcher that is nobody's child; a second one for the same `home` ends at once."""
    package_root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [package_root, os.environ.get("PYTHONPATH")]))
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", __spec__.name, str(home)],
        check=True,
        cwd="/",
        env=os.environ | {"PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def watch(home: Path) -> None:
    """Waits until nobody uses `home` any more, then stops its server and removes it. A watcher's whole life.

    The directory is renamed before its lock file goes, so whoever waits for the lock begins afresh.
    """
    with (home / _WATCHER).open("ab") as only_one, (home / _USERS).open("rb+") as users:
        try:
            fcntl.flock(only_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        Cluster(home=home).stop(immediate=True)
        gone = home.rename(home.with_name(f"{home.name}.{os.getpid()}"))
        (gone / _USERS).unlink()
        shutil.rmtree(gone)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
