"""`python benchmarks/sqllogictest.py PATH...`: the same SQL on SQLite and, translated, on PostgreSQL.

Runs sqllogictest files, counts same / different / refused / error, and can make such files.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from logictest.databases import databases
from logictest.generate import SHAPES, generate
from logictest.reader import FormatError, read
from logictest.report import Tally
from logictest.runner import KINDS, Compared, FileRun
from logictest.target import TranslatedTarget
from outgrow.options import TYPE_POLICIES, Options


def main(words: Sequence[str] | None = None) -> int:
    """Runs or makes the files that the arguments name; 1 when the engines do not agree everywhere."""
    arguments = _arguments(words)
    if arguments.generate is not None:
        for path in generate(arguments.generate, arguments.seed, arguments.count, arguments.shape):
            print(path)
        return 0
    files = list(_files(arguments.paths))
    total = Tally(keep=arguments.verbose or 0)
    print(" / ".join(KINDS))
    with databases(arguments.to) as server:
        target = TranslatedTarget(server, Options(types=arguments.types))
        try:
            for file in files:
                total.add(_run(file, target, arguments))
        finally:
            target.close()
    print(f"{len(files)} files: {total.line()}")
    if arguments.verbose:
        print("\n".join(total.details()))
    return 1 if total.counts["different"] or total.counts["error"] or total.unread else 0


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files, or folders of *.test")
    parser.add_argument("--to", metavar="URL", help="a server where databases may be made [a throwaway one]")
    parser.add_argument(
        "--verbose",
        nargs="?",
        type=int,
        const=10,
        metavar="N",
        help="show reasons and the first N of each kind [10]",
    )
    parser.add_argument("--stop-after", type=int, metavar="N", help="leave a file after N compared records")
    parser.add_argument(
        "--types", choices=TYPE_POLICIES, default="inferred", help="as of outgrow move [inferred]"
    )
    parser.add_argument("--generate", type=Path, metavar="FOLDER", help="instead: write files there")
    parser.add_argument("--seed", type=int, default=1, help="of the files that are made [1]")
    parser.add_argument("--count", type=int, default=200, help="queries in each of them [200]")
    parser.add_argument(
        "--shape", action="append", choices=sorted(SHAPES), help="make only files of this shape (repeatable)"
    )
    arguments = parser.parse_args(words)
    if not arguments.paths and arguments.generate is None:
        parser.error("name a file or a folder, or --generate FOLDER")
    return arguments


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.test")) if path.is_dir() else [path]


def _run(file: Path, target: TranslatedTarget, arguments: argparse.Namespace) -> Tally:
    """Runs one file and prints its line."""
    tally, begin = Tally(keep=arguments.verbose or 0), time.perf_counter()

    def skipped(error: FormatError) -> None:
        print(f"{file}: {error}", file=sys.stderr)
        tally.unread += 1

    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    events = FileRun(target).events(read(text, skipped=skipped))
    try:
        for event in events:
            tally.take(event, str(file))
            if isinstance(event, Compared) and tally.compared == arguments.stop_after:
                break
    finally:
        events.close()
    seconds = time.perf_counter() - begin
    print(f"{file}: {tally.line()}  {seconds:.1f} s, {tally.compared / seconds:.0f}/s", flush=True)
    return tally


if __name__ == "__main__":
    sys.exit(main())
