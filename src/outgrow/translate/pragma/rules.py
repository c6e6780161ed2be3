"""PRAGMA: every pragma of SQLite, and what it is on PostgreSQL.

Answered from what the move kept in the schema outgrow, mapped to what PostgreSQL has, remembered for the
session where only SQLite's own file and memory are concerned, or refused by name. A value that would
change what statements mean is never let pass. Used by `control`; docs/reference/sql.md shows the table.
Rules: https://www.sqlite.org/pragma.html
"""

from __future__ import annotations

from collections.abc import Mapping

from outgrow.schema.target import TargetModel
from outgrow.translate.pragma.kinds import (
    Answer,
    Pragma,
    answered,
    auto_vacuum,
    busy_timeout,
    database_list,
    defer_foreign_keys,
    encoding,
    fixed,
    idle,
    no_effect,
    number_kept,
    of_the_file,
    page_count,
    query_only,
    refused,
    rows_of,
    session,
    unheard,
)
from outgrow.translate.pragma.values import (
    at_least,
    chosen,
    mmap_size,
    number,
    secure_delete,
    synchronous,
    temp_store,
    up_to,
)
from outgrow.translate.value import refuse

_JOURNALS = chosen("delete", "truncate", "persist", "memory", "wal", "off")
_INTEGRITY = "check the files with pg_amcheck and initdb --data-checksums"
_NAMES = "columns are named as SQLite names them by default"
_TRIGGERS = "a trigger does not fire while it is itself running"

