"""A run as an Optuna storage, one study a method, so that optuna-dashboard and Optuna's own plots open it.

Needs the extra `optuna`. Scores are maximised; a failed trial fails there as well, a raced one is pruned, fold scores
are intermediate values. Search ranges are those of the space, widened where a method went beyond them.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UsageError
from ..events import Axis, Value
from ..state import MethodState, RunState, TrialState
from ..text import clean
from ..verdict.judgement import finite, tested
from ..verdict.summary import Summary

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial


def installed() -> bool:
    """Tell whether Optuna can be imported here."""
    return importlib.util.find_spec("optuna") is not None


def sqlite_files(state: RunState, summary: Summary) -> Iterator[tuple[str, bytes]]:
    """Yield `optuna.db`, an SQLite storage: `optuna-dashboard sqlite:///optuna.db`."""
    _check_installed()
    from optuna.storages import RDBStorage

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optuna.db"
        storage = RDBStorage(f"sqlite:///{path}")
        _write(state, storage)
        storage.engine.dispose()
        yield path.name, path.read_bytes()


def journal_files(state: RunState, summary: Summary) -> Iterator[tuple[str, bytes]]:
    """Yield `optuna-journal.log`, a journal storage: `optuna-dashboard optuna-journal.log`."""
    _check_installed()
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "optuna-journal.log"
        _write(state, JournalStorage(JournalFileBackend(str(path))))
        yield path.name, path.read_bytes()


def _check_installed() -> None:
    if not installed():
        raise UsageError("export format optuna: Optuna is not installed; pip install 'tunetop[optuna]' adds it")


def _write(state: RunState, storage: BaseStorage) -> None:
    import optuna

    info = state.info
    run = clean(info.run, 100) if info else "run"
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        for method in state.methods.values():
            study = optuna.create_study(
                storage=storage,
                study_name=f"{run} {clean(method.name, 100)}",
                direction="minimize" if state.sign < 0 else "maximize",
            )
            for key, value in _attributes(state, method).items():
                study.set_user_attr(key, value)
            spaces = _distributions(state, method)
            study.add_trials(
                _frozen(trial, spaces, state.sign) for _, trial in sorted(method.trials.items()) if trial.finished_at
            )
    finally:
        optuna.logging.set_verbosity(level)


def _attributes(state: RunState, method: MethodState) -> dict[str, Any]:
    info, result = state.info, tested(method)
    return {
        "title": clean(method.plan.title),
        "kind": clean(method.plan.kind),
        "preset": clean(info.preset) if info else None,
        "estimator": clean(info.estimator) if info else None,
        "scoring": clean(info.scoring) if info else None,
        "test_score": result.test_score if result else None,
    }


def _distributions(state: RunState, method: MethodState) -> dict[str, BaseDistribution]:
    """Return a distribution for every hyperparameter that the method's trials have, wide enough for their values."""
    seen: dict[str, dict[tuple[type, Value], Value]] = {}
    for trial in method.trials.values():
        for name, value in trial.params.items():
            seen.setdefault(clean(name), {})[type(value), value] = value
    axes = {clean(axis.name): axis for axis in state.info.axes} if state.info else {}
    return {name: _distribution(axes.get(name), list(values.values())) for name, values in seen.items()}


def _distribution(axis: Axis | None, values: list[Value]) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    numbers = [value for value in numbers if finite(float(value)) is not None]
    if axis is None or axis.scale == "choice" or len(numbers) < len(values):
        labels = [*(axis.labels if axis is not None and axis.scale == "choice" else []), *values]
        return CategoricalDistribution(list({(type(v), v): _label(v) for v in labels}.values()))
    low, high = min([*numbers, *_known(axis.low)]), max([*numbers, *_known(axis.high)])
    whole = axis.integer and all(number == int(number) for number in [low, high, *numbers])
    if whole:
        return IntDistribution(int(low), int(high), log=axis.scale == "log" and low >= 1)
    return FloatDistribution(float(low), float(high), log=axis.scale == "log" and low > 0)


def _known(bound: float | None) -> list[float]:
    return [] if bound is None or finite(bound) is None else [bound]


def _label(value: Value) -> Value:
    return clean(value) if isinstance(value, str) else value


def _frozen(trial: TrialState, spaces: dict[str, BaseDistribution], sign: float) -> FrozenTrial:
    """Return a trial as Optuna keeps it; `sign` is -1.0 where less is better."""
    import optuna
    from optuna.trial import TrialState as Outcome

    scores = {fold: score for fold, score in enumerate(trial.scores) if score is not None and finite(score) is not None}
    if trial.steps:
        scores = dict(trial.steps)
    mean = finite(trial.mean)
    outcome = {"done": Outcome.COMPLETE, "raced": Outcome.PRUNED}.get(trial.phase, Outcome.FAIL)
    if mean is None and outcome is Outcome.COMPLETE:
        outcome = Outcome.FAIL
    notes = {
        "number": trial.number,
        "error": clean(trial.error, 2000),
        "std": finite(trial.std),
        "reused": list(trial.reused) if trial.reused else None,
        "manual": trial.manual or None,
        "resource": trial.resource or None,
        "fit_seconds": sum(trial.fit_seconds),
    }
    frozen = optuna.trial.create_trial(
        state=outcome,
        value=None if outcome is Outcome.FAIL or mean is None else sign * mean,
        params={clean(name): _label(value) for name, value in trial.params.items()},
        distributions={clean(name): spaces[clean(name)] for name in trial.params},
        user_attrs={key: value for key, value in notes.items() if value not in (None, "")},
        intermediate_values={step: sign * score for step, score in scores.items()},
    )
    frozen.datetime_start = datetime.fromtimestamp(trial.started_at)
    frozen.datetime_complete = datetime.fromtimestamp(trial.finished_at or trial.started_at)
    return frozen
