"""Libraries that keep what they are given in a SQLite file, each used by a script of a few verbs."""

from __future__ import annotations

from lockstep.program import Mask, Program

_DISKCACHE = """
import sys, diskcache
cache = diskcache.Cache("cache", statistics=True, eviction_policy="least-recently-used")
verb, *given = sys.argv[1:]
if verb == "fill":
    for n in range(int(given[0])):
        cache.set(f"k{n}", {"n": n, "text": "x" * n}, tag=f"t{n % 3}")
    cache[("a", 1)] = 2.5
    cache[b"bytes"] = b"\\x00\\xff"
    cache["big"] = b"y" * 100_000
elif verb == "get":
    print([cache.get(key, default="none") for key in given], cache.get(("a", 1)), cache.get(b"bytes"), len(cache["big"]))
elif verb == "incr":
    print(cache.incr("n"), cache.incr("n", 5), cache.decr("n"), cache.add("n", 1), cache.add("fresh", 1))
elif verb == "queue":
    for n in range(4):
        cache.push(f"item {n}", prefix="q")
    cache.push("first", prefix="q", side="front")
    print(cache.pull(prefix="q"), cache.peek(prefix="q", side="back"), cache.pull(prefix="q", side="back"))
elif verb == "keys":
    print(list(cache), list(reversed(cache)), list(cache.iterkeys()), len(cache))
elif verb == "pop":
    print(cache.pop(given[0]), cache.pop(given[0], default="gone"), given[0] in cache)
    del cache["k1"]
    try:
        del cache["k1"]
    except KeyError as error:
        print("KeyError", error)
elif verb == "expire":
    cache.set("short", 1, expire=-1)
    print(cache.get("short"), cache.expire(), cache.touch("k2", expire=1000), cache.touch("nobody"))
elif verb == "evict":
    print(cache.evict(given[0]), cache.create_tag_index(), cache.tag_index, cache.evict("t1"), len(cache))
elif verb == "transact":
    with cache.transact():
        cache["one"] = 1
        cache["two"] = cache["one"] + 1
    try:
        with cache.transact():
            cache["one"] = 100
            raise ValueError("undone")
    except ValueError as error:
        print(error, cache["one"], cache["two"])
elif verb == "settings":
    print(cache.reset("cull_limit", 5), cache.cull_limit, cache.size_limit, cache.reset("size_limit", 2**20), cache.disk_min_file_size)
elif verb == "stats":
    print(cache.stats(), cache.check(), cache.cull())
elif verb == "memoize":
    @cache.memoize(name="square")
    def square(n):
        print("computed", n)
        return n * n
    print(square(4), square(4), square(5))
elif verb == "index":
    index = diskcache.Index.fromcache(cache)
    print(index.setdefault("d", "e"), index.popitem(), index.peekitem(last=False), len(index.items()))
elif verb == "clear":
    print(cache.clear(), len(cache), cache.volume() > 0)
cache.close()
"""

DISKCACHE = Program(
    name="diskcache",
    packages=("diskcache",),
    database="cache/cache.db",
    rowids="read",
    files={"use.py": _DISKCACHE},
    prepare=("python use.py fill 12",),
    commands=(
        "python use.py get k0 k3 k99",
        "python use.py keys",
        "python use.py incr",
        "python use.py incr",
        "python use.py queue",
        "python use.py keys",
        "python use.py pop k3",
        "python use.py expire",
        "python use.py evict t0",
        "python use.py transact",
        "python use.py settings",
        "python use.py memoize",
        "python use.py memoize",
        "python use.py index",
        "python use.py fill 5",
        "python use.py get k0 k1",
        "python use.py stats",
        "python use.py keys",
        "python use.py clear",
        "python use.py fill 3",
        "python use.py keys",
    ),
    masks=(
        Mask(
            pattern=r"\b[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val",
            why="large values lie in files with random names",
        ),
    ),
    not_compared=("cache/*/*/*.val",),
)

_SQLITEDICT = """
import sys
from sqlitedict import SqliteDict
verb, *given = sys.argv[1:]
with SqliteDict("things.db", tablename=given[0] if given else "unnamed", autocommit=verb == "auto") as d:
    if verb == "fill":
        for n in range(20):
            d[f"key {n}"] = {"n": n, "list": list(range(n)), "text": "Ä" * n}
        d[7] = "an integer key"
        d.commit()
    elif verb == "read":
        print(len(d), bool(d), d.get("key 3"), d.get("nothing"), "key 4" in d, d["7"])
        print(list(d.keys())[:5], list(d.values())[:2], dict(d.items())["key 2"])
    elif verb == "change":
        d["key 1"] = "changed"
        d.update({"new": 1, "newer": 2})
        del d["key 2"]
        print(d.pop("key 5"), d.setdefault("key 6", 0)["n"])
        d.commit()
        d["lost"] = "never committed"
    elif verb == "wrong":
        try:
            d["nobody"]
        except KeyError as error:
            print("KeyError", error)
        try:
            del d["nobody"]
        except KeyError as error:
            print("KeyError", error)
    elif verb == "auto":
        d["auto"] = b"bytes"
    elif verb == "tables":
        print(SqliteDict.get_tablenames("things.db"))
    elif verb == "clear":
        d.clear()
        print(len(d), bool(d))
        d.commit()
    elif verb == "order":
        print([key for key, _ in d.items()])
"""

