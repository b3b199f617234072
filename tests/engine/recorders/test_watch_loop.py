"""Loops that people write by hand, recorded by `Watch.recording`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running import wait_until
from tunetop import Watch
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store


def test_trials_folds_steps_and_failures_are_kept(tmp_path: Path) -> None:
    with Watch.recording("my loop", folds=2, trials=4, scoring="acc", runs_dir=tmp_path, quiet=True) as run:
        for rate in (0.1, 0.2):
            with run.trial({"rate": rate, "net": [64, 32]}) as trial:
                trial.step(0, 0.5)
                trial.fold(rate)
                trial.fold(rate + 0.2, seconds=1.5)
        with pytest.raises(RuntimeError), run.trial({"rate": 9.0}):
            raise RuntimeError("CUDA out of memory")
        run.trial({"rate": 3.0}).prune()
    state, damage = load_state(Store(tmp_path).find(run.id))
    assert not damage
    assert [trial.phase for trial in state.trials] == ["done", "done", "failed", "raced"]
    assert state.trials[1].scores == [0.2, 0.4]
    assert state.trials[1].fit_seconds[1] == 1.5
    assert state.trials[0].steps == [(0, 0.5)]
    assert state.trials[2].error == "RuntimeError: CUDA out of memory"
    assert state.trials[0].params == {"rate": 0.1, "net": "[64, 32]"}
    assert (state.phase, state.planned_trials) == ("done", 4)
    (method,) = state.methods.values()
    assert method.result is not None
    assert method.result.best == 1


def test_what_is_minimised_is_best_where_it_is_least(tmp_path: Path) -> None:
    with Watch.recording("loss", direction="minimize", runs_dir=tmp_path, quiet=True) as run:
        for loss in (3.0, 1.0, 2.0):
            run.trial({"x": loss}).finish(loss)
        run.trial({"x": 0.0}).finish(float("nan"))
        run.trial({"x": 0.0}).finish()
    state, _ = load_state(Store(tmp_path).find(run.id))
    assert state.best is not None
    assert state.best.params == {"x": 1.0}
    assert [trial.error for trial in state.trials[3:]] == ["the score is no finite number", "it told no score"]


def test_a_killed_loop_keeps_all_that_it_told(tmp_path: Path) -> None:
    script = tmp_path / "loop.py"
    script.write_text(
        f"""
import time
from tunetop import Watch
with Watch.recording("killed", folds=3, runs_dir={str(tmp_path / "runs")!r}) as run:
    for number in range(100_000):
        trial = run.trial({{"n": number}})
        for fold in range(3):
            trial.fold(number + fold)
            print(number, fold, flush=True)
        trial.finish()
"""
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    # it is never through: what it says is read no further, and it waits for that
    said = [process.stdout.readline().split() for _ in range(100)]
    os.kill(process.pid, signal.SIGKILL)
    said += [line.split() for line in process.stdout.read().splitlines() if len(line.split()) == 2]
    process.wait()
    state, _ = load_state(Store(tmp_path / "runs").find())
    assert state.phase == "interrupted"
    for number, fold in said:
        assert state.trials[int(number)].scores[int(fold)] == float(int(number) + int(fold))


def test_a_loop_can_be_asked_to_end(tmp_path: Path) -> None:
    with Watch.recording("endless", runs_dir=tmp_path, quiet=True) as run:
        Store(tmp_path).find(run.id).send("stop")
        wait_until(lambda: run.stopped)
    assert load_state(Store(tmp_path).find(run.id))[0].phase == "stopped"


def test_a_loop_that_cannot_be_recorded_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with Watch.recording("unkept", runs_dir=tmp_path / "file") as run:
        run.trial({"x": 1}).finish(1.0)
    assert "not recorded" in capsys.readouterr().err
