"""`outgrow sql`: one or more SQLite statements, as PostgreSQL takes them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outgrow.cli import common
from outgrow.errors import ConfigError, TranslationError

if TYPE_CHECKING:
    from outgrow.move.define import Attached, Defined
    from outgrow.options import Options
    from outgrow.plan.overrides import Overrides
    from outgrow.schema.target import TargetModel
    from outgrow.translate.statement import Translated


def command(
    statement: Annotated[
        str | None,
        typer.Argument(metavar="STATEMENT", help="SQLite's SQL; read from standard input if absent."),
    ] = None,
    db: Annotated[
        Path | None, typer.Option("--db", metavar="SOURCE", help="The SQLite file whose schema it speaks of.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="URL", help="The moved database whose schema it speaks of.")
    ] = None,
    schema: common.Schema = None,
    types: common.Types = None,
    names: common.Names = None,
    plan: common.PlanPath = None,
    json: common.Json = False,
) -> None:
    """Print what a SQLite statement is on PostgreSQL, and what is to be known about it.

    Exit codes: 0 all translated; 1 a statement that PostgreSQL cannot do the same; 2 usage; 3 source; 4
    target.
    """
    from outgrow.schema.lexer import TokenError, statements  # noqa: PLC0415 - `--help` does without

    if (db is None) == (to is None):
        raise ConfigError("name the schema: --db SOURCE for a SQLite file, or --to URL for a moved database")
    if to is not None and any((types, names, plan)):
        raise ConfigError(
            "a moved database remembers its --types, --names and --plan; leave them out with --to"
        )
    text = statement if statement is not None else sys.stdin.read()
    given = common.read_plan_file(plan)
    options = common.make_options(given, schema=schema, types=types, names=names, allow=None)
    if db is not None:
        session = _Session(*_of_file(db, options, given.overrides), options)
    else:
        session = _Session(*_of_target(str(to), options.schema), str(to))
    found: list[dict[str, Any]] = []
    try:
        parts = list(statements(text))
    except TokenError as error:
        raise ConfigError(
            f"the SQL cannot be read: {error.reason} at character {error.offset + 1}; mend it"
        ) from error
    for sql in parts:
        try:
            found.append(session.told(sql))
        except TranslationError as error:
            found.append({"sqlite": sql, "refused": error.missing, "reason": str(error)})
    if not found:
        raise ConfigError("there is no statement to translate; give one, or pipe some in")
    if json:
        common.print_json(found)
    else:
        _show(found)
    raise typer.Exit(int(any("refused" in entry for entry in found)))


@dataclass(slots=True)
class _Session:
    """What the statements speak of, which definitions and ATTACH change for those after them."""

    model: TargetModel
    texts: tuple[str, ...]
    options: Options
    url: str | None = None
    attached: dict[str, Attached] = field(default_factory=dict)

    def told(self, sql: str) -> dict[str, Any]:
        """One statement, translated; TranslationError when it cannot be."""
        from outgrow.move.define import define, is_definition  # noqa: PLC0415 - heavy
        from outgrow.translate.statement import translate_statement  # noqa: PLC0415

        if is_definition(sql):
            attached = [*self.attached.values()]
            made = define(sql, schema=self.texts, model=self.model, options=self.options, attached=attached)
            if made.database:
                there = replace(self.attached[made.database], schema=made.schema, model=made.model)
                self._attach({**self.attached, made.database: there})
            else:
                self.model, self.texts = made.model, made.schema
            return _defined(sql, made)
        found = self._attachment(sql)
        if found is not None:
            return found
        return _told(sql, translate_statement(sql, model=self.model, bytewise=self.options.bytewise))

    def _attach(self, attached: dict[str, Attached]) -> None:
        self.attached = attached
        models = tuple((name, each.model) for name, each in attached.items())
        self.model = replace(self.model, attached=models)

    def _attachment(self, sql: str) -> dict[str, Any] | None:
        """ATTACH or DETACH in a moved database; None for any other statement."""
        from outgrow.move.remembered import attach  # noqa: PLC0415 - heavy
        from outgrow.translate.control import detached  # noqa: PLC0415

        if self.url is None:
            return None
        findings: list[str] = []
        after = detached(sql, self.model)
        if after is not None:
            left = {name for name, _ in after.attached}
            self._attach({name: each for name, each in self.attached.items() if name in left})
        else:
            found = attach(self.url, sql, self.model)
            if found is None:
                return None
            self._attach({**self.attached, found[0].name: found[0]})
            findings.append(found[1])
        return {"sqlite": sql, "postgresql": "", "findings": findings}


def _of_file(path: Path, options: Options, overrides: Overrides) -> tuple[TargetModel, tuple[str, ...]]:
    """The model of a file, and SQLite's CREATE texts."""
    from outgrow.move.confirm import confirm  # noqa: PLC0415 - heavy
    from outgrow.move.examine import examine  # noqa: PLC0415
    from outgrow.move.progress import Silent  # noqa: PLC0415
    from outgrow.sqlite.connect import open_snapshot  # noqa: PLC0415
    from outgrow.sqlite.header import first_look  # noqa: PLC0415

    first_look(path.resolve())
    with open_snapshot(path, readers=4) as snapshot:
        examined = examine(snapshot, jobs=2, progress=Silent(), overrides=overrides, rowids=options.rowids)
        made = confirm(snapshot, examined, options, overrides, jobs=2, progress=Silent())
        with snapshot.apsw() as connection:
            texts = connection.execute(_TEXTS).fetchall()
    return made.model, tuple(str(text) for (text,) in texts)


