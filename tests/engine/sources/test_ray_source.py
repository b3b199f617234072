"""Ray Tune's experiments read from their files, as Ray 2.60 leaves them, and with Ray itself where it is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tunetop.engine.errors import UsageError
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.sources.find import source_of
from tunetop.engine.sources.ray import RayExperiment
from tunetop.engine.state import RunState


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which a session of this very process stages the experiment `exp`."""
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    session = f"session_2026-11-26_04-09-47_249962_{os.getpid()}"
    folder = tmp_path / "ray" / session / "artifacts" / "2026-11-26_04-09-55" / "exp" / "driver_artifacts"
    folder.mkdir(parents=True)
    return folder


def trial(folder: Path, number: int, **params: Any) -> Path:
    path = folder / f"train_3c83b_{number:05d}_{number}_x=1_2026-11-26_04-09-55"
    path.mkdir(exist_ok=True)
    (path / "params.json").write_text(json.dumps(params))
    return path


def report(path: Path, iteration: int, *, done: bool = False, **metrics: float) -> None:
    line = {**metrics, "training_iteration": iteration, "done": done, "time_total_s": iteration * 0.5, "timestamp": 1e9}
    with open(path / "result.json", "a") as file:
        file.write(json.dumps(line) + "\n")


def state_file(
    folder: Path, *rows: tuple[str, str], metric: str | None = None, retries: int = 0, at: float | None = None
) -> None:
    facts = [
        {"trial_id": Path(f).name[6:17], "relative_logdir": f, "status": s, "max_failures": retries} for f, s in rows
    ]
    document = {
        "trial_data": [[json.dumps(one), "{}"] for one in facts],
        "runner_data": {"_metric": metric},
        "stats": {},
    }
    path = folder / "experiment_state-2026-11-26_04-09-55.json"
    path.write_text(json.dumps(document))
    if at is not None:
        os.utime(path, (at, at))


def fold(source: Any, state: RunState | None = None) -> RunState:
    state = state or RunState()
    source._listed = -1.0
    while records := source.poll(5.0):
        state.apply_all(records)
    assert not source.trouble
    return state


def test_iterations_errors_and_the_end_are_told_as_they_come(staged: Path) -> None:
    source = source_of("exp")
    assert isinstance(source, RayExperiment)
    assert source.alive is True
    first, second = trial(staged, 0, x=0.5, net={"width": 8}), trial(staged, 1, x=2.0, net={"width": 16})
    report(first, 1, loss=3.0, acc=0.5)
    state = fold(source)
    assert state.info is not None
    assert [(one.name, one.direction) for one in state.info.objectives] == [("loss", "minimize")]
    assert "is a guess" in state.info.notes[1]
    begun = state.trial(("tune", 0))
    assert begun is not None
    assert begun.steps == [(1, -3.0)]
    assert begun.params == {"x": 0.5, "net/width": 8}
    report(first, 2, done=True, loss=1.0, acc=0.75)
    report(second, 1, loss=float("nan"), acc=0.1)
    (second / "error.txt").write_text("Traceback\n\x1b[36mray::train()\x1b[39m\nValueError: no \x1b[31mluck\x1b[0m\n")
    state = fold(source, state)
    good, bad = sorted(state.trials, key=lambda one: one.number)
    assert (good.phase, bad.phase) == ("done", "failed")
    assert good.scores == [-1.0]
    assert good.others == {"acc": [0.75]}
    assert bad.error == "ValueError: no luck"
    assert state.own(state.best.mean) == 1.0  # type: ignore[union-attr]
    assert state.phase == "running"
    queued = first.name.replace("_00000_0_", "_00002_2_")
    state_file(staged, (first.name, "TERMINATED"), (second.name, "ERROR"), (queued, "PENDING"))
    third = fold(source, state).trials[-1]
    assert (third.number, third.phase, state.waiting_trials) == (2, "waiting", 1)
    report(trial(staged, 2, x=1.0, net={"width": 8}), 1, loss=2.0, acc=0.5)
    fold(source, state)
    assert (third.phase, third.params["x"], state.waiting_trials) == ("running", 1.0, 0)
    report(staged / queued, 2, done=True, loss=2.0, acc=0.5)
    state_file(staged, (first.name, "TERMINATED"), (second.name, "ERROR"), (queued, "TERMINATED"))
    assert fold(source, state).phase == "done"
    axes = {axis.name: (axis.low, axis.high) for axis in state.info.axes}  # type: ignore[union-attr]
    assert axes["x"] == (0.5, 2.0)


