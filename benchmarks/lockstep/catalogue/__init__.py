"""The programs, one module each, in the order of the report."""

from __future__ import annotations

from lockstep.catalogue.beets import BEETS
from lockstep.catalogue.buku import BUKU
from lockstep.program import Program

PROGRAMS: tuple[Program, ...] = (BUKU, BEETS)
