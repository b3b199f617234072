"""Numbers in few cells: rounded right, constant in width, and never a surprise for odd ones."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tunetop.engine.events import Axis
from tunetop.engine.trials.scales import ScoreRange, axis_scale, nice_ticks, score_range
from tunetop.tui.render.numbers import (
    SCORE_WIDTH,
    age,
    clock,
    compact,
    duration,
    eta,
    score,
    score_within,
    signed,
    value_width,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.982417582, "0.9824"), (1.0, "1.0000"), (0.0, "0.0000"), (-0.5, "-0.5000"), (-0.0, "0.0000"),
        (None, "–"), (NAN, "–"), (math.inf, "inf"), (-math.inf, "-inf"), (-2941.53, "-2941.5"), (1e9, "1.00e9"),
        (-1e-7, "-1.0e-7"), (12.3456, "12.346"), (-0.99999, "-1.0000"), (-999999.9, "-1.00e6"), (-99.9996, "-100.00"),
    ],
)  # fmt: skip
def test_scores(value: float | None, text: str) -> None:
    assert score(value) == text


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (0.978021978, [".98", ".978", ".9780", ".97802", ".978022"]),
        (1.0, ["1.0", "1.00", "1.000", "1.0000", "1.00000"]),
        (-0.25, ["-.2", "-.25", "-.250", "-.2500", "-.25000"]),
        (-2941.53, ["--", "-3e3", "-2942", "-2942", "-2941.5"]),
    ],
)
def test_scores_in_three_to_seven_cells(value: float, texts: list[str]) -> None:
    assert [score_within(value, width) for width in range(3, 8)] == texts


@given(st.floats(), st.integers(3, 9))
def test_a_score_never_exceeds_its_cells(value: float, width: int) -> None:
    assert len(score_within(value, width)) <= width


@given(st.floats(allow_nan=False))
def test_every_score_fits_the_columns_of_scores(value: float) -> None:
    assert len(score(value)) <= SCORE_WIDTH


@given(st.floats(-1e6, 1e6).filter(lambda x: abs(x) >= 1e-3))
def test_a_written_score_is_the_score_rounded(value: float) -> None:
    assert float(score(value)) == pytest.approx(value, rel=1e-3, abs=6e-5)
    assert float(score_within(value, 9)) == pytest.approx(value, rel=0.06, abs=6e-5)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.207988669606632e-05, "4.21e-05"), (0.002134, "0.00213"), (0.0002937538457632, "0.000294"), (1e-5, "1e-05"),
        (1000.0, "1000"), (1234.5, "1234"), (29.7635, "29.8"), (64, "64"), (123456789, "1.23e+08"), (True, "True"),
        (None, "None"), ("l1", "l1"), ("a\x1b[2Jb", "a\\x1b[2Jb"), (NAN, "nan"),
    ],
)  # fmt: skip
def test_values_of_hyperparameters(value: object, text: str) -> None:
    assert compact(value) == text  # type: ignore[arg-type]


@given(st.floats(1e-12, 1e12))
def test_any_number_fits_the_width_of_its_column(value: float) -> None:
    axis = Axis(name="x", scale="log", low=1e-12, high=1e12)
    assert len(compact(value)) <= value_width(axis)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (0.004, "4 ms"), (0.42, "0.4 s"), (9.94, "9.9 s"), (9.96, "0:10"), (42.4, "0:42"), (59.7, "1:00"),
     (3723, "1:02:03"), (183600, "2 d 3 h"), (None, "–"), (NAN, "–"), (-3, "0.0 s")],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_the_time_to_go_gets_coarser_the_longer_it_is() -> None:
    assert [eta(s) for s in (3.2, 59, 272, 700, 7300, 400000, None)] == [
        "0:04", "0:59", "4:30", "12 min", "2 h", "5 d", "–"
    ]  # fmt: skip


def test_ages_and_clocks() -> None:
    assert [age(s) for s in (0.31, 42.2, 300, 7200, 190000, None)] == [
        "0.3 s ago", "42 s ago", "5 min ago", "2 h ago", "2 d ago", "–"
    ]  # fmt: skip
    assert [clock(s) for s in (0, 61, 3600, 180000)] == ["0:00", "1:01", "1:00:00", "2 d 2 h"]


def test_differences_carry_their_sign() -> None:
    assert [signed(x) for x in (0.0066, -0.0022, 1e-9, -1.5, -119.5, None)] == [
        "+.0066", "-.0022", " .0000", "-1.5000", "-119.50", "–"
    ]  # fmt: skip


# -- scales ----------------------------------------------------------------------------------------------------------


def test_a_log_axis_has_its_decades_as_ticks() -> None:
    scale = axis_scale(Axis(name="rate", scale="log", low=1e-4, high=1e-1))
    ticks = scale.ticks(10)
    assert [label for _, label in ticks] == ["1e-4", "1e-3", "1e-2", "1e-1"]
    assert [place for place, _ in ticks] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert scale.position(1e-3) == pytest.approx(1 / 3)
    assert scale.value(1 / 3) == pytest.approx(1e-3)
    assert math.isnan(scale.position(-1.0))
    assert math.isnan(scale.position("much"))


def test_choices_are_told_apart_by_type() -> None:
    scale = axis_scale(Axis(name="c", scale="choice", labels=[True, 1, "1", None]))
    assert [scale.position(v) for v in (True, 1, "1", None)] == [0.125, 0.375, 0.625, 0.875]
    assert list(scale.positions([1, True, 2])[:2]) == [0.375, 0.125]
    assert math.isnan(scale.position(1.0))


@pytest.mark.parametrize("kind", ["log", "linear"])
def test_many_positions_are_those_of_each(kind: str) -> None:
    scale = axis_scale(Axis(name="x", scale=kind, low=1e-4, high=1e-1))  # type: ignore[arg-type]
    values = [1e-4, 0.05, 2, 0, -1.0, True, "much", None, math.nan, math.inf, 1e301]
    assert scale.positions(values) == pytest.approx([scale.position(value) for value in values], nan_ok=True)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.integers(1, 30))
def test_ticks_are_few_and_within_the_axis(one: float, other: float, room: int) -> None:
    low, high = sorted((one, other))
    ticks = nice_ticks(low, high, room)
    assert 1 <= len(ticks) <= max(room, 1)
    span = high - low
    assert all(low - 1e-6 * span - 1e-9 <= tick <= high + 1e-6 * span + 1e-9 for tick in ticks)


def test_one_hopeless_trial_does_not_take_the_ramp_from_the_others() -> None:
    import numpy as np

    scores = np.array([0.1, *np.linspace(0.95, 0.98, 30), np.nan])
    found = score_range(scores)
    assert found is not None
    assert 0.85 < found.low <= 0.95
    assert found.high == pytest.approx(0.98)
    assert score_range(np.array([np.nan])) is None
    assert ScoreRange(0.5, 0.5).position(0.5) == 0.5


def test_the_score_range_moves_seldom_while_trials_arrive() -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    scores = 0.9 + 0.05 * rng.random(400)
    ranges = {score_range(scores[:count]) for count in range(40, 400)}
    assert len(ranges) <= 12
