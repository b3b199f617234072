"""Runs side by side: what differs between them, how their winners compare, and why some cannot be compared.

Two winners are held against each other only where the same rows were scored: on the test rows by McNemar's exact test
(accuracy) or a permutation test of the score itself, across folds by the corrected resampled t-test. Whatever stands
in the way is said instead of a number. All p values are adjusted together by Holm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import msgspec
import numpy as np

from ..events import BASELINE, Point, RunStarted
from ..state import MethodState, RunState
from ..statistics import corrected_t, holm, mcnemar_exact, permutation_p
from ..text import clean
from .held_out import coded, given_by, stored_score
from .judgement import SEED, best_method, cv_score, finite, tested, winner

MOST_DIFFERENCES = 60

_SPLIT = ("source", "test", "test_size", "stratify", "seed", "target")
"""Keys of a preset's data that say which rows are held out."""

_FOLDS = ("folds", "cv", "seed", "repeats", "gap", "groups", "time", "predefined")
"""Keys of a preset's score that say which rows each fold is fitted and scored on."""

_ROLES = ("groups", "time")


@dataclass(frozen=True)
class Known:
    """A run as it is compared: its name, its state, and its preset's document where that is still there."""

    name: str
    state: RunState
    document: Mapping[str, Any] | None = None


class WinnerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A method's winner in one run."""

    run: str
    method: str
    chosen: bool
    number: int
    params: Point
    cv_score: float | None
    cv_std: float | None
    test_score: float | None
    trials: int
    fit_seconds: float


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """A run's facts."""

    run: str
    title: str
    preset: str
    state: str
    estimator: str
    scoring: str
    folds: int
    train_rows: int
    test_rows: int
    trials: int
    failed: int
    seconds: float | None
    started: float | None
    data: str
    """The beginning of the fingerprint of its data."""


class Difference(msgspec.Struct, frozen=True):
    """A key that is not the same in all runs, and what each has for it, as text; "" for nothing."""

    key: str
    values: list[str]


class PairedTest(msgspec.Struct, frozen=True, kw_only=True):
    """Two winners held against each other; differences are the first less the second, greater is better."""

    first: str
    second: str
    first_method: str
    second_method: str
    test_difference: float | None = None
    test: str = ""
    """"mcnemar", "permutation" or "" (none was possible)."""
    first_alone: int | None = None
    """Test rows that the first alone gets right."""
    second_alone: int | None = None
    p: float | None = None
    p_holm: float | None = None
    folds_difference: float | None = None
    folds_t: float | None = None
    folds_p: float | None = None
    note: str = ""
    """Why there is no test, or what to know about it."""


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """The whole comparison."""

    runs: list[RunLine]
    differences: list[Difference]
    winners: list[WinnerLine]
    tests: list[PairedTest]
    refusals: list[str]
    """Pairs that cannot be compared, and why."""


def side_by_side(runs: Sequence[Known]) -> SideBySide:
    """Return the comparison of runs in the order given."""
    begun = [run for run in runs if run.state.info is not None]
    tests: list[PairedTest] = []
    refusals: list[str] = []
    for first, second in combinations(begun, 2):
        if why := refusal(first, second):
            refusals.append(f"{clean(first.name)} and {clean(second.name)}: {why}")
        else:
            tests += _tests(first, second)
    return SideBySide(
        runs=[_run_line(run) for run in begun],
        differences=differences(begun),
        winners=[line for run in begun for line in winners_of(run)],
        tests=_adjusted(tests),
        refusals=refusals,
    )


def refusal(first: Known, second: Known) -> str:
    """Return why two runs' scores cannot be held against each other, "" where they can."""
    one, other = _info(first), _info(second)
    if one.scoring != other.scoring or one.metric != other.metric:
        return f"they are scored by {clean(one.scoring, 60)} and by {clean(other.scoring, 60)}"
    if one.task != other.task:
        return f"one is {one.task}, the other {other.task}"
    if _signs(one) != _signs(other):
        return "one is to be made large, the other small"
    if one.watched or other.watched:
        return "of a search of another program nobody knows here which rows it scores"
    if (one.weighed, one.test_weights) != (other.weighed, other.test_weights):
        return "rows count by other weights in one's scores"
    if one.fingerprint == other.fingerprint:
        return ""
    if one.test_targets != other.test_targets or one.train_rows != other.train_rows:
        return "other data, or other rows held out"
    if one.train_targets and other.train_targets and one.train_targets != other.train_targets:
        return "other training rows"
    keys = [key for key in _SPLIT if _of(first, "data", key) != _of(second, "data", key)]
    keys += [key for key in _ROLES if _of(first, "score", key) != _of(second, "score", key)]
    if keys or first.document is None or second.document is None:
        what = f"data.{keys[0]} differs" if keys else "their presets are not known any more"
        return f"other data, or other rows held out: {what}"
    return ""


