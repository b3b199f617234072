"""Intervals, tests and corrections against scipy, statsmodels, scikit-learn and published examples."""

from __future__ import annotations

import base64
import math
import zlib

import numpy as np
import pytest
from breadth import WHOLE
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import get_scorer
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from tunetop.engine.record import predictions
from tunetop.engine.scoring import scores
from tunetop.engine.scoring.scores import (
    ROW_MEAN_SCORERS,
    StoredScore,
    can_be_resampled,
    link,
    row_scores,
    why_not_resampled,
)
from tunetop.engine.statistics import (
    bbc_cv,
    corrected_t,
    draw_counts,
    fewest_rows_for_significance,
    holm,
    mcnemar_exact,
    percentile_interval,
    permutation_p,
    rows_for_significance,
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


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_wilson_equals_statsmodels(counts: tuple[int, int], level: float) -> None:
    expected = proportion_confint(*counts, alpha=1 - level, method="wilson")
    assert wilson_interval(*counts, level) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(-1, 3), (4, 3), (0, 0)])
def test_wilson_refuses_what_is_no_proportion(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="not a proportion"):
        wilson_interval(hits, n)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mcnemar_equals_statsmodels(b: int, c: int) -> None:
    expected = mcnemar([[5, b], [c, 5]], exact=True).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(min(expected, 1.0), abs=1e-12)


def test_mcnemar_needs_six_to_none() -> None:
    assert mcnemar_exact(5, 0) == pytest.approx(0.0625)
    assert mcnemar_exact(6, 0) == pytest.approx(0.03125)


@pytest.mark.parametrize("methods", [1, 2, 5, 12])
def test_holm_equals_statsmodels(methods: int) -> None:
    for p_values in np.random.default_rng(methods).beta(0.3, 1.0, size=(1, methods)).round(2):
        expected = multipletests(p_values, method="holm")[1]
        assert holm(list(p_values)) == pytest.approx(list(expected), abs=1e-12)


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


