"""Whether the target is in the state that the SQLite file had when a recording began.

`cli.run` writes digests into the header of the recording; `cli.replay` compares them with what the target
remembers of its move, and says what does not go together. Only a digest tells: the file may have been copied
since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from outgrow.postgres.connect import connect
from outgrow.postgres.ledger import Ledger
from outgrow.postgres.source_schema import kept_texts
from outgrow.runtime.launch.chance import columns_of_the_moment

Agreement = Literal["same file", "same schema", "another schema", "not moved", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How target and recording go together.

    `moments` are the names of columns that the schema fills with the moment of an insert or update.
    """

    database: str
    agreement: Agreement
    warnings: tuple[str, ...]
    moments: frozenset[str]


def digest_of_texts(texts: Iterable[str]) -> str:
    """A digest of CREATE texts in any order."""
    found = hashlib.sha256()
    for text in sorted(texts):
        found.update(text.encode(errors="surrogatepass") + b"\0")
    return found.hexdigest()[:32]


def standing(url: str, schema: str, header: Mapping[str, Any]) -> Standing:
    """What the target says of the file that a recording began with. Raises TargetError, ConfigError."""
    with connect(url, autocommit=True) as connection:
        ledger = Ledger(schema)
        entry = ledger.entry(connection) if ledger.exists(connection) else None
        texts = kept_texts(connection, schema) or ()
        database = connection.info.dbname
    agreement: Agreement = "unknown"
    if entry is None:
        agreement = "not moved" if header.get("file") else "unknown"
    elif header.get("file") == entry.fingerprint:
        agreement = "same file"
    elif header.get("schema"):
        agreement = "same schema" if header["schema"] == digest_of_texts(texts) else "another schema"
    warnings = tuple(text.format(schema=schema) for key, text in _WARNINGS.items() if key == agreement)
    if header.get("engine") != "sqlite":
        warnings += (
            "the recording was made on PostgreSQL, so it says nothing of SQLite; it is compared all the same",
        )
    moments = frozenset(name for text in texts for name in columns_of_the_moment(text))
    return Standing(database=database, agreement=agreement, warnings=warnings, moments=moments)


_WARNINGS = {
    "same schema": (
        "the file that was moved into schema {schema} had other rows than the one the recording began with: "
        "rows may differ for that reason; move a copy of the file from before the recording"
    ),
    "another schema": (
        "the file that was moved into schema {schema} had other tables than the one the recording began "
        "with: move a copy of the file from before the recording"
    ),
    "not moved": (
        "schema {schema} of the target holds no move, but the recording began with a file that had content: "
        "move a copy of the file from before the recording"
    ),
}
