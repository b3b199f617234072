"""What is asked of an Optuna study from outside: Optuna itself finds it as it would have written it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from tunetop.engine.errors import UsageError
from tunetop.engine.sources.find import source_of
from tunetop.engine.state import RunState

optuna.logging.set_verbosity(optuna.logging.CRITICAL)


def suggest(trial: optuna.Trial) -> dict[str, Any]:
    trial.suggest_float("x", 0.0, 1.0)
    trial.suggest_int("n", 1, 64, log=True)
    trial.suggest_categorical("k", ["a", None, True, 2.5])
    return trial.params


@pytest.mark.parametrize("kind", ["sqlite", "journal"])
def test_a_point_is_the_next_trial_and_a_dead_trial_is_ended(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("s.db" if kind == "sqlite" else "s.log")
    storage: Any = f"sqlite:///{path}" if kind == "sqlite" else JournalStorage(JournalFileBackend(str(path)))
    study = optuna.create_study(storage=storage, study_name="demo")
    study.optimize(lambda trial: float(suggest(trial)["x"]), n_trials=2)
    dead = study.ask()
    source = source_of(str(path))
    writer, state = source.writer, RunState()
    state.apply_all(source.poll(5.0))
    assert writer is not None
    assert state.trials[dead.number].phase == "running"
    for point in ({"x": 0.25, "n": 7, "k": None}, {"x": 0.5, "n": 64, "k": True}):
        writer.enqueue(point)
        assert suggest(optuna.load_study(study_name="demo", storage=storage).ask()) == point
    writer.fail(dead.number)
    assert study.trials[dead.number].state.name == "FAIL"
    state.apply_all(source.poll(5.0))
    assert state.trials[dead.number].phase == "failed"
    with pytest.raises(UsageError, match=f"trial {dead.number} is through already"):
        writer.fail(dead.number)
    with pytest.raises(UsageError, match="k: z is none of the study's choices any more"):
        writer.enqueue({"x": 0.5, "n": 64, "k": "z"})
    path.unlink()
    with pytest.raises(UsageError, match="any more"):
        writer.enqueue({"x": 0.5, "n": 64, "k": True})
    assert not path.exists()
