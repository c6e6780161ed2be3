"""requests-cache, answers of web servers in SQLite: keys that are hashes, pickled values, expiry by time."""

from __future__ import annotations

from lockstep.program import Program

_USE = '''
import io, sys
from datetime import timedelta
import requests, requests_cache
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse


class Local(BaseAdapter):
    """A web server within the process."""

    def send(self, request, **_):
        status = 404 if "missing" in request.url else 200
        body = f"{request.method} {request.url} {(request.body or b'')!r}".encode()
        headers = {"Content-Type": "text/plain", "X-Size": str(len(body))}
        raw = HTTPResponse(io.BytesIO(body), headers=headers, status=status, preload_content=False)
        found = requests.Response()
        found.status_code, found.raw, found.url, found.request = status, raw, request.url, request
        found.headers = requests.structures.CaseInsensitiveDict(raw.headers)
        return found

    def close(self):
        pass


session = requests_cache.CachedSession(
    "answers.sqlite", expire_after=timedelta(days=30), allowable_methods=("GET", "POST"), stale_if_error=True
)
session.mount("http://", Local())
verb, *given = sys.argv[1:]
if verb == "get":
    for url in given:
        answer = session.get(f"http://shop.test/{url}")
        print(answer.from_cache, answer.status_code, answer.text, sorted(answer.headers.items()))
elif verb == "post":
    for word in given:
        answer = session.post("http://shop.test/form", data={"word": word})
        print(answer.from_cache, answer.text)
elif verb == "list":
    print(len(session.cache.responses), sorted(session.cache.urls()))
    print(sorted((r.url, r.status_code, r.is_expired, r.size) for r in session.cache.filter()))
    print(session.cache.contains(url="http://shop.test/a"), len(list(session.cache.redirects.items())))
elif verb == "expire":
    session.cache.reset_expiration(timedelta(seconds=-1))
    print(sorted(r.url for r in session.cache.filter(valid=False, expired=True)))
elif verb == "renew":
    session.cache.reset_expiration(timedelta(days=2))
    print(sum(not r.is_expired for r in session.cache.filter()))
elif verb == "delete":
    session.cache.delete(urls=[f"http://shop.test/{url}" for url in given])
    print(sorted(session.cache.urls()))
elif verb == "prune":
    session.cache.delete(expired=True)
    print(len(session.cache.responses), session.cache.responses.count(expired=False))
elif verb == "sorted":
    print([r.url for r in session.cache.responses.sorted(key="expires", limit=3)])
    print(session.cache.responses.size() > 0)
elif verb == "bulk":
    with session.cache.responses.bulk_commit():
        for number in range(int(given[0])):
            session.get(f"http://shop.test/bulk/{number}")
    print(len(session.cache.responses))
elif verb == "dict":
    from requests_cache.backends import SQLiteDict
    d = SQLiteDict("answers.sqlite", table_name="notes", serializer=None)
    for word in given:
        key, _, value = word.partition("=")
        if value:
            d[key] = value
        else:
            print(key, d.get(key), key in d)
    print(sorted(d.items()), len(d))
elif verb == "clear":
    session.cache.clear()
    print(len(session.cache.responses))
'''

REQUESTS_CACHE = Program(
    name="requests-cache",
    packages=("requests-cache",),
    database="answers.sqlite",
    files={"use.py": _USE},
    prepare=("python use.py get a b missing", "python use.py post one two", "python use.py dict x=1 y=2"),
    commands=(
        "python use.py list",
        "python use.py get a b c missing",
        "python use.py get a b c missing",
        "python use.py post one three",
        "python use.py list",
        "python use.py bulk 25",
        "python use.py sorted",
        "python use.py delete a bulk/3 nothing",
        "python use.py get a",
        "python use.py dict x y z z=3 x=4",
        "python use.py dict",
        "python use.py expire",
        "python use.py get b",
        "python use.py prune",
        "python use.py list",
        "python use.py renew",
        "python use.py clear",
        "python use.py list",
        "python use.py get a a",
    ),
)
