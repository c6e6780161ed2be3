"""The documentation's own tools, and a server for its examples.

The pages show what the PostgreSQL brought along says, so their examples run on that one, whatever
OUTGROW_TEST_URL names.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from outgrow.embedded.cluster import Cluster
from outgrow.embedded.throwaway import throwaway

REPOSITORY = Path(__file__).resolve().parents[2]


def _load(name: str) -> ModuleType:
    """A module of docs/, which is no package."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, REPOSITORY / "docs" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


# At once: hypothesis draws constants of loaded modules, which must not depend on the order of tests.
_SNIPPETS, _GENERATE = _load("snippets"), _load("generate")  # which imports the other by its bare name


@pytest.fixture(scope="session")
def snippets() -> ModuleType:
    """docs/snippets.py."""
    return _SNIPPETS


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    """docs/generate.py."""
    return _GENERATE


@pytest.fixture(scope="session")
def own_server() -> Iterator[Cluster]:
    """A PostgreSQL of outgrow's own for this worker, under a short path, since a socket lies in it."""
    home = Path(tempfile.mkdtemp(prefix="outgrow-docs-", dir="/tmp"))
    with throwaway(home) as cluster:
        yield cluster
        cluster.stop(immediate=True)


@pytest.fixture
def fresh_url(own_server: Cluster) -> Callable[[Path], str]:
    """Gives the URL of a new database for a page."""
    return lambda page: own_server.ensure_database(f"{page.stem}_{uuid.uuid4().hex[:8]}")


@pytest.fixture
def repository() -> Path:
    """The repository's root."""
    return REPOSITORY
