"""The verdict of the held-out rows on each method's winner against the untuned baseline.

Accuracy: Wilson interval and exact McNemar test. Any other scorer is tested by what it measures, not by counting right
rows: a permutation test that exchanges the two models' predictions row by row, which for accuracy is McNemar's. All p
values are adjusted by Holm over the methods; intervals of differences come from a paired bootstrap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..events import BASELINE, MethodFinished
from ..preset.imports import OWN
from ..record.predictions import unpack
from ..scoring.scores import StoredScore
from ..state import RunState
from ..statistics import (
    fewest_rows_for_significance,
    holm,
    mcnemar_exact,
    percentile_interval,
    permutation_p,
    rows_for_significance,
    wilson_interval,
)
from .judgement import ALPHA, SEED, finite, tested

if TYPE_CHECKING:
    from ..events import RunStarted

Fields = dict[str, dict[str, Any]]
"""Method -> field of its `Judgement` -> value."""


def add_test_rows(state: RunState, fields: Fields) -> None:
    """Add to each method's fields what the held-out rows say."""
    info = state.info
    results = {name: result for name, method in state.methods.items() if (result := tested(method))}
    for name, result in results.items():
        fields[name]["test_score"] = result.test_score
    if BASELINE in results:
        untuned = results[BASELINE].test_score or 0.0
        for name in results.keys() - {BASELINE}:
            fields[name]["difference"] = (results[name].test_score or 0.0) - untuned
    if info is None or not info.test_targets:
        return
    targets = np.array(info.test_targets)
    if info.task == "classification":
        plain = not info.metric and not info.weighed
        _add_right_rows(targets, results, fields, by_accuracy=plain and info.scoring == "accuracy")
    spreads = _add_resampled(info, targets, results, fields)
    _adjust(fields, spreads, len(targets))


def _add_right_rows(
    targets: np.ndarray, results: dict[str, MethodFinished], fields: Fields, *, by_accuracy: bool
) -> None:
    """Add how many rows were classified rightly, and where that is the score, its interval and McNemar's test."""
    right = {
        name: np.array(result.test_predictions) == targets
        for name, result in results.items()
        if len(result.test_predictions) == len(targets)
    }
    for name, ours in right.items():
        fields[name]["right"] = int(ours.sum())
        if by_accuracy:
            interval = wilson_interval(int(ours.sum()), len(targets))
            fields[name] |= {"test_interval": tuple(interval), "test_interval_kind": "wilson"}
        if name == BASELINE or BASELINE not in right:
            continue
        gained, lost = int((ours & ~right[BASELINE]).sum()), int((~ours & right[BASELINE]).sum())
        fields[name] |= {"gained": gained, "lost": lost}
        if by_accuracy:
            fields[name] |= {"test": "mcnemar", "p": mcnemar_exact(gained, lost)}


def _add_resampled(
    info: RunStarted, targets: np.ndarray, results: dict[str, MethodFinished], fields: Fields
) -> dict[str, float]:
    """Add bootstrap intervals, and p values where there are none; return the differences' standard deviations."""
    score = stored_score(info)
    if score is None:
        return {}
    if score.takes_responses:
        targets = coded(info, targets)
    given = given_by(score, targets, results)
    if not given:
        return {}
    draws = score.resampled(targets, np.array(list(given.values())), SEED)
    columns = dict(zip(given, draws.T, strict=True))
    spreads: dict[str, float] = {}
    for name, values in columns.items():
        interval = percentile_interval(values)
        if interval is not None and "test_interval" not in fields[name]:
            fields[name] |= {"test_interval": tuple(interval), "test_interval_kind": "bootstrap"}
        if name == BASELINE or BASELINE not in columns:
            continue
        difference = fields[name]["difference"]
        if "p" not in fields[name]:
            p = permutation_p(difference, score.exchanged(targets, given[name], given[BASELINE], SEED))
            if p is None:
                continue
            fields[name] |= {"test": "permutation", "p": p}
        differences = values - columns[BASELINE]
        spreads[name] = float(np.nanstd(differences)) if np.isfinite(differences).any() else np.nan
        interval = percentile_interval(differences)
        # resampling cannot tell how far from zero a difference may be that the sample never shows
        if interval is not None and interval.low != interval.high:
            fields[name]["difference_interval"] = tuple(interval)
    return spreads


