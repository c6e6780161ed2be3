"""urlwatch, which tells what has changed: minidb, which makes tables of classes, and one row a change."""

from __future__ import annotations

from lockstep.program import Mask, Program

_JOBS = """
name: "One"
command: "cat one.txt"
---
name: "Two ü"
command: "cat two.txt"
filter:
  - grep: line
---
name: "Missing"
command: "cat missing.txt"
"""
_U = "urlwatch --urls {home}/urls.yaml --config {home}/config.yaml --cache {home}/cache.db"
_ADD = "python -c \"open('{}', 'a').write('line {}\\n')\""

URLWATCH = Program(
    name="urlwatch",
    packages=("urlwatch",),
    database="cache.db",
    files={
        "urls.yaml": _JOBS,
        "config.yaml": "report:\n  stdout: {color: false, enabled: true}\n",
        "one.txt": "line 1\nother ü\n",
        "two.txt": "line 2\nother\n",
    },
    # One job at a time: it runs them side by side, and takes them as they come.
    prepare=(f"{_U} 1", f"{_U} 2", f"{_U} 3", _ADD.format("one.txt", 3), f"{_U} 1"),
    commands=(
        f"{_U} 1",
        f"{_U} --list",
        f"{_U} --dump-history 1",
        _ADD.format("one.txt", 4),
        _ADD.format("two.txt", 5),
        f"{_U} 1",
        f"{_U} 2",
        f"{_U} 2",
        f"{_U} --dump-history 1",
        f"{_U} --dump-history 2",
        f"{_U} 3",
        _ADD.format("missing.txt", 6),
        f"{_U} 3",
        f"{_U} --dump-history 3",
        f"{_U} --test-filter 2",
        f"{_U} --test-diff-filter 1",
        f"{_U} --add 'command=cat one.txt,name=Four'",
        f"{_U} 4",
        f"{_U} --delete 1",
        f"{_U} --gc-cache",
        f"{_U} --gc-cache 1",
        f"{_U} --dump-history 2",
        f"{_U} --change-location 2 'cat one.txt'",
        f"{_U} --list",
        f"{_U} 2",
        f"{_U} --nonsense",
    ),
    masks=(
        Mask(pattern=r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", why="the moment of a look"),
        Mask(pattern=r"[\d.]+ seconds?", why="how long it took"),
    ),
)