def test_what_is_said_is_not_guessed(staged: Path) -> None:
    one = trial(staged, 0, x=1)
    report(one, 1, done=True, loss=3.0, acc=0.5)
    # restored from a folder of its own, which nothing here tells of
    state_file(staged, (one.name, "RUNNING"), (one.name.replace("_00000_0_", "_00001_1_"), "TERMINATED"))
    state = fold(source_of("exp", metric="acc", mode="max"))
    assert state.info is not None
    assert [(one.name, one.direction) for one in state.info.objectives] == [("acc", "maximize")]
    assert not any("guess" in note for note in state.info.notes)
    assert state.info.notes[-1].startswith("Trials that ended before it was restored lie where it is stored: 1.")
    with pytest.raises(UsageError, match="--mode: found 'up'; allowed: min, max"):
        source_of("exp", mode="up")


def test_a_driver_that_is_gone_is_noticed(staged: Path) -> None:
    gone = staged.parents[3]
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    moved = gone.with_name(f"session_2026-11-26_04-09-47_249962_{dead.pid}")
    gone.rename(moved)
    source = source_of("exp")
    assert source.alive is False


def test_half_written_and_foreign_files_are_no_harm(staged: Path) -> None:
    path = trial(staged, 0, x=1)
    report(path, 1, loss=1.0)
    with open(path / "result.json", "ab") as file:
        file.write(b'\xff\xfe\n{"loss": 0.5, "training_it')
    (staged / "experiment_state-2026-11-26_04-09-55.json").write_text('{"trial_data": [["{')
    (staged / "junk").mkdir()
    source = source_of("exp")
    state = fold(source)
    assert state.trials[0].steps == [(1, -1.0)]
    with open(path / "result.json", "ab") as file:
        file.write(b'eration": 2, "done": true}\n')
    assert fold(source, state).trials[0].scores == [-0.5]


def test_a_trial_that_begins_again_is_told_to_be_over_when_ray_has_it_so(staged: Path) -> None:
    path = trial(staged, 0, x=1)
    row = (path.name, "RUNNING")
    state_file(staged, row, metric="loss", retries=1)
    source = source_of("exp")
    report(path, 1, loss=3.0)
    report(path, 2, loss=2.0)
    (path / "error.txt").write_text("Failure # 1 (occurred at …)\nValueError: once\n")
    state = fold(source)
    assert (state.trials[0].phase, state.trials[0].steps) == ("running", [(1, -3.0), (2, -2.0)])
    # it goes on from a checkpoint of its first iteration
    report(path, 2, loss=1.0)
    state = fold(source, state)
    assert (state.trials[0].attempt, state.trials[0].steps) == (2, [(1, -3.0), (2, -1.0)])
    (path / "error.txt").write_text("Failure # 2 (occurred at …)\nValueError: twice\n")
    os.utime(path / "error.txt", (2e9, 2e9))
    state = fold(source, state)
    assert (state.trials[0].phase, state.trials[0].error) == ("failed", "ValueError: twice")
    # the experiment is restored, has it running again, then through
    state_file(staged, row, metric="loss", retries=1, at=3e9)
    state = fold(source, RunState())
    assert source.restarts == 1
    assert state.trials[0].phase == "running"
    report(path, 3, loss=0.5)
    state_file(staged, (path.name, "TERMINATED"), metric="loss", retries=1, at=3.1e9)
    state = fold(source, state)
    assert (state.trials[0].phase, state.trials[0].scores) == ("done", [-0.5])


