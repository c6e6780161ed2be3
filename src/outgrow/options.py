"""What the user may set for one walk; read by plan and move, made by the cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from outgrow.schema.names import NamePolicy

TypePolicy = Literal["faithful", "declared", "inferred"]
JsonType = Literal["jsonb", "json"]
RowidPolicy = Literal["read", "all"]

TYPE_POLICIES: tuple[TypePolicy, ...] = ("faithful", "declared", "inferred")
ROWID_POLICIES: tuple[RowidPolicy, ...] = ("read", "all")
NAME_POLICIES: tuple[NamePolicy, ...] = ("fold", "preserve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Policies of one plan.

    `schema` is the target schema; `vectors` says that the target has pgvector; `bytewise` that its
    database sorts text by bytes, so that COLLATE "C" may be left out; `server_version` is the
    target's version number as `server_version_num` gives it. `rowids` says of which tables without
    INTEGER PRIMARY KEY the rowids move: those where a view or trigger reads them, or all.
    """

    schema: str = "public"
    types: TypePolicy = "inferred"
    names: NamePolicy = "fold"
    json: JsonType = "jsonb"
    rowids: RowidPolicy = "read"
    allow: frozenset[str] = frozenset()
    vectors: bool = False
    bytewise: bool = False
    server_version: int = 140000
