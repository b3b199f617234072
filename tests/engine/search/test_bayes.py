"""The `bayes` method: its Gaussian process, its acquisition, and the search as the conductor drives it."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm, yeojohnson
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from tunetop.engine.events import Point
from tunetop.engine.search.base import WAIT
from tunetop.engine.search.bayes.acquisition import log_expected_improvement
from tunetop.engine.search.bayes.bayes import LEADING, REACH, STRAY, Bayes
from tunetop.engine.search.bayes.encoding import Encoding
from tunetop.engine.search.bayes.gain import AHEAD, LOWER, Gain
from tunetop.engine.search.bayes.gaussian_process import (
    DOUBT,
    FITTED,
    FLAT,
    KNOWN,
    Process,
    fitted,
    fitted_twice,
    representative,
)
from tunetop.engine.search.bayes.likelihood import FALL_POWER, FALL_RATE, FINE, JITTER, Posterior
from tunetop.engine.search.bayes.targets import standardised
from tunetop.engine.space.space import Choice, Dimension, Space

Score = Callable[[Mapping[str, Any]], float]


def choice(name: str, *values: Any, ordered: bool = False) -> Dimension:
    return Dimension(name, "choice", choices=tuple(Choice.of(name, value) for value in values), ordered=ordered)


MIXED = Space(
    (
        Dimension("rate", "log", 1e-4, 1e-1),
        Dimension("momentum", "linear", 0.0, 1.0),
        Dimension("units", "log", 4, 256, integer=True),
        choice("depth", 1, 2, 3, 5, 8, ordered=True),
        choice("activation", "relu", "tanh", "logistic"),
        Dimension(
            "penalty",
            "choice",
            choices=(Choice("l1", {"l1_ratio": 1.0}), Choice("none", {"C": math.inf})),
        ),
    )
)


def mixed_score(point: Mapping[str, Any]) -> float:
    distance = (math.log10(point["rate"]) + 2.5) ** 2 + (point["momentum"] - 0.8) ** 2
    distance += (math.log2(point["units"]) - 5) ** 2 / 10 + (point["depth"] - 3) ** 2 / 10
    return -distance - 0.5 * (point["activation"] != "tanh") - 0.3 * (point["penalty"] != "l1")


def drive(search: Bayes, score: Score, workers: int = 1, late: bool = False) -> list[Point]:
    """Run a search as the conductor does: `workers` trials at once, told in order; if `late`, only when all are in."""
    points: list[Point] = []
    told = 0
    while True:
        asked = WAIT
        while len(points) - told < workers and isinstance(asked := search.ask(), dict):
            points.append(asked)
        if told == len(points):
            assert asked is None, "the search waits although nothing is open"
            return points
        for _ in range(len(points) - told if late else 1):
            search.tell(told, points[told], score(points[told]))
            told += 1


def refused(point: Mapping[str, Any]) -> bool:
    """Tell what scikit-learn refuses of penalty x solver: 8 of 20 combinations."""
    allowed = {
        "l1": {"liblinear", "saga"},
        "l2": {"newton-cg", "lbfgs", "liblinear", "sag", "saga"},
        "elasticnet": {"saga"},
        "none": {"newton-cg", "lbfgs", "sag", "saga"},
    }
    return point["solver"] not in allowed[point["penalty"]]


LOGISTIC = Space(
    (
        Dimension("C", "log", 1e-3, 1e3),
        choice("penalty", "l1", "l2", "elasticnet", "none"),
        choice("solver", "newton-cg", "lbfgs", "liblinear", "sag", "saga"),
    )
)


def logistic_score(point: Mapping[str, Any]) -> float:
    if refused(point):
        return math.nan
    gain = 0.0 if point["penalty"] == "none" else -0.02 * (math.log10(point["C"]) - 1) ** 2
    return 0.8 + gain + 0.01 * (point["penalty"] == "l1")


# The Gaussian process


GROUPS = np.array([0, 1, 2, 2])
REALS = np.array([0, 1])


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return 30 points of four features, and targets: a trend, roughness and noise."""
    rng = np.random.default_rng(3)
    features = rng.random((30, 4))
    targets = np.sin(5 * features[:, 0]) + features[:, 1] + 0.1 * rng.standard_normal(30)
    return features, (targets - targets.mean()) / targets.std()