def stored_score(info: RunStarted) -> StoredScore | None:
    """Return the run's scorer, None when it is not known here, or weighs rows by what an older run did not keep."""
    if info.weighed and not info.test_weights:
        return None
    try:
        return StoredScore(info.scoring, info.task, info.metric, info.test_weights)
    except ValueError:
        return None


def why_untested(state: RunState, method: str) -> str:
    """Return why the test rows allow no test of a method's winner that has a score on them."""
    info, result = state.info, state.methods[method].result
    assert info is not None
    if info.task == "unlabelled":
        return "without a target, rows are scored together, so that nothing can be tested row by row"
    if info.targets > 1:
        return "of several targets nothing is tested row by row"
    if info.weighed and not info.test_weights:
        return "what the test rows weigh was not kept, so nothing can be tested"
    if str(info.metric.get("metric", "")).startswith(OWN):
        return "a metric of one's own is not tested: that would run its code"
    if (score := stored_score(info)) is None:
        return "this scorer is not known here, so that nothing can be tested"
    kept = result is not None and (result.test_responses if score.takes_responses else result.test_predictions)
    if not kept:
        return "what the scores come from was not kept, so nothing can be tested"
    return "the scores do not follow from what was kept of them, so nothing can be tested"


def coded(info: RunStarted, targets: np.ndarray) -> np.ndarray:
    """Return targets as codes from 0, as columns of responses go: version 0.1 kept classes as they were numbered."""
    try:
        labels = np.sort([float(label) for label in info.classes])
    except ValueError:
        return targets
    known = len(labels) > 0 and np.isin(targets, labels).all()
    return np.searchsorted(labels, targets).astype(float) if known else targets


def given_by(score: StoredScore, targets: np.ndarray, results: dict[str, MethodFinished]) -> dict[str, np.ndarray]:
    """Return what each method's test score was computed from, where it is kept and gives that score back.

    A score that does not come out as it was recorded is of something else (another label for "positive", say).
    """
    found: dict[str, np.ndarray] = {}
    for name, result in results.items():
        values = _responses(result) if score.takes_responses else np.array(result.test_predictions)
        if values is None or len(values) != len(targets) or (values.ndim == 2 and targets.max() >= values.shape[1]):
            continue
        own, recorded = finite(score(targets, values)), result.test_score or 0.0
        if own is not None and abs(own - recorded) <= 1e-9 * max(1.0, abs(own)):
            found[name] = values
    shape = found[BASELINE].shape if BASELINE in found else next((values.shape for values in found.values()), ())
    return {name: values for name, values in found.items() if values.shape == shape}


def _responses(result: MethodFinished) -> np.ndarray | None:
    try:
        columns = [unpack(packed).astype(float) for packed in result.test_responses]
    except ValueError:
        return None
    if not columns or len({len(column) for column in columns}) > 1:
        return None
    return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def _adjust(fields: Fields, spreads: dict[str, float], rows: int) -> None:
    """Adjust the p values for the number of methods, and add the rows that those not below ALPHA would need."""
    names = [name for name in fields if "p" in fields[name]]
    for name, adjusted in zip(names, holm([fields[name]["p"] for name in names]), strict=True):
        field = fields[name]
        field["p_holm"] = adjusted
        if adjusted < ALPHA:
            continue
        # significant among so many methods whatever the others come to
        alpha = ALPHA / len(names)
        if field["test"] == "mcnemar":
            field["fewest_rows"] = fewest_rows_for_significance(field["gained"], field["lost"], rows, alpha)
        elif name in spreads:
            field["fewest_rows"] = rows_for_significance(field["difference"], spreads[name], rows, alpha)
