"""Writes what the documentation takes from the program itself; `--check` only says what is out of date.

- docs/reference/cli.md, from the program's help
- the parts of a page between `<!-- begin NAME -->` and `<!-- end NAME -->`, from the code's tables
- the findings shown in docs/rules, from running each page's example
- docs/run.svg, from a real run on an example database (only with `--picture FILE`)

Run it from anywhere, with outgrow installed. The tests in tests/docs run it with `--check`.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import snippets

from outgrow.cli import VERBS
from outgrow.embedded.throwaway import throwaway
from outgrow.findings import Rule, Severity, known_rules, rule

DOCS = Path(__file__).resolve().parent
CLI = DOCS / "reference" / "cli.md"
_SECTION = re.compile(r"(<!-- begin (?P<name>[\w-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)
_SERVER_COMMANDS = ("start", "stop", "status", "url", "psql")

_EXIT: Mapping[Severity, str] = {
    Severity.INFO: "Exit code: not changed. `--allow {id}` only marks it as seen.",
    Severity.WARNING: "Exit code: not changed. `--allow {id}` only marks it as seen.",
    Severity.LOSS: (
        "Exit code: `move` goes on and ends with 1. With `--allow {id}` it ends with 0 if nothing else is "
        "wrong. What is lost stays lost either way."
    ),
    Severity.STOP: (
        "Exit code: 1, and nothing is written. `--allow {id}` lets the move begin all the same; it does not "
        "make the value fit."
    ),
}


class ExampleError(Exception):
    """An example of a page does not work."""


def pages() -> Iterator[Path]:
    """Every Markdown page of the repository's own."""
    yield from sorted(DOCS.parent.glob("*.md"))
    yield from sorted({*DOCS.rglob("*.md"), CLI})


def fresh(page: Path, url: Callable[[Path], str]) -> str:
    """The text that a page should have; `url` gives a fresh database for a page whose examples move."""
    if page == CLI:
        return cli_reference()

    def section(found: re.Match[str]) -> str:
        name = found["name"]
        body = conversion_examples(url(page)) if name == "conversion-examples" else _SECTIONS[name](page)
        return found[1] + body + found[3]

    text = _SECTION.sub(section, page.read_text(encoding="utf-8"))
    if page.parent == DOCS / "rules" and snippets.is_run(text):
        return fresh_rule_page(page, text, url(page))
    return text


def cli_reference() -> str:
    """docs/reference/cli.md: every command's help as the program prints it."""
    parts = [
        "# Command line\n\nWritten by `docs/generate.py` from the program itself; a test keeps it current.\n"
        "What the exit codes mean is in [exit codes](exit-codes.md), the variables in "
        "[environment](environment.md).\n"
    ]
    names = ["", *VERBS, *(f"server {name}" for name in _SERVER_COMMANDS)]
    for name in names:
        _, text = snippets.outgrow([*name.split(), "--help"], {"COLUMNS": "90", "TERMINAL_WIDTH": "90"})
        parts.append(f"\n## {f'outgrow {name}'.strip()}\n\n```text\n{text.strip()}\n```\n")
    return "".join(parts)


def _rule_facts(page: Path) -> str:
    found = rule(page.stem)
    exit_code = _EXIT[found.severity].format(id=found.id)
    return f"{found.title}.\n\nSeverity: {found.severity.value}. {exit_code}\n"


def _rule_index(_: Path) -> str:
    lines = ["| rule | severity | what it says |", "|---|---|---|"]
    lines += [f"| [{r.id}]({r.id}.md) | {r.severity.value} | {r.title} |" for r in known_rules()]
    return "\n".join(lines) + "\n"


def _functions(_: Path) -> str:
    from outgrow.translate.aggregates import AGGREGATES  # noqa: PLC0415 - only this section needs it
    from outgrow.translate.functions.table import FUNCTIONS  # noqa: PLC0415

    scalar = ", ".join(f"`{name}`" for name in sorted(FUNCTIONS))
    aggregate = ", ".join(f"`{name}`" for name in sorted(AGGREGATES))
    return f"Scalar functions: {scalar}.\n\nAggregates: {aggregate}.\n"


def _pragmas(_: Path) -> str:
    from outgrow.translate.pragma.rules import RULES  # noqa: PLC0415

    lines = ["| pragma | on PostgreSQL |", "|---|---|"]
    lines += [f"| `{name}` | {rule.does} |" for name, rule in RULES.items()]
    return "\n".join(lines) + "\n"


def _declared(_: Path) -> str:
    from outgrow.types.declared import _MEANINGS  # noqa: PLC0415 - the table itself is what is documented

    words: dict[str, list[str]] = {}
    for word, meaning in _MEANINGS.items():
        words.setdefault(meaning, []).append(f"`{word}`")
    lines = ["| meaning | declared types |", "|---|---|"]
    lines += [f"| {meaning} | {', '.join(sorted(spellings))} |" for meaning, spellings in words.items()]
    return "\n".join(lines) + "\n"


