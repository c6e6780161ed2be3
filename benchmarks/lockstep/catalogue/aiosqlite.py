"""aiosqlite, sqlite3 for asyncio: a thread for each connection, rows by name, errors, dumps, cascades."""

from __future__ import annotations

from lockstep.program import Program

_USE = '''
import asyncio, sqlite3, sys, aiosqlite

WRONG = (
    "insert into item (name) values ('item 1')", "insert into sale values (1, 0)", "select nothing",
    "insert into nowhere values (1)",
)
SOLD = "select name, price, sum(n) as sold from item join sale on item = id group by id order by id"

async def main(verb, *given):
    async with aiosqlite.connect("async.db") as db:
        db.row_factory = aiosqlite.Row

        async def rows(sql, values=()):
            return [tuple(row) for row in await db.execute_fetchall(sql, values)]

        if verb == "make":
            await db.executescript("""
                create table if not exists item (
                  id integer primary key autoincrement, name text unique, price real,
                  at text default current_timestamp);
                create table if not exists sale (
                  item integer references item(id) on delete cascade, n integer check (n > 0));
            """)
            items = [(f"item {n}", n / 4) for n in range(20)]
            await db.executemany("insert into item (name, price) values (?, ?)", items)
            await db.executemany("insert into sale values (?, ?)", [(n % 20 + 1, n) for n in range(1, 60)])
            await db.commit()
        elif verb == "read":
            async with db.execute(SOLD) as found:
                async for row in found:
                    print(row["NAME"], row[1], row["sold"], row.keys())
        elif verb == "write":
            values = {"name": given[0], "price": 9}
            cursor = await db.execute("insert into item (name, price) values (:name, :price)", values)
            print(cursor.lastrowid, cursor.rowcount, db.in_transaction, db.total_changes)
            await db.commit()
        elif verb == "wrong":
            for sql in WRONG:
                try:
                    await db.execute(sql)
                except sqlite3.Error as error:
                    print(type(error).__name__, error, error.sqlite_errorname)
            await db.rollback()
        elif verb == "cascade":
            await db.execute("pragma foreign_keys = on")
            cursor = await db.execute("delete from item where id < 4")
            print(cursor.rowcount, await rows("select count(*) from sale"))
            await db.commit()
        elif verb == "many":
            sql = "select count(*) as c, max(price) as m from item where id % ? = 0"
            print(await asyncio.gather(*(rows(sql, (n,)) for n in range(1, 9))))
        elif verb == "function":
            await db.create_function("twice", 1, lambda value: value * 2)
            print(await rows("select twice(name) from item order by id limit 3"))
        elif verb == "dump":
            async for line in db.iterdump():
                print(line)
        elif verb == "lost":
            await db.execute("update item set price = 0")
            print(await rows("select sum(price) from item"))
        elif verb == "schema":
            print(await rows("pragma table_info(item)"))
            print(await rows("select type, name from sqlite_master order by 1, 2"))

asyncio.run(main(*sys.argv[1:]))
'''

AIOSQLITE = Program(
    name="aiosqlite",
    packages=("aiosqlite",),
    database="async.db",
    files={"use.py": _USE},
    prepare=("python use.py make",),
    commands=(
        "python use.py read",
        "python use.py write table",
        "python use.py write table",
        "python use.py write chair",
        "python use.py wrong",
        "python use.py many",
        "python use.py function",
        "python use.py lost",
        "python use.py cascade",
        "python use.py read",
        "python use.py schema",
        "python use.py write desk",
        "python use.py dump",
        "python use.py make",
        "python use.py nonsense",
    ),
)
