"""What every recorded journal must satisfy, by a plain loop over its lines that shares nothing with the product.

`best` of each method's end is the argmax of that method's own done trials (of ties the lowest number), the end comes
after all of them, and its test score is what that very trial scores when it is refitted by hand.
"""

from __future__ import annotations

import json
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import sem
from sklearn.base import clone, is_outlier_detector
from sklearn.metrics import get_scorer
from tunetop.engine.errors import TunetopError
from tunetop.engine.model.estimators import parameters_of
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import Problem, load_problem

QUICK = 0.02
"""Seconds: winners whose refit took longer are not refitted once more."""


def check_journals(folder: Path) -> int:
    """Check each journal below a folder that a real run has written, and return how many there are."""
    return sum(check_journal(path) for path in sorted(folder.rglob("journal.jsonl")))


def check_journal(path: Path) -> bool:
    """Check one journal; return False for one that no run wrote, or that a test has damaged."""
    events = _events(path)
    if not events or not events[0].get("versions", {}).get("tunetop"):
        return False
    means: dict[str, dict[int, float]] = {}
    scores: dict[tuple[str, int], list[float]] = {}
    points: dict[tuple[str, int], dict[str, Any]] = {}
    seconds: dict[tuple[str, int], dict[str, list[float]]] = {}
    closed: set[str] = set()
    partial: set[str] = set()
    for event in events:
        name = event.get("method") or event.get("plan", {}).get("name")
        if event["event"] in ("method_started", "method_extended", "trial_added"):
            closed.discard(name)
        elif event["event"] == "trial_finished":
            assert name not in closed, f"{path}: {name} #{event['number']} ends after its method"
            points.setdefault((name, event["number"]), event["params"])
            seconds[name, event["number"]] = {one: event.get(one, []) for one in ("fit_seconds", "score_seconds")}
            if event.get("resource"):
                partial.add(name)
            if event["state"] != "done" or (name != "baseline" and not _kept(events[0], event, seconds)):
                means.setdefault(name, {})
            elif event["number"] not in means.setdefault(name, {}):
                means[name][event["number"]] = float(np.mean(event["scores"]))
                scores[name, event["number"]] = event["scores"]
        elif event["event"] == "method_finished":
            closed.add(name)
            done = means.get(name, {})
            best = min(done, key=lambda number: (-done[number], number)) if done else None
            if best is not None and events[0].get("choose"):
                best = _simplest(events[0]["choose"]["simple"], name, best, scores, points)
            assert event.get("best") == best, (
                f"{path}: {name} ends with {event.get('best')}, the best of {done} is {best}"
            )
            # a winner by more iterations has them beside its point
            if event.get("test_score") is not None and event["refit_seconds"] < QUICK and name not in partial:
                _check_test_score(path, events[0]["fingerprint"], event, points[name, event["best"]])
    return True


def _kept(
    header: dict[str, Any], event: dict[str, Any], seconds: dict[tuple[str, int], dict[str, list[float]]]
) -> bool:
    """Tell whether a trial keeps to the run's constraints."""
    timed = seconds[tuple(event["reused"]) if event.get("reused") else (event["method"], event["number"])]
    figures = {header["scoring"]: event["scores"], **event.get("others", {}), **timed}
    return all(
        np.mean(figures[one["name"]]) >= one.get("least", -np.inf)
        and np.mean(figures[one["name"]]) <= one.get("most", np.inf)
        for one in header.get("constraints", [])
    )


def _simplest(
    simple: dict[str, Any],
    method: str,
    best: int,
    scores: dict[tuple[str, int], list[float]],
    points: dict[tuple[str, int], dict[str, Any]],
) -> int:
    """Return the winner by the one-standard-error rule."""
    least = np.mean(scores[method, best]) - sem(scores[method, best])
    near = [number for name, number in scores if name == method and np.mean(scores[name, number]) >= least]
    for parameter, order in simple.items():
        values = {number: points[method, number].get(parameter) for number in near}
        first = (min if order == "low" else max)(values.values()) if isinstance(order, str) else None
        if isinstance(order, list):
            first = next((value for value in order if value in values.values()), None)
        near = [number for number in near if values[number] == first]
    return min(near, key=lambda number: (-np.mean(scores[method, number]), number))


def _events(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        # a test has put a FIFO in its place, which would be waited for
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line[9:])["event"] for line in lines]
    except (ValueError, KeyError, TypeError, OSError, RecursionError):
        return []


def _check_test_score(path: Path, fingerprint: str, event: dict[str, Any], point: dict[str, Any]) -> None:
    preset_file = path.parent / "preset.toml"
    if not preset_file.is_file():
        return
    # as JSON has them: whole numbers may have been floats, which no estimator tells apart
    keyed = _ByText(fingerprint + preset_file.read_text(encoding="utf-8"))
    keyed.file, keyed.fingerprint = preset_file, fingerprint
    expected = _scored(keyed, json.dumps(point))
    if expected is not None:
        assert abs(expected - event["test_score"]) <= 1e-9 * max(1.0, abs(expected)), f"{path}: {event} of {point}"


_problems: dict[str, Problem | None] = {}


def _problem(text: _ByText) -> Problem | None:
    if text not in _problems:
        try:
            problem = load_problem(load(text.file))
            random = [value for name, value in problem.estimator.get_params().items() if name.endswith("random_state")]
            # a test may have put other data there since
            same = problem.split.fingerprint() == text.fingerprint
            _problems[text] = problem if same and None not in random else None
        except (TunetopError, OSError):
            _problems[text] = None  # its data is gone, or its estimator was allowed for the one run alone
    return _problems[text]


class _ByText(str):
    """A run's data and preset as one key, with the file that the preset stands in."""

    file: Path
    fingerprint: str


@lru_cache(maxsize=4096)
def _scored(text: _ByText, point: str) -> float | None:
    problem = _problem(text)
    if problem is None or problem.preset.model.early_stopping is not None:
        return None
    arguments = problem.preset.space.arguments(json.loads(point))
    estimator = clone(problem.estimator).set_params(**parameters_of(problem.estimator, arguments, problem.values))
    parts = problem.split
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = [{} if weight is None else {"sample_weight": weight} for weight in problem.weights]
        last = f"{estimator.steps[-1][0]}__" if hasattr(estimator, "steps") else ""
        more = {f"{last}{name}": weight for name, weight in weights[0].items()}
        fitted = estimator.fit(parts.train, parts.train_target, **more)
        scorer = problem.metrics[0].scorer if problem.metrics[0].name != problem.preset.score.scoring else None
        scored = weights[1] if problem.preset.score.weigh_scores else {}
        scorer = scorer or get_scorer(problem.preset.score.scoring)
        if problem.labelled and is_outlier_detector(fitted):
            outliers, unusual = fitted.predict(parts.test) == -1, -fitted.score_samples(parts.test)
            given = outliers if scorer._response_method == "predict" else unusual
            return float(scorer._sign * scorer._score_func(parts.test_target, given, **scored))
        return float(scorer(fitted, parts.test, parts.test_target, **scored))
