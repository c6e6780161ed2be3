"""Real programs of others, run command by command on SQLite and under `outgrow run`.

`program` says what a program is, each other module of `catalogue` describes one. `stage` makes the two copies
of its files, `runner` walks through the commands, `masks` takes out what no two runs have in common (times),
`tables` compares what is stored at the end, `report` prints.
"""
