"""DiskCache: counts kept by triggers, settings that are pragmas, keys of any storage class."""

from __future__ import annotations

from lockstep.program import Mask, Program

_USE = """
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
    print([cache.get(key, default="none") for key in given])
    print(cache.get(("a", 1)), cache.get(b"bytes"), len(cache["big"]))
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
    print(cache.reset("cull_limit", 5), cache.cull_limit, cache.size_limit)
    print(cache.reset("size_limit", 2**20), cache.disk_min_file_size)
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
    files={"use.py": _USE},
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
