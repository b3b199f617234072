"""A hundred thousand trivial trials with the screen on: what stays in memory is what is stored a trial, and no more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from running import preset_of
from tunetop.engine.record.store import Store
from tunetop.tui.sessions.run import Feed
from warm_process import Warmed
from window import Window
from window_runs import until

TRIALS = int(os.environ.get("TUNETOP_SOAK_TRIALS", "100000"))

TRIVIAL = f"""
title = "Trivial trials"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.dummy.DummyClassifier"
params = {{ strategy = "constant" }}
[space]
random_state = {{ linear = [0, 2000000000], integer = true }}
constant = {{ linear = [0, 2], integer = true }}
[score]
scoring = "accuracy"
folds = 2
[[method]]
kind = "random"
trials = {TRIALS}
seed = 1
"""


@pytest.fixture
def warmed() -> Iterator[Warmed]:
    process = Warmed()
    yield process
    process.close()


def test_memory_grows_by_what_is_stored_a_trial_and_threads_and_descriptors_do_not(
    warmed: Warmed, tmp_path: Path
) -> None:
    preset = preset_of(TRIVIAL, tmp_path)
    store = Store(tmp_path / "runs")
    window = Window(warmed, "run", preset.path, "--runs-dir", store.root, "--workers", "2")
    process = psutil.Process(window.program.pid)
    until(store.list)
    feed = Feed(store.list()[0])
    samples: list[tuple[int, float, int, int]] = []
    for part in range(1, 11):
        wanted = part * TRIALS // 10
        # the last sample is taken while the run still goes on
        until(lambda wanted=wanted: (feed.poll(), feed.state.finished_trials >= min(wanted, TRIALS - 50))[1], 3600)
        memory = process.memory_info().rss / 1e6
        samples.append((feed.state.finished_trials, memory, process.num_threads(), process.num_fds()))
        print("{} trials: {:.0f} MB, {} threads, {} descriptors".format(*samples[-1]), flush=True)
    window.close()
    assert window.program.wait(300) == 0
    warm, last = samples[2], samples[-1]
    a_trial = (last[1] - warm[1]) * 1e6 / (last[0] - warm[0])
    print(f"{a_trial:.0f} bytes a trial in memory, {feed.folder.journal.stat().st_size / TRIALS:.0f} on disk")
    # numbers, parameters and the trial's place in every index; a leak of the screen's would be a multiple of it
    assert a_trial < 6000 or TRIALS < 20_000
    assert last[2] <= warm[2]
    assert last[3] <= warm[3]
