"""Isso, comments for a site: a web application with triggers, filters in blobs and a user_version."""

from __future__ import annotations

from lockstep.program import Mask, Program

_CONFIG = """
[general]
dbpath = {home}/comments.db
host = http://localhost:1/
max-age = 15m
[moderation]
enabled = false
[guard]
enabled = false
[hash]
algorithm = sha1
salt = Eech7co8
[admin]
enabled = true
password = p
"""
_USE = """
import json, logging, os, sys
from isso import config, make_app
from werkzeug.test import Client
from werkzeug.wrappers import Response

with open("isso.cfg", "w") as file: file.write(open("isso.in").read().replace("{home}", os.getcwd()))
client = Client(make_app(config.load(config.default_file(), "isso.cfg"), threading=True), Response)
logging.disable(logging.CRITICAL)

def told(answer):
    try: data = json.loads(answer.data)
    except ValueError: data = answer.data.decode()[:200]
    def plain(part):
        own = ("created", "modified", "config")
        if isinstance(part, dict): return {k: plain(v) for k, v in part.items() if k not in own}
        return list(map(plain, part)) if isinstance(part, list) else part
    print(answer.status_code, plain(data))

verb, *given = sys.argv[1:]
if verb == "new":
    uri, text, *parent = given
    who = {"author": "Ada", "website": "", "email": "a@example.org" if "mail" in text else ""}
    told(client.post(f"/new?uri={uri}", json={"text": text, "title": "Title of " + uri, **who,
                                              **({"parent": int(parent[0])} if parent else {})}))
elif verb == "get":
    told(client.get("/?" + given[0]))
elif verb == "vote":
    for address in given[2:]:
        told(client.post(f"/id/{given[0]}/{given[1]}", headers={"X-Forwarded-For": address},
                         environ_base={"REMOTE_ADDR": address}))
elif verb == "edit":
    client.post("/new?uri=/edit/", json={"text": "To be edited", "title": "Edit"})
    number = json.loads(client.get("/?uri=/edit/").data)["replies"][-1]["id"]
    told(client.put(f"/id/{number}", json={"text": "Edited ü", "author": "Ed"}))
    told(client.get(f"/id/{number}?plain=1"))
    told(client.put(f"/id/{number}", json={"text": "x"}))
    told(client.delete(f"/id/{number}"))
    told(client.get(f"/id/{number}"))
elif verb == "count":
    told(client.post("/count", json=given))
elif verb == "latest":
    told(client.get(f"/latest?limit={given[0]}"))
elif verb == "preview":
    told(client.post("/preview", json={"text": given[0]}))
elif verb == "admin":
    client.post("/login/", data={"password": "p"})
    page = client.get("/admin/?" + (given[0] if given else "")).data.decode()
    print([line.strip() for line in page.splitlines() if "isso-comment-" in line or "page" in line][:40])
"""

ISSO = Program(
    name="isso",
    packages=("isso",),
    database="comments.db",
    files={"isso.in": _CONFIG, "use.py": _USE},
    prepare=(
        "python use.py new /a/ 'The first comment'",
        "python use.py new /a/ 'An answer, by mail' 1",
        "python use.py new /b/ 'Another page *with* <b>marks</b>'",
        "python use.py vote 1 like 10.0.0.1 10.0.1.1",
    ),
    commands=(
        "python use.py get uri=/a/",
        "python use.py get 'uri=/a/&plain=1&limit=1'",
        "python use.py get 'uri=/a/&parent=1'",
        "python use.py get uri=/none/",
        "python use.py new /a/ 'Third, `code` here'",
        "python use.py new /a/ 'Deep' 2",
        "python use.py new /c/ 'x'",
        "python use.py new /c/ 'No parent' 99",
        "python use.py vote 1 like 10.0.0.1 10.0.2.1",
        "python use.py vote 1 dislike 10.0.3.1 10.0.4.1",
        "python use.py vote 99 like 10.0.0.1",
        "python use.py get 'uri=/a/&sort=upvotes&nested_limit=1'",
        "python use.py count /a/ /b/ /c/",
        "python use.py edit",
        "python use.py latest 3",
        "python use.py preview 'some *text*'",
        "python use.py admin",
        "python use.py admin 'mode=1&order_by=likes&asc=1'",
        "python use.py admin 'comment_search_url=/a/&page=0'",
        "python use.py get 'uri=/a/&after=0&offset=1'",
        "python use.py get uri=/edit/",
    ),
    masks=(
        Mask(pattern=r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", why="the moment of a line of the log"),
        Mask(pattern=r"\b[0-9a-f]{48}\b", why="the key of the session is random"),
    ),
)