def _two_models(rows: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    targets = rng.integers(2, size=rows)
    first, second = (np.where(rng.random(rows) < wrong, 1 - targets, targets) for wrong in (0.10, 0.16))
    return targets, first, second


def test_the_bootstrap_interval_of_a_difference_agrees_with_scipys() -> None:
    targets, first, second = _two_models()
    draws = StoredScore("accuracy", "classification").resampled(targets, np.array([first, second]), seed=3)
    ours = percentile_interval(draws[:, 0] - draws[:, 1])
    pairs = (first == targets).astype(float) - (second == targets)
    theirs = stats.bootstrap(
        (pairs,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.01)


def test_percentile_intervals_pass_over_resamples_on_which_a_score_is_not_defined() -> None:
    assert percentile_interval(np.array([math.nan, *range(101), math.inf])) == pytest.approx((2.5, 97.5))
    assert percentile_interval(np.array([math.nan])) is None


def test_percentile_intervals_cover_the_true_difference_about_as_often_as_they_say() -> None:
    rng, covered, times = np.random.default_rng(5), 0, 200
    for _ in range(times):
        right = rng.random((150, 2)) < [0.85, 0.8]
        differences = draw_counts(rng, 300, 150) @ (right[:, 0].astype(float) - right[:, 1]) / 150
        interval = percentile_interval(differences)
        assert interval is not None
        covered += interval.low <= 0.05 <= interval.high
    assert 0.90 <= covered / times <= 0.985


# -- permutation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scoring", ["neg_mean_squared_error", "r2", "neg_root_mean_squared_error"])
def test_the_permutation_test_is_scipys(scoring: str) -> None:
    rng = np.random.default_rng(7)
    targets = rng.normal(size=11)
    first, second = targets + rng.normal(0, 0.5, 11), targets + rng.normal(0, 1.3, 11)
    score = StoredScore(scoring, "regression")

    def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
        return score(targets, ours) - score(targets, theirs)

    # with 11 rows scipy goes through all 2,048 exchanges
    theirs = stats.permutation_test((first, second), difference, permutation_type="samples", n_resamples=2048)
    ours = permutation_p(difference(first, second), score.exchanged(targets, first, second))
    assert ours == pytest.approx(theirs.pvalue, abs=0.015)


@pytest.mark.parametrize("lost", [0, 3, 7])
def test_the_permutation_test_of_accuracy_is_mcnemars(lost: int) -> None:
    targets = np.zeros(100)
    first, second = np.zeros(100), np.zeros(100)
    second[:9] = 1
    first[50 : 50 + lost] = 1
    score = StoredScore("accuracy", "classification")
    ours = permutation_p((9 - lost) / 100, score.exchanged(targets, first, second))
    assert ours == pytest.approx(mcnemar_exact(9, lost), abs=0.012)


def test_a_model_and_itself_are_exchanged_for_nothing() -> None:
    targets = np.arange(20) % 2
    score = StoredScore("f1", "classification")
    assert permutation_p(0.0, score.exchanged(targets, targets, targets)) == 1.0
    assert permutation_p(0.1, np.array([math.nan])) is None


def test_about_as_many_rows_as_are_named_make_a_difference_significant() -> None:
    rng = np.random.default_rng(2)
    differences = rng.normal(0.1, 1.0, size=200)
    spread = differences.std() / math.sqrt(200)
    rows = rows_for_significance(differences.mean(), spread, 200)
    assert rows is not None
    t = differences.mean() / (differences.std() / math.sqrt(rows))
    assert 2 * stats.norm.sf(abs(t)) == pytest.approx(0.05, abs=1e-3)
    assert rows_for_significance(0.5, spread, 200) is None
    assert rows_for_significance(0.0, spread, 200) is None


# -- how many rows ---------------------------------------------------------------------------------------------------


def _fewest_by_trying(b: int, c: int, n: int) -> int:
    more, fewer = max(b, c), min(b, c)
    return next(
        rows
        for rows in range(1, 10**6)
        if mcnemar_exact(rows * more // n, -(-rows * fewer // n)) < 0.05 and rows * more // n > -(-rows * fewer // n)
    )


@given(st.integers(0, 12), st.integers(0, 12), st.integers(25, 200))
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


def test_bias_correction_is_the_published_algorithm_whatever_the_blocks() -> None:
    """Against algorithm 3 of Tsamardinos et al., written out draw by draw."""
    rows, draws = 40, 60
    table = np.random.default_rng(3).normal(size=(rows, 9)).round(1)
    rng, kept = np.random.default_rng(5), []
    for drawn in rng.integers(rows, size=(draws, rows), dtype=np.int32):
        best = int(np.argmax(table[drawn].mean(axis=0).round(12)))
        left_out = sorted({*range(rows)} - {*drawn.tolist()})
        kept.append(table[left_out, best].mean())
    result = bbc_cv(table, draws, seed=5)
    assert result.score == pytest.approx(np.mean(kept), abs=1e-12)
    assert (result.low, result.high) == pytest.approx(np.quantile(kept, [0.025, 0.975]), abs=1e-12)
    assert bbc_cv(iter([table[:, :1], table[:, 1:6], table[:, 6:]]), draws, seed=5) == pytest.approx(result)


def test_bias_correction_breaks_ties_as_the_search_does() -> None:
    column = np.arange(50) % 2.0
    assert bbc_cv(np.stack([column, column], 1), seed=1) == bbc_cv(column[:, None], seed=1)


def sklearn_score(scoring: str, targets: np.ndarray, predicted: np.ndarray) -> float:
    scorer = get_scorer(scoring)
    return scorer._sign * scorer._score_func(targets, predicted, **scorer._kwargs)


@pytest.mark.parametrize("scoring", sorted(ROW_MEAN_SCORERS - {"accuracy"}))
def test_means_of_row_scores_are_the_scorers_own(scoring: str) -> None:
    rng = np.random.default_rng(2)
    targets = rng.gamma(4.0, size=300)
    predicted = targets * rng.lognormal(0, 0.3, size=300)
    mean = row_scores(scoring, targets, predicted).mean(keepdims=True)
    to_score = link(scoring, targets)
    ours = mean if to_score is None else to_score(mean, np.ones((1, 300)))
    expected = sklearn_score(scoring, targets, predicted)
    assert float(ours[0]) == pytest.approx(expected)
    assert StoredScore(scoring, "regression")(targets, predicted) == pytest.approx(expected)


# -- scores from stored predictions ----------------------------------------------------------------------------------

FEW = 20 if WHOLE else 6
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
    monkeypatch.setattr(scores, "SLOW_DRAWS", FEW)
    monkeypatch.setattr(scores, "DRAWS", FEW)
    rng = np.random.default_rng(6)
    targets = rng.integers(classes, size=12).astype(float)
    models = np.where(rng.random((3, 12)) < 0.7, targets, rng.integers(classes, size=(3, 12)))
    score = StoredScore(scoring, "classification")
    at_once = score.resampled(targets, models, seed=9)
    monkeypatch.setattr(StoredScore, "_at_once", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models, seed=9), rtol=1e-12)


@pytest.mark.parametrize("scoring", sorted(ROW_MEAN_SCORERS - {"accuracy"}))
def test_resampled_errors_equal_scikit_learns_one_by_one(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "SLOW_DRAWS", FEW)
    monkeypatch.setattr(scores, "DRAWS", FEW)
    rng = np.random.default_rng(6)
    targets = rng.gamma(4.0, size=40)
    models = targets * rng.lognormal(0, 0.3, size=(2, 40))
    score = StoredScore(scoring, "regression")
    at_once = score.resampled(targets, models, seed=9)
    monkeypatch.setattr(StoredScore, "_at_once", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models, seed=9), rtol=1e-9)


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "average_precision", "neg_brier_score"])
def test_scores_of_probabilities_equal_scikit_learns_one_by_one(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "SLOW_DRAWS", FEW)
    monkeypatch.setattr(scores, "DRAWS", FEW)
    rng = np.random.default_rng(6)
    targets = rng.integers(2, size=30).astype(float)
    models = np.clip(0.6 * targets + rng.uniform(0, 0.6, size=(2, 30)), 0, 1).round(1)
    score = StoredScore(scoring, "classification")
    assert score.takes_responses
    assert score(targets, models[0]) == pytest.approx(sklearn_score(scoring, targets, models[0]))
    at_once = score.resampled(targets, models, seed=9)
    exchanged = score.exchanged(targets, *models, seed=9)
    monkeypatch.setattr(StoredScore, "_at_once", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models, seed=9), rtol=1e-9)
    np.testing.assert_allclose(exchanged, score.exchanged(targets, *models, seed=9), rtol=1e-9, atol=1e-12)


