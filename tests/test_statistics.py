"""Intervals, tests and corrections against scipy, statsmodels, scikit-learn and published examples."""

from __future__ import annotations

import base64
import math
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import get_scorer
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from tunetop.engine import predictions, scores
from tunetop.engine.scores import ROW_MEAN_SCORERS, StoredScore, link, row_scores
from tunetop.engine.statistics import (
    bbc_cv,
    corrected_t,
    fewest_rows_for_significance,
    holm,
    mcnemar_exact,
    paired_bootstrap,
    wilson_interval,
)

# -- proportions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_published_intervals(hits: int, n: int, low: float, high: float) -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3
    assert wilson_interval(hits, n) == pytest.approx((low, high), abs=5e-5)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_equals_statsmodels(counts: tuple[int, int], level: float) -> None:
    expected = proportion_confint(*counts, alpha=1 - level, method="wilson")
    assert wilson_interval(*counts, level) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_wilson_refuses_what_is_no_proportion(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson_interval(hits, n)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_equals_statsmodels(b: int, c: int) -> None:
    expected = mcnemar([[5, b], [c, 5]], exact=True).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(min(expected, 1.0), abs=1e-12)


def test_mcnemar_needs_six_to_none() -> None:
    assert mcnemar_exact(5, 0) == pytest.approx(0.0625)
    assert mcnemar_exact(6, 0) == pytest.approx(0.03125)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_equals_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]), abs=1e-12)


# -- folds -----------------------------------------------------------------------------------------------------------


