"""`outgrow run`: programs that nobody changed say what they said on SQLite, or are told why not."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
import venv
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import outgrow
from outgrow.runtime.launch import paths, reporting, targets, watching
from outgrow.runtime.launch.targets import Target

Run = Callable[..., Any]
Make = Callable[..., Path]

SHOP = """
CREATE TABLE item (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, price REAL, sold BOOLEAN DEFAULT 0, day DATE
);
CREATE TABLE tag (item INTEGER REFERENCES item (id), word TEXT COLLATE NOCASE);
INSERT INTO item (name, price, day) VALUES ('first', 2.5, '2024-02-29');
"""

# Everything that small programs do: Row, lastrowid, executemany, `with`, threads, processes of every kind.
PROGRAM = """
import multiprocessing, sqlite3, subprocess, sys, threading

def connect():
    connection = sqlite3.connect("app.db", detect_types=sqlite3.PARSE_DECLTYPES)
    connection.row_factory = sqlite3.Row
    return connection

def add(connection, name, price):
    with connection:
        return connection.execute("INSERT INTO item (name, price) VALUES (?, ?)", (name, price)).lastrowid

def work(name):
    connection = connect()
    add(connection, name, 1)
    connection.close()

def main():
    connection = connect()
    numbers = [add(connection, f"n{i}", i / 4) for i in range(5)]
    print(numbers)
    words = ({"item": number, "word": f"w{number % 2}"} for number in numbers)
    print(connection.executemany("INSERT INTO tag VALUES (:item, :word)", words).rowcount)
    connection.commit()
    for row in connection.execute("SELECT * FROM item ORDER BY id"):
        print(row.keys(), tuple(row), row["NAME"], row[1])
    try:
        add(connection, "first", 1)
    except sqlite3.IntegrityError as error:
        print(error, error.sqlite_errorname)
    try:
        connection.execute("SELECT nothing FROM item")
    except sqlite3.OperationalError as error:
        print(error)
    connection.execute("DELETE FROM tag")
    connection.rollback()
    thread = threading.Thread(target=work, args=("thread",))
    thread.start()
    thread.join()
    subprocess.run([sys.executable, __file__, "process"], check=True)
    for method in ("fork", "spawn"):
        process = multiprocessing.get_context(method).Process(target=work, args=(method,))
        process.start()
        process.join()
        print(process.exitcode)
    query = "SELECT name FROM item WHERE price = 1 ORDER BY name"
    print([row[0] for row in connection.execute(query)], connection.in_transaction)
    print(connection.execute("SELECT count(*) FROM tag WHERE word = 'W1'").fetchone()[0])
    connection.close()

if __name__ == "__main__":
    main() if len(sys.argv) == 1 else work(sys.argv[1])
"""


@pytest.fixture
def shop(make_sqlite: Make, run_outgrow: Run, database: str) -> Path:
    """The file app.db, moved to the database."""
    source = make_sqlite(SHOP)
    run_outgrow("move", source, "--to", database, "--no-verify", check=0)
    return source


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Path]:
    """Writes a program beside the file."""

    def write(text: str, name: str = "program.py") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def run(run_outgrow: Run, shop: Path, database: str, program: Callable[..., Path]) -> Run:
    """Runs the text of a program with app.db being the database."""

    def started(text: str, *options: str, **more: Any) -> Any:
        return run_outgrow(
            "run", "--db", shop, "--to", database, *options, "--", sys.executable, program(text), **more
        )

    return started


def ask(url: str, sql: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def names_in(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM item ORDER BY id")]


def test_a_program_says_what_it_said_on_sqlite(
    run: Run, shop: Path, database: str, program: Callable[..., Path]
) -> None:
    copy = shop.with_name("copy") / "app.db"
    copy.parent.mkdir()
    shutil.copy(shop, copy)
    here = subprocess.run(
        [sys.executable, program(PROGRAM)], cwd=copy.parent, capture_output=True, text=True, check=True
    )
    there = run(PROGRAM, check=0)
    assert there.stdout == here.stdout
    assert there.stderr == ""
    assert names_in(shop) == ["first"]
    assert [name for (name,) in ask(database, "SELECT name FROM item ORDER BY id")] == names_in(copy)


WAYS = """
import _sqlite3, os, pathlib, sqlite3
whole = os.path.abspath("app.db")
os.symlink("app.db", "link.db")
os.mkdir("sub")
WAYS = [
    lambda: sqlite3.connect("app.db"), lambda: sqlite3.connect(database="./sub/../app.db"),
    lambda: sqlite3.connect(whole), lambda: sqlite3.connect(whole.encode()),
    lambda: sqlite3.connect(pathlib.Path("app.db")), lambda: sqlite3.connect("link.db"),
    lambda: sqlite3.connect("file:app.db?cache=shared", uri=True),
    lambda: sqlite3.connect("file://localhost" + whole, uri=True),
    lambda: sqlite3.connect("file:%61pp.db#x", uri=True),
    lambda: sqlite3.connect("app.db", 5.0, 0, None, False, sqlite3.Connection, 100, False),
    lambda: sqlite3.dbapi2.connect("app.db"), lambda: _sqlite3.connect("app.db"),
    lambda: sqlite3.Connection("app.db"), lambda: sqlite3.dbapi2.Connection("app.db"),
]
for number, way in enumerate(WAYS):
    connection = way()
    found = connection.execute("SELECT count(*) FROM item WHERE name = 'only here'").fetchall()
    assert found == [(1,)], number
    assert isinstance(connection, sqlite3.Connection), number
    connection.close()
