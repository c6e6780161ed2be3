"""What a replay found, as lines for people and as a document for programs.

Values in, text out; used by `cli.replay`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from outgrow.report.figures import counted, duration
from outgrow.report.printable import printable
from outgrow.runtime.launch.comparing import MEANINGS, Comparison, Difference, Group, percentile
from outgrow.runtime.launch.state import Standing

_SHOWN = 20  # distinct statements with differences
_SLOWEST = 5
_WIDTH = 100


def as_json(comparison: Comparison, facts: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """The document of `--json`, described in docs/reference/recording.md. Times are in microseconds."""
    groups = list(comparison.groups.values())
    return {
        **facts,
        "agreement": standing.agreement,
        "warnings": list(standing.warnings),
        **_totals(groups),
        "times": _times(
            [v for g in groups for v in g.sqlite_us], [v for g in groups for v in g.postgresql_us]
        ),
        "statements": [_group(group) for group in groups],
    }


def lines(comparison: Comparison, facts: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    groups = list(comparison.groups.values())
    totals = _totals(groups)
    place = f"a copy of database {facts['database']}" if facts["copy"] else f"database {facts['database']}"
    yield (
        f"{facts['recording']}: {counted(totals['calls'], 'call')}, {totals['distinct']:,} distinct, of "
        f"{counted(facts['connections'], 'connection')}; on {place}"
    )
    yield ""
    yield f"  same           {totals['same']:>9,}" + (
        f"   {totals['reordered']:,} of them in another order, without ORDER BY"
        if totals["reordered"]
        else ""
    )
    yield f"  not compared   {sum(totals['not_compared'].values()):>9,}"
    for why, number in Counter(totals["not_compared"]).most_common():
        yield f"    {number:>9,}  {why}"
    different = [group for group in groups if group.differing]
    of = f"   of {counted(len(different), 'distinct statement')}" if different else ""
    yield f"  differences    {totals['differing']:>9,}{of}"
    if facts["steered"]:
        yield f"  numbers        {facts['steered']:>9,}   new rows got SQLite's; PostgreSQL leaves gaps"
    if facts["left_out"]:
        yield f"  left out       {facts['left_out']:>9,}   functions defined, blobs opened and the like"
    for group in sorted(different, key=_weight)[:_SHOWN]:
        yield ""
        yield from _shown(group)
    if len(different) > _SHOWN:
        yield ""
        yield f"  and {counted(len(different) - _SHOWN, 'more statement')}; --json has all"
    yield from _time_lines(groups)


def _shown(group: Group) -> Iterator[str]:
    yield f"  {_short(group.sql)}"
    for kind in MEANINGS:
        if kind in group.kinds:
            yield f"    {MEANINGS[kind]}: {group.kinds[kind]:,} of {group.runs:,}"
            yield from _first(group.first[kind])


def _first(difference: Difference) -> Iterator[str]:
    if difference.parameters:
        yield f"      with        {_short(json.dumps(difference.parameters, ensure_ascii=False))}"
    yield f"      SQLite      {_short(difference.sqlite)}"
    yield f"      PostgreSQL  {_short(difference.postgresql)}"


def _time_lines(groups: Sequence[Group]) -> Iterator[str]:
    lite = [value for group in groups for value in group.sqlite_us]
    post = [value for group in groups for value in group.postgresql_us]
    if not lite:
        return
    yield ""
    yield "  time           SQLite  PostgreSQL"
    yield f"  all       {duration(sum(lite) / 1e6):>11} {duration(sum(post) / 1e6):>11}"
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        there, here = _milliseconds(percentile(lite, share)), _milliseconds(percentile(post, share))
        yield f"  {name}       {there:>11} {here:>11}"
    yield ""
    yield "  slowest against SQLite, by p50"
    for group in sorted(groups, key=_ratio, reverse=True)[:_SLOWEST]:
        if group.sqlite_us:
            both = (percentile(group.sqlite_us, 0.5), percentile(group.postgresql_us, 0.5))
            there, here = map(_milliseconds, both)
            yield (
                f"    x{_ratio(group):<6.1f}{there:>11} {here:>11}  "
                f"{len(group.sqlite_us):,} times  {_short(group.sql, 50)}"
            )


def _totals(groups: Sequence[Group]) -> dict[str, Any]:
    not_compared: Counter[str] = sum((group.not_compared for group in groups), Counter())
    return {
        "calls": sum(group.runs for group in groups),
        "distinct": len(groups),
        "same": sum(group.same for group in groups),
        "reordered": sum(group.reordered for group in groups),
        "not_compared": dict(not_compared),
        "differing": sum(group.differing for group in groups),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "sql": group.sql,
        "runs": group.runs,
        "same": group.same,
        "reordered": group.reordered,
        "not_compared": dict(group.not_compared),
        "differing": group.differing,
        "differences": {
            kind: {
                "count": number,
                "first": {
                    "parameters": group.first[kind].parameters,
                    "sqlite": group.first[kind].sqlite,
                    "postgresql": group.first[kind].postgresql,
                },
            }
            for kind, number in group.kinds.items()
        },
        "times": _times(group.sqlite_us, group.postgresql_us),
    }


def _times(sqlite: Sequence[int], postgresql: Sequence[int]) -> dict[str, Any]:
    return {
        name: {"total": sum(values), "p50": percentile(values, 0.5), "p95": percentile(values, 0.95)}
        for name, values in (("sqlite", sqlite), ("postgresql", postgresql))
    }


def _weight(group: Group) -> tuple[int, int]:
    """The worst kind first, of those the most frequent."""
    order = list(MEANINGS)
    return min(order.index(kind) for kind in group.kinds), -group.differing


def _ratio(group: Group) -> float:
    return percentile(group.postgresql_us, 0.5) / max(percentile(group.sqlite_us, 0.5), 1)


def _milliseconds(us: int) -> str:
    return f"{us / 1000:.2f} ms"


def _short(text: str, width: int = _WIDTH) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"
