"""buku, a bookmark manager: one table, user functions REGEXP and NETLOC, keys that it changes itself."""

from __future__ import annotations

from lockstep.program import Program, Typed

_TOPICS = (
    ("sqlite", "database,embedded", "Small. Fast. Reliable."),
    ("postgresql", "database,server", "The world's most advanced open source database"),
    ("python", "language,scripting", "Executable pseudocode"),
    ("rust", "language,systems", "Fearless concurrency"),
    ("debian", "linux,system", "The universal operating system"),
    ("wikipedia", "reading,Encyclopedia", "Das freie Wörterbuch — naïve café"),
    ("emacs", "editor,lisp", "An operating system that lacks a decent editor"),
    ("vim", "editor", ""),
)
_ADD = "buku --nostdin --nc --np --offline -a"

_NETSCAPE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>Bookmarks</TITLE>
<H1>Bookmarks</H1>
<DL><p>
    <DT><H3>Imported</H3>
    <DL><p>
        <DT><A HREF="https://import.example/one" ADD_DATE="1700000000" TAGS="imported,one">Imported one</A>
        <DD>comment of the first
        <DT><A HREF="https://import.example/two" ADD_DATE="1700000001">Imported Ärger &amp; two</A>
        <DT><A HREF="https://sqlite.example/0" ADD_DATE="1700000001">There already</A>
    </DL><p>
</DL><p>
"""

BUKU = Program(
    name="buku",
    packages=("buku",),
    database=".local/share/buku/bookmarks.db",
    files={
        "in.html": _NETSCAPE,
        "in.md": "- [From Markdown](https://md.example/) <!-- TAGS: md,imported -->\n",
    },
    prepare=tuple(
        f'{_ADD} https://{name}.example/{number} {tags},n{number} --title "{name.title()} page {number}" '
        f'--comment "{comment}"'
        for number in range(4)
        for name, tags, comment in _TOPICS
    ),
    commands=(
        "buku --nostdin --nc --np -p",
        "buku --nostdin --nc --np -p 3 7-9 -n 2",
        "buku --nostdin --nc --np -p -f 4",
        "buku --nostdin --nc --np -p -5 --json",
        "buku --nostdin --nc --np -s SQLITE reliable",
        "buku --nostdin --nc --np -S page database",
        "buku --nostdin --nc --np -s édit cafe café WÖRTERBUCH",
        "buku --nostdin --nc --np --deep -s ebia",
        "buku --nostdin --nc --np -r '^https://(sqlite|rust)\\.example/[12]$'",
        "buku --nostdin --nc --np -r '[unclosed'",
        "buku --nostdin --nc --np --markers -s .page :rust",
        "buku --nostdin --nc --np -t editor, lisp",
        "buku --nostdin --nc --np -t database + server - n1",
        "buku --nostdin --nc --np -t",
        "buku --nostdin --nc --np -s language -x rust",
        "buku --nostdin --nc --np -S blank",
        "buku --nostdin --nc --np -p --order netloc,-title",
        "buku --nostdin --nc --np -p --order +tags,-index -n 6",
        f"{_ADD} https://new.example/ fresh,new --title New --comment 'with \"quotes\" and % and _'",
        f"{_ADD} https://new.example/ again",
        f"{_ADD} https://untagged.example/",
        "buku --nostdin --nc --np --offline -u 1 --title 'Another title' --tag + changed",
        "buku --nostdin --nc --np --offline -u 2-4 --tag - database",
        "buku --nostdin --nc --np --offline -u 5 --comment",
        "buku --nostdin --nc --np --offline -u 6 --url https://new.example/",
        "buku --nostdin --nc --np --offline -u 999 --title nobody",
        "buku --nostdin --nc --np --offline -u 7 --immutable 1",
        "buku --nostdin --nc --np -S immutable",
        "buku --nostdin --nc --np --replace editor editing",
        "buku --nostdin --nc --np --replace n3",
        "buku --nostdin --nc --np --swap 1 9",
        "buku --nostdin --nc --np --tacit -d 3",
        "buku --nostdin --nc --np --tacit -d 10-14",
        "buku --nostdin --nc --np --tacit -d 2 --retain-order",
        "buku --nostdin --nc --np --tacit -d 4711",
        "buku --nostdin --nc --np -p",
        "buku --nostdin --nc --np --tacit -i in.html",
        "buku --nostdin --nc --np --tacit -i in.md",
        "buku --nostdin --nc --np --tacit --reorder title",
        "buku --nostdin --nc --np -p -j",
        "buku --nostdin --nc --np -e out.html",
        "buku --nostdin --nc --np -e out.md -s page",
        "buku --nostdin --nc --np -e out.xbel -t database",
        "buku --nostdin --nc --np -e out.org",
        Typed(line="buku --nc --np -d 1", stdin="n\n"),
        Typed(line="buku --nc -s sqlite", stdin="1\nq\n"),
        "buku --nostdin --nc --np -p nonsense",
        "buku --nostdin --nc --np -p 9999",
        "buku --version",
        Typed(line="buku --nc --np -d", stdin="y\n"),
        "buku --nostdin --nc --np -p",
        f"{_ADD} https://after.example/ first --title 'The first again'",
        "buku --nostdin --nc --np -p",
    ),
)