RULES: Mapping[str, Pragma] = {
    "analysis_limit": session("analysis_limit", 0, up_to(2**31 - 1), answers=True),
    "application_id": number_kept("application_id"),
    "auto_vacuum": auto_vacuum(),
    "automatic_index": session("automatic_index", 1),
    "busy_timeout": busy_timeout(),
    "cache_size": session("cache_size", -2000, number),
    "cache_spill": unheard("cache_spill"),
    "case_sensitive_like": fixed("case_sensitive_like", 0, "write GLOB where case matters"),
    "cell_size_check": session("cell_size_check", 0),
    "checkpoint_fullfsync": session("checkpoint_fullfsync", 0),
    "collation_list": answered(("seq", "name"), ((0, "RTRIM"), (1, "NOCASE"), (2, "BINARY"))),
    "compile_options": refused("compile_options", "no SQLite is running here"),
    "count_changes": fixed("count_changes", 0, "ask changes(), or the cursor's row count"),
    "data_version": refused("data_version", "let writers NOTIFY and readers LISTEN"),
    "database_list": database_list(),
    "default_cache_size": refused("default_cache_size", "it is SQLite's own and deprecated there"),
    "defer_foreign_keys": defer_foreign_keys(),
    "empty_result_callbacks": fixed("empty_result_callbacks", 0, "PostgreSQL calls nothing back"),
    "encoding": of_the_file("encoding", "t", encoding),
    "foreign_key_check": refused(
        "foreign_key_check",
        "PostgreSQL lets no row break a key; pg_constraint.convalidated is false where old rows do",
    ),
    "foreign_key_list": rows_of("foreign_key_list"),
    "foreign_keys": fixed(
        "foreign_keys", 1, "write PRAGMA defer_foreign_keys = ON after BEGIN, or drop the constraint",
        finding="PRAGMA foreign_keys: PostgreSQL always enforces them",
    ),
    "freelist_count": refused("freelist_count", "ask pg_stat_user_tables for what VACUUM can free"),
    "full_column_names": fixed("full_column_names", 0, _NAMES),
    "fullfsync": session("fullfsync", 0),
    "function_list": refused("function_list", "docs/reference/sql.md lists the functions"),
    "hard_heap_limit": session("hard_heap_limit", 0, up_to(2**63 - 1), answers=True),
    "ignore_check_constraints": fixed(
        "ignore_check_constraints", 0, "drop the CHECK and add it again as NOT VALID"
    ),
    "incremental_vacuum": idle("incremental_vacuum", "autovacuum frees space by itself"),
    "index_info": rows_of("index_info"),
    "index_list": rows_of("index_list"),
    "index_xinfo": rows_of("index_xinfo"),
    "integrity_check": refused("integrity_check", _INTEGRITY),
    "journal_mode": session(
        "journal_mode", "delete", _JOURNALS, answers=True, kept=True, instead="PostgreSQL has its own log"
    ),
    "journal_size_limit": session("journal_size_limit", -1, at_least(-1), answers=True),
    "legacy_alter_table": fixed("legacy_alter_table", 0, "ALTER TABLE renames what views and triggers say"),
    "legacy_file_format": idle("legacy_file_format", "there is no file"),
    "locking_mode": session(
        "locking_mode", "normal", chosen("normal", "exclusive"), answers=True,
        instead="PostgreSQL lets others work beside",
    ),
    "max_page_count": refused("max_page_count", "PostgreSQL limits no database's size"),
    "mmap_size": session("mmap_size", 0, mmap_size, answers=True),
    "module_list": refused("module_list", "virtual tables are ordinary tables here"),
    "optimize": idle("optimize", "autovacuum analyzes by itself", ("optimize",)),
    "page_count": page_count(),
    "page_size": of_the_file("page_size", "i", no_effect("page_size")),
    "pragma_list": refused("pragma_list", "docs/reference/sql.md lists the pragmas"),
    "query_only": query_only(),
    "quick_check": refused("quick_check", _INTEGRITY),
    "read_uncommitted": session(
        "read_uncommitted", 0, instead="PostgreSQL shows no rows that are not committed"
    ),
    "recursive_triggers": fixed("recursive_triggers", 0, _TRIGGERS),
    "reverse_unordered_selects": fixed("reverse_unordered_selects", 0, "write ORDER BY"),
    "schema_version": refused("schema_version", "count definitions in user_version"),
    "secure_delete": session(
        "secure_delete", 0, secure_delete, answers=True,
        instead="PostgreSQL keeps deleted rows on the disk until VACUUM",
    ),
    "short_column_names": fixed("short_column_names", 1, _NAMES),
    "shrink_memory": idle("shrink_memory", "a session gives its memory back by itself"),
    "soft_heap_limit": session("soft_heap_limit", 0, up_to(2**63 - 1), answers=True),
    "synchronous": session(
        "synchronous", 2, synchronous,
        instead="PostgreSQL waits for the disk at every COMMIT, if synchronous_commit is on",
    ),
    "table_info": rows_of("table_info"),
    "table_list": rows_of("table_list"),
    "table_xinfo": rows_of("table_xinfo"),
    "temp_store": session("temp_store", 0, temp_store),
    "temp_store_directory": refused("temp_store_directory", "set temp_tablespaces on the server"),
    "threads": session("threads", 0, up_to(8), answers=True),
    "trusted_schema": session("trusted_schema", 1),
    "user_version": number_kept("user_version"),
    "wal_autocheckpoint": session("wal_autocheckpoint", 1000, at_least(0), answers=True),
    "wal_checkpoint": idle(
        "wal_checkpoint", "PostgreSQL makes checkpoints by itself", ("busy", "log", "checkpointed"),
        ((0, -1, -1),),
    ),
    "writable_schema": fixed("writable_schema", 0, "use ALTER TABLE"),
}  # fmt: skip
"""All pragmas of SQLite 3.40, in the order of their names."""


def pragma(name: str, value: str | None, model: TargetModel) -> Answer:
    """The answer to a pragma, its name in lower case; TranslationError for one that has none."""
    rule = RULES.get(name)
    if rule is None:
        raise refuse(f"PRAGMA {name}, which SQLite does not have: leave it out")
    return rule.asked(model) if value is None else rule.given(value, model)
