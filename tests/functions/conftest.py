from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from outgrow.postgres.functions import install

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def pg(database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a fresh database with the functions."""
    with psycopg.connect(database, autocommit=True) as connection:
        install(connection)
        yield connection
