"""A program run in this one's place: same terminal, same streams, its signals, its exit code.

`exec` would be the same but for one thing: whether the program did what it should is looked at afterwards.
The child stays in the foreground group of the terminal, so that Ctrl-C and Ctrl-Z reach it as they reach us;
signals that came to us alone are passed on. Before it stands `cli.run`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from outgrow.errors import ConfigError

_PASSED_ON = {
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
}  # fmt: skip
_OF_THE_TERMINAL = {signal.SIGINT, signal.SIGQUIT}
_OF_THE_KERNEL = 0x80  # SI_KERNEL of Linux: Ctrl-C, which the child has got as well
_RESTORED = {signal.SIGPIPE, signal.SIGXFSZ}  # Python ignores them, programs do not expect that


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Runs the program to its end; its exit code, or 128 and the signal that ended it.

    Only from the main thread. Raises ConfigError when it cannot be started.
    """
    awaited = {*_PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    on_child = signal.signal(signal.SIGCHLD, lambda *_: None)  # one that is ignored would not be waited for
    try:
        try:
            child = os.posix_spawnp(
                command[0], list(command), dict(environment), setsigmask=before, setsigdef=_RESTORED
            )
        except OSError as error:
            raise ConfigError(
                f"the program {command[0]} cannot be started: {error.strerror}; give its path, or name its "
                "interpreter"
            ) from error
        return _wait(child, awaited)
    finally:
        signal.signal(signal.SIGCHLD, on_child)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait(child: int, awaited: set[signal.Signals]) -> int:
    while True:
        number, from_kernel = _next(awaited)
        if number == signal.SIGCHLD:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        elif not from_kernel:
            with suppress(ProcessLookupError):
                os.kill(child, number)


def _next(awaited: set[signal.Signals]) -> tuple[int, bool]:
    """The next signal, and whether the whole foreground group got it."""
    if hasattr(signal, "sigwaitinfo"):
        found = signal.sigwaitinfo(awaited)
        return found.si_signo, found.si_code == _OF_THE_KERNEL
    number = signal.sigwait(awaited)  # macOS does not say whence
    return number, number in _OF_THE_TERMINAL and _in_foreground()


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False
