"""What texts and short blobs can be: UUIDs, JSON documents, sized text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outgrow.schema.model import Affinity
from outgrow.types.evidence import Candidate, Evidence

_UUID_NAME = re.compile(r".*(?:uuid|guid|_id|_key|_token|\bid)\Z|id\Z", re.IGNORECASE)
_JSON_NAME = re.compile(
    r".*(?:json|data|meta|metadata|payload|config|configuration|settings|options|props|properties|attributes"
    r"|attrs|params|parameters|extra|details|context|tags|content|body|state|schema|value|values|items|list"
    r"|fields|rules|args|headers|preferences|permissions|scopes|info|spec|definition)s?\Z",
    re.IGNORECASE,
)
UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_UUID_UPPER = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\Z")
_HEX32 = re.compile(r"[0-9a-f]{32}\Z")
_HEX32_UPPER = re.compile(r"[0-9A-F]{32}\Z")
_NOISE = re.compile(r"[\s\"`\[\]()]")
_ENOUGH = 10
"""So many values convince without a telling name or declaration."""
_MAX_VARCHAR = 10_485_760
"""PostgreSQL's limit for n in varchar(n) (src/include/access/htup_details.h, MaxAttrSize)."""


def uuid(e: Evidence) -> Iterator[Candidate]:
    """UUIDs as text in one case, as 32 hex digits where declared, as 16 bytes where declared or named so."""
    said = e.declared.meaning == "uuid"
    if not e.profile.values:
        if said:
            yield Candidate(type="uuid", conversion="uuid-text", evidence=f"{e.told}, no values")
        return
    likely = e.inferring and (_UUID_NAME.match(e.column.name) or e.profile.values >= _ENOUGH)
    if not (said or likely):
        return
    if e.only("text"):
        shapes = [("uuid-text", UUID_TEXT), ("uuid-text:upper", _UUID_UPPER)]
        if said:
            shapes += [("uuid-hex", _HEX32), ("uuid-hex:upper", _HEX32_UPPER)]
        for recipe, shape in shapes:
            if all(shape.match(text) for text in e.texts):
                yield Candidate(type="uuid", conversion=recipe, evidence=f"{e.told}, every value is a UUID")
    named = bool(re.search(r"uuid|guid", e.column.name, re.IGNORECASE)) or e.declared.size == 16
    if e.only("blob") and (said or named) and e.profile.max_bytes == 16 and e.profile.mean_bytes == 16:
        yield Candidate(type="uuid", conversion="uuid-blob", evidence=f"{e.told}, every value has 16 bytes")


def document(e: Evidence) -> Iterator[Candidate]:
    """JSON where declared, checked, or shaped and named like it; never in a key or an indexed column."""
    said = e.declared.meaning == "json" or _is_checked_json(e)
    if not e.only("text") or e.is_key or e.is_indexed or not (said or e.profile.values):
        return
    if not said:
        shaped = all(text.lstrip()[:1] in {"{", "["} and text.rstrip()[-1:] in {"}", "]"} for text in e.texts)
        shaped = shaped and any('"' in text for text in e.texts)  # {} and [1, 2] are Python's repr, too
        hint = bool(_JSON_NAME.match(e.column.name))
        if not e.inferring or not shaped or not (hint or e.profile.values >= _ENOUGH):
            return
    why = "every value is JSON" if e.profile.values else "no values"
    yield Candidate(type=e.options.json, conversion="json", evidence=f"{e.told}, {why}")


def _is_checked_json(e: Evidence) -> bool:
    """Whether a CHECK says json_valid(column), as Django and others write it."""
    name = _NOISE.sub("", e.column.name).lower()
    texts = (_NOISE.sub("", check.expression).lower() for check in e.table.checks)
    return e.inferring and any(f"json_valid{name}" in text for text in texts)


def sized(e: Evidence) -> Iterator[Candidate]:
    """VARCHAR(n), where declarations are to be trusted and every value is that short."""
    size = e.declared.size or 0
    trusted = e.options.types == "declared" and e.declared.meaning == "text"
    if trusted and e.only("text") and 0 < size <= _MAX_VARCHAR:
        yield Candidate(type=f"varchar({size})", conversion="same", evidence=f"{e.told}, every value fits")


def string_numbers(e: Evidence) -> Iterator[Candidate]:
    """`STRING` and its like have NUMERIC affinity, so texts that look like numbers became numbers."""
    became_numbers = e.column.affinity is Affinity.NUMERIC and e.profile.classes - {"text"}
    if e.declared.meaning == "text" and became_numbers and not e.is_key:
        why = f"{e.told}, which SQLite reads as a number type"
        yield Candidate(type="text", conversion="escaped", evidence=why)
