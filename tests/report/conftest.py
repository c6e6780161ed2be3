"""The samples as fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# pytest's importlib mode puts no test directory on the path, and tests share these values.
sys.path.insert(0, str(Path(__file__).parent))

import report_samples


@pytest.fixture
def sample() -> report_samples.Sample:
    return report_samples.sample()


@pytest.fixture
def nothing() -> report_samples.Sample:
    return report_samples.nothing()


@pytest.fixture
def many() -> report_samples.Sample:
    return report_samples.many()


@pytest.fixture
def hostile() -> report_samples.Sample:
    return report_samples.hostile()