def test_an_experiment_that_begins_anew_by_the_same_name_is_followed(staged: Path) -> None:
    first = trial(staged, 0, x=1)
    report(first, 1, done=True, loss=3.0)
    state_file(staged, (first.name, "TERMINATED"), metric="loss")
    source = source_of("exp")
    assert fold(source).trials[0].scores == [-3.0]
    later = Path(str(staged).replace("04-09-55", "04-10-55"))
    later.mkdir(parents=True)
    report(trial(later, 0, x=2), 1, done=True, loss=5.0)
    source._sought = -1000.0  # type: ignore[attr-defined]
    state = fold(source, RunState())
    assert source.restarts == 1
    assert [(one.params, one.scores) for one in state.trials] == [({"x": 2}, [-5.0])]


def test_what_the_search_did_not_choose_is_no_parameter(staged: Path) -> None:
    path = trial(staged, 0, x=1, net={"width": 8, "depth": 2}, data="/a/b")
    report(path, 1, done=True, loss=1.0)
    pair = [json.dumps({"trial_id": path.name[6:17], "relative_logdir": path.name, "status": "TERMINATED",
                        "evaluated_params": {"net/width": 8}}), "{}"]  # fmt: skip
    (staged / "experiment_state-1.json").write_text(json.dumps({"trial_data": [pair], "runner_data": {}}))
    assert fold(source_of("exp")).trials[0].params == {"net/width": 8}


TUNE = """
import json, os, sys
import ray
from ray import tune
from tunetop import Watch
kept, runs, found, failed = sys.argv[1:]
ray.init(num_cpus=1, include_dashboard=False)
def train(config):
    if config["net"]["x"] > 3: raise RuntimeError("boom")
    for step in range(3):
        tune.report({"loss": config["net"]["x"] / (step + 1), "acc": step})
        if config["net"]["x"] == 2 and not os.path.exists(failed):
            open(failed, "w").close()
            raise RuntimeError("once")
def tuner():
    return tune.Tuner(train, param_space={"net": {"x": tune.grid_search([1.0, 2.0, 4.0]), "depth": 3}},
        tune_config=tune.TuneConfig(metric="loss", mode="min", reuse_actors=True), run_config=tune.RunConfig(
            name="real", storage_path=kept, failure_config=tune.FailureConfig(max_failures=1),
            callbacks=[Watch.ray(runs_dir=runs)]))
grid = tuner().fit()
open(found, "w").write(json.dumps([[r.config["net"]["x"], None if r.error else r.metrics["loss"]] for r in grid]))
"""


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'ray[tune]'")
def test_a_real_experiment_is_told_as_ray_has_it_from_outside_and_from_inside(tmp_path: Path) -> None:
    places = [str(tmp_path / name) for name in ("kept", "runs", "found.json", "failed")]
    surroundings = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "0"}
    done = subprocess.run(
        [sys.executable, "-c", TUNE, *places], env=surroundings, check=True, capture_output=True, text=True, timeout=300
    )
    assert f"tunetop: watching; in a terminal: tunetop attach {tmp_path / 'runs' / 'real'}" in done.stderr
    outside = fold(source_of(str(tmp_path / "kept" / "real"), mode="min"))
    (folder,) = Store(tmp_path / "runs").list()
    inside, damage = load_state(folder)
    assert not damage
    assert inside.info is not None
    assert (inside.planned_trials, inside.info.notes) == (3, [])
    for state in (outside, inside):
        trials = {trial.params["net/x"]: trial for trial in state.trials}
        told = {x: state.own(trial.mean) for x, trial in trials.items()}
        assert told == dict(json.loads((tmp_path / "found.json").read_text()))
        assert [trials[x].params for x in (1.0, 2.0)] == [{"net/x": 1.0}, {"net/x": 2.0}]
        assert [len(trials[x].steps or ()) for x in (1.0, 2.0, 4.0)] == [3, 3, 0]
        assert [trials[x].attempt for x in (1.0, 2.0)] == [1, 2]
        assert trials[4.0].error == "RuntimeError: boom"
        assert trials[1.0].others == {"acc": [2.0]}
        assert state.phase == "done"
    by_hand = [json.loads(line) for line in next((tmp_path / "kept" / "real").glob("*_00001_*/result.json")).open()]
    second = inside.trial(("tune", 1))
    assert second is not None
    # Ray's own file keeps what the failed attempt reported
    assert [one["training_iteration"] for one in by_hand] == [1, 1, 2, 3]
    assert second.steps == [(one["training_iteration"], -one["loss"]) for one in by_hand[1:]]
