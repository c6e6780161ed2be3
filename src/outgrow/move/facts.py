"""What the server at the other end can do, as options of the plan. Used by every walk that has a target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg

from outgrow.options import Options
from outgrow.postgres.connect import server_facts


def with_facts(options: Options, connection: psycopg.Connection[Any]) -> Options:
    """The options with what the server at the other end can do. Raises TargetError as `server_facts`."""
    facts = server_facts(connection)
    return replace(
        options,
        bytewise=facts.database_collation_is_c,
        server_version=facts.version_num,
        vectors=facts.pgvector is not None,
    )
