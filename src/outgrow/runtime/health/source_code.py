"""The check of the application's code: places that open a SQLite file whatever the configuration says.

Hooks, scripts and workers with a path of their own go on writing to the old file, and nobody notices, because
they work. Read with `ast`, never imported: what a call is given as a literal, by a name that the module sets
to one, or by a path put together of them.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from outgrow.report.figures import counted
from outgrow.runtime.health.check import Verdict, ok, skipped, warning
from outgrow.runtime.health.subject import Subject

MOST_FILES = 5_000
_LARGEST = 1_000_000
_SKIPPED = {"node_modules", "__pycache__", "site-packages", "dist-packages", "venv", "env", "virtualenv"}
_MODULES = {"sqlite3", "aiosqlite", "apsw", "dbapi2", "pysqlite2", "pysqlite3"}
_CONNECT = re.compile(rf"(?:{'|'.join(sorted(_MODULES))})\.[cC]onnect(?:ion)?\Z")
_CLASS = re.compile(r"(?:\w+\.)?\w*(?:SQLite|Sqlite)\w*\Z")
_URL = re.compile(r"(?:sqlite|sqlite3)(?:\+\w+)?:///?(?P<path>[^?]*)")
_READERS = {"getenv", "get", "setdefault", "environ"}
_PATHS = {
    "Path",
    "PurePath",
    "str",
    "join",
    "fspath",
    "abspath",
    "realpath",
    "expanduser",
    "resolve",
    "absolute",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A call that opens the SQLite file `path`, and where it stands below the application's directory."""

    file: str
    line: int
    call: str
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.call}({self.path!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What reading the code gave; `unread` are files that are no Python of this version, or too large."""

    files: int
    places: tuple[Place, ...]
    unread: tuple[str, ...]
    cut: bool


def code(subject: Subject) -> Verdict:
    """Places in the application's code that open the file that was moved, or any where that is not known."""
    directory = subject.application.directory
    if directory is None:
        return skipped("no directory was named", advice=["Name the application's directory with --app."])
    return judge(scan(directory), {PurePath(move.source).name for move in subject.remembered.moves})


def judge(found: Scan, moved: set[str]) -> Verdict:
    """The verdict; `moved` are the names of the files that were moved, empty where that is not known."""
    past = [place for place in found.places if not moved or PurePath(place.path).name in moved]
    others = len(found.places) - len(past)
    also = f"; {counted(others, 'place opens', 'places open')} other SQLite files" if others else ""
    also += f"; {counted(len(found.unread), 'file')} could not be read as Python" if found.unread else ""
    also += f"; more than {MOST_FILES} files are not looked at" if found.cut else ""
    read = counted(found.files, "Python file")
    if not past:
        return ok(
            f"{read}: none opens the file that was moved{also}"
            if moved
            else f"{read}: none opens a file{also}"
        )
    which = "the file that was moved" if moved else "a SQLite file"
    return warning(
        f"{counted(len(past), 'place opens', 'places open')} {which}, whatever the configuration says{also}",
        *map(str, past),
        advice=[
            "Let them ask the configuration: outgrow.runtime.settings.read_settings(), or the adapter. Run a "
            "program that cannot be changed under outgrow run."
        ],
    )


def scan(directory: Path) -> Scan:
    """Reads the Python files below a directory, but for hidden ones, virtual environments and packages."""
    places: list[Place] = []
    unread: list[str] = []
    files = 0
    for path in _python_files(directory):
        if files == MOST_FILES:
            return Scan(files=files, places=tuple(sorted(places)), unread=tuple(unread), cut=True)
        files += 1
        name = path.relative_to(directory).as_posix()
        try:
            if path.stat().st_size > _LARGEST:
                unread.append(name)
                continue
            places += openings(path.read_bytes(), name)
        except (OSError, SyntaxError, ValueError, RecursionError):
            unread.append(name)
    return Scan(files=files, places=tuple(sorted(places)), unread=tuple(unread), cut=False)


def _python_files(directory: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(directory):
        folders[:] = sorted(
            name
            for name in folders
            if name not in _SKIPPED
            and not name.startswith(".")
            and not Path(here, name, "pyvenv.cfg").exists()
        )
        yield from (Path(here, name) for name in sorted(names) if name.endswith(".py"))


def openings(source: bytes, file: str) -> list[Place]:
    """The places of one module. Raises SyntaxError, and ValueError for NUL in it."""
    tree = ast.parse(source)
    names, imported = _constants(tree), _imported(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            call = _called(node.func)
            first, dot, rest = call.partition(".")
            if path := _opened(imported.get(first, first) + dot + rest, node, names):
                found.append(Place(file=file, line=node.lineno, call=call, path=path))
    return found


def _opened(name: str, call: ast.Call, names: dict[str, str]) -> str:
    """The file that a call of that dotted name opens by a literal; "" for none."""
    given = [_text(part, names) for part in (*call.args[:1], *(k.value for k in call.keywords if k.arg))]
    if _CONNECT.match(name):
        return next(filter(None, map(_file, given)), "")
    if _CLASS.match(name):
        return next((path for text in given if re.search(r"\.\w+\Z|/", path := _file(text))), "")
    if name.rpartition(".")[2] in _READERS:
        return ""  # a default for a variable that nobody set
    return next(filter(None, map(_of_url, given)), "")


def _file(text: str) -> str:
    """The path of the file that is opened; "" for what is in memory and for a server's URL."""
    if text.startswith("sqlite:"):
        return _of_url(text)
    if "://" in text.removeprefix("file:") or ":memory:" in text or "mode=memory" in text:
        return ""
    return re.sub(r"^file:(?://)?([^?]*).*", r"\1", text)


def _of_url(text: str) -> str:
    found = _URL.match(text)
    return "" if found is None or found["path"] in ("", "/", ":memory:") else found["path"]


def _constants(tree: ast.Module) -> dict[str, str]:
    """Texts that the module gives to a name in the end, at its top or in a class."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    found: dict[str, str] = {}
    for statement in (statement for body in bodies for statement in body):
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign):
            targets, value = [statement.target], statement.value
        for target in targets:
            if isinstance(target, ast.Name) and value is not None and (text := _text(value, found)):
                found[target.id] = text
            elif isinstance(target, ast.Name):
                found.pop(target.id, None)
    return found


def _imported(tree: ast.Module) -> dict[str, str]:
    """Other names for SQLite's modules and their functions, as the module's imports give them."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                last = name.name.rpartition(".")[2]
                if name.asname and last in _MODULES:
                    found[name.asname] = last
        elif isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] in _MODULES:
            module = (node.module or "").rpartition(".")[2]
            found |= {name.asname or name.name: f"{module}.{name.name}" for name in node.names}
    return found


def _text(node: ast.expr, names: dict[str, str]) -> str:
    """What an expression says, `…` for what is no literal in it; "" where its end is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return names.get(name, "")
        case ast.BinOp(left=left, op=ast.Div(), right=right) if end := _text(right, names):
            return f"{_text(left, names) or '…'}/{end}"
        case ast.BinOp(left=left, op=ast.Add(), right=right) if end := _text(right, names):
            return f"{_text(left, names) or '…'}{end}"
        case ast.JoinedStr(values=[*parts]) if parts and isinstance(parts[-1], ast.Constant):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.Call(func=func, args=args) if _called(func).rpartition(".")[2] in _PATHS:
            return _joined(func, args, names)
    return ""


def _joined(func: ast.expr, args: Sequence[ast.expr], names: dict[str, str]) -> str:
    """A path by os.path.join, Path, str and the like; a method such as resolve() leaves it as it is."""
    if not args:
        return _text(func.value, names) if isinstance(func, ast.Attribute) else ""
    parts = [_text(arg, names) for arg in args]
    return "/".join(part or "…" for part in parts) if parts[-1] else ""


def _called(func: ast.expr) -> str:
    """The dotted name that is called, its last two parts; "" for what has no name."""
    match func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
        case ast.Attribute(value=ast.Attribute(attr=owner), attr=name):
            return f"{owner}.{name}"
        case ast.Attribute(attr=name):
            return name
    return ""