SQLITEDICT = Program(
    name="sqlitedict",
    packages=("sqlitedict",),
    database="things.db",
    rowids="all",
    files={"use.py": _SQLITEDICT},
    prepare=("python use.py fill", "python use.py fill second"),
    commands=(
        "python use.py read", "python use.py order", "python use.py change", "python use.py order", "python use.py wrong",
        "python use.py auto", "python use.py read", "python use.py tables", "python use.py fill third",
        "python use.py change third", "python use.py tables", "python use.py order third", "python use.py clear second",
        "python use.py order second", "python use.py fill second", "python use.py order second",
    ),
)  # fmt: skip

_PERSIST_QUEUE = """
import sys, persistqueue
from persistqueue import sqlackqueue
verb, *given = sys.argv[1:]
kinds = {"fifo": persistqueue.FIFOSQLiteQueue, "lifo": persistqueue.FILOSQLiteQueue, "unique": persistqueue.UniqueQ}
if verb in kinds:
    q = kinds[verb]("queues", name=verb, auto_commit="auto" in given, multithreading=True)
    for word in given:
        if word.startswith("+"):
            q.put({"word": word})
        elif word == "-":
            print(q.get(block=False) if q.size else "empty")
        elif word == "done":
            q.task_done()
    print(q.size, len(q), q.queue() if hasattr(q, "queue") else "")
elif verb == "ack":
    q = persistqueue.SQLiteAckQueue("queues", name="ack", auto_resume=True)
    for word in given:
        if word.startswith("+"):
            q.put(word)
    if "work" in given:
        item = q.get()
        q.ack(item)
        other = q.get(raw=True)
        q.nack(other["data"])
        third = q.get()
        q.ack_failed(third)
        print(item, other["data"], third)
    if "clear" in given:
        q.clear_acked_data(keep_latest=0)
    print(q.size, q.total, q.acked_count(), q.ack_failed_count(), q.unack_count(), q.ready_count(), [r["data"] for r in q.queue()])
elif verb == "dict":
    d = persistqueue.PDict("queues", "dict")
    for word in given:
        key, _, value = word.partition("=")
        if value:
            d[key] = value
        else:
            try:
                print(d[key])
            except KeyError as error:
                print("KeyError", error)
    print(d.size)
"""

PERSIST_QUEUE = Program(
    name="persist-queue",
    packages=("persist-queue",),
    database="queues/data.db",
    rowids="all",
    files={"use.py": _PERSIST_QUEUE},
    prepare=("python use.py fifo auto +1 +2 +3", "python use.py ack +a +b +c +d", "python use.py dict a=1 b=2"),
    commands=(
        "python use.py fifo - +4", "python use.py fifo - - done +5", "python use.py fifo auto - - - - - -", "python use.py fifo +6 +7 -",
        "python use.py lifo auto +1 +2 -", "python use.py lifo - - - done", "python use.py unique auto +1 +1 +2", "python use.py unique - +1",
        "python use.py ack", "python use.py ack work", "python use.py ack +e", "python use.py ack work clear", "python use.py ack",
        "python use.py dict a b c", "python use.py dict c=3 a=new a", "python use.py dict",
    ),
)  # fmt: skip