def _signs(info: RunStarted) -> list[str]:
    return [one.direction for one in info.objectives]


def _info(run: Known) -> RunStarted:
    assert run.state.info is not None
    return run.state.info


def _of(run: Known, table: str, key: str) -> Any:
    return (run.document or {}).get(table, {}).get(key)


def other_folds(first: Known, second: Known) -> str:
    """Return why two comparable runs' folds are not the same, "" where they are."""
    one, other = _info(first), _info(second)
    if first.document is None or second.document is None:
        return "folds are not compared: a preset is not known any more"
    keys = [key for key in _FOLDS if _of(first, "score", key) != _of(second, "score", key)]
    if keys == ["seed"] and not any(_of(run, "score", "cv") for run in (first, second)):
        keys = []  # nothing draws by it
    if keys or one.folds != other.folds:
        return f"folds are not compared: score.{keys[0] if keys else 'folds'} differs"
    return ""


def _tests(first: Known, second: Known) -> list[PairedTest]:
    """Return the tests between the winners that each verdict speaks of, and between those of methods that both have."""
    pairs: list[tuple[MethodState, MethodState]] = []
    if (ours := best_method(first.state)) and (theirs := best_method(second.state)):
        pairs.append((ours, theirs))
    for name, method in first.state.methods.items():
        if name in second.state.methods:
            pairs.append((method, second.state.methods[name]))
    seen: dict[tuple[str, str], tuple[MethodState, MethodState]] = {(a.name, b.name): (a, b) for a, b in pairs}
    return [test for a, b in seen.values() if (test := _test(first, a, second, b)) is not None]


def _test(first: Known, ours: MethodState, second: Known, theirs: MethodState) -> PairedTest | None:
    if winner(ours) is None or winner(theirs) is None:
        return None
    names: dict[str, Any] = {"first": first.name, "second": second.name}
    names |= {"first_method": ours.name, "second_method": theirs.name}
    held = _on_test_rows(_info(first), ours, theirs)
    why = other_folds(first, second)
    across: dict[str, Any] = {"note": why} if why else _across_folds(_info(first), ours, theirs)
    notes = "; ".join(note for part in (held, across) if (note := part.get("note")))
    merged: dict[str, Any] = {**names, **held, **across, "note": notes}
    return PairedTest(**merged)


def _on_test_rows(info: RunStarted, ours: MethodState, theirs: MethodState) -> dict[str, Any]:
    results = {"first": tested(ours), "second": tested(theirs)}
    known = {name: result for name, result in results.items() if result is not None}
    if len(known) < 2:
        return {"note": "a winner was not scored on the test rows"}
    one, other = known["first"], known["second"]
    found: dict[str, Any] = {"test_difference": (one.test_score or 0.0) - (other.test_score or 0.0)}
    targets = np.array(info.test_targets)
    predicted = [np.array(result.test_predictions) for result in (one, other)]
    if (
        info.scoring == "accuracy"
        and not (info.metric or info.weighed)
        and all(len(part) == len(targets) for part in predicted)
    ):
        right = [part == targets for part in predicted]
        alone = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
        return found | {
            "test": "mcnemar",
            "first_alone": alone[0],
            "second_alone": alone[1],
            "p": mcnemar_exact(*alone),
        }
    score = stored_score(info)
    if score is None or not len(targets):
        return found | {"note": "this scorer allows no test row by row"}
    targets = coded(info, targets) if score.takes_responses else targets
    given = given_by(score, targets, known)
    if len(given) < 2:
        return found | {"note": "what the scores come from was not kept"}
    p = permutation_p(found["test_difference"], score.exchanged(targets, given["first"], given["second"], SEED))
    return found if p is None else found | {"test": "permutation", "p": p}


def _across_folds(info: RunStarted, ours: MethodState, theirs: MethodState) -> dict[str, Any]:
    one, other = winner(ours), winner(theirs)
    assert one is not None
    assert other is not None
    if one.resource or other.resource:
        return {"note": "folds are not compared: successive halving scored part of the rows or iterations"}
    pairs = list(zip(one.known_scores, other.known_scores, strict=False))
    if len(one.known_scores) != len(other.known_scores) or len(pairs) < 2:
        return {"note": "folds are not compared: a winner does not have them all"}
    test = corrected_t([a - b for a, b in pairs], info.fold_ratio or 1 / (len(pairs) - 1))
    return {"folds_difference": test.difference, "folds_t": finite(test.t), "folds_p": finite(test.p)}


