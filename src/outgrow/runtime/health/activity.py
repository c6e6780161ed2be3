"""The check of sessions that hold locks and old rows for long, or wait for those that do."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.report.figures import counted, duration
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, ok, warning
from outgrow.runtime.health.subject import Subject

IDLE_SECONDS = 60
LOCK_SECONDS = 10
LONG_SECONDS = 600


_IDLE_ADVICE = (
    "Let the application commit or roll back before it waits for something else.",
    "Set idle_in_transaction_session_timeout for its role, such as to '60s', so that it cannot last.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Busy:
    """A session, or a prepared transaction (`pid` 0, `application` its name), that lasts for `seconds`."""

    pid: int
    user_name: str
    application: str
    state: str
    seconds: int
    blocked_by: list[int]

    def told(self) -> str:
        """Who it is, and what it does since when."""
        since = duration(self.seconds)
        if self.state == "prepared":
            return f"prepared transaction {self.application} of user {self.user_name}, for {since}"
        named = f" ({self.application})" if self.application else ""
        behind = f" behind {', '.join(map(str, self.blocked_by))}" if self.blocked_by else ""
        return f"pid {self.pid}, user {self.user_name}{named}: {self.state}{behind}, for {since}"

    def end(self) -> str:
        """How to end it."""
        if self.state == "prepared":
            return "Finish it with COMMIT PREPARED or ROLLBACK PREPARED."
        return f"SELECT pg_terminate_backend({self.pid});"


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    all: bool
    hidden: int


def activity(subject: Subject) -> Verdict:
    """Transactions that have been open for long, and sessions that wait for a lock.

    They hold locks, and VACUUM removes no row that they might still see.
    """
    given = {"own": subject.own, "idle": IDLE_SECONDS, "lock": LOCK_SECONDS, "long": LONG_SECONDS}
    busy = queries.rows(subject.main, "activity", Busy, given)
    if not busy:
        view = queries.row(subject.main, "sees_all", _View, {"own": subject.own})
        hidden = 0 if view.all else view.hidden
        also = f"; of {counted(hidden, 'session')} of other users nothing can be seen" if hidden else ""
        return ok(f"no transaction is open for long, and nobody waits for a lock{also}")
    idle = any(session.state == "idle in transaction" for session in busy)
    timeout = subject.session.idle_timeout
    return warning(
        f"{counted(len(busy), 'session')} with old transactions or waiting for locks",
        *(session.told() for session in busy),
        advice=[
            *(session.end() for session in busy if not session.blocked_by),
            *(_IDLE_ADVICE[: 2 if timeout == "0" else 1] if idle else []),
        ],
    )
