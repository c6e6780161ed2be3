# ruff: noqa: PTH100, PTH118, PTH119, PTH120
# pathlib would cost every process of the program a hundredth of a second
"""Loaded by every Python that a program under `outgrow run` starts, before the program itself.

Python imports the first `sitecustomize` of its path (https://docs.python.org/3/library/site.html), and the
path begins with this directory. It waits for `_sqlite3` and has `outgrow.runtime.launch.patching` take its
place there, lends outgrow its own packages, and loads the `sitecustomize` that would have been found
otherwise. It runs in any Python from 3.6 on, because one that outgrow does not work in must be told so.
"""

import atexit
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_OWN_SQLITE = {
    "apsw", "pysqlite3", "pysqlite2", "sqlcipher3", "pysqlcipher3", "libsql", "libsql_experimental",
    "adbc_driver_sqlite",
}  # fmt: skip
_OLDEST = (3, 11)
_NAMES = ("OUTGROW_RUN_TARGETS", "OUTGROW_RUN_REPORT", "OUTGROW_RUN_PATHS", "OUTGROW_RUN_TAG")
_ENVIRON = {name: os.environ[name] for name in _NAMES if name in os.environ}


def _report(event: str, detail: str = "") -> None:
    """A line for each `outgrow run` that started this program; none where that has ended already."""
    line = "\t".join((event, str(os.getpid()), " ".join(detail.split()))) + "\n"
    for directory in _ENVIRON.get("OUTGROW_RUN_REPORT", "").split(os.pathsep):
        try:
            log = os.open(os.path.join(directory, "log"), os.O_WRONLY | os.O_APPEND)
        except OSError:
            continue
        os.write(log, line.encode("utf-8", "surrogateescape"))
        os.close(log)


def _refuse(why: str) -> None:
    """Ends the process: to go on would be to go on with the old file."""
    _report("refused", why)
    try:
        sys.stdout.flush()
        os.write(2, ("outgrow: " + why + "\n").encode("utf-8", "backslashreplace"))
    finally:
        os._exit(2)


def _importer() -> "dict[str, object]":
    """The globals of the module whose import statement is being carried out."""
    frame = sys._getframe(2)  # noqa: SLF001 - there is no other way to know who imports
    while frame.f_back and (
        frame.f_code.co_filename.startswith("<frozen importlib")
        or frame.f_globals.get("__name__", "").partition(".")[0] == "importlib"
    ):
        frame = frame.f_back
    return frame.f_globals


class _Lent:
    """Finds outgrow and what it needs, when the program's own path does not, and for nobody but outgrow."""

    def __init__(self) -> None:
        self._directories = _ENVIRON.get("OUTGROW_RUN_PATHS", "").split(os.pathsep)
        tag = (sys.implementation.cache_tag or "") + getattr(sys, "abiflags", "")
        self._same_python = tag == _ENVIRON.get("OUTGROW_RUN_TAG")
        self.roots = {"outgrow"}

    def is_ours(self, importer: "dict[str, object]") -> bool:
        return importer is globals() or str(importer.get("__name__", "")).partition(".")[0] in self.roots

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:  # noqa: ARG002
        if path is not None or not self.is_ours(_importer()):
            return None
        if name != "outgrow" and not self._same_python:  # its binary modules would not load
            return None
        from importlib.machinery import PathFinder  # noqa: PLC0415

        spec = PathFinder.find_spec(name, self._directories)
        if spec is None or spec.loader is None:
            return None
        self.roots.add(name)
        return spec


class _Watch:
    """Sees `_sqlite3` come, and other modules that bring a SQLite of their own."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        own = name in _OWN_SQLITE and not _lent.is_ours(_importer())
        if name != "_sqlite3" and not own:
            return None
        for finder in sys.meta_path:
            spec = None if isinstance(finder, _Watch) else finder.find_spec(name, path, target)  # type: ignore[arg-type]
            if spec is not None and own:
                _bypassed(name)
                return spec
            if spec is not None:
                spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
                return spec
        return None


class _Loader:
    """The loader of `_sqlite3`, and then the patch."""

    def __init__(self, loader: object) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)

    def exec_module(self, module: object) -> None:
        self._loader.exec_module(module)  # type: ignore[attr-defined]
        _install(module)


def _install(module: object) -> None:
    if sys.version_info < _OLDEST:
        _guard(module)
        return
    try:
        from outgrow.runtime.launch import patching  # noqa: PLC0415
    except ImportError as error:
        _refuse("outgrow cannot be loaded in %s: %s" % (sys.executable, error))  # noqa: UP031
    else:
        patching.install(_ENVIRON)


def _guard(module: object) -> None:
    """In a Python that is too old: whoever opens a file of that name is stopped."""
    import json  # noqa: PLC0415

    names = {os.path.basename(t["database"]) for t in json.loads(_ENVIRON.get("OUTGROW_RUN_TARGETS", "[]"))}
    real = module.connect  # type: ignore[attr-defined]

    def connect(database: object, *args: object, **kwargs: object) -> object:
        path = os.fsdecode(database) if isinstance(database, (str, bytes, os.PathLike)) else ""
        if os.path.basename(path.partition("?")[0]) in names:
            _refuse(
                "%s is Python %d.%d, and outgrow needs 3.11 or newer: run the program with a newer Python"  # noqa: UP031
                % (sys.executable, sys.version_info[0], sys.version_info[1])
            )
        return real(database, *args, **kwargs)

    module.connect = connect  # type: ignore[attr-defined]


def _bypassed(name: str) -> None:
    """Said once for each run: by whoever makes the mark."""
    _report("bypass", name)
    for directory in _ENVIRON.get("OUTGROW_RUN_REPORT", "").split(os.pathsep):
        try:
            os.close(os.open(os.path.join(directory, name), os.O_CREAT | os.O_EXCL, 0o600))
        except OSError:
            continue
        sys.stderr.write(
            "outgrow: %s brings a SQLite of its own, which outgrow run does not reach: "  # noqa: UP031
            "what it opens stays a SQLite file\n" % name
        )


def _end() -> None:
    """Ends what the program left open; called last of all, since nobody can ask for it before us."""
    redirect = sys.modules.get("outgrow.runtime.launch.redirect")
    if redirect is not None:
        redirect.end()


def _load_next() -> None:
    """The `sitecustomize` that this one hides takes its name."""
    from importlib.machinery import PathFinder  # noqa: PLC0415
    from importlib.util import module_from_spec  # noqa: PLC0415

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


def _unlisted() -> None:
    """What measures the program's files, as coverage does, does not count this one: its code has no file."""
    if sys.version_info < _OLDEST:
        return
    for found in list(globals().values()):
        inside = vars(found).values() if isinstance(found, type) else (found,)
        for function in inside:
            if getattr(function, "__module__", "") == __name__ and hasattr(function, "__code__"):
                function.__code__ = function.__code__.replace(co_filename="<outgrow>")


# The program's path is as it would be without us; its own processes get it from the environment again.
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _HERE]
_unlisted()
_lent = _Lent()
if _ENVIRON.get("OUTGROW_RUN_TARGETS"):
    sys.meta_path.append(_lent)  # type: ignore[arg-type]
    sys.meta_path.insert(0, _Watch())  # type: ignore[arg-type]
    _report("loaded", sys.executable or "")
    atexit.register(_end)
    if "_sqlite3" in sys.modules:  # a .pth file was faster
        _install(sys.modules["_sqlite3"])
_load_next()