@pytest.fixture(params=["plain", "rough"])
def process(request: pytest.FixtureRequest) -> Process:
    return fitted_twice(*samples(), GROUPS, REALS)[request.param == "rough"]


def kernel_of(process: Process, groups: np.ndarray = GROUPS) -> Any:
    """Return scikit-learn's kernel of a process, its noise last."""
    prior, scales = process.prior, process.prior.relevance[groups] ** -0.5
    rough: Any = ConstantKernel(max(prior.roughness, 1e-300)) * Matern(scales * FINE, nu=2.5)
    return ConstantKernel(prior.signal) * Matern(scales, nu=2.5) + rough + WhiteKernel(prior.noise)


def fall(process: Process, features: np.ndarray) -> np.ndarray:
    """Return how far the mean of a process lies below that in the middle."""
    along = [f * (2 * features[:, column] - 1) ** 2 for f, column in zip(process.prior.falls, REALS, strict=True)]
    return np.sum(along, axis=0)


def regressor(process: Process) -> GaussianProcessRegressor:
    """Return scikit-learn's regressor with the kernel that a process has, told what it knows above the mean."""
    regressor = GaussianProcessRegressor(kernel_of(process), alpha=JITTER, optimizer=None)
    return regressor.fit(process.features, process.targets + fall(process, process.features))


def logarithms(process: Process) -> np.ndarray:
    """Return what a posterior is a function of."""
    prior = process.prior
    known = [*prior.relevance, prior.noise, prior.signal, *[prior.roughness] * (prior.roughness > 0), *prior.falls]
    return np.log(known)


def test_the_process_predicts_what_scikit_learns_regressor_predicts_without_the_noise(process: Process) -> None:
    new = np.random.default_rng(4).random((50, 4))
    mean, deviation = process.predict(new)
    expected, spread = regressor(process).predict(new, return_std=True)
    np.testing.assert_allclose(mean, expected - fall(process, new), atol=1e-9)
    np.testing.assert_allclose(deviation, np.sqrt(spread**2 - process.prior.noise), rtol=1e-6)


def test_the_likelihood_is_scikit_learns_and_its_gradient_is_right(process: Process) -> None:
    features, targets = samples()
    posterior, x = Posterior(features, targets, GROUPS, REALS), logarithms(process)
    value, gradient = posterior.negative_log(x)
    prior = process.prior
    likely = -np.sum(0.1 / prior.relevance + 0.1 * prior.relevance) + math.log(prior.signal) - prior.signal
    likely += 0.1 * math.log(prior.noise) - 30 * prior.noise
    if prior.roughness:
        likely += 0.5 * math.log(prior.roughness) - 5 * prior.roughness
    likely += np.sum(np.log(prior.falls) - 3.3 * prior.falls)
    constant = 0.5 * len(targets) * math.log(2 * math.pi)
    expected = regressor(process).log_marginal_likelihood()
    assert -value - likely - constant == pytest.approx(expected, abs=1e-8)
    assert -value == pytest.approx(prior.log_posterior, abs=1e-8)
    for index in range(len(x)):
        step = np.eye(len(x))[index] * 1e-5
        above, below = (posterior.negative_log(x + s)[0] for s in (step, -step))
        assert gradient[index] == pytest.approx((above - below) / 2e-5, rel=1e-4, abs=1e-5)


def test_no_prior_nearby_is_likelier_than_the_one_that_is_taken(process: Process) -> None:
    posterior, taken = Posterior(*samples(), GROUPS, REALS), logarithms(process)
    value, _ = posterior.negative_log(taken)
    for step in np.random.default_rng(0).normal(scale=0.1, size=(50, len(taken))):
        assert posterior.negative_log(taken + step)[0] > value


