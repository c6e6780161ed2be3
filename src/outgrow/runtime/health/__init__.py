"""Whether all is well: the database, the way to it, and what the application really uses.

`table` names every check, one file beside it per kind; `examine` makes them and `text` shows them. `subject`
is what they look at. Called by `cli.doctor`; uses `runtime.settings` and what `move` left in the database.
"""
