"""Declared decimals, and the numbers inside blobs: embeddings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outgrow.schema.model import Affinity
from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.values.decimals import MAX_PRECISION
from outgrow.types.values.vectors import MAX_DIMENSIONS

_VECTOR_NAME = re.compile(r".*(?:embedding|vector|embed|emb|_vec)s?\Z|vec\Z", re.IGNORECASE)
_FEWEST_DIMENSIONS = 8


def decimal(e: Evidence) -> Iterator[Candidate]:
    """NUMERIC(p,s) as declared, then numeric without limits."""
    if e.declared.meaning != "decimal" or e.column.affinity is not Affinity.NUMERIC:
        return
    if not e.only("integer", "real"):
        return
    size, scale, why = e.declared.size, e.declared.scale or 0, f"{e.told}, no stored value changes"
    if size and scale <= size <= MAX_PRECISION:
        yield Candidate(type=f"numeric({size},{scale})", conversion="numeric", evidence=why)
    if not (e.is_key and e.only("integer")):
        yield Candidate(type="numeric", conversion="numeric", evidence=why)


def declared_vector(e: Evidence) -> Iterator[Candidate]:
    """A vector column of a vec0 table, where the target has pgvector."""
    declared = e.table.vectors.column(e.column.name) if e.table.vectors is not None else None
    if declared is None or not e.options.vectors:
        return
    size, why = declared.dimensions, f"vec0 declares {declared.element}[{declared.dimensions}]"
    if declared.element == "bit":
        yield Candidate(type=f"bit({size})", conversion="bit", evidence=why)
    elif size <= MAX_DIMENSIONS:
        conversion = "vector" if declared.element == "float32" else "vector-int8"
        yield Candidate(type=f"vector({size})", conversion=conversion, evidence=why)


def vector(e: Evidence) -> Iterator[Candidate]:
    """Blobs of one length in a column named like an embedding, where the target has pgvector."""
    size = e.profile.max_bytes
    if not (e.options.vectors and e.inferring and e.profile.values and e.only("blob")):
        return
    if not _VECTOR_NAME.match(e.column.name) or size % 4 or e.profile.mean_bytes != size:
        return
    if _FEWEST_DIMENSIONS <= size // 4 <= MAX_DIMENSIONS:
        why = f"every value is {size // 4} float32, named like an embedding"
        yield Candidate(type=f"vector({size // 4})", conversion="vector", evidence=why)