@pytest.mark.parametrize("rising", [False, True])
def test_the_mean_falls_far_towards_edges_where_scores_do_and_little_where_they_rise(rising: bool) -> None:
    places, usual = np.random.default_rng(2).random((25, 2)), FALL_POWER / FALL_RATE
    targets = standardised(((2 * places - 1) ** 2).sum(axis=1) * (1 if rising else -1))
    for process in fitted_twice(places, targets, np.array([0, 1]), np.array([0, 1])):
        falls = process.prior.falls
        assert (falls < usual / 2).all() if rising else (falls > usual * 2).all()
        middle, corner = process.prior.mean(np.array([[0.5, 0.5], [0.0, 1.0]]))
        assert middle == 0
        assert corner == pytest.approx(-falls.sum())


def test_what_close_trials_have_in_common_is_roughness_and_what_parts_them_noise() -> None:
    rng = np.random.default_rng(5)
    places = np.linspace(0, 1, 30)[:, None]
    pairs = np.vstack([places, places + 1e-3])
    own = 0.4 * rng.standard_normal(60)
    shared = np.tile(own[:30], 2)
    for deviations, rough in ((shared, True), (own, False)):
        targets = standardised(np.sin(3 * pairs[:, 0]) + deviations)
        prior = fitted_twice(pairs, targets, np.array([0]), FLAT)[1].prior
        assert (prior.roughness > 4 * prior.noise) == rough
        assert (prior.noise > 4 * prior.roughness) == (not rough)


def test_believed_points_come_out_a_deviation_worse_than_predicted_and_take_away_the_doubt(process: Process) -> None:
    new = np.array([[0.5, 0.5, 3.0, 3.0]])
    mean, doubt = process.predict(new)
    process.believe(new)
    mean_after, doubt_after = process.predict(new)
    expected = regressor(process).predict(new) - fall(process, new)
    assert process.targets[-1] == pytest.approx(mean[0] - DOUBT * doubt[0])
    np.testing.assert_allclose(mean_after, expected, atol=1e-9)
    assert mean[0] - DOUBT * doubt[0] - 1e-6 <= mean_after[0] < mean[0]
    assert doubt_after[0] < 0.5 * doubt[0]


def test_a_process_is_fitted_to_the_best_and_to_some_of_all_ranks_below_them() -> None:
    values = np.random.default_rng(0).permutation(500).astype(float)
    kept = representative(values, 100)
    ranks = np.sort(values[kept])[::-1]
    assert len(set(kept)) == 100
    assert np.array_equal(kept, np.sort(kept))
    assert np.array_equal(ranks[:50], np.arange(499, 449, -1))
    assert ranks[-1] == 0
    assert np.diff(ranks[50:]).min() >= -10
    assert np.array_equal(representative(values[:7], 100), np.arange(7))


def test_a_process_of_many_trials_is_fitted_to_few() -> None:
    rng = np.random.default_rng(1)
    features = rng.random((KNOWN, 2))
    targets = standardised(np.sin(4 * features[:, 0]) - features[:, 1])
    process = fitted(features, targets, np.array([0, 1]))
    chosen = representative(targets, FITTED)
    few = fitted(features[chosen], targets[chosen], np.array([0, 1]))
    np.testing.assert_allclose(process.prior.relevance, few.prior.relevance)
    assert len(process.features) == KNOWN
    np.testing.assert_allclose(process.predict(features)[0], targets, atol=0.05)


def test_the_search_still_comes_closer_after_more_trials_than_a_process_knows() -> None:
    space = Space(tuple(Dimension(f"x{index}", "linear", 0, 1) for index in range(3)))

    def score(point: Mapping[str, Any]) -> float:
        return -sum((point[f"x{index}"] - 0.3 - 0.2 * index) ** 2 for index in range(3))

    search = Bayes(space, 310, 0)
    told = list(space.sample(300, 5))
    search.replay((point, score(point)) for point in told)
    best = max(map(score, told))
    for number in range(300, 304):
        point = search.ask()
        assert isinstance(point, dict)
        search.tell(number, point, score(point))
        best = max(best, score(point))
    assert best > -1e-3 > max(map(score, told))


