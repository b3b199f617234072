"""Optuna's studies recorded from inside: in memory too, from the first value on the way to the reason of a failure."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import optuna
import pytest
from running import wait_until
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.tree import DecisionTreeClassifier
from tunetop import Watch
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def objective(trial: optuna.Trial) -> float:
    x = trial.suggest_float("x", -5, 5)
    trial.suggest_float("rate", 1e-5, 1e-1, log=True)
    kind = trial.suggest_categorical("kind", ["a", None, True])
    for step in range(4):
        trial.report(x * x + step, step)
        if trial.number % 5 == 3 and step == 2:
            raise optuna.TrialPruned
    if trial.number % 7 == 6:
        raise ValueError(f"no luck with {kind}")
    trial.set_user_attr("epochs", 4)
    return x * x


def only_run(root: Path) -> tuple[RunFolder, RunState]:
    (folder,) = Store(root).list()
    state, damage = load_state(folder)
    assert not damage
    return folder, state


def agrees(state: RunState, study: optuna.Study) -> None:
    """Hold a recorded run against the study itself."""
    assert len(state.trials) == len(study.trials)
    sign = -1.0 if study.directions[0] == optuna.study.StudyDirection.MINIMIZE else 1.0
    names = {"COMPLETE": "done", "PRUNED": "raced", "FAIL": "failed", "WAITING": "waiting"}
    for frozen in study.trials:
        trial = state.trial(("study", frozen.number))
        assert trial is not None
        assert trial.phase == names[frozen.state.name]
        waits = frozen.state.name == "WAITING"
        assert trial.params == (frozen.system_attrs["fixed_params"] if waits else frozen.params)
        assert dict(trial.steps or ()) == {step: sign * v for step, v in frozen.intermediate_values.items()}
        if frozen.state.name == "COMPLETE":
            assert trial.scores == [sign * frozen.values[0]]
    assert state.best is not None
    assert state.best.number == study.best_trial.number


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_study_in_memory_is_told_by_its_callback(jobs: int, tmp_path: Path) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    watch = Watch(runs_dir=tmp_path, quiet=True)
    study.optimize(objective, n_trials=25, n_jobs=jobs, callbacks=[watch], catch=(ValueError,))
    agrees(only_run(tmp_path)[1], study)


def test_a_watched_program_tells_steps_and_reasons(tmp_path: Path) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    plain = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    plain.optimize(objective, n_trials=25, catch=(ValueError,))
    with Watch(runs_dir=tmp_path, quiet=True):
        study.optimize(objective, n_trials=25, catch=(ValueError,))
    assert [t.params for t in study.trials] == [t.params for t in plain.trials]
    assert [t.values for t in study.trials] == [t.values for t in plain.trials]
    _, state = only_run(tmp_path)
    agrees(state, study)
    assert state.phase == "done"
    assert state.planned_trials == 25
    failed = [trial for trial in state.trials if trial.phase == "failed"]
    assert all(trial.error.startswith("ValueError: no luck with") for trial in failed)
    assert "tunetop" not in repr(optuna.Study.optimize)
    info = state.info
    assert info is not None
    axes = {axis.name: (axis.scale, axis.low, axis.high) for axis in info.axes}
    assert axes["x"] == ("linear", -5, 5)
    assert axes["rate"] == ("log", 1e-5, 1e-1)
    assert next(axis.labels for axis in info.axes if axis.name == "kind") == ["a", None, True]
    assert state.trials[0].attributes == {"epochs": 4}


def test_asking_and_telling_by_hand_is_seen(tmp_path: Path) -> None:
    study = optuna.create_study(direction="maximize")
    with Watch(runs_dir=tmp_path, quiet=True):
        for _ in range(5):
            trial = study.ask()
            study.tell(trial, trial.suggest_int("n", 1, 9))
        last = study.ask()
        study.tell(last, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial({"n": 3})
        study.enqueue_trial({"n": 4})
        study.optimize(lambda trial: trial.suggest_int("n", 1, 9), n_trials=1)
    agrees(only_run(tmp_path)[1], study)


def test_several_objectives_keep_their_own_sign(tmp_path: Path) -> None:
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.set_metric_names(["loss", "speed"])
    with Watch(runs_dir=tmp_path, quiet=True):
        study.optimize(lambda t: (t.suggest_float("x", 0, 1), 3.0), n_trials=3)
    _, state = only_run(tmp_path)
    assert state.info is not None
    assert [(one.name, one.direction) for one in state.info.objectives] == [("loss", "minimize"), ("speed", "maximize")]
    assert [trial.others for trial in state.trials] == [{"speed": [3.0]}] * 3


def test_a_study_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    study = optuna.create_study()
    go = threading.Event()

    def slow(trial: optuna.Trial) -> float:
        go.wait(300)
        return trial.suggest_float("x", 0, 1)

    def work() -> None:
        with Watch(runs_dir=tmp_path, quiet=True):
            study.optimize(slow, n_trials=500)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: Store(tmp_path).list() and load_state(Store(tmp_path).list()[0])[0].trials)
    (folder,) = Store(tmp_path).list()
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    go.set()
    thread.join(300)
    assert len(study.trials) == 1
    assert load_state(folder)[0].phase == "stopped"


def test_cross_validation_inside_of_a_trial_is_no_run_of_its_own(tmp_path: Path) -> None:
    x, y = load_iris(return_X_y=True)

    def tree(trial: optuna.Trial) -> float:
        depth = trial.suggest_int("max_depth", 1, 5)
        return float(cross_val_score(DecisionTreeClassifier(max_depth=depth), x, y, cv=3).mean())

    with Watch(runs_dir=tmp_path, quiet=True):
        optuna.create_study(direction="maximize").optimize(tree, n_trials=3)
    only_run(tmp_path)


@pytest.mark.parametrize("where", ["Recorder.tell", "Recorder.__init__", "Recorder.commands"])
def test_no_fault_of_the_recording_reaches_the_study(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(f"tunetop.engine.recorders.recorder.{where}", fail)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    plain = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    plain.optimize(objective, n_trials=9, catch=(ValueError,))
    with Watch(runs_dir=tmp_path, quiet=True):
        study.optimize(objective, n_trials=9, catch=(ValueError,))
    assert [t.values for t in study.trials] == [t.values for t in plain.trials]
