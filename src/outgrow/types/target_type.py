"""A target type as written in the plan: one spelling for each type, and its numbers.

Everything that outgrow writes after a column name in DDL went through `canonical` or was made
here, so a type from plan.toml cannot smuggle SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from outgrow.errors import ConfigError

_SHAPE = re.compile(r"([a-z][a-z0-9 ]*?)(?: ?\( ?(\d{1,8}) ?(?:, ?(\d{1,8}) ?)?\))?\Z")
_ALIASES = {
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "int2": "smallint",
    "float8": "double precision",
    "float4": "real",
    "decimal": "numeric",
    "bool": "boolean",
    "character varying": "varchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "time without time zone": "time",
}
_SIZED = {"varchar": 1, "numeric": 2, "vector": 1, "bit": 1}
"""Types that take numbers, and how many at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetType:
    """A type's name and the numbers in its parentheses."""

    base: str
    size: int | None = None
    scale: int | None = None

    def __str__(self) -> str:
        numbers = ",".join(str(number) for number in (self.size, self.scale) if number is not None)
        return f"{self.base}({numbers})" if numbers else self.base


def parse_type(text: str) -> TargetType:
    """The type that a text names; ConfigError when it is not shaped like one."""
    found = _SHAPE.match(" ".join(text.lower().split()))
    base = _ALIASES.get(found[1], found[1]) if found else ""
    numbers = [int(number) for number in found.groups()[1:] if number] if found else []
    if not found or len(numbers) > _SIZED.get(base, 0):
        raise ConfigError(
            f"{text!r} is no type that a column can have; write bigint, text, numeric(10,2), ..."
        )
    return TargetType(
        base=base,
        size=numbers[0] if numbers else None,
        scale=numbers[1] if len(numbers) > 1 else None,
    )


def require_type(sql_type: str, conversion: str, *allowed: str) -> TargetType:
    """The parsed type; ConfigError when the conversion does not make values of it."""
    parsed = parse_type(sql_type)
    if parsed.base not in allowed:
        raise ConfigError(f"conversion {conversion} makes {' or '.join(allowed)}, not {sql_type}")
    return parsed
