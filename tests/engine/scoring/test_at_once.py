"""Scores on many resamples at once: scikit-learn's own on each resample, drawn by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics
from tunetop.engine.scoring import scores
from tunetop.engine.scoring.scores import StoredScore

ROWS, CLASSES = 60, 4
RNG = np.random.default_rng(3)
TARGETS = np.arange(ROWS) % CLASSES * 1.0
LABELS = np.where(RNG.random((2, ROWS)) < 0.6, TARGETS, RNG.integers(CLASSES, size=(2, ROWS)))
SHARES = RNG.dirichlet(np.ones(CLASSES), size=(2, ROWS)).round(2)
RANKED = np.clip(0.4 * (TARGETS > 1) + RNG.uniform(0, 0.6, size=(2, ROWS)), 0, 1).round(1)
NUMBERS = TARGETS + RNG.normal(size=(2, ROWS))
ALL = list(range(CLASSES))


def kappa(weights: str | None) -> Any:
    return lambda y, p, w: metrics.cohen_kappa_score(y, p, labels=ALL, weights=weights, sample_weight=w)


def first(k: int) -> Any:
    return lambda y, p, w: metrics.top_k_accuracy_score(y, p, k=k, labels=ALL, sample_weight=w)


CASES: dict[str, tuple[dict[str, Any], np.ndarray, np.ndarray, Any]] = {
    "kappa": ({"metric": "cohen_kappa_score"}, TARGETS, LABELS, kappa(None)),
    "linear": ({"metric": "cohen_kappa_score", "weights": "linear"}, TARGETS, LABELS, kappa("linear")),
    "quadratic": ({"metric": "cohen_kappa_score", "weights": "quadratic"}, TARGETS, LABELS, kappa("quadratic")),
    "top 2": ({"metric": "top_k_accuracy"}, TARGETS, SHARES, first(2)),
    "top 3": ({"metric": "top_k_accuracy_score", "k": 3}, TARGETS, SHARES, first(3)),
    "precision": (
        {"metric": "average_precision_score"},
        (TARGETS > 1) * 1.0,
        RANKED,
        lambda y, p, w: metrics.average_precision_score(y, p, sample_weight=w),
    ),
    "pinball": (
        {"metric": "mean_pinball_loss", "alpha": 0.9},
        TARGETS,
        NUMBERS,
        lambda y, p, w: -metrics.mean_pinball_loss(y, p, alpha=0.9, sample_weight=w),
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_each_resample_has_scikit_learns_score(case: str, weighed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    written, targets, models, by_hand = CASES[case]
    task = "regression" if case == "pinball" else "classification"
    weights = np.random.default_rng(5).integers(1, 5, size=ROWS) * 1.0 if weighed else np.ones(ROWS)
    score = StoredScore("any", task, written, weights if weighed else ())
    monkeypatch.setattr(score, "_by_scikit_learn", lambda *_: pytest.fail("one by one"))
    monkeypatch.setattr(score, "_merged", lambda y, p: (y, p, np.ones(len(y), dtype=np.int64)))
    monkeypatch.setattr(scores, "DRAWS", 25)
    assert score(targets, models[0]) == pytest.approx(by_hand(targets, models[0], weights), abs=1e-12)
    drawn = []
    monkeypatch.setattr(scores, "_draw", lambda *args: drawn.append(DRAW(*args)) or drawn[-1])
    found = score.resampled(targets, models, seed=1)
    expected = [
        [by_hand(*_rows(targets, model, weights, counts)) for model in models]
        for counts in np.concatenate(drawn).astype(int)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)


DRAW = scores._draw


def _rows(targets: np.ndarray, model: np.ndarray, weights: np.ndarray, counts: np.ndarray) -> tuple[Any, Any, Any]:
    chosen = np.repeat(np.arange(ROWS), counts)
    return targets[chosen], model[chosen], weights[chosen]


def test_a_large_test_set_is_resampled_less_often_where_scikit_learn_is_called_each_time() -> None:
    rows = 10_000
    targets, models = np.arange(rows) * 1.0, np.arange(rows)[None] + 0.5
    assert len(StoredScore("max_error", "regression").resampled(targets, models)) == 200
    assert len(StoredScore("max_error", "regression").resampled(targets[:100], models[:, :100])) == 400
