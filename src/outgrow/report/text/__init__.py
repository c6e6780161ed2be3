"""What a walk found and did, for people at a terminal or at the other end of a pipe.

Called by the cli at the end of `inspect`, `plan`, `move` and `verify` with a rich console; nothing
here decides an exit code.
"""

from __future__ import annotations

from outgrow.report.text.inspection import show_inspection
from outgrow.report.text.plan import show_plan
from outgrow.report.text.result import show_result

__all__ = ["show_inspection", "show_plan", "show_result"]