def test_models_that_order_rows_alike_are_alike_to_the_roc_curve_whatever_their_scales() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(2, size=80)
    values = targets + rng.normal(0, 0.7, size=80)
    score = StoredScore("roc_auc", "classification")
    assert score.exchanged(targets, values, 1e3 * np.exp(values)) == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(scores._ranks(values.round(1)), stats.rankdata(values.round(1)) / 80)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "scoring",
    ["roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted", "neg_log_loss", "neg_brier_score"],
)
def test_scores_of_many_classes_probabilities_are_scikit_learns(scoring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = 4
    monkeypatch.setattr(scores, "SLOW_DRAWS", few)
    monkeypatch.setattr(scores, "DRAWS", few)
    # scikit-learn takes no ranks here: it wants probabilities that add up to 1
    monkeypatch.setattr(scores, "_ranks", lambda given: given)
    rng = np.random.default_rng(6)
    targets = np.arange(24) % 4.0
    models = rng.dirichlet(np.ones(4), size=(2, 24)).round(12)
    score = StoredScore(scoring, "classification")
    assert score(targets, models[1]) == pytest.approx(sklearn_score(scoring, targets, models[1]))
    at_once = score.resampled(targets, models)
    exchanged = score.exchanged(targets, *models)
    monkeypatch.setattr(StoredScore, "_at_once", lambda *_: None)
    np.testing.assert_allclose(at_once, score.resampled(targets, models), rtol=1e-9)
    np.testing.assert_allclose(exchanged, score.exchanged(targets, *models), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("scoring", "rows", "why"),
    [
        ("accuracy", 500, ""),
        ("r2", 20_000, ""),
        ("r2", 20_001, "trials keep predictions for at most 20,000 training rows"),
        ("f1_macro", 500, "f1_macro is not a mean over rows"),
        ("neg_log_loss", 500, "neg_log_loss needs probabilities, which trials do not keep"),
        ("no_such_scorer", 500, "no_such_scorer is not a mean over rows"),
    ],
)
def test_it_is_said_why_trials_keep_no_predictions(scoring: str, rows: int, why: str) -> None:
    assert why_not_resampled(scoring, rows) == why
    assert can_be_resampled(scoring, rows) == (not why)


# -- packed predictions ----------------------------------------------------------------------------------------------


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


@given(st.text(max_size=60) | st.from_regex(r"(u1|f8|i4)[rz][0-9]{1,3}:[A-Za-z0-9+/=]{0,40}", fullmatch=True))
def test_unpacking_anything_gives_numbers_or_a_value_error(text: str) -> None:
    try:
        values = predictions.unpack(text)
    except ValueError:
        return
    assert np.isfinite(values).all()
