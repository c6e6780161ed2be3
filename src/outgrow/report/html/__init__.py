"""The inspection as one self-contained page, for `inspect --html`."""

from __future__ import annotations

from outgrow.report.html.page import inspection_html

__all__ = ["inspection_html"]
