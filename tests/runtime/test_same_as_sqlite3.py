"""A program sees with the shim what it sees with sqlite3: each scenario runs on both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from runtime_scenarios import SCENARIOS, Scenario, told


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_same(scenario: Scenario, sides: Callable[..., Any]) -> None:
    standard, ours = sides()
    assert told(scenario, ours.connect) == told(scenario, standard.connect)
