"""One column of a batch through its conversion, whatever form it was read in."""

from __future__ import annotations

import pyarrow as pa

from outgrow.errors import CounterExample
from outgrow.types.values import conversion
from outgrow.types.values.base import ARROW_TYPES, Form


def encode(name: str, sql_type: str, array: pa.Array, form: Form) -> pa.Array:
    """The column's array for PostgreSQL; CounterExample also for a form that the conversion does not take."""
    made = conversion(name, sql_type)
    if form in made.forms:
        return made.encode(array, form)
    if array.null_count < len(array):
        raise CounterExample(f"is {form.value}, which {name} does not take", f"a {form.value} value")
    other = min(made.forms, key=lambda form: form.value)
    return made.encode(pa.nulls(len(array), ARROW_TYPES[other]), other)