@pytest.mark.parametrize("z", [3.0, 0.0, -0.99, -1.01, -5.0, -30.0])
def test_expected_improvement_equals_its_integral(z: float) -> None:
    deviation, best = 0.3, 2.0
    mean = best + z * deviation
    value = log_expected_improvement(np.array([mean]), np.array([deviation]), best)[0]
    # E[max(z + e, 0)] = phi(z) times an integral without underflow, below the mean
    scale, _ = quad(lambda t: t * math.exp(z * t - t * t / 2), 0, np.inf)
    assert value == pytest.approx(norm.logpdf(z) + math.log(scale) + math.log(deviation), abs=1e-6)


def test_expected_improvement_still_ranks_where_it_underflows() -> None:
    means = np.array([-1e8, -1e6, -1e4, -100.0, -40.0, 0.0])
    values = log_expected_improvement(means, np.ones(6), 0.0)
    assert np.isfinite(values).all()
    assert (np.diff(values) > 0).all()


def improvement(process: Process, features: np.ndarray, best: float) -> np.ndarray:
    mean, deviation = process.predict(features)
    z = (mean - best) / deviation
    return deviation * (z * norm.cdf(z) + norm.pdf(z))


@pytest.mark.parametrize("open_asks", [1, 8])
def test_both_processes_count_for_what_is_gained_as_much_as_they_are_likely(open_asks: int) -> None:
    features, targets = samples()
    gain = Gain(features, targets, np.ones(len(targets), dtype=bool), GROUPS, REALS)
    processes = fitted_twice(features, targets + LOWER, GROUPS, REALS)
    likely = np.exp([process.prior.log_posterior for process in processes])
    pending = np.random.default_rng(2).random((open_asks - 1, 4))
    expected, new = np.zeros(20), np.random.default_rng(1).random((20, 4))
    for process, share in zip(processes, likely / likely.sum(), strict=True):
        best = (targets.max() + LOWER + process.predict(features)[0].max()) / 2
        if len(pending):
            # what is out may gain something itself, and is believed to come out lower
            best += AHEAD * max(improvement(process, pending, best))
            process.believe(pending)
        expected += share * improvement(process, new, best)
    if len(pending):
        gain.believe(pending)
    assert 0.01 < likely[0] / likely.sum() < 0.99
    np.testing.assert_allclose(np.exp(gain.log_expected(new)), expected, rtol=1e-6)


# The encoding


def test_snapped_rows_are_the_rows_of_the_points_they_stand_for() -> None:
    space = Space((*MIXED.dimensions, Dimension("share", "linear", 0.1, 0.9, steps=5)))
    encoding = Encoding(space)
    rows = np.random.default_rng(0).random((200, 7))
    expected = [space.to_unit(space.from_unit(row)) for row in rows]
    snapped = encoding.snap(rows)
    np.testing.assert_allclose([space.to_unit(space.from_unit(row)) for row in snapped], snapped, atol=1e-9)
    np.testing.assert_allclose(np.delete(snapped, 2, axis=1), np.delete(expected, 2, axis=1), atol=1e-9)


def test_two_different_choices_are_one_apart_whatever_their_number() -> None:
    encoding = Encoding(Space((choice("a", "x", "y"), choice("b", "p", "q", "r"))))
    features = encoding.features(np.array(list(encoding.every_row())))
    assert features.shape == (6, 4)
    assert encoding.groups.tolist() == [0, 1, 1, 1]
    assert np.sum((features[0] - features[3]) ** 2) == pytest.approx(1.0)
    assert np.sum((features[0] - features[1]) ** 2) == pytest.approx(1.0)


