"""The server process of a data directory: is it there, start it, end it.

PostgreSQL itself keeps the facts in `postmaster.pid`; outgrow keeps none of its own, so a kill at
any moment leaves nothing that contradicts it. Before it stands `cluster`, which holds the lock.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from outgrow.errors import TargetError

LOG_NAME = "server.log"
PORT = 5432

_PIDFILE = "postmaster.pid"
_NOBODYS_NUMBER = 4194305  # one above the greatest process id of Linux, and far above that of macOS
_LEAST_BYTES = 32 * 1024 * 1024  # two segments of WAL, the least that recovery may ask for
_LOG_BYTES = 16 * 1024 * 1024
_POLL_SECONDS = 0.01
_STOP_SECONDS = 60.0
# The backends of a killed server notice within moments that it is gone; until then its successor
# is refused.
_ORPHANS, _ORPHANS_SECONDS = "shared memory block", 10.0
_REASON = re.compile(r"\b(?:FATAL|PANIC|ERROR|error):\s+(.*)")

# A server started by this process is its child until this process ends: it must be waited for, or
# it stays a zombie that looks alive.
_children: dict[int, subprocess.Popen[bytes]] = {}


def ready(data: Path) -> int | None:
    """Process id of the server of `data` when it takes connections, else None."""
    pidfile = _pidfile(data)
    if len(pidfile) < 8 or pidfile[7].strip() not in ("ready", "standby"):
        return None
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(f"{pidfile[4]}/.s.PGSQL.{pidfile[3]}")
        except OSError:  # refused, or no such file: the server was killed and left its pidfile
            return None
    return int(pidfile[0])


def alive(data: Path) -> int | None:
    """Process id of the server of `data` in whatever state, else None."""
    pidfile = _pidfile(data)
    pid = int(pidfile[0]) if pidfile and pidfile[0].isdigit() else None
    return pid if pid is not None and _serves(pid, data) else None


def socket_dir(data: Path) -> Path | None:
    """Directory of the socket of the server of `data`, None when it does not run."""
    pidfile = _pidfile(data)
    return Path(pidfile[4]) if len(pidfile) > 4 and pidfile[4] else None


def read(data: Path, name: str) -> str:
    """One of the server's own files; empty when it is not there. Raises TargetError when it is closed."""
    try:
        return (data / name).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except PermissionError as error:
        raise TargetError(
            f"{error.filename} cannot be read: run outgrow as the user who made it, "
            "or set OUTGROW_HOME to a directory of your own"
        ) from None


def launch(programs: Path, data: Path, user: pwd.struct_passwd) -> None:
    """Starts the server as `user`; returns when it takes connections, however long its recovery takes.

    It outlives this process and does not hear the terminal's Ctrl-C. Raises TargetError with
    PostgreSQL's own reason.
    """
    _refuse_full_disk(data)
    give_up = time.monotonic() + _ORPHANS_SECONDS
    while (reason := _attempt(programs, data, user)) is not None:
        if _ORPHANS not in reason or time.monotonic() > give_up:
            raise TargetError(f"PostgreSQL does not start in {data}: {reason}; its log is {data / LOG_NAME}")
        time.sleep(0.2)


def _attempt(programs: Path, data: Path, user: pwd.struct_passwd) -> str | None:
    """One attempt to start: None when the server is ready, else why it ended."""
    if alive(data) is not None:  # whoever started it was killed before it was ready
        _wait_until_ready(data, lambda: alive(data) is None)
        return None if ready(data) is not None else "it ended while it was starting"
    _forget_number(data, user)
    with own_file(data / LOG_NAME, user, os.O_APPEND) as log:
        if (begin := os.fstat(log.fileno()).st_size) > _LOG_BYTES:
            log.truncate(begin := 0)
        child = spawn([str(programs / "postgres"), "-D", str(data)], user, log)
    _children[child.pid] = child
    try:
        if _wait_until_ready(data, lambda: child.poll() is not None):
            return None
    except TargetError:
        child.send_signal(signal.SIGQUIT)
        child.wait()
        raise
    return reason_in((data / LOG_NAME).read_bytes()[begin:].decode(errors="replace"))