def test_corrected_t_gives_scikit_learns_worked_example() -> None:
    """The numbers that scikit-learn's guide to comparing models by grid search prints: t 0.750, one-sided p 0.227."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    features, targets = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    by_fold = [
        cross_val_score(SVC(kernel=kernel, random_state=0, **more), features, targets, scoring="roc_auc", cv=folds)
        for kernel, more in (("rbf", {}), ("linear", {}))
    ]
    test = corrected_t(by_fold[0] - by_fold[1], 10 / 90)
    assert test.t == pytest.approx(0.750, abs=5e-4)
    assert test.p / 2 == pytest.approx(0.227, abs=5e-4)
    assert test.df == 99


def test_corrected_t_without_correction_is_the_paired_t_test() -> None:
    first, second = np.random.default_rng(0).normal(size=(2, 10))
    expected = stats.ttest_rel(first, second)
    test = corrected_t(first - second, 0.0)
    assert (test.t, test.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_corrected_t_claims_nothing_from_equal_differences() -> None:
    assert corrected_t([0.0] * 5, 0.25).p == 1.0
    assert math.isnan(corrected_t([0.1 + 0.2 - 0.3 + 0.01] * 5, 0.25).p)


# -- bootstrap -------------------------------------------------------------------------------------------------------


def _accuracy(targets: np.ndarray, predicted: np.ndarray) -> float:
    return float((targets == predicted).mean())


def test_paired_bootstrap_agrees_with_scipys() -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(2, size=200)
    first = np.where(rng.random(200) < 0.10, 1 - targets, targets)
    second = np.where(rng.random(200) < 0.20, 1 - targets, targets)
    ours = paired_bootstrap(_accuracy, targets, first, second, draws=4000, seed=3)
    pairs = (first == targets).astype(float) - (second == targets)
    theirs = stats.bootstrap(
        (pairs,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert ours.difference == pytest.approx(pairs.mean())
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    expected = stats.norm.sf(pairs.mean() / pairs.std() * math.sqrt(200)) * 2
    assert ours.p == pytest.approx(expected, abs=0.02)


def test_paired_bootstrap_of_a_model_with_itself_finds_nothing() -> None:
    targets = np.arange(20) % 2
    assert paired_bootstrap(_accuracy, targets, targets, targets, draws=50) == (0.0, 0.0, 0.0, 1.0)


def test_paired_bootstrap_covers_the_true_difference_about_as_often_as_it_says() -> None:
    rng, covered, times = np.random.default_rng(5), 0, 200
    for seed in range(times):
        right = rng.random((150, 2)) < [0.85, 0.8]
        result = paired_bootstrap(_accuracy, np.ones(150, bool), right[:, 0], right[:, 1], draws=300, seed=seed)
        covered += result.low <= 0.05 <= result.high
    assert 0.90 <= covered / times <= 0.985


# -- how many rows ---------------------------------------------------------------------------------------------------


def _fewest_by_trying(b: int, c: int, n: int) -> int:
    more, fewer = max(b, c), min(b, c)
    return next(
        rows
        for rows in range(1, 10**6)
        if mcnemar_exact(rows * more // n, -(-rows * fewer // n)) < 0.05 and rows * more // n > -(-rows * fewer // n)
    )


@given(st.integers(0, 12), st.integers(0, 12), st.integers(25, 200))
@settings(max_examples=60, deadline=None)
def test_fewest_rows_are_found_as_by_trying_all(b: int, c: int, n: int) -> None:
    found = fewest_rows_for_significance(b, c, n)
    if b == c:
        assert found is None
    elif max(b, c) <= 1.5 * min(b, c):
        assert found is not None
        assert found > n
    else:
        assert found == _fewest_by_trying(b, c, n)


def test_one_row_to_none_takes_six_times_the_rows() -> None:
    assert fewest_rows_for_significance(1, 0, 114) == 6 * 114
    assert fewest_rows_for_significance(0, 3, 114) == 2 * 114


def test_a_disagreement_that_is_all_but_even_is_given_up() -> None:
    assert fewest_rows_for_significance(100_000, 99_999, 300_000) is None


# -- BBC-CV ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.08])
def test_bias_correction_removes_the_winners_optimism(spread: float) -> None:
    """The corrected score is within 0.005 of what winners are truly worth; the plain one is off by much more."""
    rng = np.random.default_rng(8)
    rows, configurations, times = 400, 30, 200
    corrected, optimistic, truth = [], [], []
    for seed in range(times):
        worth = 0.8 + spread * (rng.beta(9, 9, size=configurations) - 0.5)
        # rows differ in difficulty, so the candidates' errors go together as those of real models do
        difficulty = rng.normal(size=(rows, 1))
        own = rng.normal(size=(rows, configurations))
        right = (math.sqrt(0.5) * difficulty + math.sqrt(0.5) * own < stats.norm.ppf(worth)).astype(np.float32)
        result = bbc_cv(right, draws=100, seed=seed)
        corrected.append(result.score)
        optimistic.append(result.optimistic)
        truth.append(worth[np.argmax(right.mean(axis=0))])
    assert abs(np.mean(corrected) - np.mean(truth)) < 0.005
    assert np.mean(optimistic) - np.mean(truth) > 0.01


def test_bias_correction_of_one_configuration_is_its_own_score() -> None:
    right = np.array([[1.0]] * 80 + [[0.0]] * 20)
    result = bbc_cv(right, draws=2000)
    assert result.score == pytest.approx(0.8, abs=0.01)
    assert result.optimistic == 0.8
    assert result.low < 0.8 < result.high


def test_bias_correction_breaks_ties_as_the_search_does() -> None:
    column = np.arange(50) % 2.0
    assert bbc_cv(np.stack([column, column], 1), seed=1) == bbc_cv(column[:, None], seed=1)


def sklearn_score(scoring: str, targets: np.ndarray, predicted: np.ndarray) -> float:
    scorer = get_scorer(scoring)
    return scorer._sign * scorer._score_func(targets, predicted, **scorer._kwargs)


@pytest.mark.parametrize("scoring", sorted(ROW_MEAN_SCORERS - {"accuracy"}))
def test_bias_correction_speaks_in_the_scorers_unit(scoring: str) -> None:
    rng = np.random.default_rng(2)
    targets = rng.gamma(4.0, size=300)
    predicted = targets * rng.lognormal(0, 0.3, size=300)
    table = row_scores(scoring, targets, predicted)[:, None]
    result = bbc_cv(table, link=link(scoring, targets))
    assert result.optimistic == pytest.approx(sklearn_score(scoring, targets, predicted))
    assert StoredScore(scoring, "regression")(targets, predicted) == pytest.approx(result.optimistic)
    assert result.low < result.optimistic < result.high


# -- scores from stored predictions ----------------------------------------------------------------------------------

FEW = 20
CLASSES = ["accuracy", "balanced_accuracy", "matthews_corrcoef"]
CLASSES += [
    f"{kind}{way}" for kind in ("f1", "precision", "recall", "jaccard") for way in ("_macro", "_micro", "_weighted")
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("scoring", "classes"),
    [(name, k) for name in CLASSES for k in (2, 4)] + [(k, 2) for k in ("f1", "precision", "recall")],
)
def test_resampled_class_scores_equal_scikit_learns_one_by_one(
    scoring: str, classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(6)
    targets = rng.integers(classes, size=12).astype(float)
    models = np.where(rng.random((3, 12)) < 0.7, targets, rng.integers(classes, size=(3, 12)))
    score = StoredScore(scoring, "classification")
    at_once = score.resampled(targets, models, seed=9)[:FEW]
    monkeypatch.setattr(scores, "SLOW_DRAWS", FEW)
    monkeypatch.setattr(StoredScore, "_vectorised", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models, seed=9), rtol=1e-12)


@pytest.mark.parametrize("scoring", sorted(ROW_MEAN_SCORERS - {"accuracy"}))
def test_resampled_errors_equal_scikit_learns_one_by_one(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    targets = rng.gamma(4.0, size=40)
    models = targets * rng.lognormal(0, 0.3, size=(2, 40))
    score = StoredScore(scoring, "regression")
    at_once = score.resampled(targets, models, seed=9)[:FEW]
    monkeypatch.setattr(scores, "SLOW_DRAWS", FEW)
    monkeypatch.setattr(StoredScore, "_vectorised", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models, seed=9), rtol=1e-9)


def test_a_scorer_of_probabilities_is_refused() -> None:
    with pytest.raises(ValueError, match="needs probabilities"):
        StoredScore("roc_auc", "classification")


# -- packed predictions ----------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(allow_nan=False, allow_infinity=False))))
def test_packed_values_come_back_exactly(values: list[float]) -> None:
    back = predictions.unpack(predictions.pack(np.array(values, dtype=float)))
    assert back.tolist() == [float(value) for value in values]


def test_class_codes_pack_small() -> None:
    codes = np.random.default_rng(0).integers(2, size=455)
    assert len(predictions.pack(codes)) < 200
    assert predictions.unpack(predictions.pack(codes)).dtype == np.int64


@pytest.mark.parametrize("values", [[math.nan], [math.inf], [[1.0]], ["a"], [1 + 2j]])
def test_only_finite_numbers_are_packed(values: list) -> None:
    with pytest.raises(ValueError, match="cannot pack"):
        predictions.pack(values)


def _bomb() -> str:
    return "u1z10:" + base64.b64encode(zlib.compress(b"\0" * 50_000_000)).decode()


HOSTILE_PACKS = {
    "nothing": "",
    "no header": "AAAA",
    "huge length": "u1z999999999:AAAA",
    "more base64 than announced": "u1r1:" + "A" * 1000,
    "too short": "u1r9:AAAA",
    "not base64": "u1r3:A*AA",
    "not ASCII": "u1r3:éééé",
    "not deflated": "u1z3:AAAA",
    "not finite": "f8r1:" + base64.b64encode(np.array([np.nan]).tobytes()).decode(),
    "a pickle": "O8r1:gASVAA==",
    "a deflate bomb": _bomb(),
    "cut off": predictions.pack(np.zeros(500))[:-8],
}


@pytest.mark.parametrize("text", HOSTILE_PACKS.values(), ids=HOSTILE_PACKS.keys())
def test_hostile_packs_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="packed predictions"):
        predictions.unpack(text)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=60) | st.from_regex(r"(u1|f8|i4)[rz][0-9]{1,3}:[A-Za-z0-9+/=]{0,40}", fullmatch=True))
def test_unpacking_anything_gives_numbers_or_a_value_error(text: str) -> None:
    try:
        values = predictions.unpack(text)
    except ValueError:
        return
    assert np.isfinite(values).all()
