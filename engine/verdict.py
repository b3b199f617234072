"""Does tuning pay here? The numbers behind the comparison, and one plain paragraph that says what they mean.

Everything comes from a `RunState`, so a copied run folder is judged like a live one. Each method stands for itself
against the untuned baseline: on the held-out rows (exact McNemar test, Holm over methods; paired bootstrap), across the
folds (corrected resampled t-test), and in its own cross-validation (BBC-CV). The method that the headline speaks of is
chosen by cross-validation score, not by the test score, which would be a selection on the test rows. Methods are never
ranked among one another: one run cannot do that (Demšar 2006).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from .events import MethodFinished
from .state import BASELINE, MethodState, RunState, TrialState
from .text import clean

if TYPE_CHECKING:
    import numpy as np

    from .scores import StoredScore
    from .statistics import BiasCorrected

ALPHA = 0.05
"""A p value below this counts as a difference."""

BBC_VALUES = 2_000_000
"""Out-of-fold predictions that one bias correction looks at, at most: of more, the best candidates' are taken."""

BBC_CANDIDATES = 500
"""Candidates that one bias correction looks at, at most. Those left out score below all of them, and are the least
likely to be selected on a resample; leaving them out can only make the corrected score a little too high."""

BBC_DRAWS = 1000
SEED = 0


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One method's numbers. Differences are the method minus the baseline, greater is better; None: not known."""

    method: str
    title: str
    rows: int = 0
    cv_score: float | None = None
    cv_corrected: float | None = None
    """The winner's cross-validation score less what selecting it added (BBC-CV)."""
    cv_corrected_interval: tuple[float, float] | None = None
    cv_corrected_note: str = ""
    """Why there is no corrected score, where there is none."""
    test_score: float | None = None
    test_interval: tuple[float, float] | None = None
    test_interval_kind: str = ""
    """"wilson", "bootstrap" or "" (none)."""
    right: int | None = None
    """Test rows classified rightly."""
    difference: float | None = None
    difference_interval: tuple[float, float] | None = None
    gained: int | None = None
    """Test rows that the method alone gets right."""
    lost: int | None = None
    """Test rows that the baseline alone gets right."""
    test: str = ""
    """What `p` comes from: "mcnemar", "bootstrap" or "" (no test was possible)."""
    p: float | None = None
    p_holm: float | None = None
    """`p` adjusted for the number of methods compared."""
    fewest_rows: int | None = None
    """Test rows at which such a disagreement would be significant; None: never, or no McNemar test."""
    folds_difference: float | None = None
    folds_t: float | None = None
    folds_p: float | None = None
    """Corrected resampled t-test across folds. The winner was selected on these folds, so it flatters the method."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of a run, as far as it has come."""

    outcome: str
    """"unfinished", "no_baseline", "no_winner", "untested", "pays", "tie" or "hurts"."""
    sentence: str
    """The headline: does tuning pay here, and how sure is that."""
    paragraph: str
    """The headline and what else should be known, in a few sentences."""
    final: bool = False
    """True when nothing more will come unless the run is resumed."""
    best: str | None = None
    """The method that the headline speaks of: the best by cross-validation, the earlier one on a tie."""
    baseline: Judgement | None = None
    methods: list[Judgement] = []
    notes: list[str] = []


def winner(method: MethodState) -> TrialState | None:
    """Return the trial that a method stands by: the one it refitted, or its best so far while it is at work."""
    if method.result is not None and method.result.best is not None and method.phase != "running":
        return method.trials.get(method.result.best)
    return method.best


def tested(method: MethodState) -> MethodFinished | None:
    """Return the result whose test score belongs to the method's winner, None while there is no such result."""
    best, result = winner(method), method.result
    if best is None or result is None or result.best != best.number or finite(result.test_score) is None:
        return None
    return result


def finite(value: float | None) -> float | None:
    """Return the number, or None where it is missing, infinite or not a number."""
    return value if value is not None and math.isfinite(value) else None


def judge(state: RunState) -> Verdict:
    """Return the verdict on a run, finished or not.

    Costs some 0.1 s for a hundred test rows and trials (scipy's import apart), and is bounded for large ones: see
    `BBC_VALUES`, `BBC_CANDIDATES` and `scores.draws_for`. Deterministic.
    """
    from threadpoolctl import threadpool_limits

    from .verdict_text import compose

    # while workers keep all cores busy, BLAS threads that wait for one another make this ten times as slow
    with threadpool_limits(1, user_api="blas"):
        judgements = _judgements(state)
    baseline = judgements.pop(BASELINE, None)
    return compose(state, baseline, list(judgements.values()))


