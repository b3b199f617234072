"""Whatever kills a run, no finished trial is lost or repeated, and the end is the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from killing import Victim, kill_and_resume
from running import trials_of
from warmed import Warmed


@pytest.fixture(scope="module")
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


@pytest.fixture(scope="module")
def undisturbed(warmed: Warmed, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    victim = Victim(warmed, tmp_path_factory.mktemp("undisturbed"))
    assert victim.live(None)
    expected = trials_of(victim.state())
    victim.check(b"", expected)
    return expected


def test_a_run_killed_at_any_moment_goes_on_to_the_same_end(
    warmed: Warmed, tmp_path: Path, undisturbed: dict[str, list[tuple[object, ...]]]
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    victims = kill_and_resume(warmed, tmp_path, kills=25, each=5, seed=seed, expected=undisturbed)
    assert sum(victim.kills for victim in victims) == 25, f"seed {seed}"
