from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from translate_engines import Newest, fill, interpreters


@pytest.fixture
def source() -> Newest:
    return Newest()


@pytest.fixture
def interpreters_source() -> sqlite3.Connection:
    return interpreters()


@pytest.fixture
def target(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True, prepare_threshold=None) as connection:
        fill(connection)
        yield connection
