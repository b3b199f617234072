"""Several objectives and constraints as searches see them: weighing, chances of bounds, the same on any open asks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from tunetop.engine.events import Point
from tunetop.engine.search.base import WAIT, Outcome
from tunetop.engine.search.bayes.bayes import Bayes
from tunetop.engine.search.bayes.encoding import Encoding
from tunetop.engine.search.bayes.gain import BELOW, CORNERS, AreaGain, front_of
from tunetop.engine.search.bayes.gaussian_process import KNOWN, representative
from tunetop.engine.search.bayes.several import Bounds, weighed
from tunetop.engine.search.optuna import OptunaSearch
from tunetop.engine.search.started import Started
from tunetop.engine.space.space import Choice, Dimension, Space

SPACE = Space(
    (
        Dimension("x", "linear", 0.0, 1.0),
        Dimension("y", "linear", 0.0, 1.0),
        Dimension("kind", "choice", choices=tuple(Choice.of("kind", kind) for kind in ("a", "b", "c"))),
    )
)


def outcome(point: Any) -> Outcome:
    """Two ends of a line as objectives; half of the plane is not allowed; one corner fails."""
    x, y = point["x"], point["y"]
    if x > 0.9 and y > 0.9:
        return Outcome((math.nan,))
    far = 0.2 * (point["kind"] == "c")
    return Outcome((-(x**2) - (y - 0.5) ** 2 - far, -((x - 1) ** 2) - (y - 0.5) ** 2 - far), (0.6 - y,))


def drive(search: Any, at_once: int, done: int = 0, known: list[Point] | None = None) -> list[Point]:
    """Ask and tell; results are told one by one or several at once. With `known` it goes through these again first."""
    points: list[Point] = []
    told = 0
    while True:
        while isinstance(point := search.ask(), dict):
            assert known is None or len(points) >= done or known[len(points)] == point
            points.append(point)
        if point is None:
            return points
        assert point is WAIT
        for _ in range(min(at_once, len(points) - told)):
            search.tell_all(told, points[told], outcome(points[told]))
            told += 1


@pytest.mark.parametrize("open_asks", [1, 8])
def test_proposals_do_not_depend_on_how_results_come_in_nor_on_a_resume(open_asks: int) -> None:
    def made() -> Bayes:
        return Bayes(SPACE, 18, 3, start=6, open_asks=open_asks)

    points = drive(made(), 1)
    assert len(points) == 18
    assert drive(made(), open_asks) == points
    assert drive(made(), 1, 11, points) == points


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_optunas_samplers_take_objectives_and_constraints(sampler: Any) -> None:
    pytest.importorskip("optuna", reason="needs the extra optuna")

    def made() -> OptunaSearch:
        return OptunaSearch(SPACE, 25, 3, sampler, 4, objectives=2)

    points = drive(made(), 1)
    assert drive(made(), 4) == points
    search = made()
    search.tell_all(0, {"x": 0.2, "y": 0.3, "kind": "a"}, Outcome((1.0, 2.0), (-0.5,)))
    search.ask()
    (by_hand, *_) = search._study.trials
    assert by_hand.values == [1.0, 2.0]
    assert by_hand.constraints == {"0": 0.5}
    if sampler == "tpe":
        # it learns of the bound: without one, about two fifths of the points break it
        kept = [point["y"] <= 0.6 for point in points[12:]]
        assert np.mean(kept) > 0.75


def test_trials_gather_on_the_front_and_within_bounds() -> None:
    points = drive(Bayes(SPACE, 40, 1), 1)
    later = points[15:]
    assert np.mean([point["y"] <= 0.6 for point in later]) > 0.85
    # on the front y is .5 and the kind any but c; x goes from one end to the other
    near = [point for point in later if abs(float(point["y"]) - 0.5) < 0.15 and point["kind"] != "c"]  # type: ignore[arg-type]
    assert len(near) > 0.6 * len(later)
    spread = sorted(float(point["x"]) for point in near)  # type: ignore[arg-type]
    assert spread[0] < 0.2
    assert spread[-1] > 0.8


def test_where_nothing_is_within_bounds_yet_the_way_there_is_all_that_counts() -> None:
    def tell(search: Bayes, bound: Callable[[float], float]) -> list[float]:
        ys = []
        for number in range(16):
            point: Any = search.ask()
            ys.append(point["y"])
            search.tell_all(number, point, Outcome((point["x"],), (bound(point["y"]),)))
        return ys

    ys = tell(Bayes(SPACE, 16, 2, start=6), lambda y: -0.2 - (y - 0.8) ** 2)
    assert np.median(np.abs(np.array(ys[8:]) - 0.8)) < 0.1


def test_weights_reach_from_one_objective_to_the_other() -> None:
    values = np.array([[0.0, 3.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0], [-1.0, -1.0]])
    best = [int(np.argmax(weighed(values, np.random.default_rng(seed)))) for seed in range(60)]
    assert set(best) == {0, 1, 2, 3}
    # nothing that another beats in both is ever the best
    worse = np.vstack([values, [0.9, 1.9]])
    assert 5 not in [int(np.argmax(weighed(worse, np.random.default_rng(seed)))) for seed in range(60)]


@pytest.mark.parametrize("n_front", [1, 4])
def test_the_expected_gain_of_area_is_the_integral_of_the_chance_to_dominate(n_front: int) -> None:
    rng = np.random.default_rng(0)
    features = rng.random((12, 2))
    targets = rng.standard_normal((12, 2))
    ends = np.linspace(0.0, 1.0, n_front)
    front = np.stack([0.2 + ends, 1.1 - ends], axis=1)
    gain = AreaGain(features, targets, front, np.array([0, 1]))
    corner = front.min(axis=0) - BELOW * np.ptp(targets, axis=0)
    if n_front == 1:
        corner = np.minimum(corner, np.median(targets, axis=0))
    asked = rng.random((3, 2))
    width = 0.004
    u, v = (start + width * (np.arange(2000) + 0.5) for start in corner)
    free = ~((front[:, 0, None, None] > u[:, None]) & (front[:, 1, None, None] > v)).any(axis=0)
    (m1, s1), (m2, s2) = (process.predict(asked) for process in gain._processes)
    for index, expected in enumerate(np.exp(gain.log_expected(asked))):
        beyond, above = norm.sf(u, m1[index], s1[index]), norm.sf(v, m2[index], s2[index])
        assert expected == pytest.approx(beyond @ free @ above * width**2, rel=0.04)


def test_a_front_is_what_nothing_else_beats_and_a_long_one_is_gone_by_in_steps() -> None:
    rng = np.random.default_rng(1)
    values = np.vstack([rng.standard_normal((40, 2)).round(1), [[3.0, -1.0], [3.0, -1.0], [3.0, -2.0]]])
    unbeaten = {
        tuple(one) for one in values if not any((other >= one).all() and (other > one).any() for other in values)
    }
    front = front_of(values)
    assert list(map(tuple, front)) == sorted(unbeaten)
    angles = np.linspace(0.0, math.pi / 2, 500)
    long = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    gain = AreaGain(rng.random((9, 1)), rng.standard_normal((9, 2)), long, np.array([0]))
    assert len(gain._starts) == CORNERS + 1
    assert np.isfinite(gain.log_expected(np.array([[0.5], [40.0]]))).all()


def test_among_more_trials_than_a_process_knows_the_one_within_bounds_is_known() -> None:
    n_trials, kept = KNOWN + 60, KNOWN // 2 + 2
    assert kept not in representative(-np.arange(n_trials), KNOWN)
    search = Bayes(SPACE, 1, 0, start=1)
    for number, (x, y) in enumerate(np.random.default_rng(0).random((n_trials, 2))):
        margin = 0.5 if number == kept else -0.5
        search.tell_all(number, {"x": x, "y": y, "kind": "a"}, Outcome((float(-number),), (margin,)))
    assert isinstance(search.ask(), dict)


def test_chances_of_bounds_go_with_the_side_of_the_bound() -> None:
    encoding = Encoding(SPACE)
    rows = encoding.snap(np.random.default_rng(0).random((40, 3)))
    margins = np.stack([0.6 - rows[:, 1], 1e4 * (rows[:, 0] - 0.3) ** 3], axis=1)
    bounds = Bounds(encoding, encoding.features(rows), margins)
    asked = encoding.snap(np.array([[0.8, 0.2, 0.5], [0.8, 0.9, 0.5], [0.05, 0.2, 0.5]]))
    chances = np.exp(bounds.log_chance(asked))
    assert chances[0] > 0.9
    assert chances[1] < 0.1
    assert chances[2] < 0.1
    assert (Bounds(encoding, encoding.features(rows), margins[:, :0]).log_chance(asked) == 0.0).all()


def test_a_start_passes_all_on_that_its_search_learns_from() -> None:
    start: list[Point] = [{"x": 0.5, "y": 0.5, "kind": "a"}, {"x": 0.1, "y": 0.2, "kind": "b"}]
    search = Started(Bayes(SPACE, 9, 3, start=4), start)
    points = drive(search, 1)
    assert points[:2] == start
    alone = Bayes(SPACE, 9, 3, start=4)
    for number, point in enumerate(start):
        alone.tell_all(number, point, outcome(point))
    assert drive(alone, 1) == points[2:]
