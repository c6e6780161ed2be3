"""`python benchmarks/programs.py`: real programs on SQLite and, unmodified, under `outgrow run`.

Installs them into an environment of their own, has each make its data on SQLite, moves that, and runs the
same commands on both; compares output, errors, exit codes, and what all tables hold at the end.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import table
from lockstep import report
from lockstep.catalogue import PROGRAMS
from lockstep.masks import Masks
from lockstep.program import Program
from lockstep.runner import Played, PrepareError, Step, play
from outgrow.embedded.throwaway import throwaway


def main(words: Sequence[str] | None = None) -> int:
    """Runs the programs; 1 where something is different that is not known to be."""
    arguments = _arguments(words)
    wanted = [program for program in PROGRAMS if not arguments.only or program.name in arguments.only]
    with tempfile.TemporaryDirectory(prefix="outgrow-programs-") as folder:
        scripts = arguments.scripts or _installed(wanted, Path(folder) / "venv")
        with _databases(control=arguments.control) as database:
            played, failed = [], []
            told = _told if arguments.verbose else _marked
            for program in wanted:
                print(f"{program.name} ", end="", file=sys.stderr, flush=True)
                url = database(f"program_{program.name.replace('-', '_')}")
                place = Path(folder) / program.name
                try:
                    played.append(play(program, folder=place, scripts=scripts, url=url, told=told))
                except PrepareError as error:
                    failed.append(f"{program.name}: {error}")
                print(file=sys.stderr)
        _print(played, failed, scripts, arguments)
    return int(bool(failed) or not all(map(report.is_same, played)))


@contextmanager
def _databases(*, control: bool) -> Iterator[Callable[[str], str]]:
    """What gives the URL of an empty database; "" for a control."""
    if control:
        yield lambda _: ""
        return
    with throwaway(Path(tempfile.mkdtemp(prefix="outgrow-programs-server-"))) as cluster:
        cluster.start()
        yield cluster.ensure_database


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], choices=[program.name for program in PROGRAMS])
    parser.add_argument(
        "--scripts",
        type=Path,
        metavar="DIR",
        help="where the programs are installed already [a new environment]",
    )
    parser.add_argument("--outputs", action="store_true", help="print what every command wrote on SQLite")
    parser.add_argument(
        "--control", action="store_true", help="SQLite on both sides: nothing may be different"
    )
    parser.add_argument("--verbose", action="store_true", help="print every difference")
    return parser.parse_args(words)


def _installed(programs: Sequence[Program], folder: Path) -> Path:
    """The scripts of a new environment with the programs in it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    packages = sorted({package for program in programs for package in program.packages})
    subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", *packages], check=True)
    return folder / "bin"


def _marked(_: Program, step: Step, masks: Masks) -> None:
    """A mark for each command on stderr."""
    del masks
    print("D" if step.difference else ".", end="", file=sys.stderr, flush=True)


def _told(program: Program, step: Step, masks: Masks) -> None:
    _marked(program, step, masks)
    for line in report.step_differences(program, step, masks):
        print(line, flush=True)


def _print(
    played: Sequence[Played], failed: Sequence[str], scripts: Path, arguments: argparse.Namespace
) -> None:
    for each in played:
        for line in report.stored_differences(each) if arguments.verbose else ():
            print(line)
        for line in report.outputs(each) if arguments.outputs else ():
            print(line)
    rows = [report.row(each, report.version_of(each.program.version_of(), scripts)) for each in played]
    print(table.markdown(report.HEAD, rows))
    print("\n" + report.total(played))
    for line in (*report.explained(played), *failed):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
