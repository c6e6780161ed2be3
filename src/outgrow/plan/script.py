"""The plan as one SQL script that loads on an empty PostgreSQL: pre-data, then post-data.

Called by `cli.plan` for `--sql`; made from the very statements that `move` carries out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outgrow.plan.model import Phase, Plan, Statement


def script(plan: Plan) -> str:
    """All statements in order; the data belongs between the two parts.

    What is left behind stands at the end as comments. Plain SQL, no command of psql's.
    """
    parts = [
        f"-- PostgreSQL schema for {_one_line(plan.source)}, made by outgrow plan --sql\n",
        "SET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n",
    ]
    if plan.needs_pgvector:
        parts.append("CREATE EXTENSION IF NOT EXISTS vector;\n")
    for phase in ("pre-data", "post-data"):
        parts.append(f"\n-- {phase}\n")
        parts += _part(plan.statements, phase)
    left = [outcome for outcome in plan.outcomes if outcome.fate == "left"]
    if left:
        parts.append("\n-- left behind\n")
    for outcome in left:
        parts.append(f"-- {outcome.kind}: {_one_line(outcome.name)}: {_one_line(outcome.reason)}\n")
        parts += [f"--   {line}\n" for line in _lines(outcome.text)]
    return "".join(parts)


def _part(statements: Iterable[Statement], phase: Phase) -> Iterator[str]:
    for statement in statements:
        if statement.phase == phase:
            yield f"\n-- {_one_line(statement.why)}\n"
            yield "".join(f"{sql};\n" for sql in statement.script)


def _one_line(text: str) -> str:
    return " ".join(_lines(text))


def _lines(text: str) -> list[str]:
    """Lines without what could end a comment early: every kind of line end is taken as one."""
    return [
        "".join(char if char.isprintable() or char == "\t" else "?" for char in line)
        for line in text.splitlines()
    ]