OTHERS = [
    lambda: sqlite3.connect(":memory:"), lambda: sqlite3.connect(""), lambda: sqlite3.connect("other.db"),
    lambda: sqlite3.connect("file:app.db?mode=memory", uri=True),
    lambda: sqlite3.connect("file::memory:?cache=shared", uri=True), lambda: sqlite3.connect("sub/app.db"),
]
for number, way in enumerate(OTHERS):
    connection = way()
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,), number
    assert isinstance(connection, sqlite3.Connection), number
    assert isinstance(connection.cursor(), sqlite3.Cursor), number
    assert isinstance(connection.execute("SELECT 1"), sqlite3.Cursor), number
    connection.close()
os.chdir("sub")
assert sqlite3.connect("../app.db").execute("SELECT count(*) FROM item").fetchone() == (2,)
"""


def test_the_file_is_known_by_every_name(run: Run, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("INSERT INTO item (name) VALUES ('only here')")
    run(WAYS, check=0)


CLASSES = """
import sqlite3

class Own(sqlite3.Connection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.row_factory = sqlite3.Row
        self.told = []
    def execute(self, sql, *parameters):
        self.told.append(sql)
        return super().execute(sql, *parameters)
    def commit(self):
        self.told.append("commit")
        sqlite3.Connection.commit(self)  # as classes were written before super()

class Counting(sqlite3.Cursor):
    def __init__(self, connection):
        sqlite3.Cursor.__init__(self, connection)
        self.runs = 0
    def execute(self, *arguments):
        self.runs += 1
        return sqlite3.Cursor.execute(self, *arguments)

class Late(sqlite3.Connection):
    def __init__(self):
        super().__init__("app.db")

def made(*args, **kwargs):
    return Own(*args, **kwargs)

count = "SELECT count(*) AS n FROM item"
for factory in (None, Own, made):
    opened = sqlite3.connect("app.db", factory=factory) if factory else Own("app.db")
    assert type(opened).__name__ == "Own" and isinstance(opened, Own)
    opened.execute("INSERT INTO item (name) VALUES (?)", (f"own {id(opened)}",))
    opened.commit()
    assert opened.told == ["INSERT INTO item (name) VALUES (?)", "commit"]
    cursor = opened.cursor(Counting)
    assert cursor.execute(count).fetchone()["n"] > 1
    assert cursor.runs == 1 and isinstance(cursor, sqlite3.Cursor)
    assert Counting(opened).execute(count).fetchone()[0] > 1
    assert sqlite3.Cursor(opened).execute(count).fetchone()[0] > 1
    opened.close()
assert Late().execute(count).fetchone()[0] == 4
other = sqlite3.connect(":memory:", factory=Own)
other.execute("CREATE TABLE t (a)")
assert other.execute("SELECT count(*) FROM t").fetchone()[0] == 0

class Sealed(sqlite3.Connection):
    __slots__ = ("a",)
    def __init__(self):
        super().__init__("app.db")
try:
    Sealed()
except sqlite3.NotSupportedError as error:
    print(error)
"""


def test_classes_of_the_program_stand_on_ours(run: Run, shop: Path) -> None:
    done = run(CLASSES, check=0)
    assert done.stdout == (
        "the class __main__.Sealed cannot stand on outgrow's: let it derive from sqlite3.Connection, "
        "and pass "
        "the file to its constructor\n"
    )
    assert names_in(shop) == ["first"]


ESCAPES = """
import sqlite3
other = sqlite3.connect("other.db")
for sql, values in (("ATTACH 'app.db' AS a", ()), ("attach database ? as a", ("app.db",))):
    for run in (other.execute, other.cursor().execute):
        try:
            run(sql, values)
        except sqlite3.NotSupportedError as error:
            print(error)
other.execute("ATTACH ':memory:' AS b")
try:
    other.backup(sqlite3.connect("app.db"))
except sqlite3.NotSupportedError as error:
    print(error)
sqlite3.connect("app.db").backup(other)
print(other.execute("SELECT name FROM item").fetchall())
read = sqlite3.connect("file:app.db?mode=ro", uri=True)
try:
    read.execute("DELETE FROM item")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_ways_around_are_refused(run: Run) -> None:
    done = run(ESCAPES, check=0)
    attach = (
        "ATTACH of app.db, which is PostgreSQL now: connect to it by its name, and attach the other one "
        "there after moving that, too\n"
    )
    assert done.stdout == attach * 4 + (
        "a backup into a file that is PostgreSQL now: move the copy with outgrow move --replace\n"
        "[('first',)]\n"
        "attempt to write a readonly database\n"
    )


def test_the_file_may_be_gone(run: Run, shop: Path, program: Callable[..., Path]) -> None:
    shop.rename(shop.with_name("old.db"))
    text = "import sqlite3; print(sqlite3.connect('app.db').execute('SELECT name FROM item').fetchall())"
    assert run(text, check=0).stdout == "[('first',)]\n"
    assert not shop.exists()


def test_scripts_and_shells_are_programs(run_outgrow: Run, shop: Path, database: str, tmp_path: Path) -> None:
    script = tmp_path / "names"
    script.write_text(
        f"#!{sys.executable}\nimport sqlite3, sys\n"
        "for row in sqlite3.connect('app.db').execute('SELECT name FROM item'): print(*row, *sys.argv[1:])\n"
    )
    script.chmod(0o755)
    to = ("run", "--db", "app.db", "--to", database)
    assert run_outgrow(*to, "--", script, "--flag", "x", check=0).stdout == "first --flag x\n"
    assert run_outgrow(*to, script, "--help", check=0).stdout == "first --help\n"
    assert (
        run_outgrow(*to, "--", "sh", "-c", "./names a | cat; ./names b", check=0).stdout
        == "first a\nfirst b\n"
    )


def test_streams_and_exit_code_are_the_programs(run: Run) -> None:
    done = run("import sys; print(input()); print('err', file=sys.stderr); sys.exit(7)", stdin="in\n")
    assert (done.code, done.stdout) == (7, "in\n")
    assert done.stderr == "err\n" + _unopened()
    assert run("import os; os.kill(os.getpid(), 9)").code == 128 + 9
    assert run("import os; os.kill(os.getpid(), 11)").code == 128 + 11


def _unopened() -> str:
    program = sys.executable
    return f"outgrow: no process of {program} opened {{}}: is it the file that the program uses?\n".format(
        Path.cwd() / "app.db"
    )


@pytest.fixture(autouse=True)
def _beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_reach_the_program(
    shop: Path, database: str, program: Callable[..., Path], number: signal.Signals
) -> None:
    text = (
        "import signal, sys, sqlite3\nsqlite3.connect('app.db')\n"
        f"signal.signal({int(number)}, lambda n, frame: sys.exit(40 + n))\n"
        "print('ready', flush=True)\nwhile True: signal.pause()\n"
    )
    command = [
        sys.executable, "-c", "from outgrow.cli import main; main()",
        "run", "--db", str(shop), "--to", database, "--", sys.executable, str(program(text)),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "ready\n"
        started.send_signal(number)
        assert started.wait(60) == 40 + number


@pytest.mark.parametrize("flag", ["-I", "-E", "-S"])
def test_a_python_that_cannot_be_patched_is_told(
    run_outgrow: Run, shop: Path, database: str, program: Callable[..., Path], flag: str
) -> None:
    path = program("import sqlite3; print(sqlite3.connect('app.db').execute('SELECT 1').fetchone()[0])")
    done = run_outgrow("run", "--db", shop, "--to", database, "--", sys.executable, flag, path, check=2)
    assert done.stdout == "1\n"
    assert done.stderr == (
        f"outgrow: no process of {sys.executable} loaded outgrow, so whatever it did with {shop} it "
        "did on SQLite: "
        "start it by a Python without -I, -E and -S, and let PYTHONPATH reach it\n"
    )
    failing = ("sh", "-c", "exit 9")
    done = run_outgrow("run", "--db", shop, "--to", database, "--", *failing, check=9)
    assert "no process of sh loaded outgrow" in done.stderr


def test_a_hook_that_goes_on_writing_to_the_file_is_told(run: Run, shop: Path, database: str) -> None:
    hook = "import sqlite3; c = sqlite3.connect('app.db'); c.execute('DELETE FROM item'); c.commit()"
    done = run(f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {hook!r}])", check=3)
    assert done.stderr == (
        f"outgrow: {shop} was written to while the program ran, and PostgreSQL does not have that: a "
        "process went "
        "past outgrow (python -I, -E or -S, another language, or a program that was not started by "
        "outgrow run); "
        "find it, and move the file away so that it fails\n"
    )
    assert len(ask(database, "SELECT * FROM item")) == 1


def test_a_process_that_makes_the_file_anew_is_told(run: Run, shop: Path) -> None:
    shop.unlink()
    hook = "import sqlite3; c = sqlite3.connect('app.db'); c.execute('CREATE TABLE log (a)'); c.commit()"
    done = run(f"import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {hook!r}]); sys.exit(6)")
    assert done.code == 6
    assert "was written to while the program ran" in done.stderr


def test_a_log_of_writes_counts_and_that_of_a_reader_does_not(tmp_path: Path) -> None:
    path = tmp_path / "wal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (a)")
    before = watching.state_of(path)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("SELECT * FROM t").fetchall()
        assert watching.state_of(path) == before
        reader.execute("INSERT INTO t VALUES (1)")
        reader.commit()
        assert watching.state_of(path) != before