def test_a_dimension_that_a_bundle_overrides_does_not_make_different_points() -> None:
    none = Choice("none", {"C": math.inf})
    space = Space((Dimension("C", "log", 1e-2, 1e4), Dimension("penalty", "choice", choices=(none, Choice("l2", {})))))
    encoding = Encoding(space)
    a, b = (space.to_unit({"C": c, "penalty": "none"}) for c in (1.0, 1000.0))
    assert encoding.key(a) == encoding.key(b)
    np.testing.assert_array_equal(encoding.features(a[None]), encoding.features(b[None]))
    assert encoding.point(encoding.snap(a[None])[0]) == {"C": pytest.approx(10.0), "penalty": "none"}
    c, d = (space.to_unit({"C": c, "penalty": "l2"}) for c in (1.0, 1000.0))
    assert encoding.key(c) != encoding.key(d)


def test_scores_are_bent_towards_a_normal_shape_in_order() -> None:
    scores = np.array([0.91, 0.12, 0.93, 0.94, 0.935, 0.3, 0.92, 0.945])
    bent = standardised(scores)
    assert bent.mean() == pytest.approx(0)
    assert bent.std() == pytest.approx(1)
    assert np.array_equal(np.argsort(bent), np.argsort(scores))
    plain = (scores - scores.mean()) / scores.std()
    assert bent[7] - bent[4] > 2 * (plain[7] - plain[4])
    assert not standardised(np.full(5, 0.7)).any()


def test_scores_whose_squares_are_beyond_all_floats_are_standardised_too() -> None:
    bent = standardised(np.array([-1e200, -5000.0, -1e199, -1.7e308]))
    assert np.isfinite(bent).all()
    assert bent[1] == bent.max()
    assert bent[3] == bent.min()


@pytest.mark.parametrize("seed", range(5))
def test_the_bend_is_scipys_yeo_johnson_transform(seed: int) -> None:
    scores = np.random.default_rng(seed).gamma(2.0, size=30) * (-1) ** seed
    expected, _ = yeojohnson((scores - scores.mean()) / scores.std())
    np.testing.assert_allclose(standardised(scores), (expected - expected.mean()) / expected.std(), atol=2e-3)


def test_reals_are_the_columns_of_ranges_of_real_numbers() -> None:
    assert Encoding(MIXED).reals.tolist() == [0, 1]
    later = Space((choice("a", *range(30)), choice("b", 1, 2, ordered=True), Dimension("c", "linear", 0.0, 1.0)))
    assert Encoding(later).reals.tolist() == [31]


def test_distance_counts_the_range_or_ordered_choice_that_differs_most() -> None:
    encoding = Encoding(MIXED)
    rows, others = encoding.snap(np.random.default_rng(1).random((2, 40, 6)).reshape(80, 6)).reshape(2, 40, 6)
    expected = [min(max(abs(row[:4] - other[:4])) for other in others) for row in rows]
    np.testing.assert_allclose(encoding.distance(rows, others), expected)
    only = Encoding(Space((choice("a", "x", "y", "z"),)))
    assert not only.distance(np.array([[0.9]]), np.array([[0.1]])).any()


# The search


