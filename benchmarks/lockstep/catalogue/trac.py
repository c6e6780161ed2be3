"""Trac, an issue tracker and wiki: a pool, cursors and placeholders of its own over sqlite3, stored reports.

trac-admin has no command for tickets, so a script of twenty lines calls Trac's own API for them.
"""

from __future__ import annotations

from lockstep.program import Program, Typed

_TICKETS = """
import sys
from trac.env import open_environment
from trac.search.api import search_to_regexps, search_to_sql
from trac.test import MockRequest
from trac.ticket.model import Ticket
from trac.ticket.query import Query
from trac.ticket.report import ReportModule

env = open_environment("env")
verb, *given = sys.argv[1:]
if verb == "add":
    fields = dict(pair.split("=", 1) for pair in given)
    ticket = Ticket(env)
    ticket.populate({"status": "new", "type": "defect", "priority": "major", **fields})
    print("ticket", ticket.insert())
elif verb == "change":
    ticket = Ticket(env, int(given[0]))
    ticket.populate(dict(pair.split("=", 1) for pair in given[2:]))
    print(ticket.save_changes(author="someone", comment=given[1]))
elif verb == "show":
    ticket = Ticket(env, int(given[0]))
    for name, value in sorted(ticket.values.items()):
        print(name, value)
    for _, author, field, old, new, _ in ticket.get_changelog():
        print(author, field, repr(old), repr(new))
elif verb == "query":
    query = Query.from_string(env, given[0])
    for row in query.execute(MockRequest(env)):
        print(row["id"], row["summary"], row["status"], row.get("priority"), row.get("milestone"))
elif verb == "report":
    report = ReportModule(env)
    title, _, sql = report.get_report(int(given[0])) if hasattr(report, "get_report") else env.db_query(
        "SELECT title, description, query FROM report WHERE id=%s", (int(given[0]),))[0]
    print(title)
    with env.db_query as db:
        cursor = db.cursor()
        cursor.execute(sql.replace("$USER", "'someone'"))
        print([column[0] for column in cursor.description])
        for row in cursor:
            print(row)
elif verb == "search":
    with env.db_query as db:
        clause, values = search_to_sql(db, ["summary", "keywords", "description", "reporter"], given)
        for row in db("SELECT id, summary FROM ticket WHERE " + clause + " ORDER BY id", values):
            print(row)
"""

_KINDS = ("defect", "enhancement", "task")
_PRIORITIES = ("blocker", "critical", "major", "minor", "trivial")
_ADD = "python tickets.py add"

TRAC = Program(
    name="trac",
    packages=("trac", "setuptools<81"),
    database="env/db/trac.db",
    files={
        "tickets.py": _TICKETS,
        "page.txt": "= Überschrift =\nA page with ''wiki'' text, 100 % of it.\n",
        "load/SandBox": "replaced\n",
        "load/NewPage": "= New =\n",
        "rights.csv": "alice,TICKET_ADMIN,WIKI_VIEW\nbob,WIKI_MODIFY\n",
    },
    prepare=(
        "trac-admin env initenv Proj sqlite:db/trac.db",
        *(
            f"{_ADD} 'summary=Ticket no. {n}' type={_KINDS[n % 3]} priority={_PRIORITIES[n % 5]} "
            f"component=component{n % 2 + 1} milestone=milestone{n % 4 + 1} owner=user{n % 3} "
            f"'keywords=k{n} all'"
            for n in range(1, 13)
        ),
        "python tickets.py change 3 'a first comment' status=assigned owner=carol",
    ),
    commands=(
        "trac-admin env component list",
        "trac-admin env component add parser alice",
        "trac-admin env component add parser bob",
        "trac-admin env component rename component1 'Component One'",
        "trac-admin env component chown component2 dave",
        "trac-admin env component remove nothing",
        "trac-admin env milestone list",
        "trac-admin env milestone add 2.0 2031-05-06",
        "trac-admin env milestone completed milestone1 2020-01-02",
        "trac-admin env milestone rename milestone2 second",
        "trac-admin env milestone remove milestone4",
        "trac-admin env milestone list",
        "trac-admin env version add 3.0 2022-02-03",
        "trac-admin env version list",
        "trac-admin env priority add nuisance",
        "trac-admin env priority order nuisance up",
        "trac-admin env priority change minor small",
        "trac-admin env priority remove trivial",
        "trac-admin env priority list",
        "trac-admin env severity add grave",
        "trac-admin env ticket_type list",
        "trac-admin env permission list",
        "trac-admin env permission add carol TICKET_CREATE WIKI_ADMIN",
        "trac-admin env permission import rights.csv",
        "trac-admin env permission remove anonymous WIKI_MODIFY",
        "trac-admin env permission add carol NO_SUCH_RIGHT",
        "trac-admin env permission list",
        "trac-admin env permission export",
        "trac-admin env session add carol 'Carol Ü' carol@mail.example",
        "trac-admin env session set name carol 'Carol Two'",
        "trac-admin env session list carol",
        "trac-admin env wiki list",
        "trac-admin env wiki import PageOne page.txt",
        Typed(line="trac-admin env wiki import PageTwo", stdin="from a pipe\n"),
        "trac-admin env wiki rename PageOne PageUno",
        "trac-admin env wiki load load",
        "trac-admin env wiki replace load",
        "trac-admin env wiki export PageUno",
        "trac-admin env wiki remove PageTwo",
        "trac-admin env wiki remove 'Trac*'",
        "trac-admin env wiki list",
        "trac-admin env attachment add wiki:PageUno page.txt 'a file' alice",
        "trac-admin env attachment list wiki:PageUno",
        "trac-admin env attachment remove wiki:PageUno page.txt",
        f"{_ADD} 'summary=Späte Meldung' 'description=with %s and ? and quotes' milestone=second",
        "python tickets.py change 5 'now closed' status=closed resolution=fixed",
        "python tickets.py change 3 'second comment' priority=blocker keywords=",
        "python tickets.py show 3",
        "python tickets.py query 'status!=closed&order=priority&group=milestone'",
        "python tickets.py query 'keywords~=ALL&owner=user1&or&summary^=Späte&order=id&desc=1'",
        "python tickets.py query 'milestone=second|milestone3&type!=task&order=summary'",
        "python tickets.py query 'created=2020..&max=4&page=2&order=owner'",
        *(f"python tickets.py report {n}" for n in range(1, 9)),
        "python tickets.py search 'TICKET' 'k1'",
        "python tickets.py search 'späte'",
        "trac-admin env ticket remove_comment 3 1",
        "trac-admin env ticket remove 7",
        "trac-admin env ticket remove 700",
        "python tickets.py show 7",
        "trac-admin env wiki upgrade",
        "trac-admin env upgrade",
        "trac-admin env nonsense",
    ),
    not_compared=("log/*",),
)
