"""What was measured, as Markdown: medians, ratios to the floor and to pgloader, stages, machine facts."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from measure import Ran, median


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratios(runs: Mapping[str, Sequence[Ran]]) -> str:
    """One line per competitor; the floor and pgloader, where they ran, are the units."""
    seconds = {name: median([ran.seconds for ran in found]) for name, found in runs.items()}
    floor, pgloader = seconds.get("floor"), seconds.get("pgloader")
    rows = []
    for name, found in runs.items():
        if not found:
            rows.append((name, "failed", *[""] * 6))
            continue
        processor, peak = median([ran.processor for ran in found]), max(ran.peak for ran in found)
        server = median([ran.server for ran in found])
        rows.append((
            name,
            f"{seconds[name]:.1f}",
            f"{min(r.seconds for r in found):.1f} … {max(r.seconds for r in found):.1f}",
            f"{seconds[name] / floor:.2f}" if floor else "",
            f"{seconds[name] / pgloader:.2f}" if pgloader else "",
            f"{processor:.1f}" if processor else "",
            f"{server:.1f}",
            f"{peak / 2**20:.0f}" if peak else "",
        ))  # fmt: skip
    head = (
        "",
        "seconds (median)",
        "all runs",
        "/ floor",
        "/ pgloader",
        "own CPU s",
        "server CPU s",
        "own peak MiB",
    )
    return markdown(head, rows)


def stages(found: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Median seconds per stage of outgrow's own clock."""
    names = list(dict.fromkeys(stage for runs in found.values() for run in runs for stage in run))
    rows = [
        (command, *(f"{median([run[n] for run in runs]):.2f}" if n in runs[0] else "" for n in names))
        for command, runs in found.items()
    ]
    return markdown(("stage", *names), rows)


def machine(server_version: str) -> str:
    """Where and with what it was measured."""
    parts = ("adbc-driver-sqlite", "adbc-driver-postgresql", "pyarrow", "pgpq", "psycopg")
    return (
        f"{len(os.sched_getaffinity(0))} CPUs ({_processor()}), {_memory() / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"PostgreSQL {server_version}, "
        + ", ".join(f"{part} {version(part)}" for part in parts)
        + f"; load before the first run {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
