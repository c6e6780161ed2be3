from __future__ import annotations

import sys
from pathlib import Path

# pytest's importlib mode puts no test directory on the path, and tests share `unit_values`.
sys.path.insert(0, str(Path(__file__).parent))
