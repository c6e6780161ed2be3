"""A recorded run as an SVG picture, for the README.

Called by a script in docs/ after a run on a console made with `record=True`.
"""

from __future__ import annotations

import re

from rich.console import Console

_WEB_FONT = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)


def run_svg(console: Console, *, title: str) -> str:
    """What the console recorded, as one SVG without any reference to the network; the record is used up.

    The picture is the same for the same text: ids in it do not depend on the run. What goes beyond the
    console's width is not in it. ValueError when the console was not made with `record=True`.
    """
    if not console.record:
        raise ValueError("the console records nothing: make it with record=True")
    picture = console.export_svg(title=title, unique_id="run")
    style, end, rest = picture.partition("</style>")
    return _WEB_FONT.sub("", style).replace("Fira Code, monospace", "ui-monospace, monospace") + end + rest
