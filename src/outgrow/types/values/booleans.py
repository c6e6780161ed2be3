"""Flags: `boolean:0/1` for integers, `boolean:<false>/<true>` for two spellings as text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from outgrow.errors import ConfigError
from outgrow.types.observed import Value
from outgrow.types.target_type import require_type
from outgrow.types.values.base import Conversion, Form, reject, require

SPELLINGS = (
    "false/true",
    "False/True",
    "FALSE/TRUE",
    "f/t",
    "F/T",
    "n/y",
    "N/Y",
    "no/yes",
    "No/Yes",
    "NO/YES",
)


def boolean(spelling: str, sql_type: str) -> Conversion:
    """Integers 0 and 1, or the two texts named, held as boolean."""
    false, separator, true = spelling.partition("/")
    if not separator or false == true:
        raise ConfigError(f"conversion boolean:{spelling} needs two spellings, for example boolean:0/1")
    require_type(sql_type, f"boolean:{spelling}", "boolean")
    numeric = spelling == "0/1"

    def encode(array: pa.Array, form: Form) -> pa.Array:
        zero, one = (0, 1) if form is Form.INTEGER else (false, true)
        is_one = pc.equal(array, pa.scalar(one, array.type))
        is_zero = pc.equal(array, pa.scalar(zero, array.type))
        either = np.asarray(pc.or_(is_one, is_zero).fill_null(True))
        require(either, array, f"is neither {zero!r} nor {one!r}")
        return is_one

    def literal(value: Value) -> str:
        texts = {false: "false", true: "true"}
        if numeric and type(value) is int and value in {0, 1}:
            return "true" if value else "false"
        if isinstance(value, str) and value in texts and not numeric:
            return texts[value]
        raise reject(f"is neither {false} nor {true}", value)

    return Conversion(
        name=f"boolean:{spelling}",
        sql_type=sql_type,
        forms=frozenset({Form.INTEGER}) if numeric else frozenset({Form.TEXT}),
        encode=encode,
        literal=literal,
    )