def best_method(state: RunState) -> MethodState | None:
    """Return the search method whose tested winner has the best cross-validation score, the earlier one on a tie."""
    best: MethodState | None = None
    for method in state.methods.values():
        if method.name == BASELINE or tested(method) is None or (score := _cv(method)) is None:
            continue
        if best is None or score > (_cv(best) or -math.inf):
            best = method
    return best


def _cv(method: MethodState) -> float | None:
    trial = winner(method)
    return finite(trial.mean) if trial else None


def _judgements(state: RunState) -> dict[str, Judgement]:
    info = state.info
    if info is None:
        return {}
    fields = {name: _cross_validation(state, method) for name, method in state.methods.items()}
    _add_test_rows(state, fields)
    for name, method in state.methods.items():
        fields[name] |= {"method": name, "title": clean(method.plan.title or name), "rows": info.test_rows}
    return {name: Judgement(**values) for name, values in fields.items()}


# -- cross-validation ------------------------------------------------------------------------------------------------


def _cross_validation(state: RunState, method: MethodState) -> dict:
    values: dict = {"cv_score": _cv(method)}
    corrected, note = _bias_corrected(state, method)
    values["cv_corrected_note"] = note
    if corrected is not None:
        values |= {"cv_corrected": corrected.score, "cv_corrected_interval": (corrected.low, corrected.high)}
    trial, base = winner(method), state.baseline
    if trial is None or base is None or method.name == BASELINE:
        return values
    folds = len(base.known_scores)
    if folds < 2 or len(trial.known_scores) != folds:
        return values
    pairs = zip(trial.known_scores, base.known_scores, strict=True)
    differences = [ours - theirs for ours, theirs in pairs]
    if all(map(math.isfinite, differences)):
        from .statistics import corrected_t

        test = corrected_t(differences, 1 / (folds - 1))
        values |= {"folds_difference": test.difference, "folds_t": finite(test.t), "folds_p": finite(test.p)}
    return values


