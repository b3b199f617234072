"""Scores that weigh their rows: intervals and tests are scikit-learn's weighted score on drawn and exchanged rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from running import preset_of, run_through
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from tunetop.engine.scoring.scores import DRAWS, StoredScore
from tunetop.engine.statistics import draw_counts
from tunetop.engine.verdict.judge import judge
from tunetop.engine.verdict.judgement import SEED

ROWS = 60


def made(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return targets, what two models give, and weights."""
    rng = np.random.default_rng(4)
    targets = rng.integers(2, size=ROWS) if kind != "number" else rng.gamma(2.0, size=ROWS)
    if kind == "class":
        given = np.array([np.where(rng.random(ROWS) < share, targets, 1 - targets) for share in (0.8, 0.65)])
    else:
        given = np.array([np.abs(targets + rng.normal(scale=s, size=ROWS)) for s in (0.5, 0.8)])
        given = given if kind == "number" else np.clip(given / 3, 0.01, 0.99)
    return targets, given, rng.integers(0, 6, ROWS).astype(float)


SCORES: dict[str, tuple[str, Any]] = {
    "accuracy": ("class", metrics.accuracy_score),
    "balanced_accuracy": ("class", metrics.balanced_accuracy_score),
    "f1": ("class", metrics.f1_score),
    "matthews_corrcoef": ("class", metrics.matthews_corrcoef),
    "roc_auc": ("chance", metrics.roc_auc_score),
    "average_precision": ("chance", metrics.average_precision_score),
    "neg_log_loss": ("chance", lambda y, p, **w: -metrics.log_loss(y, p, **w)),
    "neg_brier_score": ("chance", lambda y, p, **w: -metrics.brier_score_loss(y, p, **w)),
    "r2": ("number", metrics.r2_score),
    "neg_root_mean_squared_error": ("number", lambda y, p, **w: -metrics.root_mean_squared_error(y, p, **w)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("scoring", SCORES)
def test_drawn_and_exchanged_rows_count_by_their_weights(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, by_hand = SCORES[scoring]
    targets, given, weights = made(kind)
    task = "regression" if kind == "number" else "classification"
    monkeypatch.setattr("tunetop.engine.scoring.scores.DRAWS", 12)
    score = StoredScore(scoring, task, None, weights)
    assert score(targets, given[0]) == pytest.approx(by_hand(targets, given[0], sample_weight=weights), abs=1e-12)
    counts = draw_counts(np.random.default_rng(7), 12, ROWS)
    drawn = [[by_hand(targets, one, sample_weight=weights * count) for one in given] for count in counts]
    np.testing.assert_allclose(score.resampled(targets, given, 7), drawn, atol=1e-12)
    swapped = np.random.default_rng(7).integers(2, size=(12, ROWS)) == 1
    first, second = given if scoring not in ("roc_auc", "average_precision") else map(ranked, given)
    apart = [
        by_hand(targets, np.where(swap, second, first), sample_weight=weights)
        - by_hand(targets, np.where(swap, first, second), sample_weight=weights)
        for swap in swapped
    ]
    np.testing.assert_allclose(score.exchanged(targets, *given, 7), apart, atol=1e-12)


def ranked(values: np.ndarray) -> np.ndarray:
    return pd.Series(values).rank().to_numpy() / len(values)


def test_a_run_that_weighs_its_scores_has_a_weighted_interval_and_test(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(160, 3)).round(3), columns=["a", "b", "c"])
    frame = frame.assign(y=(frame["a"] + rng.normal(size=160) > 0).astype(int), w=rng.integers(1, 9, 160))
    frame.to_csv(tmp_path / "table.csv", index=False)
    text = """
title = "Weighed"
[data]
source = "csv:table.csv"
target = "y"
seed = 2
test_size = 0.4
[model]
estimator = "sklearn.linear_model.LogisticRegression"
[space]
C = [1e-6, 0.1]
[score]
scoring = "accuracy"
folds = 3
weight = "w"
weigh_scores = true
[[method]]
kind = "grid"
"""
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    one = judge(state).methods[0]
    X, y, w = frame[["a", "b", "c"]], frame["y"].to_numpy(), frame["w"].to_numpy()
    train, test = train_test_split(np.arange(160), test_size=0.4, random_state=2)
    best = state.methods["grid"].best
    assert best is not None
    fitted = [LogisticRegression(C=c).fit(X.iloc[train], y[train], w[train]) for c in (best.params["C"], 1.0)]
    right = np.array([model.predict(X.iloc[test]) == y[test] for model in fitted])
    assert one.test_score == pytest.approx(np.average(right[0], weights=w[test]), abs=1e-12)
    counts = draw_counts(np.random.default_rng(SEED), DRAWS, len(test)) * w[test]
    drawn = counts @ right.T / counts.sum(axis=1, keepdims=True)
    assert one.test_interval_kind == "bootstrap"
    assert one.test_interval == pytest.approx(np.percentile(drawn[:, 0], [2.5, 97.5]), abs=0.005)
    assert one.test == "permutation"
    exchanged = np.random.default_rng(SEED).integers(2, size=(DRAWS, len(test))) * 2 - 1
    gain = (right[0].astype(int) - right[1]) * w[test] / w[test].sum()
    share = (np.abs(exchanged @ gain) >= abs(gain.sum()) - 1e-12).mean()
    assert one.p == pytest.approx(share, abs=0.005)
    # a run that did not keep what its rows weigh is not tested as if they weighed nothing
    assert state.info is not None
    state.info = msgspec.structs.replace(state.info, test_weights=[])
    without = judge(state)
    assert without.sentence.endswith("; what the test rows weigh was not kept, so nothing can be tested.")
    assert (without.methods[0].test_interval, without.methods[0].p) == (None, None)
