"""Pools of connections to a moved database, for threads and for asyncio.

`Pool` and `AsyncPool` are what programs use; `backend` is psycopg_pool's side, `checkout` knows who holds
what, `shortage` says why there is no connection.
"""

from outgrow.runtime.pool.async_pool import AsyncPool
from outgrow.runtime.pool.pool import Pool
from outgrow.runtime.pool.shortage import PoolTimeout, ServerRefuses, ServerUnreachable

__all__ = ["AsyncPool", "Pool", "PoolTimeout", "ServerRefuses", "ServerUnreachable"]
