"""litequeue, a queue of messages: UUIDv7 keys, RETURNING, states, a table WITHOUT ROWID or not."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import sys
from litequeue import LiteQueue
from litequeue import MessageStatus

q = LiteQueue("queue.db", maxsize=12)
verb, *given = sys.argv[1:]
def shown(message):
    return message and (message.data, MessageStatus(message.status).name)
if verb == "put":
    for word in given:
        try:
            print(shown(q.put(word)))
        except Exception as error:
            print(type(error).__name__, error)
elif verb == "work":
    for word in given:
        task = q.pop()
        print(word, shown(task))
        if task is not None:
            verbs = {"done": "done", "failed": "mark_failed", "retry": "retry"}
            getattr(q, verbs.get(word, "get"))(task.message_id)
            print(shown(q.get(task.message_id)))
elif verb == "peek":
    print(shown(q.peek()), q.qsize(), q.empty(), q.full())
elif verb == "list":
    print([shown(m) for m in q.list_locked(0)], [shown(m) for m in q.list_failed()])
elif verb == "prune":
    q.prune("failed" in given)
    q.vacuum()
    print(q.qsize())
elif verb == "transaction":
    try:
        with q.transaction():
            q.put("undone")
            raise KeyError("on purpose")
    except KeyError as error:
        print(error)
    with q.transaction(mode="IMMEDIATE"):
        q.put("kept")
    print(q.qsize())
"""

LITEQUEUE = Program(
    name="litequeue",
    packages=("litequeue",),
    database="queue.db",
    move=("--rowids", "all"),  # it takes the first by rowid
    files={"use.py": _USE},
    prepare=("python use.py put a b c d", "python use.py work done"),
    commands=(
        "python use.py peek",
        "python use.py put e f",
        "python use.py work done failed retry keep",
        "python use.py list",
        "python use.py peek",
        "python use.py transaction",
        "python use.py put 1 2 3 4 5 6 7 8 9",
        "python use.py peek",
        "python use.py work done done done",
        "python use.py prune",
        "python use.py prune failed",
        "python use.py work retry keep keep keep keep keep keep keep keep",
        "python use.py list",
        "python use.py peek",
    ),
)