_AIOSQLITE = '''
import asyncio, sqlite3, sys, aiosqlite

async def main(verb, *given):
    async with aiosqlite.connect("async.db") as db:
        db.row_factory = aiosqlite.Row
        if verb == "make":
            await db.executescript("""
                create table if not exists item (id integer primary key autoincrement, name text unique, price real, at text default current_timestamp);
                create table if not exists sale (item integer references item(id) on delete cascade, n integer check (n > 0));
            """)
            await db.executemany("insert into item (name, price) values (?, ?)", [(f"item {n}", n / 4) for n in range(20)])
            await db.executemany("insert into sale values (?, ?)", [(n % 20 + 1, n) for n in range(1, 60)])
            await db.commit()
        elif verb == "read":
            async with db.execute("select name, price, sum(n) as sold from item join sale on item = id group by id order by id") as rows:
                async for row in rows:
                    print(row["NAME"], row[1], row["sold"], row.keys())
        elif verb == "write":
            cursor = await db.execute("insert into item (name, price) values (:name, :price)", {"name": given[0], "price": 9})
            print(cursor.lastrowid, cursor.rowcount, db.in_transaction, db.total_changes)
            await db.commit()
        elif verb == "wrong":
            for sql in ("insert into item (name) values ('item 1')", "insert into sale values (1, 0)", "select nothing", "insert into nowhere values (1)"):
                try:
                    await db.execute(sql)
                except sqlite3.Error as error:
                    print(type(error).__name__, error, error.sqlite_errorname)
            await db.rollback()
        elif verb == "cascade":
            await db.execute("pragma foreign_keys = on")
            cursor = await db.execute("delete from item where id < 4")
            print(cursor.rowcount, [tuple(row) for row in await db.execute_fetchall("select count(*) from sale")])
            await db.commit()
        elif verb == "many":
            async def count(n):
                rows = await db.execute_fetchall("select count(*) as c, max(price) as m from item where id % ? = 0", (n,))
                return [tuple(row) for row in rows]
            print(await asyncio.gather(*(count(n) for n in range(1, 9))))
        elif verb == "function":
            await db.create_function("twice", 1, lambda value: value * 2)
            print([tuple(row) for row in await db.execute_fetchall("select twice(name) from item order by id limit 3")])
        elif verb == "dump":
            async for line in db.iterdump():
                print(line)
        elif verb == "lost":
            await db.execute("update item set price = 0")
            print([tuple(row) for row in await db.execute_fetchall("select sum(price) from item")])
        elif verb == "schema":
            print([tuple(row) for row in await db.execute_fetchall("pragma table_info(item)")])
            print([tuple(row) for row in await db.execute_fetchall("select type, name from sqlite_master order by 1, 2")])

asyncio.run(main(*sys.argv[1:]))
'''

AIOSQLITE = Program(
    name="aiosqlite",
    packages=("aiosqlite",),
    database="async.db",
    rowids="all",
    files={"use.py": _AIOSQLITE},
    prepare=("python use.py make",),
    commands=(
        "python use.py read", "python use.py write table", "python use.py write table", "python use.py write chair", "python use.py wrong",
        "python use.py many", "python use.py function", "python use.py lost", "python use.py cascade", "python use.py read",
        "python use.py schema", "python use.py write desk", "python use.py dump", "python use.py make", "python use.py nonsense",
    ),
)  # fmt: skip

_HUEY = """
import sys
from huey import SqliteHuey, crontab
from huey.exceptions import TaskException
huey = SqliteHuey("tasks", filename="tasks.db", immediate=False)

@huey.task(retries=1)
def add(a, b):
    print("adding", a, b)
    return a + b

@huey.task()
def fail():
    raise ValueError("no")

verb, *given = sys.argv[1:]
if verb == "put":
    for n in range(int(given[0])):
        add(n, n)
    add.schedule((1, 2), delay=10_000)
    fail()
elif verb == "look":
    print(len(huey), huey.pending_count(), huey.scheduled_count(), huey.result_count())
    print([(task.name, task.args) for task in huey.pending()], [task.args for task in huey.scheduled()])
elif verb == "work":
    for _ in range(int(given[0])):
        task = huey.dequeue()
        if task is None:
            print("nothing to do")
            continue
        print(task.name, huey.execute(task))
elif verb == "keep":
    huey.put("key", {"a": 1})
    print(huey.get("key", peek=True), huey.get("key"), huey.get("key"))
    print(huey.put_if_empty("once", 1), huey.put_if_empty("once", 2))
    with huey.lock_task("lock"):
        print(huey.is_locked("lock"))
elif verb == "priority":
    add.s(5, 5)
    task = add.s(7, 7, priority=5)
    huey.enqueue(add.s(8, 8))
    huey.enqueue(task)
    print([t.args for t in huey.pending()])
elif verb == "results":
    print(sorted(repr(value) for value in huey.all_results().values())[:3] and len(huey.all_results()))
elif verb == "flush":
    huey.flush()
    print(len(huey), huey.result_count())
"""

HUEY = Program(
    name="huey",
    packages=("huey",),
    database="tasks.db",
    rowids="all",
    files={"use.py": _HUEY},
    prepare=("python use.py put 3",),
    commands=(
        "python use.py look", "python use.py work 2", "python use.py look", "python use.py keep", "python use.py priority",
        "python use.py look", "python use.py work 5", "python use.py results", "python use.py put 2", "python use.py look",
        "python use.py work 1", "python use.py keep", "python use.py results", "python use.py work 9", "python use.py flush", "python use.py look",
    ),
    masks=(
        Mask(pattern=r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", why="tasks have random names"),
    ),
)  # fmt: skip

LIBRARIES = (DISKCACHE, SQLITEDICT, PERSIST_QUEUE, AIOSQLITE, HUEY)
