"""A terminal that stalls for a minute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import test_terminal_loss
from warm_process import Warmed


@pytest.fixture
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


def test_a_terminal_stalled_for_a_minute(warmed: Warmed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_terminal_loss, "STALL", 60.0)
    test_terminal_loss.test_a_stalled_terminal_does_not_slow_the_search_and_is_right_soon_after(warmed, tmp_path)
