"""Which tests `make test` leaves to `make slow`: those that `tests/slow.txt` names."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
LINES = [line for line in (TESTS / "slow.txt").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
"""Node ids: of a file, of a test with all its parameters, or of a test with those given."""

UNKNOWN = pytest.StashKey[list[str]]()
"""Lines that name no test, where all tests were collected."""


def mark_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests before pytest chooses among them by their marks."""
    named = set(LINES)
    found = set()
    for item in items:
        names = {item.nodeid, item.nodeid.partition("[")[0], item.nodeid.partition("::")[0]} & named
        if names:
            item.add_marker(pytest.mark.slow)
            found |= names
    if [Path(argument).resolve() for argument in config.args] == [TESTS]:
        config.stash[UNKNOWN] = sorted(named - found)
