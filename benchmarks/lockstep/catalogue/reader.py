"""reader, a feed reader's library: changes tracked by triggers, full-text search in an attached file."""

from __future__ import annotations

from lockstep.program import Mask, Program

_ITEM = (
    "<item><title>{title}</title><link>http://feeds.example/{feed}/{n}</link><guid>g{feed}-{n}</guid>"
    "<pubDate>{n:02} Jan 2024 10:{n:02}:00 GMT</pubDate><description>{text}</description></item>"
)
_FEED = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed {feed}</title>'
    "<link>http://feeds.example/{feed}</link><description>d</description>{items}</channel></rss>"
)


def _feed(feed: int, entries: int) -> str:
    items = (
        _ITEM.format(
            feed=feed,
            n=n,
            title=f"Entry {n} of {'Łódź' if n % 2 else 'Köln'}",
            text=f"Dogs &lt;b&gt;running&lt;/b&gt; {n} times round {'a cat' if n % 3 else 'houses'} {feed}",
        )
        for n in range(1, entries + 1)
    )
    return _FEED.format(feed=feed, items="".join(items))


_USE = """
import os, sys
from reader import make_reader, FeedNotFoundError, EntryNotFoundError, ReaderError

reader = make_reader("db.sqlite", feed_root=os.getcwd())
verb, *given = sys.argv[1:]
first = ("1.xml", "g1-1")

def show(entries):
    for e in entries:
        print(e.feed_url, e.id, e.title, e.published, e.read, e.important, e.added_by)

if verb == "entries":
    options = {k: {"true": True, "false": False}.get(v, v) for k, v in (w.split("=") for w in given)}
    if "limit" in options: options["limit"] = int(options["limit"])
    show(reader.get_entries(**options))
    print(reader.get_entry_counts(**{k: v for k, v in options.items() if k not in ("sort", "limit")}).total)
elif verb == "feeds":
    for sort in ("title", "added"):
        print([(f.url, f.title, f.user_title, f.updates_enabled) for f in reader.get_feeds(sort=sort)])
    print(reader.get_feed_counts())
    print([str(f.last_exception) for f in reader.get_feeds(broken=True)])
elif verb == "read":
    found = list(reader.get_entries(feed=given[0]))
    for e in found[::2]: reader.mark_entry_as_read(e)
    reader.mark_entry_as_important(found[0])
    print(reader.get_entry(found[0]).read, reader.get_entry_counts(read=True).total)
elif verb == "tags":
    for key, value in (("a", None), ("b", {"deep": [1, 2.5, "ü", None, True]}), ("a", "again")):
        reader.set_tag("1.xml", key, value)
        reader.set_tag(first, key, value)
        reader.set_tag((), key, value)
    reader.delete_tag("1.xml", "a")
    for of in ("1.xml", first, ()):
        print(dict(reader.get_tags(of)))
    print(list(reader.get_tag_keys(None)), [f.url for f in reader.get_feeds(tags=["b"])])
    show(reader.get_entries(tags=[["a", "c"], "-d"]))
    try: reader.delete_tag("1.xml", "nothing")
    except ReaderError as error: print(type(error).__name__, error)
elif verb == "add":
    reader.add_entry({"feed_url": "1.xml", "id": given[0], "title": "By hand", "summary": "Elephant's cat"})
    try: reader.add_entry({"feed_url": "1.xml", "id": given[0]})
    except ReaderError as error: print(type(error).__name__, error)
    reader.copy_entry(("1.xml", given[0]), ("2.xml", given[0]))
    show(reader.get_entries(source=None, feed="2.xml"))
elif verb == "delete":
    reader.delete_entry(("1.xml", given[0]))
    try: reader.delete_entry(first)
    except ReaderError as error: print(type(error).__name__, error)
elif verb == "change":
    reader.change_feed_url(*given)
    reader.set_feed_user_title(given[1], "Mine")
    reader.disable_feed_updates(given[1])
    try: reader.add_feed(given[1])
    except ReaderError as error: print(type(error).__name__, error)
elif verb == "forget":
    reader.delete_feed(given[0])
    try: reader.get_feed(given[0])
    except FeedNotFoundError as error: print(type(error).__name__, error)
elif verb == "search":
    try:
        for r in reader.search_entries(given[0], sort=given[1] if len(given) > 1 else "relevant"):
            print(r.feed_url, r.id, {k: v.apply("[", "]") for k, v in sorted(r.content.items())},
                  {k: v.apply("[", "]") for k, v in sorted(r.metadata.items())})
        print(reader.search_entry_counts(given[0]).total)
    except ReaderError as error: print(type(error).__name__, error)
elif verb == "update":
    for file in given: os.replace(file, os.path.basename(file))
    for url, value in reader.update_feeds_iter(scheduled=False):
        print(url, value if value is None or isinstance(value, Exception) else (value.new, value.modified))
"""

READER = Program(
    name="reader",
    packages=("reader[cli]", "sgmllib3k"),
    database="db.sqlite",
    attached={"search": "db.sqlite.search"},
    move=("--allow", "index.left"),
    files={
        "use.py": _USE,
        **{f"{feed}.xml": _feed(feed, feed + 4) for feed in range(1, 4)},
        "later/1.xml": _feed(1, 9),
    },
    environment={"READER_URL": "db.sqlite"},
    prepare=(
        *(f"python -m reader --feed-root {{home}} add {feed}.xml" for feed in (1, 2, 3)),
        "python use.py update",
        "python -m reader search enable",
        "python -m reader search update",
        "python use.py read 2.xml",
    ),
    commands=(
        "python -m reader list feeds",
        "python use.py entries",
        "python use.py entries sort=recent limit=4 read=false",
        "python use.py entries important=true",
        "python use.py entries feed=3.xml has_enclosures=false",
        "python use.py feeds",
        "python -m reader search status",
        "python -m reader search entries running",
        "python use.py search 'dog AND Köln'",
        "python use.py search 'title: łodz NOT house' recent",
        "python use.py search run recent",
        "python use.py search '\"unfinished'",
        "python use.py search 'nocolumn: x'",
        "python use.py tags",
        "python use.py read 1.xml",
        "python use.py entries read=true",
        "python use.py update later/1.xml",
        "python use.py entries feed=1.xml",
        "python -m reader search update",
        "python use.py search 'times' recent",
        "python use.py add hand",
        "python -m reader search update",
        "python use.py search elephant",
        "python use.py delete hand",
        "python use.py change 2.xml 22.xml",
        "python use.py feeds",
        "python -m reader search update",
        "python use.py search 'feed: mine'",
        "python use.py update",
        "python use.py forget 3.xml",
        "python use.py forget 3.xml",
        "python use.py feeds",
        "python -m reader search update",
        "python use.py search dogs",
        "python -m reader --feed-root {home} add 1.xml",
        "python -m reader search disable",
        "python -m reader search status",
        "python use.py search dogs",
        "python -m reader search enable",
        "python -m reader search update",
        "python use.py search dogs recent",
        "python use.py entries",
    ),
    masks=(
        Mask(
            pattern=r"(?s)\A(?=.*[\x00-\x1f\x7f-\xff])[\x00-\xff]{16}\Z",
            why="changes are numbered by random bytes",
        ),
    ),
    not_compared=("db.sqlite.search*",),
)
