"""Stand-ins for `sqlite3.Connection`, `Cursor` and `connect` that know the files of `outgrow run`.

The bootstrap installs them as soon as `_sqlite3` is loaded, before `sqlite3` takes its names from there.
Whatever a program does to open a file (connect, a factory, the class itself, a class of its own) ends in the
constructor of `Connection`; there a connection to one of the files becomes one of `redirect` or `recording`,
and every other one stays what it is. A class of the program's own is put before ours, so that it overrides
what it did. Importing this changes nothing. Standard library only, until a connection to one of the files is
opened.
"""

from __future__ import annotations

import _sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from outgrow.runtime.launch import escapes, paths, reporting, targets
from outgrow.runtime.launch.paths import Named
from outgrow.runtime.launch.targets import Target

REAL_CONNECTION: Any = _sqlite3.Connection
REAL_CURSOR: Any = _sqlite3.Cursor
_real_connect = _sqlite3.connect
_URI = 7  # its place among the arguments of connect
_FACTORY = 5
_AS_THEY_ARE = ("__init__", "__call__", "__del__", "cursor")

_lock = threading.RLock()
_bases: dict[Target, type[Connection]] = {}
_rebased: dict[tuple[type, type], type] = {}
_known: list[Target] = []


class Connection(_sqlite3.Connection):
    """What a program finds as `sqlite3.Connection`.

    `outgrow_base` is the class of ours that a connection to one of the files has among its own, and
    `outgrow_cursor` the class that its cursors have; None for all other connections.
    """

    __slots__ = ()
    outgrow_base: ClassVar[type[Connection] | None] = None
    outgrow_cursor: ClassVar[type[Cursor] | None] = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance of `cls`, or of ours with `cls` before it for one of the files."""
        found = meant(args, kwargs) if cls.outgrow_base is None else None
        made = cls if found is None else based(cls, base_of(found[0]))
        return REAL_CONNECTION.__new__(made)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        found = meant(args, kwargs)
        if found is None:
            REAL_CONNECTION.__init__(self, *args, **kwargs)
            return
        base = base_of(found[0])  # the program's own __init__ was the first to know the file
        become(self, base)
        base.__init__(self, *args, **kwargs)

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """As SQLite's, with the stand-in for its own class."""
        if self.outgrow_base is not None and not _asked_by_us(1):
            return self.outgrow_base.cursor(self, *args, **kwargs)
        if not args and "factory" not in kwargs:
            kwargs["factory"] = Cursor
        return REAL_CONNECTION.cursor(self, *args, **kwargs)


class _Cursors(type):
    """Makes the cursors that SQLite's own code creates instances of the stand-in, too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return super().__instancecheck__(instance) or (cls is Cursor and isinstance(instance, REAL_CURSOR))

    def __subclasscheck__(cls, subclass: type) -> bool:
        return super().__subclasscheck__(subclass) or (cls is Cursor and issubclass(subclass, REAL_CURSOR))


class Cursor(_sqlite3.Cursor, metaclass=_Cursors):
    """What a program finds as `sqlite3.Cursor`; a cursor of one of our connections has `outgrow_base`."""

    __slots__ = ()
    outgrow_base: ClassVar[type[Cursor] | None] = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """An instance of `cls`, or of ours with `cls` before it for one of our connections."""
        wanted = None if _asked_by_us(1) else _cursor_class(args, kwargs)
        made = cls if wanted is None or cls.outgrow_base is not None else based(cls, wanted)
        return REAL_CURSOR.__new__(made)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        wanted = _cursor_class(args, kwargs)
        if wanted is None or _asked_by_us(1):
            REAL_CURSOR.__init__(self, *args, **kwargs)
            return
        if self.outgrow_base is None:
            become(self, wanted)
        wanted.__init__(self, *args, **kwargs)


def connect(*args: Any, **kwargs: Any) -> Any:
    """What a program finds as `sqlite3.connect`."""
    if len(args) <= _FACTORY and "factory" not in kwargs:
        kwargs["factory"] = Connection
    factory = args[_FACTORY] if len(args) > _FACTORY else kwargs["factory"]
    is_foreign = isinstance(factory, type) and not issubclass(factory, Connection)
    if is_foreign and issubclass(factory, REAL_CONNECTION) and meant(args, kwargs) is not None:
        raise _refusal(factory)
    return _real_connect(*args, **kwargs)


def install(environ: Mapping[str, str]) -> None:
    """Puts the stand-ins wherever `sqlite3` has been loaded; `environ` is that of the process's beginning."""
    from outgrow.runtime.launch import converting  # noqa: PLC0415 - it takes the real names as well

    _known[:] = targets.read(environ)
    reporting.use(environ)
    for name in ("_sqlite3", "sqlite3.dbapi2", "sqlite3"):
        module: Any = sys.modules.get(name)
        if module is not None:
            module.Connection, module.Cursor, module.connect = Connection, Cursor, connect
            module.register_converter = converting.register_converter