def _adjusted(tests: list[PairedTest]) -> list[PairedTest]:
    places = [place for place, test in enumerate(tests) if test.p is not None]
    adjusted = holm([tests[place].p or 0.0 for place in places])
    by_place = dict(zip(places, adjusted, strict=True))
    return [msgspec.structs.replace(test, p_holm=by_place.get(place)) for place, test in enumerate(tests)]


def winners_of(run: Known) -> list[WinnerLine]:
    """Return a run's winners, the baseline first; `chosen` is the one that its verdict speaks of."""
    best = best_method(run.state)
    lines = []
    for method in run.state.methods.values():
        trial, result = winner(method), tested(method)
        if trial is None:
            continue
        lines.append(
            WinnerLine(
                run=run.name,
                method=method.name,
                chosen=best is not None and best.name == method.name,
                number=trial.number,
                params=dict(trial.params),
                cv_score=run.state.own(cv_score(method)),
                cv_std=finite(trial.std),
                test_score=result.test_score if result else None,
                trials=method.finished,
                fit_seconds=method.fit_seconds,
            )
        )
    return sorted(lines, key=lambda line: line.method != BASELINE)


def _run_line(run: Known) -> RunLine:
    info, state = _info(run), run.state
    return RunLine(
        run=run.name,
        title=info.title,
        preset=info.preset,
        state=state.phase,
        estimator=info.estimator,
        scoring=info.scoring,
        folds=info.folds,
        train_rows=info.train_rows,
        test_rows=info.test_rows,
        trials=state.finished_trials,
        failed=state.failed_trials,
        seconds=state.seconds(state.last_at if state.last_at is not None else 0.0),
        started=state.started_at,
        data=info.fingerprint[:8],
    )


def differences(runs: Sequence[Known]) -> list[Difference]:
    """Return what is not the same in all of the runs: their presets key by key, their data, and versions."""
    flat = [_flat(run) for run in runs]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    found = []
    for key in keys:
        values = [one.get(key, "") for one in flat]
        if len(set(values)) > 1:
            found.append(Difference(clean(key, 120), [clean(value, 200) for value in values]))
    return found[:MOST_DIFFERENCES]


def _flat(run: Known) -> dict[str, str]:
    info = _info(run)
    found = {"data (fingerprint)": info.fingerprint[:8]} if info.fingerprint else {}
    _flatten(run.document or {}, "", found)
    return found | {f"version of {name}": version for name, version in info.versions.items()}


def _flatten(value: Any, key: str, found: dict[str, str]) -> None:
    if isinstance(value, Mapping) and (value or not key):
        for name, item in value.items():
            _flatten(item, f"{key}.{name}".lstrip("."), found)
    elif key == "method" and isinstance(value, list):
        for item in value:
            name = item.get("name") or item.get("kind") if isinstance(item, Mapping) else item
            _flatten(item, f"method.{name}", found)
    else:
        found[key] = str(value)


class BoardLine(msgspec.Struct, frozen=True, kw_only=True):
    """A place on the leaderboard of runs on the same data: a run by the winner of its verdict."""

    place: int
    run: str
    estimator: str
    method: str
    cv_score: float | None
    test_score: float | None
    trials: int
    started: float | None


def leaderboard(runs: Sequence[Known]) -> list[BoardLine]:
    """Return runs on the same data by their winners' cross-validated scores, the best first; ties by age.

    Chosen among many, the first one's score flatters it: its test score is what to look at.
    """
    lines = []
    for run in runs:
        method = best_method(run.state) or run.state.methods.get(BASELINE)
        trial = winner(method) if method is not None else None
        if method is None or trial is None:
            continue
        result = tested(method)
        score = finite(trial.mean)
        lines.append((-(score if score is not None else -math.inf), run.state.started_at or 0.0, run, method, result))
    lines.sort(key=lambda line: line[:2])
    return [
        BoardLine(
            place=place,
            run=run.name,
            estimator=_info(run).estimator,
            method=method.name,
            cv_score=None if math.isinf(score) else run.state.own(-score),
            test_score=result.test_score if result else None,
            trials=run.state.finished_trials,
            started=run.state.started_at,
        )
        for place, (score, _, run, method, result) in enumerate(lines, 1)
    ]
