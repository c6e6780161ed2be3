"""Programs that nobody changes: with PostgreSQL in the place of their SQLite file, or recorded and replayed.

`spawn` starts the program with `bootstrap/sitecustomize.py` on its path; in there `patching` takes the place
of the classes of `sqlite3`, and gives `redirect` or `recording` for the one file that `paths` knows.
`watching` says afterwards whether all went that way. `replaying` runs a recording on PostgreSQL, `comparing`
judges. Before it stands `cli`, below it the rest of `runtime`. What runs inside the program is only of the
standard library until a connection is wanted, because the program may live in another environment than
outgrow.
"""
