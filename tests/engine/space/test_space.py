"""Grids, samples and the way to the unit cube and back, for spaces of every kind."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ParameterGrid
from tunetop.engine.space.space import Choice, Dimension, Space

NAMES = st.lists(st.from_regex(r"[a-z][a-z_]{0,6}[a-z]", fullmatch=True), min_size=1, max_size=4, unique=True)
LABELS = st.one_of(
    st.booleans(),
    st.integers(-1000, 1000),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.text("abcdefgh01", min_size=1, max_size=6),
)


def _labels(draw: Any) -> list[Any]:
    return draw(st.lists(LABELS, min_size=1, max_size=6, unique_by=lambda value: (str(value), float(value == 1))))


@st.composite
def dimensions(draw: Any, name: str) -> Dimension:
    scale = draw(st.sampled_from(["log", "linear", "choice"]))
    if scale == "choice":
        labels = _labels(draw)
        # 1, 1.0 and True are one key of a dictionary: a preset's author who lists two of them is told
        labels = list({label: label for label in labels}.values())
        return Dimension(name, "choice", choices=tuple(Choice.of(name, label) for label in labels))
    integer = draw(st.booleans())
    if integer:
        low = draw(st.integers(1 if scale == "log" else -500, 500))
        high = low + draw(st.integers(1, 1000))
    else:
        low = draw(st.floats(1e-8, 1e3) if scale == "log" else st.floats(-1e3, 1e3))
        high = low * draw(st.floats(1.5, 1e6)) if scale == "log" else low + draw(st.floats(1e-3, 1e4))
    steps = draw(st.one_of(st.none(), st.integers(2, 9)))
    return Dimension(name, scale, low, high, integer, steps)


@st.composite
def spaces(draw: Any) -> Space:
    return Space(tuple(draw(dimensions(name)) for name in draw(NAMES)))


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if isinstance(one, float) else one == other
    )


@given(spaces(), st.integers(0, 2**31 - 1))
def test_every_draw_is_in_the_space_and_comes_back_from_the_unit_cube(space: Space, seed: int) -> None:
    for point in space.sample(5, seed):
        assert space.problem_with(point) is None
        assert list(point) == space.names
        position = space.to_unit(point)
        assert ((position >= 0) & (position <= 1)).all()
        back = space.from_unit(position)
        assert all(same(back[name], point[name]) for name in point), (point, back)


@given(spaces(), st.data())
def test_every_place_in_the_unit_cube_is_a_point_of_the_space(space: Space, data: st.DataObject) -> None:
    place = [data.draw(st.floats(0, 1)) for _ in space.dimensions]
    point = space.from_unit(place)
    assert space.problem_with(point) is None, (place, point)
    again = space.from_unit(space.to_unit(point))
    assert all(same(again[name], point[name]) for name in point)


@given(spaces(), st.data())
def test_search_coordinates_lead_back_to_the_value(space: Space, data: st.DataObject) -> None:
    for dimension in space.dimensions:
        value = dimension.from_unit(data.draw(st.floats(0, 1)))
        low, high = dimension.positions()
        assert low - 1e-9 <= dimension.position(value) <= high + 1e-9
        assert same(dimension.from_position(dimension.position(value)), value)


@given(spaces())
def test_values_far_out_of_the_cube_are_brought_to_its_ends(space: Space) -> None:
    ends = [space.from_unit([place] * len(space.dimensions)) for place in (-3.0, 0.0, 1.0, 7.0)]
    assert ends[0] == ends[1]
    assert ends[2] == ends[3]


@given(spaces())
def test_a_grid_is_parameter_grids_own_in_its_order(space: Space) -> None:
    size = space.grid_size()
    if size is None:
        assert any(not dimension.finite for dimension in space.dimensions)
        return
    values = {d.name: [choice.label for choice in d.grid_values()] for d in space.dimensions}
    grid = space.grid()
    assert len(grid) == size == len(ParameterGrid(values))
    shown = range(min(size, 50))
    assert [grid[index] for index in shown] == [ParameterGrid(values)[index] for index in shown]
    last = sorted(space.names)[-1]
    firsts = [grid[index][last] for index in range(len(values[last]))]
    assert firsts == values[last]
    assert all(space.problem_with(grid[index]) is None for index in shown)


@given(spaces(), st.integers(0, 2**31 - 1), st.integers(1, 6), st.integers(0, 6))
def test_a_longer_sample_begins_with_the_shorter_one(space: Space, seed: int, short: int, more: int) -> None:
    if all(dimension.finite for dimension in space.dimensions):
        points = list(space.sample(short + more, seed))
        assert len(points) == space.sample_size(short + more)
        assert all(one != other for one, other in itertools.combinations(points, 2))
        return
    assert list(space.sample(short + more, seed))[:short] == list(space.sample(short, seed))


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 1000))
def test_whole_numbers_stay_in_their_range_and_reach_both_ends(low: int, span: int, seed: int) -> None:
    space = Space((Dimension("n", "log", low, low + span, integer=True),))
    drawn = [point["n"] for point in space.sample(50, seed)]
    assert all(isinstance(n, int) and low <= n <= low + span for n in drawn)
    ends = (space.from_unit([0.0])["n"], space.from_unit([1.0])["n"])
    assert ends == (low, low + span)


def test_whole_numbers_on_a_log_scale_are_drawn_about_log_uniformly() -> None:
    space = Space((Dimension("n", "log", 1, 1000, integer=True),))
    drawn = np.array([point["n"] for point in space.sample(4000, 0)])
    # each number has the share of the logarithm from half below to half above it
    expected = math.log(31.5 / 0.5) / math.log(1000.5 / 0.5)
    assert np.mean(drawn <= 31) == pytest.approx(expected, abs=0.03)


def test_a_bundle_sets_its_parameters_and_wins_over_a_plain_value() -> None:
    penalty = Dimension("penalty", "choice", choices=(Choice("l1", {"l1_ratio": 1.0}), Choice("none", {"C": math.inf})))
    space = Space((penalty, Dimension("C", "log", 0.01, 100.0)))
    assert space.arguments({"C": 2.0, "penalty": "l1"}) == {"C": 2.0, "l1_ratio": 1.0}
    assert space.arguments({"C": 2.0, "penalty": "none"}) == {"C": math.inf}


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ({"C": 1.0}, "kernel is missing"),
        ({"C": 1.0, "kernel": "rbf", "gama": 1}, "gama is not in the space: C, kernel, depth"),
        ({"C": 1e9, "kernel": "rbf", "depth": 2}, "C: 1000000000.0 is outside 0.01 … 100"),
        ({"C": "much", "kernel": "rbf", "depth": 2}, "C: 'much' is not a number"),
        ({"C": True, "kernel": "rbf", "depth": 2}, "C: True is not a number"),
        ({"C": 1.0, "kernel": "tree", "depth": 2}, "kernel: 'tree' is none of rbf, linear"),
        ({"C": 1.0, "kernel": "rbf", "depth": 2.5}, "depth: 2.5 is not a whole number"),
        ({"C": float("nan"), "kernel": "rbf", "depth": 2}, "C: nan is outside 0.01 … 100"),
        ({"C": 1.0, "kernel": "rbf", "depth": float("inf")}, "depth: inf is outside 1 … 5"),
    ],
)
def test_a_point_that_is_not_in_the_space_is_told_why(point: dict[str, Any], said: str) -> None:
    space = Space(
        (
            Dimension("C", "log", 0.01, 100.0),
            Dimension("kernel", "choice", choices=(Choice.of("kernel", "rbf"), Choice.of("kernel", "linear"))),
            Dimension("depth", "linear", 1, 5, integer=True),
        )
    )
    assert space.problem_with(point) == said
