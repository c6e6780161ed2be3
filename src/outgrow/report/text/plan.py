"""A few lines after `plan -o`: how much was written down and what asks for a look."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from outgrow.findings import Severity, unallowed
from outgrow.plan.model import Plan
from outgrow.report.figures import counted
from outgrow.report.inspection import by_rule
from outgrow.report.text.findings import severity_counts
from outgrow.report.text.layout import STYLES, grid, prose, safe


def show_plan(console: Console, plan: Plan) -> None:
    """Print the plan's summary."""
    for line in plan_lines(plan, console.width):
        console.print(line, soft_wrap=True, highlight=False)


def plan_lines(plan: Plan, width: int) -> Iterator[Text]:
    """What is planned, the findings per rule, and whether any would stop a move."""
    moving = [table for table in plan.tables if not table.leave]
    columns = sum(len(table.columns) for table in moving)
    before = sum(statement.phase == "pre-data" for statement in plan.statements)
    after = len(plan.statements) - before
    rows = sum(table.rows for table in moving)
    text = (
        f"{counted(len(moving), 'table')}, {counted(columns, 'column')}, {counted(rows, 'row')} to schema "
        f"{plan.schema}: {counted(before, 'statement')} before the data, {after} after"
    )
    yield from prose(text, width, indent=0)
    left = len(plan.tables) - len(moving)
    if left:
        yield Text(f"{counted(left, 'table')} left out by the plan")
    yield severity_counts(plan.findings)
    groups = [
        [
            Text(group.rule.severity.value, style=STYLES[group.rule.severity]),
            Text(group.rule.id, style="bold"),
            Text(counted(len(group.findings), "finding")),
            safe(group.rule.title, "dim"),
        ]
        for group in by_rule(plan.findings)
    ]
    yield from grid(groups, width)
    if unallowed(plan.findings, Severity.STOP, frozenset()):
        yield Text("A move would stop; `outgrow inspect` names the values.", style="bold red")
