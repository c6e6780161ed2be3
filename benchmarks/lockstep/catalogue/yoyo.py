"""yoyo-migrations, schema changes in files: definitions in transactions, a lock, a log of what was done."""

from __future__ import annotations

from lockstep.program import Mask, Program

_FILES = {
    "steps/0001.first.py": """
from yoyo import step
step("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL)", "DROP TABLE person")
step("INSERT INTO person (name) VALUES ('Ada')", "DELETE FROM person")
""",
    "steps/0002.second.sql": "-- depends: 0001.first\nALTER TABLE person ADD COLUMN age INTEGER DEFAULT 3;\n"
    "CREATE INDEX by_age ON person (age);\n",
    "steps/0002.second.rollback.sql": "DROP INDEX by_age;\nALTER TABLE person DROP COLUMN age;\n",
    "steps/0003.third.py": """
from yoyo import step
__depends__ = {"0002.second"}
def apply(conn):
    cursor = conn.cursor()
    cursor.execute("SELECT name FROM person ORDER BY id")
    for (name,) in cursor.fetchall():
        cursor.execute("INSERT INTO person (name, age) VALUES (?, ?)", (name.upper(), len(name)))
def undo(conn):
    conn.cursor().execute("DELETE FROM person WHERE name = upper(name)")
step(apply, undo)
""",
    "steps/0004.view.sql": "-- depends: 0003.third\n"
    "CREATE VIEW old AS SELECT name FROM person WHERE age > 2;\n",
    "steps/0004.view.rollback.sql": "DROP VIEW old;\n",
    "broken/0005.broken.py": """
from yoyo import step
__depends__ = {"0004.view"}
step("CREATE TABLE half (a)")
step("INSERT INTO nowhere VALUES (1)")
""",
    "show.py": """
import sqlite3
c = sqlite3.connect("app.db")
print(c.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name").fetchall())
for name in ("person", "old"):
    try:
        print(c.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall())
    except sqlite3.OperationalError as error:
        print(error)
print(c.execute("SELECT migration_id, operation FROM _yoyo_log ORDER BY created_at_utc").fetchall())
""",
}
_YOYO = "yoyo {} --batch --no-config-file --database sqlite:///app.db {}"

YOYO = Program(
    name="yoyo-migrations",
    packages=("yoyo-migrations", "setuptools<80"),
    database="app.db",
    # It writes moments in two forms, with T and with a space; when it is moved only one is there, or none.
    plan="""
[outgrow]
version = 1
[tables.yoyo_lock.columns]
ctime = {type = "text", conversion = "same"}
[tables._yoyo_migration.columns]
applied_at_utc = {type = "text", conversion = "same"}
[tables._yoyo_log.columns]
created_at_utc = {type = "text", conversion = "same"}
""",
    files=_FILES,
    prepare=(_YOYO.format("apply", "--revision 0002.second steps"),),
    commands=(
        _YOYO.format("list", "steps"),
        _YOYO.format("apply", "steps"),
        _YOYO.format("list", "steps"),
        "python show.py",
        _YOYO.format("apply", "steps"),
        _YOYO.format("apply", "steps broken"),
        "python show.py",
        _YOYO.format("rollback", "--revision 0003.third steps"),
        _YOYO.format("list", "steps"),
        "python show.py",
        _YOYO.format("reapply", "--revision 0002.second steps"),
        "python show.py",
        _YOYO.format("mark", "steps"),
        _YOYO.format("unmark", "--revision 0004.view steps"),
        _YOYO.format("list", "steps"),
        _YOYO.format("apply", "steps"),
        _YOYO.format("rollback", "steps"),
        "python show.py",
        _YOYO.format("break-lock", ""),
    ),
    masks=(Mask(pattern=r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", why="the moment of a step"),),
)
