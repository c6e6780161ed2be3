"""khal, a calendar of iCalendar files: every command brings its SQLite cache up to date, and reads it."""

from __future__ import annotations

from lockstep.program import Mask, Program, Typed

_CONFIG = """
[calendars]
[[home]]
path = ~/cal/home
[[work]]
path = ~/cal/work
[locale]
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
[sqlite]
path = ~/khal.db
[default]
default_calendar = home
"""
_EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:u{n}\r\nSUMMARY:{summary}\r\n"
    "DTSTAMP:20300101T000000Z\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def _event(number: int) -> str:
    day = f"203001{number:02}"
    if number % 3 == 0:
        more = f"DTSTART;VALUE=DATE:{day}\r\nDTEND;VALUE=DATE:203001{number + 2:02}\r\n"
    else:
        more = f"DTSTART:{day}T{number % 24:02}0000Z\r\nDTEND:{day}T{number % 24:02}3000Z\r\n"
    if number % 5 == 0:
        more += "RRULE:FREQ=WEEKLY;COUNT=4\r\nLOCATION:Straße 5\r\n"
    if number % 4 == 0:
        more += "DESCRIPTION:long text\\nof two lines\r\n"
    return _EVENT.format(n=number, summary=f"Event number {number}", more=more)


_K = "khal -c {home}/khal.conf "

KHAL = Program(
    name="khal",
    packages=("khal",),
    database="khal.db",
    files={
        "khal.conf": _CONFIG,
        **{f"cal/{('home', 'work')[n % 2]}/u{n}.ics": _event(n) for n in range(1, 21)},
        "late.ics": _event(25),
        "odd.ics": _event(4).replace("Event", "Moved event").replace("T04", "T05"),
    },
    prepare=(_K + "list 2030-01-01 30d", _K + "new 2030-01-05 10:00 11:00 'Made here :: with a text'"),
    commands=(
        _K + "list 2030-01-01 30d",
        _K + "list -a work 2030-01-10 10d",
        _K + "list --notstarted 2030-01-05 2d",
        _K + "list -d home 2030-02-01 30d",
        _K
        + "list --once --format '{title}|{start-long}|{end-long}|{repeat-symbol}|{location}' 2030-01-01 60d",
        _K + "calendar 2030-01-01 2030-01-10",
        _K + "at '2030-01-05 05:10'",
        _K + "search number",
        _K + "search 'NUMBER 1'",
        _K + "search Straße",
        _K + "search nothing",
        _K + "printcalendars",
        _K + 'new 2030-01-07 12:00 13:00 "It\'s lunch"',
        _K + "new -a work -r daily -u 2030-01-12 2030-01-08 09:00 10:00 'Standup'",
        _K + "new 2030-01-09 'All day'",
        _K + "new -a nowhere 2030-01-09 'Lost'",
        _K + "list 2030-01-01 15d",
        _K + "import --batch -a home late.ics",
        _K + "import --batch -a home odd.ics",
        _K + "search 'event number'",
        _K + "list 2030-01-01 60d",
        Typed(line=_K + "edit standup", stdin="D\ny\n"),
        Typed(line=_K + "edit lunch", stdin="s\nDinner\nq\n"),
        _K + "search standup",
        _K + "list 2030-01-05 5d",
    ),
    masks=(Mask(pattern=r"\b[0-9A-Z]{36}\b", why="new events have random names"),),
    not_compared=("cal/*/*.ics*",),
)