def _bias_corrected(state: RunState, method: MethodState) -> tuple[BiasCorrected | None, str]:
    """Return the method's BBC-CV score, or None and the reason."""
    from .predictions import unpack
    from .scores import ROW_MEAN_SCORERS, link, row_scores
    from .statistics import bbc_cv

    info = state.info
    if info is None or method.best is None:
        return None, "no trial has a score"
    if info.scoring not in ROW_MEAN_SCORERS:
        return None, f"{clean(info.scoring, 60)} is not a mean over rows"
    if not info.train_targets:
        return None, "out-of-fold predictions were not kept"
    try:
        targets = unpack(info.train_targets)
        columns = _out_of_fold(state, method, len(targets))
    except ValueError as error:
        return None, clean(error)
    if not columns:
        return None, "out-of-fold predictions were not kept"
    import numpy as np

    kind = np.float32 if info.scoring == "accuracy" else np.float64
    table = np.empty((len(targets), len(columns)), dtype=kind)
    with np.errstate(all="ignore"):
        for index, column in enumerate(columns):
            table[:, index] = row_scores(info.scoring, targets, column)
    if len(targets) < 2 or not np.isfinite(table).all():
        return None, "the out-of-fold predictions have no finite score"
    draws = int(min(max(400_000_000 // table.size, 200), BBC_DRAWS))
    corrected = bbc_cv(table, draws, SEED, link=link(info.scoring, targets))
    if not all(map(math.isfinite, corrected)):
        return None, "the resampled scores are not all finite"
    return corrected, ""


def _out_of_fold(state: RunState, method: MethodState, rows: int) -> list[np.ndarray]:
    """Return the out-of-fold predictions of the method's candidates, by trial number, each (rows,)."""
    from .predictions import unpack

    most = max(min(BBC_VALUES // max(rows, 1), BBC_CANDIDATES), 20)
    candidates = [trial for trial in method.trials.values() if trial.phase == "done" and finite(trial.mean) is not None]
    if len(candidates) > most:
        candidates.sort(key=lambda trial: -(trial.mean or 0.0))
    columns: dict[str, tuple[int, np.ndarray]] = {}
    for trial in candidates:
        packed = trial.predictions or _source_of(state, trial)
        if packed in columns or not packed:
            continue
        values = unpack(packed)
        if len(values) != rows:
            raise ValueError(f"the out-of-fold predictions of {method.name} #{trial.number} are not of {rows} rows")
        columns[packed] = (trial.number, values)
        if len(columns) == most:
            break
    return [values for _, values in sorted(columns.values(), key=lambda column: column[0])]


def _source_of(state: RunState, trial: TrialState) -> str:
    source = state.trial(trial.reused) if trial.reused else None
    return source.predictions if source else ""


# -- held-out rows ---------------------------------------------------------------------------------------------------


def _add_test_rows(state: RunState, fields: dict[str, dict]) -> None:
    """Add to each method's fields what the held-out rows say."""
    import numpy as np

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
    predictions = {
        name: np.array(result.test_predictions)
        for name, result in results.items()
        if len(result.test_predictions) == len(targets)
    }
    if info.task == "classification":
        _add_mcnemar(targets, predictions, fields)
    if info.task == "classification" and info.scoring == "accuracy":
        from .statistics import wilson_interval

        for name in predictions:
            interval = wilson_interval(fields[name]["right"], len(targets))
            fields[name] |= {"test_interval": tuple(interval), "test_interval_kind": "wilson"}
    _add_bootstrap(state, targets, predictions, fields)
    _adjust(fields)


def _add_mcnemar(targets: np.ndarray, predictions: dict[str, np.ndarray], fields: dict[str, dict]) -> None:
    from .statistics import fewest_rows_for_significance, mcnemar_exact

    right = {name: predicted == targets for name, predicted in predictions.items()}
    for name, ours in right.items():
        fields[name]["right"] = int(ours.sum())
        if name == BASELINE or BASELINE not in right:
            continue
        gained, lost = int((ours & ~right[BASELINE]).sum()), int((~ours & right[BASELINE]).sum())
        rows = fewest_rows_for_significance(gained, lost, len(targets), ALPHA)
        fields[name] |= {"gained": gained, "lost": lost, "fewest_rows": rows}
        fields[name] |= {"test": "mcnemar", "p": mcnemar_exact(gained, lost)}


def _add_bootstrap(
    state: RunState, targets: np.ndarray, predictions: dict[str, np.ndarray], fields: dict[str, dict]
) -> None:
    """Add intervals of the scores and of their differences; p values too where no McNemar test was possible."""
    import numpy as np

    from .statistics import difference_of_draws

    score = _stored_score(state)
    if score is None:
        return
    # a score that does not come out as it was recorded is of something else (another label for "positive", say)
    own = {name: score(targets, predicted) for name, predicted in predictions.items()}
    names = [name for name in own if abs(own[name] - fields[name]["test_score"]) <= 1e-9 * max(1.0, abs(own[name]))]
    if not names:
        return
    draws = score.resampled(targets, np.array([predictions[name] for name in names]), SEED)
    for index, name in enumerate(names):
        values = draws[np.isfinite(draws[:, index]), index]
        if len(values) and "test_interval" not in fields[name]:
            low, high = np.quantile(values, [0.025, 0.975])
            fields[name] |= {"test_interval": (float(low), float(high)), "test_interval_kind": "bootstrap"}
        if name == BASELINE or BASELINE not in names:
            continue
        if np.array_equal(predictions[name], predictions[BASELINE]):
            # resampling cannot tell how far from zero a difference may be that the sample never shows
            fields[name].setdefault("p", 1.0)
            fields[name].setdefault("test", "bootstrap")
            continue
        pair = draws[:, [index, names.index(BASELINE)]]
        difference = difference_of_draws(fields[name]["difference"], pair)
        if math.isfinite(difference.p):
            if difference.low != difference.high:
                fields[name]["difference_interval"] = (difference.low, difference.high)
            fields[name].setdefault("p", difference.p)
            fields[name].setdefault("test", "bootstrap")


def _stored_score(state: RunState) -> StoredScore | None:
    """Return the run's scorer, None when it cannot be computed from predictions."""
    from .scores import StoredScore

    info = state.info
    try:
        return StoredScore(info.scoring, info.task) if info else None
    except ValueError:
        return None


def _adjust(fields: dict[str, dict]) -> None:
    from .statistics import holm

    names = [name for name in fields if "p" in fields[name]]
    for name, adjusted in zip(names, holm([fields[name]["p"] for name in names]), strict=True):
        fields[name]["p_holm"] = adjusted