def test_a_sqlite_that_a_module_brings_along_is_told_once(run: Run) -> None:
    text = "import apsw, subprocess, sys; subprocess.run([sys.executable, '-c', 'import apsw'])"
    done = run("import sqlite3; sqlite3.connect('app.db').close()\nimport multiprocessing\n" + text, check=0)
    assert done.stderr == (
        "outgrow: apsw brings a SQLite of its own, which outgrow run does not reach: what it opens "
        "stays a SQLite "
        "file\n"
    )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The Python of a virtual environment in which there is nothing of outgrow's."""
    venv.create(tmp_path / "venv", symlinks=True)
    return tmp_path / "venv" / "bin" / "python"


def test_the_program_may_live_in_another_environment(
    run_outgrow: Run, shop: Path, database: str, program: Callable[..., Path], elsewhere: Path
) -> None:
    site = next((elsewhere.parents[1] / "lib").glob("python*/site-packages"))
    (site / "sitecustomize.py").write_text("import builtins\nbuiltins.chained = __file__\n")
    (site / "typer.py").write_text("whose = 'the program'\n")
    text = (
        "import sqlite3, sys\n"
        "print(sqlite3.connect('app.db').execute('SELECT name FROM item').fetchone()[0])\n"
        "import typer, sitecustomize\nprint(typer.whose, chained == sitecustomize.__file__)\n"
        "print([entry for entry in sys.path if 'outgrow' in entry])\n"
        "try:\n    import rich\nexcept ImportError:\n    print('not lent')\n"
    )
    done = run_outgrow(
        "run",
        "--db",
        shop,
        "--to",
        database,
        "--",
        elsewhere,
        program(text),
        env={"PYTHONPATH": None},
        check=0,
    )
    assert done.stdout == "first\nthe program True\n[]\nnot lent\n"
    assert done.stderr == ""


