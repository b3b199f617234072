"""Two hundred kills."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import Victim, kill_and_resume
from running import trials_of
from warmed import Warmed

KILLS = int(os.environ.get("TUNETOP_SOAK_KILLS", "200"))


@pytest.fixture
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


def test_two_hundred_kills_lose_and_repeat_nothing(warmed: Warmed, tmp_path: Path) -> None:
    victim = Victim(warmed, tmp_path / "undisturbed")
    assert victim.live(None)
    expected = trials_of(victim.state())
    seed = random.SystemRandom().randrange(2**32)
    victims = kill_and_resume(warmed, tmp_path, kills=KILLS, each=8, seed=seed, expected=expected)
    assert sum(victim.kills for victim in victims) == KILLS, f"seed {seed}"
    print(f"{KILLS} kills over {len(victims)} runs, seed {seed}")
