"""beets, a music library: 24 tracks of 4 albums, flexible attributes, queries with functions of its own."""

from __future__ import annotations

import struct

from lockstep.program import Mask, Program, Typed

_ALBUMS = (
    ("Öxarárfoss", "Wasser & Licht", "Ambient", 1999),
    ("The Samples", "One Percent", "Rock", 2004),
    ("The Samples", "100% Live", "Rock", 2011),
    ("beyond_case", "lower UPPER", "Electronic", 2020),
)
_SILENCE = (b"\xff\xfb\x90\xc4" + bytes(413)) * 40
"""One second of MPEG 1 layer 3 at 128 kbit/s and 44.1 kHz, without content."""

_CONFIG = """
directory: {home}/Music
library: {home}/library.db
import: {copy: yes, autotag: no, write: no, quiet: yes}
plugins: types duplicates missing info export fuzzy random limit bareasc edit inline the advancedrewrite
types: {rating: int, score: float, seen: date}
ui: {color: no}
threaded: no
"""


def _frame(name: str, text: str) -> bytes:
    content = b"\x01" + text.encode("utf-16")
    return name.encode() + struct.pack(">IH", len(content), 0) + content


def _song(artist: str, album: str, genre: str, year: int, track: int) -> bytes:
    """An MP3 file with an ID3v2.3 tag (https://id3.org/id3v2.3.0)."""
    frames = b"".join((
        _frame("TPE1", artist), _frame("TPE2", artist), _frame("TALB", album), _frame("TCON", genre),
        _frame("TYER", str(year)), _frame("TRCK", f"{track}/6"), _frame("TIT2", f"{album} no. {track}"),
    ))  # fmt: skip
    size = len(frames)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + synchsafe + frames + _SILENCE * track


_SONGS = {
    f"incoming/{number}/{track}.mp3": _song(*album, track)
    for number, album in enumerate(_ALBUMS)
    for track in range(1, 7)
}

BEETS = Program(
    name="beets",
    packages=("beets",),
    database="library.db",
    files={
        ".config/beets/config.yaml": _CONFIG.replace("{home}", "~"),
        "more/1.mp3": _song("Nobody", "Later", "Jazz", 2024, 1),
        "more/2.mp3": _song("Nobody", "Later", "Jazz", 2024, 2),
        "single/s.mp3": _song("Soloist", "", "Jazz", 1970, 3),
        **_SONGS,
    },
    prepare=(
        "beet import -A incoming",
        "beet modify -y artist:Samples rating=4 score=0.75",
        "beet modify -y -a year:2020.. mood='dark & slow'",
    ),
    commands=(
        "beet version",
        "beet stats",
        "beet stats -e",
        "beet ls",
        "beet ls -a",
        "beet ls -p year:2000..2010",
        "beet ls -f '$id $artist / $album / $track $title $length $bitrate $year' artist+ year- track+",
        "beet ls -f '$title $rating $score $mood' rating:3..",
        "beet ls -a -f '$album $year $mood' mood:DARK",
        "beet ls artist::'^The S'",
        "beet ls title::'no\\. [135]$'",
        "beet ls -a album:100%",
        "beet ls albumartist:beyond_ , genre:ambient",
        "beet ls -a ^genre:rock year+",
        "beet ls artist:=~'the samples'",
        "beet ls path:~/Music/Nowhere",
        "beet ls added:-1d.. track:1",
        "beet ls öxar",
        "beet ls '#oxar'",
        "beet ls ~sampels",
        "beet ls length:5.. year+ title-",
        "beet ls 'year:nonsense'",
        "beet ls singleton:true",
        "beet fields",
        "beet duplicates -k artist -f '$title'",
        "beet modify -y 'title:no. 1' title='First of $album' rating=5",
        "beet modify -y -a album:live album='Live, 100 %' year=2012",
        "beet modify -y rating:4 rating!",
        "beet modify -y nothing:here x=1",
        "beet ls -f '$album_id $album $title $rating $year' year:2012 , rating:5",
        "beet import -A more",
        "beet import -A -s single",
        "beet import -A more",
        "beet ls -f '$id $title $singleton' added-",
        Typed(line="beet remove -a album:Later", stdin="n\n"),
        "beet remove -f track:6",
        "beet remove -f -d -a album:upper",
        "beet update -p",
        "beet move -p",
        "beet write -p",
        "beet export -f json year:1999",
        "beet export -a -f csv -i album,year,albumartist",
        "beet missing",
        "beet ls -a -f '$id $album $year $path'",
        "beet stats",
        "beet nosuchcommand",
    ),
    masks=(Mask(pattern=r"Python version .*", why="the interpreter"),),
)