_TEXTS = """
SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY rowid
"""


def _of_target(url: str, schema: str) -> tuple[TargetModel, tuple[str, ...], Options]:
    """The same of a moved database, and the options that it was moved with."""
    from outgrow.move.remembered import remembered  # noqa: PLC0415 - heavy

    found = remembered(url, schema)
    return found.model, found.texts, found.options


def _defined(sql: str, made: Defined) -> dict[str, Any]:
    text = ";\n".join(made.statements)
    return {"sqlite": sql, "postgresql": text, "findings": list(made.findings)}


def _told(sql: str, found: Translated) -> dict[str, Any]:
    told: dict[str, Any] = {"sqlite": sql, "postgresql": found.sql}
    if found.rows is not None:
        told["answer"] = [list(row) for row in found.rows]
    if found.columns:
        told["columns"] = [{"name": c.label, "kind": c.kind, "type": c.type} for c in found.columns]
    if found.parameters:
        names = {number: name for name, number in found.names}
        told["parameters"] = [
            {"number": number, "name": names.get(number), "kind": kind}
            for number, kind in enumerate(found.parameters, 1)
        ]
    notes = list(found.findings)
    if "sqlite." in found.sql:
        notes.append("calls functions of the schema sqlite, which outgrow installs in the target")
    if any(name in found.sql for name in ("sqlite.pragma_", "sqlite.sqlite_master(")):
        notes.append("says what SQLite said at the move; what was defined in the target later is not in it")
    notes += [
        f"column {column.label} comes tagged: a letter for the storage class (i, r, t, b) before each value"
        for column in found.columns
        if column.kind == "tagged" and found.sql
    ]
    told["findings"] = notes
    return told


def _show(found: list[dict[str, Any]]) -> None:
    for entry in found:
        if "refused" in entry:
            typer.echo(f"-- refused: {entry['reason']}")
            typer.echo("".join(f"--   {line}\n" for line in entry["sqlite"].splitlines()), nl=False)
            continue
        typer.echo(f"{entry['postgresql']};" if entry["postgresql"] else "-- nothing to run")
        for row in entry.get("answer", []):
            typer.echo(f"-- answer: {', '.join(map(str, row))}")
        for parameter in entry.get("parameters", []):
            name = f" ({parameter['name']})" if parameter["name"] else ""
            typer.echo(f"-- ${parameter['number']}{name}: {parameter['kind']}")
        for note in entry["findings"]:
            typer.echo(f"-- {note}")
