"""The guesses, one file per type family: which types the evidence on a column allows so far.

A guess is a function from `Evidence` to `Candidate`s, best first. To teach outgrow a new one, write
it in its family's file and name it below; the order is that in which they are believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from outgrow.types.evidence import Candidate, Evidence
from outgrow.types.guesses import flags, moments, numbers, texts

GUESSES: tuple[Callable[[Evidence], Iterator[Candidate]], ...] = (
    numbers.declared_vector,
    flags.boolean,
    moments.date_text,
    moments.date_number,
    texts.uuid,
    texts.document,
    numbers.decimal,
    texts.sized,
    texts.string_numbers,
    numbers.vector,
)
