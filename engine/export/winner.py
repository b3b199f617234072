"""A method's winner made again from its run's folder: its problem, its estimator as configured, and the fit of it.

A run keeps no fitted models. Fits are repeated with the data that the run began with, which its fingerprint tells, so
what comes out is the winner that was scored on the test rows, wherever the estimator draws by a seed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..data.dataset import Dataset
from ..data.loading import load_dataset
from ..errors import UsageError, choose
from ..events import BASELINE
from ..model.estimators import fresh, parameters_of
from ..model.prepare import preparation
from ..preset.imports import ALLOWED
from ..problem.checks import left_to_chance
from ..problem.earlier import as_begun
from ..problem.problem import Problem, load_problem
from ..problem.recorded import arguments_of, preset_of, resource_of
from ..record.run_folder import RunFolder
from ..scoring.detector_scores import seen_by_scorers
from ..state import MethodState, RunState, TrialState
from ..text import clean
from ..verdict.judgement import best_method, winner
from ..workers.estimator import fit


@dataclass(frozen=True)
class Choice:
    """Whose winner is meant: a run's folder, and a method of it."""

    folder: RunFolder
    method: str | None = None
    """None: the method that the verdict speaks of."""
    allowed: tuple[str, ...] = ALLOWED
    """Modules that the preset may name."""


@dataclass(frozen=True)
class Winner:
    """A method's best trial, and all that it takes to fit it again."""

    run: str
    state: RunState
    method: MethodState
    trial: TrialState
    problem: Problem
    arguments: Mapping[str, Any]
    """What the estimator was given, as the preset writes it."""

    @property
    def resource(self) -> str:
        """What successive halving allowed it only a part of when it was scored; "" for none."""
        return resource_of(self.problem.preset, self.trial)

    @property
    def test_score(self) -> float | None:
        """Its score on the test rows, None where it has none."""
        result = self.method.result
        return result.test_score if result is not None and result.best == self.trial.number else None

    def estimator(self) -> Any:
        """Return the estimator as configured, unfitted."""
        made: Any = fresh(self.problem.estimator)
        return made.set_params(**parameters_of(self.problem.estimator, self.arguments, self.problem.values))

    def chance(self) -> list[str]:
        """Return the `random_state` parameters that are not set though fits draw by them."""
        return left_to_chance(self.estimator(), len(self.problem.split.train_target))

    def fitted(self) -> Any:
        """Return the estimator fitted on all training rows, as they come out of the table.

        What the preset does before the split is put in front of it, fitted on all rows as it was there.
        """
        problem = self.problem
        parts, early = problem.split, problem.preset.model.early_stopping
        with _as_in_a_worker():
            made = fit(self.estimator(), parts.train, parts.train_target, problem.weights[0], early)
            return self._behind_what_was_before(made)

    def _behind_what_was_before(self, made: Any) -> Any:
        steps = self.problem.preset.model.prepare_before_split
        if not steps:
            return made
        from sklearn.pipeline import Pipeline

        dataset = dataset_of(self.problem)
        before = preparation(steps, dataset.columns, self.problem.values).fit(dataset.features)
        behind = made.steps if isinstance(made, Pipeline) else [("model", made)]
        return Pipeline([("before_split", before), *behind])

    def scored(self, fitted: Any) -> float:
        """Return the leading score of a fitted winner on the test rows, as the run came by its own."""
        problem = self.problem
        inner = fitted[1:] if problem.preset.model.prepare_before_split else fitted
        inner = seen_by_scorers(inner, labelled=problem.comparable)
        weight = problem.weights[1]
        more = {"sample_weight": weight} if weight is not None and problem.preset.score.weigh_scores else {}
        with _as_in_a_worker():
            return float(problem.metrics[0].scorer(inner, problem.split.test, problem.split.test_target, **more))


@contextmanager
def _as_in_a_worker() -> Iterator[None]:
    """Let linear algebra use one thread: with more, sums come out in another order. Warnings the run has told."""
    from threadpoolctl import threadpool_limits

    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        yield


def dataset_of(problem: Problem) -> Dataset:
    """Return a problem's data as they are before the split."""
    return load_dataset(problem.preset, problem.of_classes, problem.values.imports, labelled=problem.labelled)


def winner_of(choice: Choice, state: RunState) -> Winner:
    """Return the winner of a run's method; raise `UsageError` where there is none, or where its data have changed."""
    info, run = state.info, clean(choice.folder.id)
    if info is None or info.watched:
        raise UsageError(f"{run} is a search of another program, which alone has its data and estimator")
    method = method_of(choice, state)
    trial = winner(method)
    if trial is None:
        raise UsageError(f"{run}: {clean(method.name)} has no trial that succeeded, and so no winner")
    preset = preset_of(choice.folder, state)
    loaded = load_problem(preset, choice.allowed)
    problem = as_begun(loaded, info)
    if problem is not loaded:
        raise UsageError(
            f"{run} was begun by tunetop {clean(info.versions.get('tunetop', '0.1'), 20)}, which read its table in "
            f"another way: its winner takes no rows as they are read now; start anew with tunetop run PRESET"
        )
    return Winner(choice.folder.id, state, method, trial, problem, arguments_of(preset, trial))


def method_of(choice: Choice, state: RunState) -> MethodState:
    """Return the method whose winner is meant; raise `UsageError` where there is none such."""
    known = list(state.methods)
    if choice.method is not None:
        if choice.method not in known:
            names = [clean(name) for name in known]
            found = f"--method: {clean(choice.folder.id)} has no method {clean(choice.method, 60)!r}"
            raise UsageError(f"{found}; it has {', '.join(names)}. {choose(choice.method, names)}".strip())
        return state.methods[choice.method]
    best = best_method(state) or (state.methods[state.best.method] if state.best is not None else None)
    if best is None:
        best = state.methods.get(BASELINE)
    if best is None:
        raise UsageError(f"{clean(choice.folder.id)}: no trial has succeeded yet, so there is no winner")
    return best
