from __future__ import annotations

import sys
from pathlib import Path

# pytest's importlib mode puts no test directory on the path, and tests share `case_moves`.
sys.path.insert(0, str(Path(__file__).parent))
