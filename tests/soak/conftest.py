"""Long tests, run by `make soak` alone: marked so that nobody runs them unasked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# a long test may be a short one with more patience
sys.path.append(str(Path(__file__).parents[1] / "whole"))
sys.path.append(str(Path(__file__).parents[1] / "engine" / "recorders"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "soak" in item.path.parts:
            item.add_marker(pytest.mark.soak)
