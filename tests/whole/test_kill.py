"""Whatever kills a run or a race, no finished trial is lost or repeated, and the end is the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from breadth import WHOLE
from kill_and_resume import RaceVictim, Victim, kill_and_resume
from running import trials_of
from warm_process import Warmed

KILLS = 10 if WHOLE else 3
"""So many at moments drawn at random, beside those at the moments below; `make soak` has hundreds."""


@pytest.fixture(scope="module")
def undisturbed(warmed: Warmed, tmp_path_factory: pytest.TempPathFactory) -> Victim:
    victim = Victim(warmed, tmp_path_factory.mktemp("undisturbed"))
    assert victim.live()
    victim.check(b"", trials_of(victim.state()))
    return victim


def test_a_run_killed_at_any_moment_goes_on_to_the_same_end(
    warmed: Warmed, tmp_path: Path, undisturbed: Victim
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    expected = trials_of(undisturbed.state())
    victims = kill_and_resume(warmed, tmp_path, kills=KILLS, each=5, seed=seed, expected=expected)
    assert sum(victim.kills for victim in victims) == KILLS, f"seed {seed}"


MOMENTS: dict[str, dict[str, Any]] = {
    "in the middle of a record": {"step": "write", "about": "trial_finished", "number": 20, "half": True},
    "before a record is durable": {"step": "sync", "number": 20},
    "with a winner refitted, which nobody was told": {"step": "write", "about": "method_finished", "number": 2},
    "between the last trial and the end": {"step": "write", "about": "run_finished"},
    "between the end and the summary": {"step": "replace", "about": "trials.csv"},
    "while the summary is written": {"step": "replace", "about": "summary.json"},
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_this_very_moment_goes_on_to_the_same_summary(
    warmed: Warmed, tmp_path: Path, undisturbed: Victim, moment: str
) -> None:
    victim = Victim(warmed, tmp_path)
    assert not victim.live(**MOMENTS[moment])
    kept = victim.whole_lines()
    assert victim.live()
    victim.check(kept, trials_of(undisturbed.state()))
    assert victim.summary() == undisturbed.summary()


def test_a_race_killed_at_any_moment_goes_on_to_the_same_end(warmed: Warmed, tmp_path: Path) -> None:
    undisturbed = RaceVictim(warmed, tmp_path / "undisturbed")
    assert undisturbed.live()
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    victim = RaceVictim(warmed, tmp_path / "victim")
    # with a run begun that the race does not know of yet, and with one ended whose summary is half written
    assert not victim.live(step="replace", about="plan.json", number=3)
    assert not victim.live(step="replace", about="summary.json")
    ended = False
    while victim.kills < 5 and not ended:
        ended = victim.live(chance.uniform(0.1, 0.7))
    assert ended or victim.live()
    assert victim.found() == undisturbed.found(), f"seed {seed}"