def _booleans(_: Path) -> str:
    from outgrow.types.values.booleans import SPELLINGS  # noqa: PLC0415

    return ", ".join(f"`{spelling}`" for spelling in SPELLINGS) + "\n"


# Conversion, target type, declared type, and the stored value as a SQLite literal.
_EXAMPLES: tuple[tuple[str, str, str, str], ...] = (
    ("same", "bigint", "INTEGER", "9223372036854775807"),
    ("same", "double precision", "REAL", "0.1"),
    ("same", "text", "TEXT", "'tea'"),
    ("same", "bytea", "BLOB", "x'00ff'"),
    ("integer-text", "bigint", "TEXT", "'42'"),
    ("boolean:0/1", "boolean", "INTEGER", "1"),
    ("boolean:no/yes", "boolean", "TEXT", "'yes'"),
    ("timestamp-text:YYYY-MM-DD HH:MM:SS", "timestamp", "TEXT", "'2024-03-01 08:00:00'"),
    ("timestamp-text:YYYY-MM-DDTHH:MM:SS.fff", "timestamp", "TEXT", "'2024-03-01T08:00:00.120'"),
    ("timestamp-text:YYYY-MM-DD HH:MM:SS[.ffffff]", "timestamp", "TEXT", "'2024-03-01 08:00:00.000012'"),
    ("timestamptz-text:YYYY-MM-DDTHH:MM:SSZ", "timestamptz", "TEXT", "'2024-03-01T08:00:00Z'"),
    ("timestamptz-text:YYYY-MM-DD HH:MM:SS+02:00", "timestamptz", "TEXT", "'2024-03-01 08:00:00+02:00'"),
    ("date-text:YYYY-MM-DD", "date", "TEXT", "'2024-02-29'"),
    ("time-text:HH:MM", "time", "TEXT", "'08:30'"),
    ("timestamptz-epoch:s", "timestamptz", "INTEGER", "1709280000"),
    ("timestamptz-epoch:ms", "timestamptz", "INTEGER", "1709280000123"),
    ("timestamptz-epoch:us", "timestamptz", "INTEGER", "1709280000123456"),
    ("timestamptz-epoch:webkit", "timestamptz", "INTEGER", "13353753600000000"),
    ("timestamptz-epoch-real:s", "timestamptz", "REAL", "1709280000.5"),
    ("timestamptz-epoch-real:apple", "timestamptz", "REAL", "730972800.0"),
    ("timestamptz-epoch-real:julian", "timestamptz", "REAL", "2460370.75"),
    ("uuid-text", "uuid", "TEXT", "'0f8fad5b-d9cb-469f-a165-70867728950e'"),
    ("uuid-hex:upper", "uuid", "TEXT", "'0F8FAD5BD9CB469FA16570867728950E'"),
    ("uuid-blob", "uuid", "BLOB", "x'0f8fad5bd9cb469fa16570867728950e'"),
    ("json", "jsonb", "TEXT", """'{"b": 1.50, "a": [ ]}'"""),
    ("json", "json", "TEXT", """'{"b": 1.50, "a": [ ]}'"""),
    ("numbers", "double precision", "NUMERIC", "7"),
    ("numbers", "double precision", "NUMERIC", "7.25"),
    ("numeric", "numeric(10,2)", "DECIMAL(10,2)", "12.5"),
    ("numeric", "numeric", "DECIMAL", "0.1"),
    ("numeric-point", "numeric", "", "5"),
    ("numeric-point", "numeric", "", "5.0"),
    ("vector", "vector(2)", "BLOB", "x'0000803f00002040'"),
    ("vector-int8", "vector(2)", "BLOB", "x'01ff'"),
    ("bit", "bit(8)", "BLOB", "x'a1'"),
    ("escaped", "text", "", "42"),
    ("escaped", "text", "", "'42'"),
    ("escaped", "text", "", "x'00ff'"),
    ("escaped", "text", "", "CAST(x'610062' AS TEXT)"),
)


def conversion_examples(url: str) -> str:
    """The table of examples in docs/reference/types.md: each value moved, verified and read back as text."""
    from outgrow.postgres.connect import connect  # noqa: PLC0415 - only this section needs a server

    columns = ", ".join(f"c{n} {declared}" for n, (_, _, declared, _) in enumerate(_EXAMPLES))
    with tempfile.TemporaryDirectory() as folder:
        plan = "".join(
            f'c{n} = {{type = "{kind}", conversion = "{name}"}}\n'
            for n, (name, kind, _, _) in enumerate(_EXAMPLES)
        )
        page = (
            f"```sql app.db\nCREATE TABLE t ({columns});\n"
            f"INSERT INTO t VALUES ({', '.join(value for *_, value in _EXAMPLES)});\n```\n"
            f"```toml plan.toml\n[tables.t.columns]\n{plan}```\n"
            "```console run\n$ outgrow move app.db --plan plan.toml --to $URL\n```\n"
        )
        session = snippets.Session(directory=Path(folder), url=url)
        (ran,) = snippets.run_page(page, session)
        if session.code:
            raise ExampleError(f"the examples of conversions do not move: {ran.output}")
    with connect(url) as connection:
        row = connection.execute(
            f"SELECT {', '.join(f'c{n}::text' for n in range(len(_EXAMPLES)))} FROM t"
        ).fetchone()
    lines = ["| conversion | stored in SQLite | type | on PostgreSQL |", "|---|---|---|---|"]
    lines += [
        f"| `{name}` | `{value}` | `{kind}` | `{held}` |"
        for (name, kind, _, value), held in zip(_EXAMPLES, row or (), strict=True)
    ]
    return "\n".join(lines) + "\n"


