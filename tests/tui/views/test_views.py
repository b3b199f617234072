"""Every view at every size over every kind of run: exact lines, the same ones each time, nothing harmful in them."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hostile_text import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from made_run import MadeRun
from rich.cells import cell_len
from rich.text import Text
from tunetop.engine.events import AxesKnown, Axis, Objective, Point, StepsReported, TrialStarted
from tunetop.engine.state import RunState
from tunetop.engine.text import is_harmless
from tunetop.tui.render.look import LOOKS
from tunetop.tui.views.catalog import VIEWS
from tunetop.tui.views.options import ViewOptions, axes, chosen_axes, next_axes, third_axis

SIZES = [(20, 4), (58, 12), (80, 24), (160, 45), (200, 60)]

RATE = Axis(name="rate", scale="log", low=1e-4, high=1e-1, grid=[1e-4, 1e-3, 1e-2, 1e-1])
ALPHA = Axis(name="alpha", scale="log", low=1e-5, high=1e-1, grid=[1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
DEPTH = Axis(name="depth", scale="linear", low=1, high=20, integer=True)
KIND = Axis(name="kind", scale="choice", labels=["l1", "l2", True, None], grid=["l1", "l2", True, None])
FIXED = Axis(name="fixed", scale="linear", low=3.0, high=3.0)


def sampled(axes_: list[Axis], rng: random.Random) -> Point:
    point: Point = {}
    for axis in axes_:
        if axis.scale == "choice":
            point[axis.name] = rng.choice(axis.labels)
        else:
            low, high = float(axis.low or 0), float(axis.high or 1)
            value = (
                10 ** rng.uniform(math.log10(low), math.log10(high)) if axis.scale == "log" else rng.uniform(low, high)
            )
            point[axis.name] = round(value) if axis.integer else value
    return point


def searched(axes_: list[Axis], trials: int = 30, score: Any = None, fail_every: int = 0, **info: Any) -> MadeRun:
    """Return a run of three methods, their trials interleaved as when they run together."""
    rng = random.Random(7)
    score = score or (lambda point: 0.9 + 0.05 * rng.random())
    run = MadeRun(methods=("baseline", "grid", "random", "bayes"), axes=axes_, **info)
    if info.get("task") != "regression":
        run.trial("baseline", 0, [0.91, 0.92, 0.93], params={})
    for number in range(trials):
        for method in ("grid", "random", "bayes"):
            point = sampled(axes_, rng)
            if method == "grid":
                for axis in axes_:
                    if axis.grid:
                        point[axis.name] = axis.grid[number % len(axis.grid)]
            failed = fail_every and number % fail_every == 0
            mean = score(point)
            run.trial(
                method, number, [] if failed else [mean - 0.01, mean, mean + 0.01], point, error="no" if failed else ""
            )
    return run


def still_running() -> RunState:
    run = searched([RATE, ALPHA], trials=4)
    for number, method in enumerate(("grid", "random", "bayes")):
        run.add(TrialStarted(method=method, number=4 + number, params={"rate": 1e-3, "alpha": 1e-3}))
    return run.state()


def hostile_run() -> RunState:
    labels: list[Any] = list(dict.fromkeys(HOSTILE))
    names = [HOSTILE[0] + "x", HOSTILE[5] + "y", "漢字" * 30]
    evil = [
        Axis(name=names[0], scale="choice", labels=labels, grid=labels),
        Axis(name=names[1], scale="log", low=1e-4, high=1.0, grid=[1e-4, 1.0]),
        Axis(name=names[2], scale="choice", labels=["é́́́́", "👩‍👩‍👧", "\u202eabc"]),
    ]
    run = MadeRun(methods=("baseline", HOSTILE[1], "名" * 40), axes=evil)
    rng = random.Random(3)
    for number in range(12):
        for method in (HOSTILE[1], "名" * 40):
            run.trial(method, number, [0.5 + number / 100], sampled(evil, rng), error="")
    run.trial(HOSTILE[1], 12, [], sampled(evil, rng), error=HOSTILE[2] + "failed")
    return run.state()


STATES = {
    "new": RunState,
    "empty": lambda: MadeRun(axes=[RATE, ALPHA]).state(),
    "no axes": lambda: searched([], trials=12).state(),
    "one axis": lambda: searched([RATE], trials=12).state(),
    "one trial": lambda: searched([RATE, ALPHA], trials=1).state(),
    "all failed": lambda: searched([RATE, ALPHA], trials=6, fail_every=1).state(),
    "ties": lambda: searched([RATE, ALPHA], score=lambda point: 0.75).state(),
    "perfect": lambda: searched([RATE, ALPHA], score=lambda point: 1.0).state(),
    "categorical": lambda: searched([KIND, replaced(KIND, "other")], fail_every=3).state(),
    "mixed": lambda: searched([KIND, DEPTH, RATE, FIXED], fail_every=5).state(),
    "constant": lambda: searched([FIXED, replaced(FIXED, "more")]).state(),
    "running": still_running,
    "regression": lambda: searched(
        [RATE, DEPTH], score=lambda point: -3000.0 - 50 * float(point["depth"]), task="regression", scoring="r2"
    ).state(),
    "huge": lambda: searched([RATE, ALPHA], score=lambda point: -1e12 / float(point["rate"])).state(),
    "hostile": hostile_run,
    "unbounded": lambda: searched_unbounded(),
    "study": lambda: study(),
}


def study() -> RunState:
    """Return a watched search of two objectives: steps, pruned, failed and open trials, axes that became known late."""
    goals = [Objective("loss", "minimize"), Objective("漢字 speed", "maximize")]
    run = MadeRun(methods=("study",), axes=[], folds=0, watched=True, objectives=goals, scoring="loss")
    rng = random.Random(5)
    run.add(AxesKnown(axes=[RATE]))
    for number in range(24):
        point = sampled([RATE] if number < 9 else [RATE, KIND], rng)
        steps = [(step, -1.0 / (step + 1) - rng.random() / 4) for step in range(12 if number % 3 else 4)]
        state: Any = "done" if number % 3 else "raced"
        more: dict[str, Any] = {"state": state, "steps": steps, "attributes": {"feasible": number % 5 != 1}}
        if state == "raced":
            more["estimate"] = steps[-1][1]
        scores = [] if state == "raced" else [steps[-1][1]]
        run.trial("study", number, scores, point, others={"漢字 speed": [rng.random()]}, **more)
    run.add(AxesKnown(axes=[RATE, KIND]))
    run.trial("study", 24, [], {}, error="no luck")
    for number in (25, 26):
        run.add(TrialStarted(method="study", number=number, params={}))
        run.add(TrialStarted(method="study", number=number, params=sampled([RATE, KIND], rng)))
        run.add(StepsReported(method="study", number=number, steps=[(0, -1.5), (1, -0.5)]))
    return run.state()


def replaced(axis: Axis, name: str) -> Axis:
    return Axis(name, axis.scale, axis.low, axis.high, axis.labels, axis.grid, axis.integer)


def searched_unbounded() -> RunState:
    run = MadeRun(methods=("study",), axes=[Axis(name="a", scale="log"), Axis(name="b", scale="choice")])
    for number in range(15):
        run.trial("study", number, [0.1 * number], {"a": 10.0**-number, "b": "xyz"[number % 3]})
    return run.state()


@cache
def made(name: str) -> RunState:
    return STATES[name]()


def assert_exact(lines: list[Text], width: int, height: int) -> None:
    assert len(lines) == height
    for line in lines:
        assert cell_len(line.plain) == width, repr(line.plain)
        assert is_harmless(line.plain), repr(line.plain)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state_name", STATES)
@pytest.mark.parametrize("view_name", VIEWS)
def test_every_view_fills_exactly_the_cells_it_was_given(
    view_name: str, state_name: str, size: tuple[int, int]
) -> None:
    view, state = VIEWS[view_name], made(state_name)
    choices = [ViewOptions(), ViewOptions(method="grid", overlay=True), ViewOptions(by="seconds", regret=True)]
    for options in choices if size[0] <= 80 else choices[:1]:
        assert_exact(view.draw(state, options, *size, LOOKS["dark"]), *size)


@pytest.mark.parametrize("state_name", ["mixed", "running", "hostile", "one trial", "study"])
@pytest.mark.parametrize("view_name", VIEWS)
def test_a_terminal_without_unicode_gets_ascii_of_the_same_width(view_name: str, state_name: str) -> None:
    for look in (LOOKS["dark"].ascii(), LOOKS["light"].with_colors("none").ascii()):
        lines = VIEWS[view_name].draw(made(state_name), ViewOptions(), 58, 14, look)
        assert_exact(lines, 58, 14)
        assert all(line.plain.isascii() for line in lines)


@pytest.mark.parametrize("view_name", VIEWS)
def test_a_terminal_without_colours_gets_none_and_still_sees_the_best(view_name: str) -> None:
    state = made("mixed") if VIEWS[view_name].applies(made("mixed")) else made("study")
    lines = VIEWS[view_name].draw(state, ViewOptions(), 80, 24, LOOKS["dark"].with_colors("none"))
    styles = [span.style for line in lines for span in line.spans]
    assert all(getattr(style, "color", None) is None and getattr(style, "bgcolor", None) is None for style in styles)
    if view_name != "importance":
        assert any("★" in line.plain for line in lines)


@pytest.mark.parametrize("view_name", VIEWS)
def test_unchanged_data_give_identical_lines(view_name: str) -> None:
    draw = VIEWS[view_name].draw
    made_again = STATES["mixed" if VIEWS[view_name].applies(made("mixed")) else "study"]
    first = draw(made_again(), ViewOptions(), 80, 24, LOOKS["dark"])
    again = draw(made_again(), ViewOptions(), 80, 24, LOOKS["dark"])
    assert first == again
    assert [line.spans for line in first] == [line.spans for line in again]


@pytest.mark.parametrize(
    ("state_name", "expected"),
    [
        ("new", "Waiting for the run to start."),
        ("all failed", "failed"),
        ("empty", "yet"),
    ],
)
@pytest.mark.parametrize("view_name", VIEWS)
def test_a_view_without_scores_says_why(view_name: str, state_name: str, expected: str) -> None:
    state = made(state_name)
    options = ViewOptions(hide=frozenset({"baseline"}))
    lines = VIEWS[view_name].draw(state, options, 80, 24, LOOKS["dark"])
    assert expected in " ".join(line.plain.strip() for line in lines)


def test_a_method_that_is_not_there_is_named() -> None:
    lines = VIEWS["scatter"].draw(made("mixed"), ViewOptions(method="grdi"), 80, 10, LOOKS["dark"])
    assert "There is no method grdi in this run." in "\n".join(line.plain for line in lines)


odd_numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-1, 1),
    st.sampled_from([0.0, -0.0, 1e308, -1e308, 5e-324, math.nan]),
)
odd_values = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), odd_numbers, st.text(max_size=8))


@given(
    trials=st.lists(st.tuples(odd_numbers, odd_values, odd_values), min_size=1, max_size=14),
    width=st.integers(20, 120),
    height=st.integers(4, 40),
    view_name=st.sampled_from(list(VIEWS)),
    azimuth=st.floats(-720, 720),
    elevation=st.floats(-90, 180),
    regret=st.booleans(),
)
def test_odd_scores_and_values_never_break_a_view(
    trials: list[tuple[float, Any, Any]],
    width: int,
    height: int,
    view_name: str,
    azimuth: float,
    elevation: float,
    regret: bool,
) -> None:
    run = MadeRun(methods=("baseline", "random"), axes=[RATE, KIND, Axis(name="bare", scale="linear")])
    for number, (score, rate, kind) in enumerate(trials):
        run.trial("random", number, [score], {"rate": rate, "kind": kind, "bare": rate})
    options = ViewOptions(azimuth=azimuth, elevation=elevation, regret=regret)
    lines = VIEWS[view_name].draw(run.state(), options, width, height, LOOKS["dark"])
    assert_exact(lines, width, height)


def test_columns_follow_a_growing_run_as_if_read_at_once() -> None:
    run = searched([RATE, KIND], trials=12, fail_every=4)
    growing = RunState()
    for index, record in enumerate(run.records):
        growing.apply(record)
        if index % 7 == 0:
            VIEWS["scatter"].draw(growing, ViewOptions(), 60, 20, LOOKS["dark"])
    for view in VIEWS.values():
        step_by_step = view.draw(growing, ViewOptions(), 80, 24, LOOKS["dark"])
        assert step_by_step == view.draw(run.state(), ViewOptions(), 80, 24, LOOKS["dark"])


def test_axes_that_say_most_come_first_whatever_the_trials() -> None:
    assert [axis.name for axis in axes(made("mixed"))] == ["rate", "depth", "kind", "fixed"]
    x, y = chosen_axes(made("mixed"), ViewOptions(x="kind", y="kind"))
    assert (x and x.name, y and y.name) == ("kind", "rate")


def test_cycling_through_pairs_of_axes_visits_each_both_ways_and_returns() -> None:
    state = made("mixed")
    options = ViewOptions()
    seen = []
    for _ in range(12):
        options = next_axes(state, options)
        seen.append((options.x, options.y))
    assert len(set(seen)) == 12
    assert {(y, x) for x, y in seen} == set(seen)
    assert chosen_axes(state, options) == chosen_axes(state, ViewOptions())
    assert next_axes(state, next_axes(state, options), step=-1) == options


def test_cycling_three_axes_goes_from_pairs_to_triples() -> None:
    state = made("mixed")
    options = ViewOptions()
    triples = []
    for _ in range(10):
        options = next_axes(state, options, count=3)
        third = third_axis(state, options)
        triples.append((options.x, options.y, third and third.name))
    assert len(set(triples)) == 10
    assert sum(third is not None for *_, third in triples) == 4


def test_hidden_methods_are_left_out_of_views() -> None:
    text = "\n".join(
        line.plain
        for line in VIEWS["trajectory"].draw(
            made("mixed"), ViewOptions(hide=frozenset({"bayes"})), 80, 24, LOOKS["dark"]
        )
    )
    assert "random" in text
    assert "bayes" not in text


def test_turning_a_surface_changes_it_and_a_whole_turn_brings_it_back() -> None:
    draw, state, look = VIEWS["surface"].draw, made("mixed"), LOOKS["dark"]
    front = draw(state, ViewOptions(azimuth=20), 80, 24, look)
    assert draw(state, ViewOptions(azimuth=65), 80, 24, look) != front
    assert draw(state, ViewOptions(azimuth=380), 80, 24, look) == front


def test_fewer_ramp_levels_mean_fewer_colours_in_a_view() -> None:
    def colours(levels: int) -> int:
        look = LOOKS["dark"].reduced(levels)
        lines = VIEWS["scatter"].draw(made("mixed"), ViewOptions(), 80, 24, look)
        return len({str(span.style) for line in lines for span in line.spans})

    assert colours(3) < colours(7)


def test_options_are_frozen_so_that_a_widget_can_compare_them() -> None:
    assert replace(ViewOptions(), azimuth=50) == ViewOptions(azimuth=50)
    assert hash(ViewOptions()) == hash(ViewOptions())


def test_the_forms_of_a_view_go_round_and_each_says_what_the_next_one_is() -> None:
    state = searched([RATE, ALPHA], trials=6).state()
    names = {
        name: [form.label for form in view.forms] for name, view in VIEWS.items() if view.forms and view.applies(state)
    }
    assert set(names) == {"heatmap", "trajectory"}
    for name, labels in names.items():
        view, options, seen = VIEWS[name], ViewOptions(), []
        for _ in range(8):
            form = view.next_form(state, options)
            assert form is not None
            assert form.label in labels
            seen.append(form.label)
            options = form.change(options)
            assert all(cell_len(line.plain) == 60 for line in view.draw(state, options, 60, 16, LOOKS["dark"]))
        assert options == ViewOptions(), "they come back to where they began"
        assert set(seen) == set(labels)
    assert VIEWS["trajectory"].next_form(state, ViewOptions(by="seconds", regret=True)).label == "scores"  # type: ignore[union-attr]
    assert VIEWS["heatmap"].next_form(RunState(), ViewOptions()) is None
    assert VIEWS["scatter"].next_form(state, ViewOptions()) is None
