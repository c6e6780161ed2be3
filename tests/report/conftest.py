"""The samples as fixtures."""

from __future__ import annotations

import pytest
import samples


@pytest.fixture
def sample() -> samples.Sample:
    return samples.sample()


@pytest.fixture
def nothing() -> samples.Sample:
    return samples.nothing()


@pytest.fixture
def many() -> samples.Sample:
    return samples.many()


@pytest.fixture
def hostile() -> samples.Sample:
    return samples.hostile()
