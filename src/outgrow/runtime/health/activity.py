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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Busy:
    pid: int
    user_name: str
    application: str
    state: str
    seconds: int
    blocked_by: list[int]


def activity(subject: Subject) -> Verdict:
    """Transactions that have been open for long, and sessions that wait for a lock."""
    given = {"own": subject.own, "idle": IDLE_SECONDS, "lock": LOCK_SECONDS, "long": LONG_SECONDS}
    busy = queries.rows(subject.main, "activity", _Busy, given)
    if not busy:
        return ok("no transaction is open for long, and nobody waits for a lock")
    idle = any(session.state == "idle in transaction" for session in busy)
    timeout = subject.session.idle_timeout
    return warning(
        f"{counted(len(busy), 'session holds', 'sessions hold')} or wait for locks, and VACUUM waits for them",
        *map(_told, busy),
        advice=[
            *(_end(session) for session in busy if not session.blocked_by),
            *(
                ["Let the application commit or roll back before it waits for something else."]
                if idle
                else []
            ),
            *(
                [
                    "SET idle_in_transaction_session_timeout for its role, such as to '60s', so that it cannot last."
                ]
                if idle and timeout == "0"
                else []
            ),
        ],
    )


def _told(session: _Busy) -> str:
    since = duration(session.seconds)
    if session.state == "prepared":
        return f"prepared transaction {session.application} of user {session.user_name}, for {since}"
    named = f" ({session.application})" if session.application else ""
    behind = f" behind {', '.join(map(str, session.blocked_by))}" if session.blocked_by else ""
    return f"pid {session.pid}, user {session.user_name}{named}: {session.state}{behind}, for {since}"


def _end(session: _Busy) -> str:
    if session.state == "prepared":
        return "Finish it with COMMIT PREPARED or ROLLBACK PREPARED."
    return f"SELECT pg_terminate_backend({session.pid});"
