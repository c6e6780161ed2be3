"""sqlite-utils' command line on the garden's notebook: `commands_sqlite_utils.py FILE`.

It knows nothing of outgrow.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path

from sqlite_utils.cli import cli

COMMANDS = """
tables FILE --counts
schema FILE plants
rows FILE plants --limit 2
query FILE "select json_extract(notes,'$.water') w, count(*) n from plants group by w order by w" --csv
insert FILE plants INPUT --pk id <<< [{"id": 100, "name": "wild rose", "bed_id": 1}]
upsert FILE plants INPUT --pk id <<< [{"id": 100, "name": "wild tulip", "bed_id": 1}]
insert FILE made INPUT --pk id <<< [{"id": 1, "x": "a"}, {"id": 2, "x": "b"}]
add-column FILE made y integer
create-index FILE made x
enable-fts FILE plants name --create-triggers
search FILE plants tulip -c name
transform FILE made --rename x z
schema FILE made
add-foreign-key FILE made y plants id
extract FILE visits who
rows FILE who
analyze-tables FILE beds
duplicate FILE made twin
drop-table FILE twin
rebuild-fts FILE
optimize FILE
vacuum FILE
views FILE
triggers FILE
"""


def main(path: str) -> None:
    """Runs the commands. Each prints what it prints."""
    given = Path(tempfile.mkdtemp()) / "given.json"
    for line in COMMANDS.strip().splitlines():
        command, _, text = line.partition(" <<< ")
        given.write_text(text)
        print(command)
        words = [word.replace("FILE", path).replace("INPUT", str(given)) for word in shlex.split(command)]
        cli.main(words, standalone_mode=False)


main(*sys.argv[1:])
