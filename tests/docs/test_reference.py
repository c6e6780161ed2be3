"""The reference names everything that the program has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import outgrow
from outgrow.cli import VERBS
from outgrow.errors import (
    ConfigError,
    CounterExample,
    FindingsStop,
    OutgrowError,
    SourceError,
    TargetError,
    VerificationError,
)
from outgrow.plan.model import OBJECT_KINDS
from outgrow.plan.toml import read_plan
from outgrow.schema.names import fold
from outgrow.types.values import CONVERSIONS
from outgrow.types.values.epochs import UNITS

SOURCE = Path(outgrow.__file__).parent
Runner = Callable[..., tuple[int, str, str]]


def test_the_readme_has_the_two_commands_and_the_example_they_name(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    found = re.search(
        r"^python3 -m pip install \. && outgrow move (examples/[\w.-]+\.db)$", text, re.MULTILINE
    )
    assert found is not None
    assert (repository / found[1]).read_bytes()[:16] == b"SQLite format 3\0"
    assert "\npython3 -m pip install '.[test]' && python3 -m pytest\n" in text
    assert f"outgrow move {found[1]}" in text.partition("With uv:")[2].partition("\n")[0]
    assert len(text.splitlines()) < 100


def test_every_command_stands_in_the_readme(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    assert [verb for verb in VERBS if f"`outgrow {verb}" not in text] == []


def test_every_variable_is_documented(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "environment.md").read_text()
    code = "".join(path.read_text() for path in [*SOURCE.rglob("*.py"), repository / "tests" / "conftest.py"])
    used = set(re.findall(r"environ(?:\.get\(|\[)\s*\"(\w+)\"", code)) | set(
        re.findall(r"\bOUTGROW_[A-Z_]+\b", code)
    )
    known = set(re.findall(r"`([A-Z_]+)`", text))
    ours = {name for name in used if not name.startswith(("PYTHON", "PYTEST", "OUTGROW_{")) and name != "CI"}
    assert ours - known == set()


def test_every_exit_code_is_documented(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "exit-codes.md").read_text()
    rows = {
        int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| ([^|]+) \|", text, re.MULTILINE)
    }
    errors = (
        OutgrowError,
        ConfigError,
        SourceError,
        TargetError,
        FindingsStop,
        CounterExample,
        VerificationError,
    )
    assert {error.exit_code for error in errors} <= rows.keys()
    assert sorted(rows) == [0, 1, 2, 3, 4, 5, 130, 141]


def test_every_conversion_and_unit_is_documented_with_an_example(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "types.md").read_text()
    examples = text.partition("## Examples")[2].partition("## same")[0]
    run = {name.partition(":")[0] for name in re.findall(r"^\| `([^`]+)` \|", examples, re.MULTILINE)}
    assert run == set(CONVERSIONS)
    units = text.partition("## Dates kept as numbers")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", units, re.MULTILINE) == list(UNITS)


def test_the_plan_of_the_reference_is_read_as_it_says(repository: Path) -> None:
    text = (repository / "docs" / "reference" / "plan.md").read_text()
    example = text.partition("```toml\n")[2].partition("```")[0]
    plan = read_plan(example, "plan.toml")
    assert (plan.schema, plan.types, plan.names, plan.json) == ("public", "inferred", "fold", "jsonb")
    assert plan.allow == {"type.mixed"}
    assert plan.overrides.leave == {f"view:{fold('ranking')}"}
    born = plan.overrides.column("person", "born")
    assert (born.name, born.type, born.conversion) == ("born", "date", "date-text:YYYY-MM-DD")


def test_the_json_documents_have_the_keys_that_are_promised(
    repository: Path, run_outgrow: Runner, make_sqlite: Callable[..., Path], database: str
) -> None:
    text = (repository / "docs" / "reference" / "json.md").read_text()
    moving, inspecting = text.partition("## `outgrow inspect --json`")[::2]
    source = make_sqlite("CREATE TABLE t (id INTEGER PRIMARY KEY, d DATETIME); INSERT INTO t VALUES (1, 'x')")
    _, moved, _ = run_outgrow("move", source, "--to", database, "--json", check=0)
    _, inspected, _ = run_outgrow("inspect", source, "--json", check=0)
    document, inspection = json.loads(moved), json.loads(inspected)
    assert set(document) == _promised(moving)
    assert set(inspection) == _promised(inspecting)
    column = inspecting.partition("A column has ")[2].partition(" Infinities")[0]
    told = set(re.findall(r"`(\w+)`", column))
    (table,) = inspection["tables"]
    for entry in table["columns"]:
        assert set(entry) | set(entry["holds"]) <= told
    assert set(document["verified"]) <= set(re.findall(r"`(\w+)`", moving))
    assert [kind for kind in OBJECT_KINDS if f"`{kind}`" not in moving] == []


def _promised(text: str) -> set[str]:
    """The keys in the first column of the tables."""
    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    return {key for row in rows for key in re.findall(r"`([\w-]+)`", row)}
