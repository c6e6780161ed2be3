"""sqlite3's DB-API over PostgreSQL: what `outgrow.runtime.sqlite3` hands out, and how a statement runs.

`connection` and `cursor` are what a program holds; `binding` takes its values, `statement` translates,
`engine` runs, `session` keeps SQLite's transactions, `wire` sends. `shadow` is SQLite itself beside them, for
its own words and for what only it can answer (`local`).
"""
