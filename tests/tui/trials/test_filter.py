"""The filter: its grammar, its mistakes, and that the fast way and the plain way agree."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hostile_text import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from monitor_app import LiveRun
from tunetop.engine.events import Axis
from tunetop.engine.state import RunState
from tunetop.engine.text import is_harmless
from tunetop.tui.trials.columns import TrialColumns
from tunetop.tui.trials.filter import FIELDS, parse
from tunetop.tui.trials.terms import FLAGS, STATES, FilterError

AXES = [
    Axis(name="learning_rate_init", scale="log", low=1e-4, high=1e-1),
    Axis(name="alpha", scale="log", low=1e-5, high=1e-1),
    Axis(name="penalty", scale="choice", labels=["l1", "l2", "elasticnet", "none"]),
    Axis(name="depth", scale="choice", labels=[2, 4, 8, None, True]),
    Axis(name="mlp__max_iter", scale="linear", low=10, high=500, integer=True),
]
METHODS = ["baseline", "grid", "random", "refine"]


def made() -> LiveRun:
    run = LiveRun(AXES)
    run.baseline()
    for number in range(40):
        run.whole("random", number)
    run.failed("random", 40, "solver lbfgs does not take the penalty l1")
    run.failed("random", 41, "out of memory")
    run.whole("random", 42, reused=("random", 3), fit_seconds=[], score_seconds=[])
    run.whole("random", 43, warnings={"did not converge": 4}, manual=True)
    run.whole("random", 44, state="raced", scores=[0.9, 0.91])
    run.whole("grid", 0, {"learning_rate_init": 0.00029375384576328325, "alpha": 1e-3, "penalty": "l2", "depth": None})
    run.running("grid", 1, 2)
    return run


STATE = made().live()


def passing(text: str, state: RunState = STATE) -> list[tuple[str, int]]:
    columns = TrialColumns()
    columns.update(state)
    mask = parse(text, AXES, METHODS, "accuracy").mask(columns, state)
    return [state.trials[place].key for place in np.flatnonzero(mask)]


# -- what it says ----------------------------------------------------------------------------------------------------


def test_the_example_of_the_manual_says_what_it_reads_like() -> None:
    found = passing("method:random lr>1e-3 score>=0.97")
    assert found
    assert all(key[0] == "random" for key in found)
    for key in found:
        trial = STATE.trial(key)
        assert trial is not None
        assert trial.params["learning_rate_init"] > 1e-3  # type: ignore[operator]
        assert trial.mean is not None
        assert trial.mean >= 0.97


def test_states_and_flags_stand_alone() -> None:
    assert passing("failed") == [("random", 40), ("random", 41)]
    assert passing("running") == [("grid", 1)]
    assert passing("raced") == [("random", 44)]
    assert passing("raced best:3") == []
    assert passing("reused") == [("random", 42)]
    assert passing("warned manual") == [("random", 43)]
    assert len(passing("done")) + len(passing("!done")) == len(STATE.trials)


def test_methods_by_their_beginnings_and_several_of_them() -> None:
    assert {key[0] for key in passing("method:r")} == {"random"}
    assert {key[0] for key in passing("method:grid,base")} == {"grid", "baseline"}
    assert {key[0] for key in passing("method!=random")} == {"grid", "baseline"}


def test_choices_by_label_beginning_or_number() -> None:
    assert {STATE.trial(key).params["penalty"] for key in passing("penalty=l1")} == {"l1"}  # type: ignore[union-attr]
    assert {STATE.trial(key).params["penalty"] for key in passing("pen:e,l2")} == {"elasticnet", "l2"}  # type: ignore[union-attr]
    assert {STATE.trial(key).params["depth"] for key in passing("depth=4")} == {4}  # type: ignore[union-attr]
    assert {STATE.trial(key).params["depth"] for key in passing("depth>=4")} == {4, 8}  # type: ignore[union-attr]
    assert ("grid", 0) in passing("depth=none")


def test_hyperparameters_by_beginning_initials_or_a_step_s_own_name() -> None:
    for name in ("learning_rate_init", "learn", "lr", "lri"):
        assert passing(f"{name}>1e-3") == passing("learning_rate_init>1e-3")
    assert passing("max_iter>100") == passing("mlp__max_iter>100") != []


def test_equal_takes_the_three_figures_that_the_table_shows() -> None:
    assert passing("lr=0.000294") == [("grid", 0)]
    assert passing("lr=2.94e-4") == [("grid", 0)]
    assert passing("lr=3e-4") == []
    assert ("grid", 0) not in passing("lr!=0.000294")


def test_scores_by_the_scorer_s_name_differences_and_seconds() -> None:
    assert passing("accuracy>=0.97") == passing("score>=0.97")
    base = STATE.baseline
    assert base is not None
    assert passing("delta>0") == [t.key for t in STATE.trials if t.mean is not None and t.mean > base.mean]  # type: ignore[operator]
    assert ("random", 42) in passing("seconds=0 done")
    assert passing("#<2 method:random") == [("random", 0), ("random", 1)]


def test_the_best_are_chosen_among_what_passes_the_rest() -> None:
    assert passing("best") == [max(STATE.trials, key=lambda t: t.mean or 0).key]
    assert len(passing("best:5 method:random")) == 5
    assert passing("best:3 failed") == []


def test_failures_by_a_part_of_their_reason() -> None:
    assert passing('error:"does not take"') == [("random", 40)]
    assert passing("error:MEMORY") == [("random", 41)]


def test_an_empty_line_lets_everything_pass() -> None:
    assert parse("   ", AXES, METHODS).empty
    assert len(passing("")) == len(STATE.trials)


# -- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("faild", "Did you mean failed?"),
        ("scor>=x", "x is not a number"),
        ("score>=", "nothing to compare with"),
        ("gamma>1", "gamma is not known; there are score"),
        ("s>1", "s may be score, std, seconds"),
        ("penalty=l3", "l3 is not among l1, l2, elasticnet, none"),
        ("penalty=l", "l may be several of l1, l2"),
        ("penalty>l1", "penalty has no order"),
        ("method:genetic", "no method genetic; there are baseline, grid"),
        ("best:0", "A whole number from 1"),
        ("best:many", "A whole number from 1"),
        ("!best", "best cannot be turned around"),
        ('error:"half', "a quote is not closed"),
        ("method>grid", "write method:"),
        ("score>nan", "nan is not a number"),
    ],
)
def test_a_mistake_is_named_with_what_is_allowed(text: str, says: str) -> None:
    with pytest.raises(FilterError, match=re.escape(says)):
        parse(text, AXES, METHODS, "accuracy")


def mistake_in(text: str) -> str:
    """Return what is said about a filter's mistake, nothing if there is none."""
    try:
        parse(text, AXES, METHODS, "accuracy")
    except FilterError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mistake_never_repeats_harmful_text_raw(text: str) -> None:
    for line in (text, f"{text}>1", f"score>{text}", f"penalty={text}", f"method:{text}", f'"{text}'):
        assert is_harmless(mistake_in(line))


