"""doit, a task runner: what it has done and of what, kept in a table of pickles or JSON."""

from __future__ import annotations

from lockstep.program import Program

_DODO = """
DOIT_CONFIG = {"backend": "sqlite3", "dep_file": "doit.db", "verbosity": 2}

def task_copy():
    for n in (1, 2, 3):
        yield {"name": n, "file_dep": [f"in{n}.txt"], "targets": [f"out{n}.txt"], "clean": True,
               "actions": [f"cp in{n}.txt out{n}.txt"]}

def task_join():
    return {"file_dep": ["out1.txt", "out2.txt", "out3.txt"], "targets": ["all.txt"],
            "actions": ["cat out1.txt out2.txt out3.txt > all.txt", "cat all.txt"]}

def task_count():
    return {"actions": [lambda: {"lines": len(open("all.txt").readlines()), "ü": 1.5}], "task_dep": ["join"]}

def task_show():
    return {"actions": ["echo lines: %(lines)s"], "getargs": {"lines": ("count", "lines")},
            "uptodate": [False]}

def task_once():
    return {"actions": ["echo once"], "uptodate": [True]}

def task_fails():
    return {"actions": ["false"], "file_dep": ["in1.txt"]}
"""

DOIT = Program(
    name="doit",
    packages=("doit",),
    database="doit.db",
    files={
        "dodo.py": _DODO,
        **{f"in{n}.txt": f"line {n}\nzwei\n" for n in (1, 2, 3)},
        "other.txt": "changed\n",
    },
    prepare=("doit run copy join once",),
    commands=(
        "doit list --all --status",
        "doit run copy join count show once",
        "doit run copy join count show once",
        "doit info join",
        "doit fails",
        "doit list --status",
        "python -c \"import shutil; shutil.copy('other.txt', 'in2.txt')\"",
        "doit list --all --status",
        "doit run join show",
        "doit run join show",
        "doit ignore join",
        "doit run join",
        "doit forget join",
        "doit run join",
        "doit reset-dep copy",
        "doit clean copy",
        "doit run copy",
        "doit forget --all",
        "doit list --all --status",
        "doit run --always copy join once",
        "doit dumpdb",
        "doit nonsense",
    ),
)
