"""`python benchmarks/move.py`: outgrow against the floor and its peers, in one run on one server.

All competitors take turns (A B C, A B C, ...), so that whatever else the machine does meets them
alike; the table holds medians. `--memory` and `--small` measure the other promises: a peak of
memory that does not grow with the rows, and small files that do not wait. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import floor
import measure
import peers
import server
import source_database
import table
from measure import Failed, Ran
from outgrow.embedded.throwaway import throwaway

SHOP = Path(__file__).resolve().parents[1] / "examples" / "shop.db"
NARROW_ROWS = (1_000_000, 10_000_000)
FLOOR = "floor"
"""One session, one statement after the other, as a script of COPY and CREATE would."""
FASTEST, VERIFIED = "outgrow move --no-verify", "outgrow move"


def main() -> None:
    """Measures what the arguments ask for and prints it."""
    arguments = _arguments()
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="outgrow-bench-"))
    try:
        with server.started(folder) as target:
            print(table.machine(target.version()))
            if arguments.memory:
                memory(folder, target)
            if arguments.small:
                small(target, arguments.rounds)
            if not (arguments.memory or arguments.small):
                large(folder, target, arguments)
    finally:
        if arguments.folder is None:
            shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=source_database.FULL, help="rows in all [3450000]")
    parser.add_argument("--rounds", type=int, default=5, help="how often each competitor runs [5]")
    parser.add_argument("--jobs", type=int, default=2, help="streams of outgrow and of the floor [2]")
    parser.add_argument("--folder", type=Path, help="where sources are kept and the server lies [temporary]")
    parser.add_argument(
        "--without", action="append", default=[], metavar="PEER", help="not pgloader, or not duckdb"
    )
    parser.add_argument("--memory", action="store_true", help="instead: peak memory at 1 M and 10 M rows")
    parser.add_argument("--small", action="store_true", help="instead: examples/shop.db, and --help")
    return parser.parse_args()


# --- the large database ---


def large(folder: Path, target: server.Server, arguments: argparse.Namespace) -> None:
    """Floor, outgrow and peers, `rounds` times each, in turn."""
    source = source_database.cached(folder, arguments.rows)
    _say(f"{source.name}: {source.stat().st_size / 1e6:.0f} MB; making the floor's files")
    jobs = str(arguments.jobs)
    outgrow = ("move", str(source), "--jobs", jobs, "--json", "--to")
    measure.outgrow(*outgrow, target.fresh("ready"), "--no-verify")
    ready = floor.prepare(target, "ready")
    target.drop("ready")
    competitors: dict[str, Callable[[str], Ran]] = {
        FLOOR: lambda name: measure.block(lambda: floor.load(target, name, ready, 1)),
        f"{FLOOR}, {jobs} streams": lambda name: measure.block(
            lambda: floor.load(target, name, ready, arguments.jobs)
        ),
        FASTEST: lambda name: measure.outgrow(*outgrow, target.url(name), "--no-verify"),
        VERIFIED: lambda name: measure.outgrow(*outgrow, target.url(name)),
    }
    for peer in peers.installed():
        if peer not in arguments.without:
            competitors[peer] = lambda name, run=peers.RUNNERS[peer]: run(source, target, name)  # type: ignore[misc]
    runs, lost = _in_turn(competitors, source, target, arguments.rounds)
    found = {name: [json.loads(ran.output)["seconds"] for ran in runs[name]] for name in (FASTEST, VERIFIED)}
    print(f"\n{arguments.rows:,} rows, a file of {source.stat().st_size / 1e6:.0f} MB, {jobs} jobs\n")
    print(table.ratios(runs), end="\n\n")
    print(table.stages(found), end="\n\n")
    lacks = ((name, "; ".join(found) or "nothing") for name, found in lost.items())
    print(table.markdown(("", "what the target lacks afterwards"), lacks))


def _in_turn(
    competitors: dict[str, Callable[[str], Ran]], source: Path, target: server.Server, rounds: int
) -> tuple[dict[str, list[Ran]], dict[str, list[str]]]:
    """All runs, and what each target lacks after the first. Only a peer may fail."""
    runs: dict[str, list[Ran]] = {name: [] for name in competitors}
    lost: dict[str, list[str]] = {}
    for number in range(rounds):
        for name, run in competitors.items():
            target.fresh("bench")
            before = target.processor()
            try:
                ran = run("bench")
            except Failed as error:
                if name not in peers.RUNNERS:
                    raise
                lost[name] = [f"everything in round {number + 1}: {error.reason}", *lost.get(name, [])]
                target.drop("bench")
                continue
            time.sleep(0.3)  # until the server has counted the last of its processes
            runs[name].append(replace(ran, server=target.processor() - before))
            _say(f"round {number + 1}: {name} {ran.seconds:.1f} s")
            if len(runs[name]) == 1:
                lost[name] = [*lost.get(name, []), *peers.losses(source, target, "bench")]
            target.drop("bench")
    return runs, lost


# --- memory ---


def memory(folder: Path, target: server.Server) -> None:
    """Peak memory of the tool, without the server, moving and verifying narrow rows."""
    rows = []
    for count in NARROW_ROWS:
        source = source_database.cached(folder, count, narrow_only=True)
        ran = measure.outgrow("move", str(source), "--json", "--to", target.fresh("bench"))
        size = f"{source.stat().st_size / 1e6:.0f}"
        rows.append((f"{count:,}", size, f"{ran.seconds:.1f}", f"{ran.peak / 2**20:.0f}"))
        target.drop("bench")
    print("\n" + table.markdown(("narrow rows", "file MB", "seconds with verification", "peak MiB"), rows))


# --- small files ---


def small(target: server.Server, rounds: int) -> None:
    """The example of the README, and the program's own start."""
    size = f"{SHOP.name} ({SHOP.stat().st_size / 1e6:.1f} MB)"
    running, fresh, start = f"{size}, server running", f"{size}, server to be made", "outgrow --help"
    shown: dict[str, list[Ran]] = {running: [], fresh: [], start: []}
    move = ("move", str(SHOP), "--json")
    measure.outgrow(*move, "--to", target.fresh("bench"))  # writes the bytecode, fills the page cache
    for _ in range(rounds):
        shown[running].append(measure.outgrow(*move, "--to", target.fresh("bench")))
        with _no_server_yet() as home:
            shown[fresh].append(measure.outgrow(*move, OUTGROW_HOME=str(home)))
        shown[start].append(measure.outgrow("--help"))
    target.drop("bench")
    rows = [
        (
            name,
            f"{measure.median([ran.seconds for ran in found]):.2f}",
            f"{min(r.seconds for r in found):.2f} … {max(r.seconds for r in found):.2f}",
            f"{max(ran.peak for ran in found) / 2**20:.0f}",
        )
        for name, found in shown.items()
    ]
    print("\n" + table.markdown(("", "seconds (median)", "all runs", "peak MiB"), rows), end="\n\n")
    print(table.stages({running: [json.loads(ran.output)["seconds"] for ran in shown[running]]}))


@contextmanager
def _no_server_yet() -> Iterator[Path]:
    """An OUTGROW_HOME where nothing is; a server that is started there ends with the block."""
    home = Path(tempfile.mkdtemp(prefix="outgrow-home-"))
    with throwaway(home) as cluster:
        yield home
        cluster.stop(immediate=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
