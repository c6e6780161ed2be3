"""Which OS user runs the embedded PostgreSQL, and how that user gets at its files.

PostgreSQL refuses to run as root, and root is who runs outgrow in a container. Then the server
belongs to a system user of its own, which needs to pass through directories that may be root's
alone, such as /root. It gets that right by name (a POSIX ACL entry), so no other user gains it.
Before it stands `cluster`, which calls it under its lock; nothing stands after it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import struct
import subprocess
from pathlib import Path

from outgrow.errors import TargetError

SYSTEM_USER = "pgserver"

_ACL = "system.posix_acl_access"
_HEADER, _ENTRY = struct.Struct("<I"), struct.Struct("<HHI")
_VERSION, _NO_ID = 2, 0xFFFFFFFF
_USER_OBJ, _USER, _GROUP_OBJ, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_SEARCH = 1


def server_user(data: Path) -> pwd.struct_passwd:
    """The OS user that runs the server of data directory `data`.

    An existing directory's owner; else whoever runs outgrow; for root the system user `pgserver`,
    which is made when it is missing. Raises TargetError when that user may not be used.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else me
    if me not in (0, owner):
        raise TargetError(
            f"{data} belongs to {_name(owner)}, not to {_name(me)}: "
            "run outgrow as that user, or set OUTGROW_HOME to a directory of your own"
        )
    if owner == 0:
        return _system_user()
    try:
        return pwd.getpwuid(owner)
    except KeyError:
        raise TargetError(
            f"user id {owner} has no name on this machine, and PostgreSQL needs one: "
            "add it to /etc/passwd, or give a server with --to URL"
        ) from None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_system_user()
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise TargetError(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be added: "
            "run outgrow as another user, or give a server with --to URL"
        ) from None


def _add_system_user() -> None:
    useradd = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    if useradd is not None:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, *options, SYSTEM_USER], check=False, capture_output=True)


def let_through(path: Path, user: pwd.struct_passwd) -> None:
    """Lets `user` pass through `path` and every directory above it, where it cannot already.

    Only root calls this. Nothing but the right to pass is given, and only to that user. Raises
    TargetError where the file system has no ACLs.
    """
    for directory in (path, *path.parents):
        facts = directory.stat()
        may_pass = facts.st_mode & (stat.S_IXUSR if facts.st_uid == user.pw_uid else stat.S_IXOTH)
        if not may_pass:
            _grant_search(directory, facts.st_mode, user)


def _grant_search(directory: Path, mode: int, user: pwd.struct_passwd) -> None:
    try:
        entries = _read_acl(directory, mode)
        if entries.get((_USER, user.pw_uid), 0) & entries.get((_MASK, _NO_ID), 7) & _SEARCH:
            return
        entries[_USER, user.pw_uid] = _SEARCH
        entries[_MASK, _NO_ID] = entries.get((_MASK, _NO_ID), entries[_GROUP_OBJ, _NO_ID]) | _SEARCH
        body = b"".join(_ENTRY.pack(tag, rights, owner) for (tag, owner), rights in sorted(entries.items()))
        os.setxattr(directory, _ACL, _HEADER.pack(_VERSION) + body)
    except (OSError, AttributeError):  # AttributeError: only Linux has extended attributes in os
        raise TargetError(
            f"the user {user.pw_name}, who runs PostgreSQL, cannot enter {directory}: "
            f"`chmod o+x {directory}`, or set OUTGROW_HOME to a directory that everyone can enter"
        ) from None


def _read_acl(directory: Path, mode: int) -> dict[tuple[int, int], int]:
    """The ACL of `directory` as (tag, id) → rights; made from the mode where it has none."""
    if _ACL not in os.listxattr(directory):
        return {
            (_USER_OBJ, _NO_ID): mode >> 6 & 7,
            (_GROUP_OBJ, _NO_ID): mode >> 3 & 7,
            (_OTHER, _NO_ID): mode & 7,
        }
    raw = os.getxattr(directory, _ACL)[_HEADER.size :]
    return {(tag, owner): rights for tag, rights, owner in _ENTRY.iter_unpack(raw)}