def test_a_python_of_another_version_is_stopped_at_the_file(
    shop: Path, database: str, tmp_path: Path, program: Callable[..., Path], elsewhere: Path
) -> None:
    text = (
        "import sqlite3\nprint(sqlite3.connect('other.db').execute('SELECT 1').fetchone()[0], flush=True)\n"
        "try:\n    sqlite3.connect('app.db')\nexcept BaseException:\n    pass\nprint('went on')\n"
    )
    reporting.begin(tmp_path)
    target = Target(database=str(shop), url=database)
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment = targets.environment(target, tmp_path, plain) | {"OUTGROW_RUN_TAG": "cpython-27"}
    done = subprocess.run(
        [elsewhere, program(text)], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    said = (
        f"{elsewhere} cannot load what PostgreSQL needs (No module named 'psycopg'): run outgrow with "
        "the same "
        f"version of Python ({version}), or install it beside the program"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "1\n", f"outgrow: {said}\n")
    report = reporting.read(tmp_path)
    assert [said.event for said in report] == ["loaded", "refused"]
    judged = watching.judge(target, "program", report, (), ())
    assert str(judged.failed) == said


def test_several_files_become_several_schemas(
    run_outgrow: Run, make_sqlite: Make, shop: Path, database: str, program: Callable[..., Path]
) -> None:
    other = make_sqlite("CREATE TABLE log (line TEXT); INSERT INTO log VALUES ('a line')", "log.db")
    run_outgrow("move", other, "--to", database, "--schema", "log", check=0)
    text = (
        "import sqlite3\ndef first(name, sql): print(sqlite3.connect(name).execute(sql).fetchone()[0])\n"
        "first('app.db', 'SELECT name FROM item')\nfirst('log.db', 'SELECT line FROM log')\n"
    )
    for path in (shop, other):
        path.rename(path.with_suffix(".old"))
    done = run_outgrow(
        "run", "--db", shop, "--to", database, "--",
        sys.executable, "-c", "from outgrow.cli import main; main()",
        "run", "--db", other, "--to", f"{database}&schema=log", "--", sys.executable, program(text), check=0,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("first\na line\n", "")


def test_an_empty_target_is_told_and_serves(
    run_outgrow: Run, make_sqlite: Make, database: str, program: Callable[..., Path]
) -> None:
    source = make_sqlite(SHOP)
    text = (
        "import sqlite3\nc = sqlite3.connect('app.db')\n"
        "c.execute('CREATE TABLE own (id INTEGER PRIMARY KEY, a)')\n"
        "print(c.execute('INSERT INTO own (a) VALUES (1)').lastrowid)\nc.commit()\n"
    )
    done = run_outgrow("run", "--db", source, "--to", database, "--", sys.executable, program(text), check=0)
    assert done.stdout == "1\n"
    assert done.stderr == (
        "outgrow: schema public of the target holds no move, so the program begins with an empty "
        "database; if that "
        f"is not meant: outgrow move {source}\n"
    )
    assert ask(database, "SELECT id FROM own") == [(1,)]


def test_a_user_who_may_only_read_runs(
    run_outgrow: Run, shop: Path, database: str, program: Callable[..., Path]
) -> None:
    role = f"reader_{uuid.uuid4().hex[:12]}"
    rights = "".join(
        f"GRANT USAGE ON SCHEMA {schema} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role};"
        for schema in ("public", "outgrow", "sqlite")
    )
    text = "import sqlite3\nprint(sqlite3.connect('app.db').execute('SELECT name FROM item').fetchall())\n"
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {role} LOGIN; {rights}".encode())
        try:
            url = f"{database}&options={quote(f'-c role={role}')}"
            done = run_outgrow("run", "--db", shop, "--to", url, "--", sys.executable, program(text))
        finally:
            owner.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())
    assert (done.code, done.stdout, done.stderr) == (0, "[('first',)]\n", "")


def test_what_watches_the_programs_files_counts_none_of_ours(run: Run) -> None:
    """As coverage does, by a function for each line: the file that enters Python has none."""
    text = (
        "import sys\nseen = set()\nsys.settrace(lambda frame, *_: seen.add(frame.f_code.co_filename))\n"
        "import json, sqlite3\nsqlite3.connect('app.db').close()\nsys.settrace(None)\n"
        "print([name for name in seen if 'sitecustomize' in name], '<outgrow>' in seen)\n"
    )
    assert run(text, check=0).stdout == "[] True\n"


def test_values_may_be_postgresqls(run: Run) -> None:
    text = "import sqlite3; print(sqlite3.connect('app.db').execute('SELECT day, sold FROM item').fetchone())"
    assert run(text, check=0).stdout == "('2024-02-29', 0)\n"
    assert run(text, "--values", "native", check=0).stdout == "(datetime.date(2024, 2, 29), False)\n"


def test_no_password_is_shown(
    run_outgrow: Run, shop: Path, database: str, program: Callable[..., Path]
) -> None:
    text = (
        "import os, sqlite3, sys\nsqlite3.connect('app.db').close()\n"
        "print(any('hunter22' in v for v in os.environ.values()))\n"
        "print(any('hunter22' in word for word in sys.orig_argv))\n"
    )
    url = make_conninfo(database, password="hunter22")
    done = run_outgrow("run", "--db", shop, "--to", url, "--", sys.executable, program(text), check=0)
    assert done.stdout == "True\nFalse\n"
    refused = make_conninfo(database, password="hunter22", dbname="nowhere")
    done = run_outgrow("run", "--db", shop, "--to", refused, "--", sys.executable, program(text), check=4)
    assert "hunter22" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "say what the file becomes: --to URL for PostgreSQL, or --record FILE to write down what runs"),
        (
            ["--record", "r", "--schema", "s"],
            "--schema, --values and --keys are of a PostgreSQL: add --to URL, or leave them out",
        ),
        (["--to", "postgresql://", "--values", "own"], "--values own: it must be one of sqlite, native"),
        (
            ["--to", "postgresql://", "--rows", "3"],
            "--rows is of a recording: add --record FILE, or leave it out",
        ),
    ],
)  # fmt: skip
def test_usage(run_outgrow: Run, options: list[str], said: str) -> None:
    done = run_outgrow("run", "--db", "app.db", *options, "--", "true", check=2)
    assert done.stderr == f"outgrow: {said}\n"