def _wait_until_ready(data: Path, ended: Callable[[], bool]) -> bool:
    """True when the server of `data` takes connections, False when it ended before.

    Raises TargetError when the disk is full: then PostgreSQL would wait for ever.
    """
    while not ended():
        if ready(data) is not None:
            return True
        _refuse_full_disk(data)
        time.sleep(_POLL_SECONDS)
    return False


def _refuse_full_disk(data: Path) -> None:
    if (free := shutil.disk_usage(data).free) < _LEAST_BYTES:
        raise TargetError(
            f"the disk of {data} has {free >> 20} MB left, and PostgreSQL needs {_LEAST_BYTES >> 20} to "
            "start: free some space, then run the same command"
        )


def _forget_number(data: Path, user: pwd.struct_passwd) -> None:
    """Takes a dead server's number out of its lock files, since it may be another process's by now.

    That happens after a reboot, and in a container whose first process does not wait for orphans.
    The rest of postmaster.pid stays: by it PostgreSQL finds backends that outlived their server.
    """
    pidfile = _pidfile(data)
    if not pidfile:
        return
    ((socket_dir(data) or data) / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    fresh = data / f"{_PIDFILE}.new"
    with own_file(fresh, user, os.O_TRUNC) as file:
        file.write("\n".join([str(_NOBODYS_NUMBER), *pidfile[1:], ""]).encode())
    fresh.replace(data / _PIDFILE)


def end(data: Path, *, immediate: bool = False) -> bool:
    """Ends the server of `data` and waits for it; False when there is none. Raises TargetError.

    Only a process whose command line names `data` is ever signalled.
    """
    pid = alive(data)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGQUIT if immediate else signal.SIGINT)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise TargetError(
            f"process {pid}, the server in {data}, is another user's: stop it as that user"
        ) from None
    child, give_up = _children.pop(pid, None), time.monotonic() + _STOP_SECONDS
    while alive(data) == pid and (child is None or child.poll() is None):
        if time.monotonic() > give_up:
            raise TargetError(
                f"the server in {data} (process {pid}) has not stopped in {_STOP_SECONDS:.0f} s: "
                f"see {data / LOG_NAME}, or stop it at once with `outgrow server stop --immediate`"
            )
        time.sleep(_POLL_SECONDS)
    if child is not None:
        child.wait()
    return True


def spawn(command: list[str], user: pwd.struct_passwd, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Starts `command` as `user` in a session of its own, with nothing of our environment."""
    switch = os.geteuid() != user.pw_uid
    try:
        return subprocess.Popen(
            command,
            user=user.pw_uid if switch else None,
            group=user.pw_gid if switch else None,
            extra_groups=() if switch else None,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    except PermissionError:
        program = Path(command[0])
        raise TargetError(
            f"the user {user.pw_name} may not run {program}: `chmod -R o+rX {program.parent.parent}`"
        ) from None


def own_file(path: Path, user: pwd.struct_passwd, flags: int) -> IO[bytes]:
    """`path` opened for writing as a private file of `user`; a link in its place is never followed."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | flags, 0o600), "wb")
    os.fchown(file.fileno(), user.pw_uid, user.pw_gid)
    return file


def reason_in(output: str) -> str:
    """The line of a PostgreSQL program's output that says why it gave up."""
    if (found := _REASON.search(output)) is not None:
        return found.group(1)
    lines = output.split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it gives no reason")


def _pidfile(data: Path) -> list[str]:
    """Lines of postmaster.pid: process id, data directory, start time, port, socket directory, ..., state."""
    return read(data, _PIDFILE).splitlines()


def _serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is a server started on `data`; after a reboot its number may be anyone's."""
    listing = Path(f"/proc/{pid}/cmdline")
    try:
        words = listing.read_bytes().split(b"\0")
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        shown = subprocess.run(  # macOS has no /proc
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True
        )
        return f"-D {data}".encode() in shown.stdout
    except ProcessLookupError:
        return False
    return os.fsencode(data) in words
