"""Two hundred kills of a run, one at each of its steps, and storms of them among its workers and what makes them."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kill_and_resume import Victim, kill_and_resume
from killed_at_random import killed_at_random
from processes import workers_of
from running import TREE, finish, preset_of, run_through, trials_of
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.tui.sessions.run import Feed
from warm_process import Warmed

RUNS = int(os.environ.get("TUNETOP_SOAK_RUNS", "50"))

KILLS = int(os.environ.get("TUNETOP_SOAK_KILLS", "200"))


@pytest.fixture
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


def test_a_storm_of_killed_workers_stops_no_run(tmp_path: Path) -> None:
    text = TREE.replace("trials = 12", "trials = 4000").replace(
        '"sklearn.tree.DecisionTreeClassifier"', '"failing_estimators.Slow"'
    )
    options = RunOptions(workers=3, methods=("random",), allow_imports=("failing_estimators",))
    run = launch(preset_of(text, tmp_path), Store(tmp_path / "runs"), options)
    feed, chance, kills = Feed(run.folder), random.Random(1), 0
    seen, changed = 0, time.monotonic()
    while not run.finished.wait(chance.uniform(0.0, 0.5)):
        workers = workers_of(os.getpid())
        if workers:
            chance.choice(workers).kill()
            kills += 1
        feed.poll()
        if feed.state.finished_trials > seen:
            seen, changed = feed.state.finished_trials, time.monotonic()
        assert time.monotonic() - changed < 30, f"nothing happens after {kills} kills"
    assert run.outcome == "done"
    assert finish(run).methods["random"].finished == 4000
    print(f"{kills} workers killed")


def test_fifty_runs_go_on_whatever_of_their_processes_is_killed_and_when(tmp_path: Path) -> None:
    undisturbed = run_through(preset_of(TREE, tmp_path), tmp_path / "others", workers=2, methods=("grid",))
    seed = random.SystemRandom().randrange(2**32)
    for number in range(RUNS):
        (tmp_path / str(number)).mkdir()
        found = killed_at_random(tmp_path / str(number), random.Random(seed + number))
        assert found == trials_of(undisturbed), f"seed {seed + number}"
    print(f"{RUNS} runs, seed {seed}")


def test_two_hundred_kills_lose_and_repeat_nothing(warmed: Warmed, tmp_path: Path) -> None:
    victim = Victim(warmed, tmp_path / "undisturbed")
    assert victim.live()
    expected = trials_of(victim.state())
    seed = random.SystemRandom().randrange(2**32)
    victims = kill_and_resume(warmed, tmp_path, kills=KILLS, each=8, seed=seed, expected=expected)
    assert sum(victim.kills for victim in victims) == KILLS, f"seed {seed}"
    print(f"{KILLS} kills over {len(victims)} runs, seed {seed}")


def test_a_run_killed_at_every_single_step_goes_on_to_the_same_summary(warmed: Warmed, tmp_path: Path) -> None:
    undisturbed = Victim(warmed, tmp_path / "undisturbed")
    assert undisturbed.live()
    for number in itertools.count(1):
        victim = Victim(warmed, tmp_path / str(number))
        if victim.live(number=number):
            break
        kept = victim.whole_lines()
        assert victim.live(), number
        victim.check(kept, trials_of(undisturbed.state()))
        assert victim.summary() == undisturbed.summary(), number
    assert number > 100
    print(f"killed at each of {number - 1} steps")
