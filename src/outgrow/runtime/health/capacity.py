"""The check of the application's pools against how many connections the server lets it have."""

from __future__ import annotations

from dataclasses import dataclass

from outgrow.report.figures import counted
from outgrow.runtime.health import queries
from outgrow.runtime.health.check import Verdict, failure, ok, warning
from outgrow.runtime.health.subject import Subject
from outgrow.schema.names import quote

FEW = 3
"""Where it is not known how many the application wants, fewer free connections than this are a warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many connections there may be and who has them; limits of -1 are none.

    `others` are all sessions but those of this user in this database, `elsewhere` this user's in other
    databases, `other_users` other users' in this one, `same` this user's in this one but for our own.
    """

    most: int
    reserved: int
    role_limit: int
    database_limit: int
    others: int
    elsewhere: int
    other_users: int
    same: int

    def limits(self) -> list[tuple[int, int, str]]:
        """The most that the application can ever have, those that others have of it, and what says so."""
        kept = f" less {self.reserved} that are reserved" if self.reserved else ""
        found = [(self.most - self.reserved, self.others, f"max_connections = {self.most}{kept}")]
        if self.role_limit >= 0:
            found.append((self.role_limit, self.elsewhere, "the role's CONNECTION LIMIT"))
        if self.database_limit >= 0:
            found.append((self.database_limit, self.other_users, "the database's CONNECTION LIMIT"))
        return found


def connections(subject: Subject) -> Verdict:
    """What the pools may open against what the server allows."""
    room = queries.row(subject.plain, "capacity", Room, {"own": subject.own})
    settings, session = subject.application.settings, subject.session
    pool = settings.pool_max if settings is not None and settings.kind == "postgresql" else None
    raised = [
        f"ALTER ROLE {quote(session.user_name)} CONNECTION LIMIT -1;" if room.role_limit >= 0 else "",
        f"ALTER DATABASE {quote(session.database)} CONNECTION LIMIT -1;" if room.database_limit >= 0 else "",
    ]
    return judge(room, pool, subject.workers, [statement for statement in raised if statement])


def judge(room: Room, pool: int | None, workers: int, raised: list[str]) -> Verdict:
    """The verdict; `pool` is None where no setting says how large it is, `raised` lifts what limits."""
    most, _, why = min(room.limits(), key=lambda limit: limit[0])
    left, used, _ = min((limit - used, used, why) for limit, used, why in room.limits())
    free = f"{why}: {most} for the application, of which others use {used}"
    if pool is None:
        if left - room.same < FEW:
            return warning(
                f"{free}, and it has {room.same} already",
                advice=["Close sessions that nobody needs, or raise the limit.", *raised],
            )
        return ok(f"{free}; how large its pool is, no setting says")
    wanted = pool * workers
    asked = f"{counted(workers, 'process', 'processes')} with a pool of up to {pool}: {wanted}"
    if wanted > most:
        return failure(
            f"{asked} connections, and there can be {most} ({why})",
            advice=[
                f"Set POSTGRES_POOL_MAX to {max(most // workers, 1)} or less, or put a PgBouncer between.",
                *raised,
            ],
        )
    if wanted > left:
        return warning(
            f"{asked} connections, and others leave {max(left, 0)} of {most} ({why})",
            advice=[
                f"Set POSTGRES_POOL_MAX to {max(left // workers, 1)} or less, or close sessions of others.",
                *raised,
            ],
        )
    return ok(f"{asked} connections; {free}")