def test_the_search_comes_close_to_the_optimum_of_a_mixed_space() -> None:
    best = [max(map(mixed_score, drive(Bayes(MIXED, 30, seed), mixed_score))) for seed in range(3)]
    chance = [max(map(mixed_score, MIXED.sample(30, seed))) for seed in range(3)]
    assert np.mean(best) > -0.1
    assert np.mean(best) > 0.5 * np.mean(chance)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at few points for each proposal: for what must be the same however good they are."""
    for name, few in {"CANDIDATES": 60, "CENTRES": 2, "STEPS": 6, "ROUNDS": 3}.items():
        monkeypatch.setattr(f"tunetop.engine.search.bayes.acquisition.{name}", few)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("open_asks", "space", "score"), [(1, MIXED, mixed_score), (3, LOGISTIC, logistic_score), (8, MIXED, mixed_score)]
)
def test_any_number_of_workers_gives_the_same_trials(open_asks: int, space: Space, score: Score) -> None:
    alone = drive(Bayes(space, 18, 5, open_asks=open_asks), score)
    assert len(alone) == 18
    for workers, late in ((2, False), (3, True), (64, False), (64, True)):
        assert drive(Bayes(space, 18, 5, open_asks=open_asks), score, workers, late) == alone


def test_another_seed_gives_other_trials() -> None:
    assert drive(Bayes(MIXED, 12, 1), mixed_score)[::11] != drive(Bayes(MIXED, 12, 2), mixed_score)[::11]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("open_asks", [1, 8])
def test_a_replayed_search_goes_on_exactly_where_it_stopped(open_asks: int) -> None:
    whole = drive(Bayes(LOGISTIC, 20, 7, open_asks=open_asks), logistic_score)
    for stopped_after in (0, 4, 10, 13, 17):
        resumed = Bayes(LOGISTIC, 20, 7, open_asks=open_asks)
        resumed.replay((point, logistic_score(point)) for point in whole[:stopped_after])
        assert drive(resumed, logistic_score) == whole[stopped_after:]


def test_eight_open_asks_still_come_close_to_the_optimum() -> None:
    best = [max(map(mixed_score, drive(Bayes(MIXED, 36, s, open_asks=8), mixed_score, workers=8))) for s in range(3)]
    assert np.mean(best) > -0.2


def test_a_longer_search_begins_with_the_shorter_one() -> None:
    assert drive(Bayes(MIXED, 15, 0), mixed_score)[:12] == drive(Bayes(MIXED, 12, 0), mixed_score)


def test_no_more_proposals_than_agreed_are_open_after_the_start() -> None:
    plain = Space((Dimension("x", "linear", 0, 1), Dimension("y", "log", 1e-3, 1)))
    search = Bayes(plain, 30, 0, start=6, open_asks=2)
    start = [search.ask() for _ in range(6)]
    assert all(isinstance(point, dict) for point in start)
    assert search.ask() is WAIT
    for number, point in enumerate(start[:5]):
        assert isinstance(point, dict)
        search.tell(number, point, point["x"])
    assert isinstance(search.ask(), dict)
    assert search.ask() is WAIT


def test_pending_points_are_not_proposed_again_nor_their_neighbourhood() -> None:
    plain = Space((Dimension("x", "linear", 0, 1), Dimension("y", "linear", 0, 1)))
    search = Bayes(plain, 40, 0, open_asks=3)
    search.replay((p, -(((p["x"] - 0.5) ** 2) + (p["y"] - 0.5) ** 2)) for p in plain.sample(10, 0))
    open_points = [plain.to_unit(point) for point in iter(search.ask, WAIT) if isinstance(point, dict)]
    assert len(open_points) == 3
    gaps = [np.abs(a - b).max() for i, a in enumerate(open_points) for b in open_points[:i]]
    assert min(gaps) > 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_a_space_with_two_fifths_refused_combinations_wastes_few_trials(seed: int) -> None:
    points = drive(Bayes(LOGISTIC, 30, seed), logistic_score)
    assert sum(map(refused, points)) <= 5


def test_failures_in_a_region_of_a_range_are_avoided_too() -> None:
    space = Space((Dimension("x", "linear", 0, 1), Dimension("y", "linear", 0, 1)))

    def score(point: Mapping[str, Any]) -> float:
        return math.nan if point["x"] > 0.6 else math.sin(5 * point["x"]) - (point["y"] - 0.4) ** 2

    points = drive(Bayes(space, 30, 0), score)
    assert sum(point["x"] > 0.6 for point in points[10:]) <= 3
    assert max(score(point) for point in points if point["x"] <= 0.6) > 0.99


def test_a_search_in_which_everything_fails_still_ends() -> None:
    points = drive(Bayes(LOGISTIC, 15, 0), lambda _: math.nan)
    assert len(points) == 15


def test_equal_scores_do_not_stop_the_search() -> None:
    assert len(drive(Bayes(MIXED, 14, 0), lambda _: 0.5)) == 14


def test_no_point_is_proposed_twice_and_a_finite_space_runs_out() -> None:
    space = Space((choice("a", 1, 2, 3), choice("b", "x", "y"), Dimension("n", "linear", 1, 4, integer=True)))
    points = drive(Bayes(space, 100, 0), lambda p: p["a"] + p["n"])
    assert len(points) == 24
    assert len({tuple(point.values()) for point in points}) == 24


def test_a_search_that_has_found_the_optimum_of_a_coarse_space_moves_on() -> None:
    space = Space((Dimension("a", "linear", 0, 99, integer=True), Dimension("b", "linear", 0, 99, integer=True)))
    search = Bayes(space, 30, 0)
    told = [{"a": a, "b": b} for a in (48, 50, 52) for b in (48, 50, 52)]
    search.replay((point, -abs(point["a"] - 50) - abs(point["b"] - 50)) for point in [*told, *space.sample(6, 0)])
    points = drive(search, lambda p: -abs(p["a"] - 50) - abs(p["b"] - 50))
    assert len({tuple(point.values()) for point in [*told, *points]}) == len(told) + len(points) == 24


@pytest.mark.parametrize("stray", [0.0, STRAY])
def test_corners_far_from_the_good_trials_are_let_be_when_these_are_alike(
    stray: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunetop.engine.search.bayes.bayes.STRAY", stray)
    # a mean that falls towards the edges lets corners be as well: this one does not
    monkeypatch.setattr("tunetop.engine.search.bayes.likelihood.FALL_RATE", 1e6)
    names = ("x0", "x1", "x2")
    space = Space(tuple(Dimension(name, "linear", 0, 1) for name in names))
    good = np.random.default_rng(0).uniform(0.65, 0.95, (20, 3))
    told = [*space.sample(10, 0), *(dict(zip(names, map(float, row), strict=True)) for row in good)]

    def score(point: Mapping[str, Any]) -> float:
        return -max(sum(abs(value - 0.8) for value in point.values()), 0.2)

    search = Bayes(space, 40, 0)
    search.replay((point, score(point)) for point in told)
    best = sorted(told, key=score)[-int(LEADING * len(told)) :]
    for number in range(30, 33):
        point = search.ask()
        assert isinstance(point, dict)
        distance = min(max(abs(point[name] - other[name]) for name in names) for other in best)
        assert (distance < REACH + 0.1) == (stray > 0)
        search.tell(number, point, score(point))


def test_a_search_whose_best_point_is_a_corner_comes_there_all_the_same() -> None:
    space = Space(tuple(Dimension(f"x{index}", "linear", 0, 1) for index in range(4)))
    points = drive(Bayes(space, 25, 0), lambda point: sum(point.values()))
    assert max(sum(point.values()) for point in points) == pytest.approx(4, abs=1e-3)


def test_a_trial_added_by_hand_is_learned_from_and_not_proposed() -> None:
    plain = Space((Dimension("x", "linear", 0, 1),))
    search = Bayes(plain, 12, 0, start=4)
    for number, x in enumerate((0.1, 0.35, 0.6, 0.95)):
        search.tell(number, {"x": x}, -((x - 0.7) ** 2))
    point = search.ask()
    assert isinstance(point, dict)
    assert 0.6 < point["x"] < 0.95
    only = Space((choice("a", "p", "q"),))
    search = Bayes(only, 5, 0)
    search.tell(0, {"a": "p"}, 1.0)
    assert search.ask() == {"a": "q"}
    assert search.ask() is None


def test_importing_the_search_does_not_import_scikit_learn_or_scipy() -> None:
    code = "import sys, tunetop.engine.search.bayes.bayes; print([m for m in ('sklearn', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
