"""Every column of the trial table keeps the contract of `Field`, those that a run brings as well; one more is a row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hostile_text import HOSTILE
from monitor_app import LiveRun
from rich.style import Style
from tunetop.engine.events import AxesKnown, Axis, Objective, StepsReported, TrialWaiting
from tunetop.engine.state import RunState
from tunetop.engine.text import is_harmless
from tunetop.engine.trials.arrays import columns
from tunetop.engine.trials.scales import ScoreRange
from tunetop.tui.app.themes import NAMES, look_for
from tunetop.tui.render.lines import width_of
from tunetop.tui.trials import fields as registry
from tunetop.tui.trials.field import Drawing, Field, Room, each
from tunetop.tui.trials.fields import attribute, fields, metric
from tunetop.tui.trials.filter import parse
from tunetop.tui.trials.rows import Rows
from tunetop.tui.trials.terms import field_term
from tunetop.tui.widgets.table_layout import table_layout
from tunetop.tui.widgets.trial_line import RowStyle, head, line

AXES = [
    Axis(name="rate", scale="log", low=1e-4, high=1e-1),
    Axis(name="solver", scale="choice", labels=["adam", "sgd", 3, True, None]),
]


def watched(trials: int = 12) -> LiveRun:
    """A run whose trials carry further metrics and attributes of all sorts, and come to all ends that there are."""
    less = [Objective("accuracy"), Objective("loss", "minimize")]
    run = LiveRun(AXES, watched=True, objectives=less)
    run.baseline()
    for number in range(trials):
        more: dict[str, Any] = {"loss": [1.0 + number % 5], "f1": [0.1 * number, 0.3]}
        kept: dict[str, Any] = {
            "epochs": number * 7 % 5,
            "note": ["deep", "Shallow", None][number % 3],
            "ok": number < 3,
        }
        run.whole("random", number, others=more if number != 4 else {}, attributes=kept if number != 5 else {})
    run.failed("random", trials, "no")
    run.whole("random", trials + 1, state="raced", scores=[0.9, 0.91], by_fold={0: 0.9, 1: 0.91})
    run.whole("random", trials + 2, reused=("random", 3), fit_seconds=[], score_seconds=[])
    run.whole("random", trials + 3, warnings={"did not converge": 4}, manual=True)
    run.running("random", trials + 4, 2)
    run.add(TrialWaiting(method="random", number=trials + 5, params={"rate": 0.01}))
    return run


STATE = watched().live()
EVERY = fields(STATE)


def drawing(state: RunState, colours: str = "truecolor", *, unicode: bool = True) -> Drawing:
    look = look_for(NAMES[0], colors=colours, unicode=unicode)
    return Drawing(look, state, 5, ScoreRange(0.9, 1.0), ScoreRange(0.9, 1.0))


def test_a_run_brings_columns_of_its_own() -> None:
    keys = [one.key for one in EVERY]
    brought = ["param:rate", "param:solver", "metric:loss", "metric:f1"]
    brought += ["attribute:epochs", "attribute:note", "attribute:ok"]
    assert [key for key in keys if ":" in key] == brought
    assert keys.index("param:rate") < keys.index("mean") < keys.index("metric:loss") < keys.index("std")
    assert len(set(keys)) == len(keys)
    assert fields(STATE) is EVERY


# -- the contract ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.key)
def test_a_column_says_what_it_is(one: Field) -> None:
    assert one.title
    assert one.about
    assert one.hideable == (one.key not in ("number", "method", "mean"))


def values(one: Field, state: RunState = STATE) -> list[float]:
    return one.value(columns(state), state).tolist()


@pytest.mark.parametrize("place", range(len(EVERY)), ids=[one.key for one in EVERY])
def test_its_numbers_are_the_same_whether_trials_come_one_by_one_or_together(place: int) -> None:
    whole, state = watched(), RunState()
    for record in whole.records:
        state.apply(record)
        if len(fields(state)) == len(EVERY):
            values(fields(state)[place], state)
    np.testing.assert_array_equal(values(fields(state)[place], state), values(EVERY[place]))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.key)
@pytest.mark.parametrize("width", [3, 5, 8, 14])
def test_its_cells_fit_any_width_on_any_terminal(one: Field, width: int) -> None:
    for unicode in (True, False):
        how = drawing(STATE, "truecolor" if unicode else "none", unicode=unicode)
        for trial in STATE.trials:
            pieces = one.text(how, trial, width, trial is STATE.best)
            assert all(is_harmless(text) and isinstance(style, Style) for text, style in pieces)
            assert len(pieces) == 1 or sum(width_of(text) for text, _ in pieces) == width


@pytest.mark.parametrize("one", [one for one in EVERY if one.sortable], ids=lambda one: one.key)
def test_sorted_by_it_rows_are_in_its_order_and_what_has_none_comes_last(one: Field) -> None:
    rows = Rows()
    for reverse in (False, True):
        rows.choose(sort=one.key, reverse=reverse)
        rows.update(STATE)
        found = [values(one)[place] for place in rows.order if STATE.trials[place].phase != "raced"]
        known = [value for value in found if not math.isnan(value)]
        assert known == sorted(known, reverse=rows.descending)
        assert all(math.isnan(value) for value in found[len(known) :])


@pytest.mark.parametrize("one", [one for one in EVERY if one.filter_term], ids=lambda one: one.key)
def test_a_filter_by_it_parts_the_trials_that_have_it(one: Field) -> None:
    texts = {"method": "random", "solver": "adam", "note": "deep", "ok": "true"}
    word = texts.get(one.filter_term, "0.5")
    there = np.isfinite(values(one))
    equal, other = (
        parse(f"{one.filter_term}{operator}{word}", STATE).mask(columns(STATE), STATE) for operator in (":", "!=")
    )
    np.testing.assert_array_equal(equal | other, there)
    assert not (equal & other).any()


@pytest.mark.parametrize("width", [40, 59, 80, 120, 200])
def test_the_table_is_as_wide_as_it_is_and_columns_leave_in_their_order(width: int) -> None:
    room = Room(width, list(STATE.methods), trials=20)
    layout = table_layout(EVERY, room)
    assert layout.width <= width
    shown = {column.field.key for column in layout.columns}
    orders = [one.drop_order for one in EVERY if one.drop_order is not None and one.key not in shown]
    assert all((one.drop_order or 99) >= max(orders, default=0) for one in EVERY if one.key in shown and not one.axis)
    row = RowStyle(drawing(STATE), layout, width)
    assert head(row, "mean", True).cell_length == width
    assert {line(row, trial, trial is STATE.best).cell_length for trial in STATE.trials} == {width}


# -- what runs bring -------------------------------------------------------------------------------------------------


def test_metrics_are_means_with_their_own_sign_and_best_first() -> None:
    loss, f1 = (next(one for one in EVERY if one.title == name) for name in ("loss", "f1"))
    assert (loss.descending, f1.descending) == (False, True)
    third = STATE.trial(("random", 3))
    assert third is not None
    assert values(f1)[third.order] == pytest.approx(0.3)
    assert f1.text(drawing(STATE), third, 7, False)[0][0] == "0.3000"


def test_attributes_are_compared_as_numbers_flags_and_texts() -> None:
    def passing(text: str) -> list[int]:
        mask = parse(text, STATE).mask(columns(STATE), STATE)
        return [STATE.trials[place].number for place in np.flatnonzero(mask) if STATE.trials[place].method == "random"]

    assert passing("epochs>3") == [2, 7]
    assert passing("epochs=0 number<12") == [0, 10]
    assert passing("note=DEEP") == [0, 3, 6, 9]
    assert passing("note!=deep") == [1, 4, 7, 10]
    assert passing("ok=true") == passing("ok=1") == [0, 1, 2]
    assert passing("loss<2") == [0, 5, 10]


def test_texts_are_sorted_by_their_letters_behind_numbers() -> None:
    run = LiveRun(AXES, watched=True)
    for number, value in enumerate(["pear", 3, "Apple", None, 1.5, "apricot"]):
        run.whole("random", number, attributes={"tag": value})
    rows = Rows()
    rows.update(run.live())
    rows.choose(sort="attribute:tag")
    rows.update(run.live())
    assert [run.live().trials[place].attributes["tag"] for place in rows.order] == [  # type: ignore[index]
        1.5,
        3,
        "Apple",
        "apricot",
        "pear",
        None,
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_texts_from_outside_do_no_harm(text: str) -> None:
    run = LiveRun(AXES, watched=True)
    run.whole("random", 0, others={text: [1.0]}, attributes={f"{text}!": text})
    state = run.live()
    layout = table_layout(fields(state), Room(160, list(state.methods), trials=1))
    row = RowStyle(drawing(state), layout, 160)
    assert is_harmless(head(row, "", True).text)
    assert is_harmless(line(row, state.trials[0], True).text)


def test_hyperparameters_that_become_known_late_are_columns_from_then_on() -> None:
    run = LiveRun([], watched=True)
    run.whole("random", 0, {"rate": 0.1})
    rows = Rows(clock=lambda: 0.0)  # or a sort that the machine held up would put off the next one
    rows.choose(sort="param:rate")
    rows.update(run.live())
    assert rows.by_arrival
    run.add(AxesKnown(axes=AXES))
    run.whole("random", 1, {"rate": 0.01})
    rows.update(run.live())
    assert [run.live().trials[place].number for place in rows.order] == [1, 0]
    run.add(AxesKnown(axes=[*AXES, Axis(name="late", scale="linear", low=0, high=9)]))
    run.whole("random", 2, {"rate": 0.05, "late": 3})
    rows.choose(sort="param:late")
    rows.update(run.live())
    assert run.live().trials[rows.order[0]].number == 2
    assert [one.title for one in fields(run.live()) if one.axis] == ["rate", "solver", "late"]


def test_what_a_running_trial_comes_to_is_taken_in() -> None:
    run = LiveRun(AXES, watched=True)
    run.running("random", 0, 2)
    state = run.live()
    seconds = next(one for one in fields(state) if one.key == "seconds")
    before = values(seconds, state)[0]
    run.add(StepsReported(method="random", number=0, steps=[(1, 0.5)]))
    run.whole("random", 0, attributes={"epochs": 3})
    state = run.live()
    assert values(seconds, state)[0] > before
    assert [one.key for one in fields(state)][-1] == "attribute:epochs"


# -- a further column ------------------------------------------------------------------------------------------------


def test_a_further_column_is_a_further_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn, sorted, filtered and chosen by what the row says: no other place is told of it."""
    tries = replace(
        metric("tries", descending=True),
        key="attempt",
        text=lambda drawing, trial, width, best: [(str(trial.attempt), Style.null())],
        value=each(lambda trial: trial.attempt),
        drop_order=5,
    )
    monkeypatch.setattr(registry, "BEHIND", (*registry.BEHIND, tries))
    run = LiveRun(AXES)
    for number in range(4):
        run.whole("random", number, attempt=1 + number % 2)
    state, rows = run.live(), Rows()
    layout = table_layout(fields(state), Room(160, ["random"]))
    row = RowStyle(drawing(state), layout, 160)
    assert head(row, "", True).text.split()[-1] == "tries"
    assert line(row, state.trials[1], False).text.split()[-1] == "2"
    rows.update(state)
    assert "attempt" in rows.sortable()
    rows.choose(sort="attempt")
    rows.update(state)
    assert [state.trials[place].attempt for place in rows.order] == [2, 2, 1, 1]
    assert parse("tries>1", state).mask(columns(state), state).tolist() == [False, True, False, True]
    assert tries.hideable


def test_a_text_has_no_order_in_a_filter() -> None:
    with pytest.raises(Exception, match="deep is not a number"):
        field_term(attribute("note"), ">", "deep")
