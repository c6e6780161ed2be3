"""The table of all checks, in the order in which they are shown. docs/reference/doctor.md is its manual."""

from __future__ import annotations

from outgrow.runtime.health import (
    activity,
    broken,
    capacity,
    configured,
    database,
    identities,
    moved,
    old_file,
    privileges,
    server,
    source_code,
    upkeep,
    writing,
)
from outgrow.runtime.health.check import CheckKind

CHECKS: tuple[CheckKind, ...] = (
    CheckKind(id="connection", title="Connection", look=server.connection),
    CheckKind(id="app.database", title="Database of the application", look=configured.database),
    CheckKind(id="app.code", title="SQLite files in the code", look=source_code.code),
    CheckKind(id="app.old-file", title="Writes to the old file", look=old_file.old_file),
    CheckKind(id="server.version", title="Server version", look=server.version),
    CheckKind(id="server.tls", title="TLS", look=server.tls),
    CheckKind(id="server.writable", title="Server takes writes", look=server.writable),
    CheckKind(id="server.latency", title="Round trips", look=server.latency),
    CheckKind(id="server.clock", title="Clocks", look=server.clock),
    CheckKind(id="server.connections", title="Pools and connections", look=capacity.connections),
    CheckKind(id="server.autovacuum", title="Autovacuum", look=upkeep.autovacuum),
    CheckKind(id="database.encoding", title="Encoding", look=database.encoding),
    CheckKind(id="database.time-zone", title="Time zone", look=database.time_zone),
    CheckKind(id="database.collation", title="Collation", look=database.collation),
    CheckKind(id="database.search-path", title="Search path", look=database.search_path),
    CheckKind(id="database.extensions", title="Extensions", look=database.extensions),
    CheckKind(id="database.functions", title="SQLite's functions", look=moved.sqlite_functions),
    CheckKind(id="database.activity", title="Long transactions and locks", look=activity.activity),
    CheckKind(id="move.state", title="The move", look=moved.state),
    CheckKind(id="move.objects", title="Moved objects", look=moved.objects),
    CheckKind(id="table.privileges", title="Privileges", look=privileges.privileges),
    CheckKind(id="table.identities", title="Identities", look=identities.identities),
    CheckKind(id="table.indexes", title="Invalid indexes", look=broken.indexes),
    CheckKind(id="table.constraints", title="Constraints NOT VALID", look=broken.constraints),
    CheckKind(id="table.triggers", title="Disabled triggers", look=broken.triggers),
    CheckKind(id="table.statistics", title="Statistics", look=upkeep.statistics),
    CheckKind(id="table.bloat", title="Dead rows", look=upkeep.bloat),
    CheckKind(id="table.write", title="Write test", look=writing.write, writes=True),
)