def test_a_program_that_is_not_there(run_outgrow: Run, shop: Path, database: str) -> None:
    done = run_outgrow("run", "--db", shop, "--to", database, "--", "./no-such-program", check=2)
    assert done.stderr == (
        "outgrow: the program ./no-such-program cannot be started: No such file or directory; give "
        "its path, or name "
        "its interpreter\n"
    )


def test_a_target_that_is_not_there(run_outgrow: Run, shop: Path) -> None:
    to = "postgresql:///x?host=/nowhere"
    done = run_outgrow("run", "--db", shop, "--to", to, "--", sys.executable, "-c", "print('ran')", check=4)
    assert done.stdout == ""


def test_a_uri_without_the_word_is_read_as_sqlite_was_built(tmp_path: Path) -> None:
    here = str(tmp_path / "app.db")
    assert paths.named(f"file:{here}", is_uri=lambda: True) == paths.Named(here)
    literal = paths.named(f"file:{here}", is_uri=lambda: False)
    assert literal is not None
    assert literal.path.startswith(str(Path.cwd()))
    assert paths.named(f"file:{here}?immutable=1&x", is_uri=lambda: True) == paths.Named(here, read_only=True)
    assert paths.named("file:/memdb?vfs=memdb", is_uri=lambda: True) is None
    assert paths.named(7, is_uri=lambda: True) is None


def test_nothing_runs_when_the_environment_says_nothing(tmp_path: Path) -> None:
    bootstrap = Path(outgrow.__file__).parent / "runtime" / "launch" / "bootstrap"
    done = subprocess.run(
        [sys.executable, "-c", "import sqlite3; print(sqlite3.connect, sqlite3.Connection.__mro__)"],
        env={"PYTHONPATH": str(bootstrap)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "<built-in function connect> (<class 'sqlite3.Connection'>, <class 'object'>)\n"


def test_the_report_outlives_no_run(run: Run, tmp_path: Path) -> None:
    later = (
        "import sqlite3, time; time.sleep(0.5); sqlite3.connect('app.db').close(); open('done', 'w').close()"
    )
    done = run(
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {later!r}], stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL)",
        check=0, env={"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == ""
    while not (tmp_path / "done").exists():  # it works on, with nobody to report to
        time.sleep(0.05)
    assert list(tmp_path.glob("outgrow-run-*")) == []
