"""todoman, tasks as iCalendar files: every command reads its SQLite cache, and brings it up to date first.

No task has two categories, since todoman shows them in the order that group_concat happens to have.
"""

from __future__ import annotations

from lockstep.program import Mask, Program

_CONFIG = """
path = "~/lists/*"
cache_path = "~/cache.sqlite3"
date_format = "%Y-%m-%d"
time_format = "%H:%M"
default_list = "home"
humanize = False
color = "never"
"""
_TODO = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VTODO\r\nUID:u{n}\r\nSUMMARY:{summary}\r\n"
    "DTSTAMP:20230101T000000Z\r\nCREATED:20230101T00{n:02}00Z\r\nLAST-MODIFIED:20230101T00{n:02}00Z\r\n"
    "{more}END:VTODO\r\nEND:VCALENDAR\r\n"
)


def _todo(number: int) -> str:
    due = 2031 + number % 9, number % 12 + 1, number
    more = "PRIORITY:{}\r\nDUE:{:04}{:02}{:02}T120000Z\r\n".format(number % 10, *due)
    if number % 3 == 0:
        more += f"CATEGORIES:cat{number % 4}\r\nLOCATION:Straße {number}\r\n"
    if number % 5 == 0:
        more += "STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20230202T101112Z\r\n"
    if number % 7 == 0:
        more += "DESCRIPTION:long text\\nof two lines\r\n"
    return _TODO.format(n=number, summary=f"Task number {number}", more=more)


_TIES = "todo list --status ANY --sort priority"

TODOMAN = Program(
    name="todoman",
    packages=("todoman",),
    database="cache.sqlite3",
    files={
        ".config/todoman/config.py": _CONFIG,
        **{f"lists/{('home', 'work')[n % 2]}/u{n}.ics": _todo(n) for n in range(1, 25)},
        "lists/work/displayname": "Work & more",
    },
    prepare=(
        "todo list",
        # fractions of seconds in its INTEGER columns, as any use of it brings them
        "todo new --list home Written here",
        "todo new --list home Another written here --start 2030-01-01 --due 2031-01-01",
        "todo done 25",
        "todo cancel 26",
    ),
    commands=(
        "todo list",
        "todo list --status ANY --sort due",
        "todo list --sort=-priority,summary home",
        "todo list --grep NUMBER --priority medium",
        "todo list --category cat0 --category cat2",
        "todo list --location Straße",
        "todo list --due 876000",
        "todo list --startable",
        _TIES,
        "todo list nosuchlist",
        "todo show 1",
        "todo show 7",
        "todo show 999",
        "todo new --list home --due 2034-05-06 --priority high -c red Bake a cake",
        "todo new --list work 'Ärger mit \"quotes\"' --read-description",
        "todo list --status ANY",
        "todo edit 3 --due 2035-01-01 --priority low",
        "todo edit 4 --location Nowhere",
        "todo done 1 2",
        "todo cancel 5",
        "todo undo 1",
        "todo move 6 --list work",
        "todo copy 7 --list work",
        "todo delete 8 --yes",
        "todo --porcelain list --status ANY",
        "todo list --status COMPLETED",
        "todo --porcelain list --status ANY --sort due,summary",
        "todo path 3",
        "todo nonsense",
    ),
    masks=(Mask(pattern=r"[0-9a-f]{32}@[\w.-]+", why="new tasks have random names"),),
    not_compared=("*@*.ics",),
    known={_TIES: "ties between groups (GROUP BY uid ORDER BY priority) have no order in SQL"},
    left_out={"todo flush": "it removes the database file and begins a new one"},
)
