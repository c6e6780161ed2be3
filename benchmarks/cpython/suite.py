"""CPython's tests of `sqlite3`: which there are, and how they are loaded with another module.

The tests say `import sqlite3 as sqlite`; the module that is given stands in `sys.modules` only while
they are imported, so that everything else of the process keeps the standard one. `worker` stands
after it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import unittest
from collections.abc import Iterator
from types import ModuleType

PACKAGE = "test.test_sqlite3"


class MissingSuite(Exception):  # noqa: N818 - it says what is missing
    """There are no tests of `sqlite3` in this interpreter's library."""


def files() -> list[str]:
    """Names of the suite's modules, as `test_dbapi`. Raises MissingSuite."""
    try:
        spec = importlib.util.find_spec(PACKAGE)
    except ImportError:  # there is no package `test` at all
        spec = None
    if spec is None or spec.submodule_search_locations is None:
        raise MissingSuite(
            f"{sys.executable} (Python {sys.version.split()[0]}) has no package {PACKAGE}: install its tests "
            "(Debian and Ubuntu: `apt-get install libpython3-testsuite`), or use a Python of 3.11 or newer "
            "that has them"
        )
    found = pkgutil.iter_modules(spec.submodule_search_locations)
    return sorted(module.name for module in found if module.name.startswith("test_"))


def load(file: str, sqlite3: ModuleType) -> dict[str, unittest.TestCase]:
    """The tests of one file in the suite's order, by ids such as `test_dbapi.CursorTests.test_close`.

    `sqlite3` is what this file imports under that name, and what the files that it imports do.
    """
    standard = {name: sys.modules.pop(name) for name in _names("sqlite3") & sys.modules.keys()}
    for name in _names(PACKAGE) & sys.modules.keys():
        del sys.modules[name]
    sys.modules["sqlite3"] = sqlite3
    try:
        module = importlib.import_module(f"{PACKAGE}.{file}")
    finally:
        for name in _names("sqlite3") & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(standard)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    return {test_id(test): test for test in _flat(suite)}


def test_id(test: unittest.TestCase) -> str:
    """The test's name from its file on."""
    return test.id().removeprefix(f"{PACKAGE}.")


def _names(package: str) -> set[str]:
    return {name for name in sys.modules if name == package or name.startswith(f"{package}.")}


def _flat(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flat(test)
        else:
            yield test
