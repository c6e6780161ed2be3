"""IPython's history of all sessions: lines and their output, written by a thread, searched by GLOB."""

from __future__ import annotations

from lockstep.program import Mask, Program, Typed

_I = "ipython --simple-prompt --no-confirm-exit --no-banner --colors=nocolor"
_LATER = "%history -g -l 4\n%history -g *prod*\n%hist -o ~1/1-3\n%history -n 1-2\n%recall 1\n1/0\nquit\n"
_CONFIG = "c = get_config()\nc.HistoryManager.db_log_output = True\nc.HistoryManager.db_cache_size = 2\n"

IPYTHON = Program(
    name="ipython",
    packages=("ipython",),
    database=".ipython/profile_default/history.sqlite",
    files={
        ".ipython/profile_default/ipython_config.py": _CONFIG,
        "code.py": "x = 5\nprint('from a file', x)\n",
    },
    prepare=(
        Typed(line=_I, stdin="a = 6\na * 7\n'pröd'\nfor i in range(2):\n    print(i)\n\nquit\n"),
        Typed(line=_I, stdin="b = 1\nprod = 'a product'\nprod\nquit\n"),
    ),
    commands=(
        Typed(line=_I, stdin="%history -g\n%history -g 6\n%history ~2/1-~1/2\nquit\n"),
        Typed(line=_I, stdin=_LATER),
        Typed(
            line=_I, stdin="%run code.py\n%rerun\n%history -f out.txt ~3/1-4\nprint(open('out.txt').read())\n"
        ),
        Typed(line=_I, stdin="%macro m ~1/1-2\nm\n%history -t -p -n -l 3\n%save -f saved.py ~2/1-2\nquit\n"),
        Typed(line=_I, stdin="%history -u -g *a*\n%history -g -u -l 2 pr*\nquit\n"),
        Typed(line=_I, stdin="_ih[-1]; get_ipython().history_manager.get_last_session_id()\nquit\n"),
        Typed(
            line=_I,
            stdin="h = get_ipython().history_manager\nh.name_session('Mine')\n"
            "h.db.execute('SELECT session, num_cmds, remark FROM sessions').fetchall()\n"
            "list(h.search('*6*', output=True, n=3))\nlist(h.get_tail(4, include_latest=True))\n"
            "h.get_session_info(1)[3:]\nquit\n",
        ),
        Typed(line=_I, stdin="'after'\n%history -g\nquit\n"),
    ),
    left_out={
        f"ipython history {verb}": "it makes a new file and renames it, which outgrow says, with exit code 3"
        for verb in ("trim", "clear")
    },
    masks=(
        Mask(pattern=r"datetime\.datetime\([^)]*\)", why="the moment of a session"),
        Mask(pattern=r"\d+\.\d+ ?[mµn]?s\b", why="how long something took"),
    ),
    not_compared=("*.sqlite*", "*.pid", "*.json"),
)
