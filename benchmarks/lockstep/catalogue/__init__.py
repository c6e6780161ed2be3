"""The programs, one module each, in the order of the report; the libraries stand last."""

from __future__ import annotations

from lockstep.catalogue.aiosqlite import AIOSQLITE
from lockstep.catalogue.beets import BEETS
from lockstep.catalogue.buku import BUKU
from lockstep.catalogue.conan import CONAN
from lockstep.catalogue.coverage import COVERAGE
from lockstep.catalogue.datasette import DATASETTE
from lockstep.catalogue.diskcache import DISKCACHE
from lockstep.catalogue.doit import DOIT
from lockstep.catalogue.gffutils import GFFUTILS
from lockstep.catalogue.huey import HUEY
from lockstep.catalogue.ipython import IPYTHON
from lockstep.catalogue.isso import ISSO
from lockstep.catalogue.itemdb import ITEMDB
from lockstep.catalogue.khal import KHAL
from lockstep.catalogue.litequeue import LITEQUEUE
from lockstep.catalogue.persist_queue import PERSIST_QUEUE
from lockstep.catalogue.pony import PONY
from lockstep.catalogue.pydal import PYDAL
from lockstep.catalogue.reader import READER
from lockstep.catalogue.relstorage import RELSTORAGE
from lockstep.catalogue.requests_cache import REQUESTS_CACHE
from lockstep.catalogue.roundup import ROUNDUP
from lockstep.catalogue.sqlite_utils import SQLITE_UTILS
from lockstep.catalogue.sqlitedict import SQLITEDICT
from lockstep.catalogue.sqlobject import SQLOBJECT
from lockstep.catalogue.testmon import TESTMON
from lockstep.catalogue.todoman import TODOMAN
from lockstep.catalogue.trac import TRAC
from lockstep.catalogue.urlwatch import URLWATCH
from lockstep.catalogue.wn import WN
from lockstep.catalogue.yoyo import YOYO
from lockstep.program import Program

PROGRAMS: tuple[Program, ...] = (
    BUKU, BEETS, TRAC, ROUNDUP, READER, SQLITE_UTILS, DATASETTE, GFFUTILS, WN, COVERAGE, TODOMAN, KHAL,
    IPYTHON, CONAN, TESTMON, DOIT, YOYO, URLWATCH, ISSO, DISKCACHE, SQLITEDICT, PERSIST_QUEUE, LITEQUEUE,
    AIOSQLITE, HUEY, REQUESTS_CACHE, ITEMDB, PONY, PYDAL, SQLOBJECT, RELSTORAGE,
)  # fmt: skip