# -- the two ways agree ----------------------------------------------------------------------------------------------

numbers = st.one_of(
    st.sampled_from(["0", "1e-3", "0.97", ".978", "1", "100", "-1", "inf", "0.000294", "3", "1e400"]),
    st.floats(1e-5, 500).map(lambda x: f"{x:.3g}"),
)
comparisons = st.builds(
    lambda name, operator, number: f"{name}{operator}{number}",
    st.sampled_from(["score", "std", "seconds", "delta", "number", "lr", "alpha", "max_iter", "depth"]),
    st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
    numbers,
)
terms = st.one_of(
    comparisons,
    st.sampled_from([*STATES, *FLAGS, "method:random", "method:grid,base", "penalty=l1", "penalty!=l1,l2", "error:l1"]),
)
words = st.builds(lambda turned, term: ("!" if turned else "") + term, st.booleans(), terms)


@settings(max_examples=300, deadline=None)
@given(st.lists(words, max_size=4))
def test_the_mask_lets_pass_exactly_what_matches(parts: list[str]) -> None:
    try:
        chosen = parse(" ".join(parts), AXES, METHODS, "accuracy")
    except FilterError:
        # such as depth=100, which is no choice
        return
    columns = TrialColumns()
    columns.update(STATE)
    mask = chosen.mask(columns, STATE)
    assert mask.tolist() == [chosen.matches(trial, STATE) for trial in STATE.trials]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_mistake(text: str) -> None:
    # nothing but a FilterError may come out of any of them
    assert is_harmless(mistake_in(text))


def test_every_field_can_be_asked_for() -> None:
    values: dict[str, Any] = {"method": "grid", "error": "x", "best": "3"}
    for name in FIELDS:
        assert not parse(f"{name}:{values.get(name, '0.5')}", AXES, METHODS).empty
