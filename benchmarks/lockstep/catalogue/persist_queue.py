"""persist-queue, queues and a dictionary: keys by AUTOINCREMENT, states of what was taken."""

from __future__ import annotations

from lockstep.program import Program

_USE = """
import sys, persistqueue
verb, *given = sys.argv[1:]
kinds = {
    "fifo": persistqueue.FIFOSQLiteQueue,
    "lifo": persistqueue.FILOSQLiteQueue,
    "unique": persistqueue.UniqueQ,
}
if verb in kinds:
    q = kinds[verb]("queues", name=verb, auto_commit="auto" in given, multithreading=True)
    for word in given:
        if word.startswith("+"):
            q.put({"word": word})
        elif word == "-":
            print(q.get(block=False) if q.size else "empty")
        elif word == "done":
            q.task_done()
    print(q.size, len(q), q.queue() if hasattr(q, "queue") else "")
elif verb == "ack":
    q = persistqueue.SQLiteAckQueue("queues", name="ack", auto_resume=True)
    for word in given:
        if word.startswith("+"):
            q.put(word)
    if "work" in given:
        item = q.get()
        q.ack(item)
        other = q.get(raw=True)
        q.nack(other["data"])
        third = q.get()
        q.ack_failed(third)
        print(item, other["data"], third)
    if "clear" in given:
        q.clear_acked_data(keep_latest=0)
    print(q.size, q.total, q.acked_count(), q.ack_failed_count(), q.unack_count(), q.ready_count())
    print([row["data"] for row in q.queue()])
elif verb == "dict":
    d = persistqueue.PDict("queues", "dict")
    for word in given:
        key, _, value = word.partition("=")
        if value:
            d[key] = value
        else:
            try:
                print(d[key])
            except KeyError as error:
                print("KeyError", error)
    print(d.size)
"""

PERSIST_QUEUE = Program(
    name="persist-queue",
    packages=("persist-queue",),
    database="queues/data.db",
    move=("--rowids", "all"),  # it lists by rowid
    files={"use.py": _USE},
    prepare=(
        "python use.py fifo auto +1 +2 +3",
        "python use.py ack +a +b +c +d",
        "python use.py dict a=1 b=2",
    ),
    commands=(
        "python use.py fifo - +4",
        "python use.py fifo - - done +5",
        "python use.py fifo auto - - - - - -",
        "python use.py fifo +6 +7 -",
        "python use.py lifo auto +1 +2 -",
        "python use.py lifo - - - done",
        "python use.py unique auto +1 +1 +2",
        "python use.py unique - +1",
        "python use.py ack",
        "python use.py ack work",
        "python use.py ack +e",
        "python use.py ack work clear",
        "python use.py ack",
        "python use.py dict a b c",
        "python use.py dict c=3 a=new a",
        "python use.py dict",
    ),
)