def meant(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Target, Named] | None:
    """Which of the files a connection with these arguments is to; None for any other database."""
    database = args[0] if args else kwargs.get("database")
    uri = args[_URI] if len(args) > _URI else kwargs.get("uri", False)
    named = paths.named(database, is_uri=lambda: bool(uri) or _always_uri())
    if named is None:
        return None
    for target in _known:
        if paths.is_same(named.path, target.database):
            return target, named
    return None


def base_of(target: Target) -> type[Connection]:
    """The class of connections to that file. Ends the process when PostgreSQL's driver cannot be loaded."""
    with _lock:
        if target not in _bases:
            base: type[Connection] | None = None
            if target.url:
                base = _redirected(target)
            if target.record:
                from outgrow.runtime.launch import recording  # noqa: PLC0415

                base = recording.recorded(target, base)
            if base is None:
                raise AssertionError(target.database)
            _bases[target] = base
            reporting.say("opened", target.database)
        return _bases[target]


def based(cls: type[Any], base: type[Any]) -> type[Any]:
    """`cls` with `base` behind it: the program's class overrides ours, and ours overrides SQLite's."""
    if issubclass(base, cls):  # the stand-in itself
        return base
    if (cls, base) not in _rebased:
        named = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
        try:
            _rebased[cls, base] = type(cls.__name__, (cls, base), named)
        except TypeError as error:
            raise _refusal(cls) from error
    return _rebased[cls, base]


def become(instance: Any, base: type[Any]) -> None:
    """Gives an instance that exists already a class of ours. Raises NotSupportedError."""
    try:
        instance.__class__ = based(type(instance), base)
    except TypeError as error:
        raise _refusal(type(instance)) from error


def _refusal(cls: type) -> _sqlite3.NotSupportedError:
    return _sqlite3.NotSupportedError(
        f"the class {cls.__module__}.{cls.__qualname__} cannot stand on outgrow's: let it derive from "
        "sqlite3.Connection, and pass the file to its constructor"
    )


def _redirected(target: Target) -> type[Connection]:
    try:
        from outgrow.runtime.launch import redirect  # noqa: PLC0415 - needs psycopg

        redirect.check_driver()
    except ImportError as error:
        reporting.stop(
            f"{sys.executable} cannot load what PostgreSQL needs ({error}): run outgrow with the same version"
            f" of Python ({sys.version_info[0]}.{sys.version_info[1]}), or install it beside the program"
        )
    return redirect.redirected(target)


def _cursor_class(args: tuple[Any, ...], kwargs: dict[str, Any]) -> type[Cursor] | None:
    connection = args[0] if args else kwargs.get("connection")
    return connection.outgrow_cursor if isinstance(connection, Connection) else None


def _is_moved(path: str) -> bool:
    """Whether a file is PostgreSQL now."""
    return any(target.url and paths.is_same(path, target.database) for target in _known)


def _always_uri() -> bool:
    """Whether SQLite was built to take every `file:` name as a URI, as Debian's and Apple's are."""
    connection = REAL_CONNECTION(":memory:")
    try:
        return ("USE_URI",) in connection.execute("PRAGMA compile_options").fetchall()
    finally:
        connection.close()


def _asked_by_us(depth: int) -> bool:
    """Whether the call comes from outgrow's own classes, who mean SQLite's, and not from the program."""
    name: str = sys._getframe(depth + 1).f_globals.get("__name__", "")  # noqa: SLF001
    return name.startswith("outgrow.")


def _explicit(stand_in: type[Any], real: type[Any], name: str) -> Callable[..., Any]:
    """`sqlite3.Connection.commit(c)`, as some call what they override, reaches our connection's as well."""
    plain = getattr(real, name)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        base = self.outgrow_base
        if base is None and name in escapes.RUNS and args:
            escapes.refuse_attach(args[0], args[1] if len(args) > 1 else None, _is_moved)
        elif base is None and name == "backup":
            escapes.refuse_backup(args[0] if args else kwargs.get("target"))
        ours = plain if base is None or _asked_by_us(1) else getattr(base, name)
        return (plain if ours is method else ours)(self, *args, **kwargs)

    method.__name__, method.__qualname__ = name, f"{stand_in.__name__}.{name}"
    method.__doc__ = plain.__doc__
    return method


for _stand_in, _real in ((Connection, REAL_CONNECTION), (Cursor, REAL_CURSOR)):
    for _name, _value in list(vars(_real).items()):
        if callable(_value) and not isinstance(_value, type) and _name not in _AS_THEY_ARE:
            setattr(_stand_in, _name, _explicit(_stand_in, _real, _name))
    _stand_in.__module__ = "sqlite3"
connect.__module__ = "_sqlite3"
