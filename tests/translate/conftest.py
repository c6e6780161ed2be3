from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from translate_engines import fill, sqlite


@pytest.fixture
def source() -> apsw.Connection:
    return sqlite()


@pytest.fixture
def target(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True, prepare_threshold=None) as connection:
        fill(connection)
        yield connection