_SECTIONS: Mapping[str, Callable[[Path], str]] = {
    "rule-facts": _rule_facts,
    "rule-index": _rule_index,
    "functions": _functions,
    "pragmas": _pragmas,
    "declared-types": _declared,
    "boolean-spellings": _booleans,
}


def excerpt(output: str, entry: Rule) -> str:
    """Of a report, the lines that speak of one rule; any other output whole."""
    head = re.search(rf"^  {entry.severity.value.upper()} +{re.escape(entry.id)}\b.*$", output, re.MULTILINE)
    if head is None:
        return output
    return "…\n" + output[head.start() :].partition("\n\n")[0].rstrip("\n") + "\n…\n"


def fresh_rule_page(page: Path, text: str, url: str) -> str:
    """The page of a rule with the output that its example really gives."""
    with tempfile.TemporaryDirectory() as folder:
        session = snippets.Session(directory=Path(folder).resolve(), url=url)
        ran = list(snippets.run_page(text, session))
    bodies: dict[tuple[int, int], str] = {}
    for entry in ran:
        if "internal error" in entry.output:
            raise ExampleError(f"{page.name}: {entry.command.text}: {entry.output.strip()}")
        shown = excerpt(entry.output, rule(page.stem)).strip("\n").replace(str(session.directory), "…")
        begun = bodies.get(entry.block.span, "")
        bodies[entry.block.span] = begun + f"$ {entry.command.text}\n" + (shown + "\n" if shown else "")
    for (begin, end), body in sorted(bodies.items(), reverse=True):
        text = text[:begin] + "\n".join(line.rstrip() for line in body.splitlines()) + "\n" + text[end:]
    return text


def draw(database: Path) -> str:
    """docs/run.svg: `outgrow move` of that database, as a terminal shows it."""
    from rich.console import Console  # noqa: PLC0415 - only the picture needs it

    from outgrow.move.migrate import Request, move  # noqa: PLC0415
    from outgrow.move.progress import Silent  # noqa: PLC0415
    from outgrow.options import Options  # noqa: PLC0415
    from outgrow.report.svg import run_svg  # noqa: PLC0415
    from outgrow.report.text import show_result  # noqa: PLC0415

    console = Console(record=True, width=96, file=Path("/dev/null").open("w"), force_terminal=True)  # noqa: SIM115
    home = Path(tempfile.mkdtemp(prefix="outgrow-picture-", dir="/tmp"))
    with throwaway(home) as cluster, tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(database, folder))
        target = cluster.ensure_database(database.stem)
        made = move(Request(source=str(copy), target=target, options=Options()), Silent())
    console.print(f"[bold]$[/] outgrow move examples/{database.name}", highlight=False)
    from dataclasses import replace  # noqa: PLC0415

    told = replace(made, source=f"examples/{database.name}", target=f"postgresql:///{database.stem}")
    show_result(console, told)
    return run_svg(console, title="outgrow move")


def stale(url: Callable[[Path], str]) -> Iterator[tuple[Path, str]]:
    """Pages whose text is not what it should be, with the text they should have.

    `url` gives a fresh database for a page's example.
    """
    for page in pages():
        try:
            text = fresh(page, url)
        except ExampleError as error:
            sys.stderr.write(f"{error}\n")
            continue
        if not page.exists() or text != page.read_text(encoding="utf-8"):
            yield page, text


def main(words: list[str]) -> int:
    """Writes what is stale, or only names it; 1 when `--check` finds something."""
    if words[:1] == ["--picture"]:
        (DOCS / "run.svg").write_text(draw(Path(words[1])), encoding="utf-8")
        return 0
    home = Path(tempfile.mkdtemp(prefix="outgrow-docs-", dir="/tmp"))
    with throwaway(home) as cluster:
        found = dict(stale(lambda page: cluster.ensure_database(page.stem)))
    for page, text in found.items():
        sys.stdout.write(f"{page.relative_to(DOCS.parent)}\n")
        if words != ["--check"]:
            page.write_text(text, encoding="utf-8")
    return 1 if found and words == ["--check"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
