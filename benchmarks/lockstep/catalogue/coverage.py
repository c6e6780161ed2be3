"""coverage.py: every measured run writes bit sets and contexts to its file; reports, merging, erasing."""

from __future__ import annotations

from lockstep.program import Program

_APP = """
import sys, helper

class Shape:
    def area(self):
        raise NotImplementedError

class Square(Shape):
    def __init__(self, side):
        self.side = side
    def area(self):
        if self.side < 0:
            return None
        return self.side ** 2

def main(words):
    for word in words or ["3"]:
        if word.startswith("x"):
            print("skipped")
        elif word == "help":
            print(helper.text(len(words)))
        else:
            print(Square(int(word)).area())

main(sys.argv[1:])
"""
_HELPER = """
def text(n):
    if n > 1:
        return "many"
    return "one"

def never():  # pragma: no cover
    return 1
"""
_CONFIG = (
    "[run]\nbranch = True\ndata_file = .coverage\nrelative_files = True\n[report]\nshow_missing = True\n"
)

COVERAGE = Program(
    name="coverage",
    packages=("coverage",),
    database=".coverage",
    files={"app.py": _APP, "helper.py": _HELPER, ".coveragerc": _CONFIG},
    prepare=("coverage run --context=first app.py 1 2", "coverage run -a --context=second app.py help"),
    commands=(
        "coverage report",
        "coverage report --format=markdown --sort=cover",
        "coverage report --include=helper.py",
        "coverage report --contexts=second",
        "coverage report --fail-under=99",
        "coverage run -a --context=third app.py x 5 help",
        "coverage report",
        "coverage run -a --context=fourth app.py -3",
        "coverage run -a app.py nonsense",
        "coverage report --skip-covered",
        "coverage json -o out.json --show-contexts --pretty-print",
        "coverage xml -o out.xml",
        "coverage lcov -o out.lcov",
        "coverage annotate -d annotated",
        "coverage html -d html --show-contexts -q",
        "coverage debug data",
        "coverage debug sys --nosuch",
        "coverage run -a --context=fifth app.py 9",
        "coverage report --contexts='first|fifth' --show-missing",
        "coverage report --precision=2 --omit='help*'",
        "coverage report --data-file=nowhere",
        "coverage run -a --branch --source=. app.py 2 4",
        "coverage report",
    ),
    left_out={
        "coverage run (without -a), coverage erase": "they remove the database file and begin a new one",
        "coverage combine": "it reads the other file by ATTACH",
    },
)
