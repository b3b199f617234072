"""A run whose workers, and the process that makes them, are killed at random moments."""

from __future__ import annotations

import os
import random
from pathlib import Path

import psutil
from processes import lives, workers_of
from running import SLOW, TRUSTED, finish, preset_of, trials_of
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.workers import warm

FEW = 2
"""Kills of workers among them: a trial that one more has died over is failed, rightly so."""


def killed_at_random(tmp_path: Path, chance: random.Random, most: int = 6) -> dict[str, list[tuple[object, ...]]]:
    """Return the trials of a run with `most` kills, which has to end as if nothing had been."""
    tmp_path.mkdir(exist_ok=True)
    options = RunOptions(workers=2, methods=("grid",), allow_imports=TRUSTED)
    run = launch(preset_of(SLOW, tmp_path), Store(tmp_path / "runs"), options)
    kills, workers_killed = 0, 0
    while kills < most and not run.finished.wait(chance.uniform(0.0, 1.2)):
        worker = workers_killed < FEW and chance.random() < 0.5
        victims = workers_of(os.getpid()) if worker else _fork_server()
        if victims:
            try:
                chance.choice(victims).kill()
            except psutil.NoSuchProcess:
                continue
            kills, workers_killed = kills + 1, workers_killed + worker
    state = finish(run)
    assert (run.outcome, run.trouble, state.failed_trials) == ("done", "", 0), (run.trouble, kills)
    # the death of the process that makes workers, which takes them along, is charged to no trial
    assert sum(trial.attempt - 1 for trial in state.trials) <= workers_killed
    return trials_of(state)


def _fork_server() -> list[psutil.Process]:
    """Return the process that makes workers for this one; none where it has ended, and is not replaced yet."""
    try:
        server = warm._server and psutil.Process(warm._server._process.pid)
    except psutil.NoSuchProcess:
        server = None
    return [server] if server is not None and lives(server) else []
