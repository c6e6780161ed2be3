"""Roundup, an issue tracker: tables after a schema in Python, a text index of its own, history, exports."""

from __future__ import annotations

from lockstep.program import Mask, Program

_A = "roundup-admin -i tracker -u admin"

ROUNDUP = Program(
    name="roundup",
    packages=("roundup",),
    database="tracker/db/db",
    environment={"EMAIL": "admin@mail.example"},
    prepare=(
        "roundup-admin -i tracker install classic sqlite mail_domain=mail.example,mailhost=localhost,"
        "tracker_web=http://localhost/,mail_debug=mail.log",
        "roundup-admin -i tracker initialise secret",
        *(f"{_A} create keyword name=word{n}" for n in range(1, 4)),
        *(
            f"{_A} create user username=user{n} address=user{n}@mail.example 'realname=User No. {n}' "
            "roles=User"
            for n in range(1, 4)
        ),
        *(
            f"{_A} create issue 'title=Issue no. {n}' priority={n % 5 + 1} status={n % 8 + 1} "
            f"keyword={n % 3 + 1},{(n + 1) % 3 + 1} assignedto={n % 3 + 3}"
            for n in range(1, 11)
        ),
        f"{_A} set issue7 status=resolved keyword=+word1",
        f"{_A} retire issue8",
        f"{_A} create issue 'title=Blocks another' superseder=9",
    ),
    commands=(
        f"{_A} list issue",
        f"{_A} -c list user username",
        f"{_A} table issue",
        f"{_A} table issue id,title,status,priority,assignedto",
        f"{_A} table user id,username:12,realname",
        f"{_A} specification issue",
        f"{_A} display issue1",
        f"{_A} display issue1,issue2,user3",
        f"{_A} get title issue1,issue3",
        f"{_A} -d get keyword issue4",
        f"{_A} find issue priority=2",
        f"{_A} -c find issue keyword=1 status=2,3",
        f"{_A} filter issue status=unread,chatting",
        f"{_A} filter issue title=NO. keyword=word1",
        f"{_A} filter issue assignedto=-1",
        f"{_A} filter issue activity='from 2020-01-01'",
        f"{_A} create issue title='A new one, ärgerlich' status=unread priority=bug nosy=user1,user2",
        f"{_A} create issue title='Of another' superseder=1",
        f"{_A} create msg author=1 content='a message about PostgreSQL' summary=short",
        f"{_A} set issue1 messages=+1 title='With a message'",
        f"{_A} set issue2,issue3 status=resolved",
        f"{_A} set issue4 keyword=-word2",
        f"{_A} set issue5 assignedto=",
        f"{_A} set issue1 nosuch=1",
        f"{_A} set issue999 title=none",
        f"{_A} create user username=user1",
        f"{_A} history issue1",
        f"{_A} history issue4",
        f"{_A} retire issue6",
        f"{_A} list issue",
        f"{_A} restore issue6",
        f"{_A} retire keyword3",
        f"{_A} list keyword",
        f"{_A} create keyword name=word3",
        f"{_A} security",
        f"{_A} reindex",
        f"{_A} reindex issue:1-3",
        f"{_A} export out",
        f"{_A} exporttables issue,user out2",
        f"{_A} import out",
        f"{_A} table issue id,title,status,keyword,nosy",
        f"{_A} pack 1d",
        f"{_A} history issue2",
        f"{_A} migrate",
        f"{_A} list nosuchclass",
        "roundup-admin -i nowhere -u admin list issue",
    ),
    masks=(
        Mask(
            pattern=r"\(\d{4}, \d+, \d+, \d+, \d+, [\d.]+, \d+, \d+, -?\d+\)",
            why="times, as exports spell them",
        ),
        Mask(pattern=r"[A-Z0-9]{16}(?=\.\w+@)", why="messages have random names"),
        Mask(pattern=r"PBKDF2\S*\{?\S*\}?\S*", why="passwords are salted"),
        Mask(pattern=r"\d{4}-\d\d-\d\d\.\d\d:\d\d:\d\d(\.\d+)?", why="times, in the tracker's own spelling"),
        Mask(pattern=r"(?<![\w.])\d{14}\.\d+", why="times, in the tracker's own spelling"),
    ),
    not_compared=("*.log", "lock", "session*", "otks*", "*.pyc"),
)
