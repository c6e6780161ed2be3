"""What the embedded PostgreSQL is told: its settings and who may connect. Text only.

Before it stands `cluster`, which writes these files into the data directory at every start. A
user's own settings belong in `ALTER SYSTEM`, which PostgreSQL reads last and outgrow never touches.
"""

from __future__ import annotations

import os
from pathlib import Path

SETTINGS_FILE = "outgrow.conf"
INCLUDE = f"\n# Written anew at every start; your own settings: ALTER SYSTEM.\ninclude '{SETTINGS_FILE}'\n"
SUPERUSER = "postgres"

_MB = 1024 * 1024
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where PostgreSQL puts its POSIX shared memory


def machine_memory() -> int:
    """Bytes of memory this process may hope for: the machine's, or the container's limit."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _CGROUP_LIMIT.read_text()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.strip().isdigit() else physical


def small_shared_memory() -> bool:
    """Whether /dev/shm is too small for parallel queries, as the 64 MB of a Docker container are."""
    try:
        facts = os.statvfs(_SHARED_MEMORY)
    except OSError:
        return False
    return facts.f_blocks * facts.f_frsize < 512 * _MB


def settings(*, socket_dir: Path, memory: int, durable: bool, shared_memory_files: bool) -> str:
    """Text of outgrow.conf: a server for one machine that mostly loads in bulk.

    `memory` is in bytes. Without `durable` a crash of the machine may destroy the data.
    """
    shared_buffers = min(max(memory // 8, 32 * _MB), 512 * _MB)
    text = f"""\
# Written by outgrow at every start.

# A socket only: no one reaches this server over a network, and no port can collide.
listen_addresses = ''
unix_socket_directories = {quoted('"' + str(socket_dir).replace('"', '""') + '"')}
unix_socket_permissions = 0700

# Rows that are copied into a table made in the same transaction need no WAL then; the table's
# files are synced at commit instead. It costs replication and archiving, which nobody does here.
wal_level = minimal
max_wal_senders = 0

# A load writes faster than the default checkpoint interval expects; a checkpoint in its middle
# writes the same pages twice.
max_wal_size = 4GB
checkpoint_timeout = 30min

# One user, one machine, other programs beside it.
shared_buffers = {shared_buffers // _MB}MB
effective_cache_size = {max(memory // 2 // _MB, 64)}MB

# Index builds and foreign keys after the data.
maintenance_work_mem = {min(256, max(memory // 16 // _MB, 32))}MB

# Solid state: a random page costs little more than the next one.
random_page_cost = 1.1

# The log must hold neither a password nor a row: no statements, no details of a failed value.
log_min_error_statement = panic
log_error_verbosity = terse

timezone = 'UTC'
log_timezone = 'UTC'
"""
    if shared_memory_files:
        text += "\n# /dev/shm is too small here for parallel queries.\ndynamic_shared_memory_type = mmap\n"
    if not durable:
        text += "\n# Thrown away after use.\nfsync = off\nfull_page_writes = off\n"
    return text


def quoted(value: str) -> str:
    """`value` as a string of postgresql.conf, where both the quote and the backslash are special."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def host_rules() -> str:
    """Text of pg_hba.conf: the kernel says who connects, and the map below says who may."""
    return "# Written by outgrow at every start.\nlocal all all peer map=outgrow\n"


def user_map(os_users: tuple[str, ...]) -> str:
    """Text of pg_ident.conf: these OS users are the superuser, nobody else is anyone."""
    lines = [f'outgrow "{name.replace(chr(34), chr(34) * 2)}" {SUPERUSER}\n' for name in os_users]
    return "# Written by outgrow at every start.\n" + "".join(lines)
