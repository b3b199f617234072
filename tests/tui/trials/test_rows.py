"""Which trials are listed, in which order, and that a hundred thousand of them are no trouble."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_app import LiveRun
from tunetop.engine.events import Axis, MethodStarted
from tunetop.engine.trials.arrays import columns
from tunetop.tui.trials.field import Field, Room
from tunetop.tui.trials.fields import fields
from tunetop.tui.trials.filter import Filter, parse
from tunetop.tui.trials.rows import Rows
from tunetop.tui.widgets.table_layout import table_layout


def listed(rows: Rows, run: LiveRun) -> list[tuple[str, int]]:
    return [run.live().trials[place].key for place in rows.order]


def prompt() -> Rows:
    """Return rows that put nothing off: a sort in which the machine was busy with something else seems to take long."""
    return Rows(clock=lambda: 0.0)


def some_run(trials: int = 30) -> LiveRun:
    run = LiveRun()
    run.baseline()
    for number in range(trials):
        run.whole("random", number)
    return run


def test_the_newest_comes_first_and_stays_so_as_trials_arrive() -> None:
    run, rows = some_run(3), prompt()
    rows.update(run.live())
    assert listed(rows, run) == [("random", 2), ("random", 1), ("random", 0), ("baseline", 0)]
    run.whole("random", 3)
    assert rows.update(run.live())
    assert listed(rows, run)[0] == ("random", 3)
    assert not rows.update(run.live())


def test_by_score_the_best_comes_first_and_trials_without_one_come_last() -> None:
    run, rows = some_run(), prompt()
    run.failed("random", 30, "no")
    run.running("random", 31, 2)
    rows.choose(sort="mean")
    rows.update(run.live())
    means = [run.live().trials[place].mean for place in rows.order]
    known = [mean for mean in means if mean is not None]
    assert known == sorted(known, reverse=True)
    assert means[-2:] == [None, None]
    rows.choose(reverse=True)
    rows.update(run.live())
    turned = [run.live().trials[place].mean for place in rows.order]
    assert turned == [*sorted(known), None, None]


def test_what_was_raced_out_comes_after_what_has_a_score() -> None:
    run, rows = some_run(4), prompt()
    run.whole("random", 4, state="raced", scores=[1.0], by_fold={2: 1.0}, estimate=0.999)
    run.failed("random", 5, "no")
    rows.choose(sort="mean")
    rows.update(run.live())
    assert [key[1] for key in listed(rows, run)[-2:]] == [4, 5]


@pytest.mark.parametrize("sort", Rows().sortable())
def test_every_order_lists_every_trial_once(sort: str) -> None:
    run, rows = some_run(), prompt()
    rows.choose(sort=sort)
    rows.update(run.live())
    assert sorted(rows.order) == list(range(len(run.live().trials)))


def test_a_trial_is_found_again_in_any_order_and_under_any_filter() -> None:
    run, rows = some_run(), prompt()
    rows.update(run.live())
    for sort in rows.sortable():
        for text in ("", "random", "best:5"):
            chosen = parse("method:" + text if text == "random" else text, run.live())
            rows.choose(sort=sort, filter=chosen)
            rows.update(run.live())
            for row, place in enumerate(rows.order):
                assert rows.row_of(int(place)) == row
    assert rows.row_of(10**6) is None
    rows.choose(filter=parse("best:5", run.live()))
    rows.update(run.live())
    assert rows.row_of(next(iter(set(range(31)) - set(rows.order.tolist())))) is None


def test_a_trial_that_passes_only_once_it_is_through_appears_then() -> None:
    run, rows = some_run(2), prompt()
    rows.choose(filter=parse("done", run.live()))
    run.running("random", 2, 1)
    rows.update(run.live())
    assert ("random", 2) not in listed(rows, run)
    run.whole("random", 2)
    rows.update(run.live())
    assert listed(rows, run)[0] == ("random", 2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["start", "finish", "fail", "look"]), max_size=40), st.integers(0, 9))
def test_rows_kept_up_to_date_are_those_of_a_fresh_look(steps: list[str], seed: int) -> None:
    chance = random.Random(seed)
    run, rows = some_run(1), Rows(clock=iter(range(10**6)).__next__)
    rows.choose(sort=chance.choice(Rows().sortable()), filter=parse(chance.choice(["", "done", "!failed"]), run.live()))
    running: list[int] = []
    number = 1
    for step in [*steps, "look"]:
        if step == "start":
            run.running("random", number, 1)
            running.append(number)
            number += 1
        elif step in ("finish", "fail") and running:
            it = running.pop(chance.randrange(len(running)))
            if step == "fail":
                run.failed("random", it, "no")
            else:
                run.whole("random", it)
        elif step == "look":
            rows.update(run.live())
    while rows.stale_for:
        rows.update(run.live())
    fresh = prompt()
    fresh.choose(sort=rows.sort, filter=rows.filter)
    fresh.update(run.live())
    assert rows.order.tolist() == fresh.order.tolist()


def test_sorting_is_put_off_where_it_costs_and_made_up_for() -> None:
    # a clock on which every look takes a fifth of a second
    run, rows = some_run(), Rows(clock=iter(np.arange(0, 10**6, 0.2)).__next__)
    rows.choose(sort="mean")
    rows.update(run.live())
    run.whole("random", 30)
    assert not rows.update(run.live())
    assert 0 < rows.stale_for <= 1
    while rows.stale_for:
        rows.update(run.live())
    assert ("random", 30) in listed(rows, run)


def test_a_new_state_is_read_from_its_beginning() -> None:
    run, rows = some_run(5), prompt()
    rows.update(run.live())
    other = some_run(2)
    rows.update(other.live())
    assert listed(rows, other) == [("random", 1), ("random", 0), ("baseline", 0)]


def test_nothing_is_read_twice() -> None:
    run, rows = some_run(2000), prompt()
    rows.update(run.live())
    run.whole("random", 2000)
    run.running("random", 2001, 1)
    rows.update(run.live())
    assert columns(run.live()).changed == [2001, 2002]
    run.add(MethodStarted(method="grid"))
    rows.update(run.live())
    assert columns(run.live()).changed == []


def columns_with(axes: list[Axis], scoring: str = "accuracy") -> tuple[Field, ...]:
    return fields(LiveRun(axes, scoring=scoring).live())


# -- columns that fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 68, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 12])
def test_method_and_score_never_vanish_and_nothing_is_wider_than_the_screen(width: int, count: int) -> None:
    axes = [Axis(name=f"a_rather_long_name_{n}", scale="log", low=1e-5, high=1.0) for n in range(count)]
    room = Room(width, ["baseline", "explore_and_refine"], folds=10, trials=100_000)
    layout = table_layout(columns_with(axes, "neg_mean_squared_error"), room)
    keys = [column.field.key for column in layout.columns]
    assert "method" in keys
    assert "mean" in keys
    assert layout.width <= width
    shown = sum(key.startswith("param:") for key in keys)
    assert layout.before + shown + layout.after == count
    if count and width >= 60:
        assert shown >= 1


def test_hyperparameters_out_of_sight_can_be_reached() -> None:
    axes = [Axis(name=f"parameter_{n}", scale="log", low=1e-5, high=1.0) for n in range(12)]
    seen: set[str] = set()
    for first in range(12):
        layout = table_layout(columns_with(axes), Room(80, ["grid"], trials=9), first=first)
        seen.update(column.field.key for column in layout.columns if column.field.axis is not None)
    assert len(seen) == 12


def test_an_empty_filter_changes_nothing() -> None:
    run, rows = some_run(4), prompt()
    rows.update(run.live())
    before = rows.order.tolist()
    rows.choose(filter=Filter())
    rows.update(run.live())
    assert rows.order.tolist() == before
