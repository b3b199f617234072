"""The filter: its grammar, its mistakes, and that the fast way and the plain way agree."""

from __future__ import annotations

import math
import operator
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hostile_text import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from monitor_app import LiveRun
from tunetop.engine.events import Axis
from tunetop.engine.state import RunState, TrialState
from tunetop.engine.text import is_harmless
from tunetop.engine.trials.arrays import columns
from tunetop.tui.trials.fields import fields
from tunetop.tui.trials.filter import OTHERS, parse
from tunetop.tui.trials.terms import FLAGS, STATES, FilterError

AXES = [
    Axis(name="learning_rate_init", scale="log", low=1e-4, high=1e-1),
    Axis(name="alpha", scale="log", low=1e-5, high=1e-1),
    Axis(name="penalty", scale="choice", labels=["l1", "l2", "elasticnet", "none"]),
    Axis(name="depth", scale="choice", labels=[2, 4, 8, None, True]),
    Axis(name="mlp__max_iter", scale="linear", low=10, high=500, integer=True),
]


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
    mask = parse(text, state).mask(columns(state), state)
    return [state.trials[place].key for place in np.flatnonzero(mask)]


def test_a_further_metric_is_a_column_from_the_start_whatever_signs_its_name_has() -> None:
    name = "fbeta_score(beta=2)"
    run = LiveRun(AXES, also=[name])
    assert [one.title for one in fields(run.live()) if one.key.startswith("metric:")] == [name]
    for number in range(6):
        run.whole("random", number, others={name: [0.1 * number, 0.1 * number]})
    state = run.live()
    for text in (f"{name}>=0.35", f"{name} >= 0.35".replace(" ", ""), "fbeta>=0.35", f'"{name} >= 0.35"'):
        assert passing(text, state) == [("random", 4), ("random", 5)], text
    with pytest.raises(FilterError, match="nothing to compare with after >"):
        parse(f"{name}>", state)


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
    assert parse("   ", STATE).empty
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
        parse(text, STATE)


def mistake_in(text: str) -> str:
    """Return what is said about a filter's mistake, nothing if there is none."""
    try:
        parse(text, STATE)
    except FilterError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("text", HOSTILE)
def test_a_mistake_never_repeats_harmful_text_raw(text: str) -> None:
    for line in (text, f"{text}>1", f"score>{text}", f"penalty={text}", f"method:{text}", f'"{text}'):
        assert is_harmless(mistake_in(line))


# -- against the plain way -------------------------------------------------------------------------------------------

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def number_of(name: str, trial: TrialState) -> Any:
    """Return what a comparison with that name is about; None where the trial has no such number."""
    params = {"lr": "learning_rate_init", "max_iter": "mlp__max_iter"}
    if name in ("score", "std", "seconds", "number"):
        return {"score": trial.mean, "std": trial.std, "seconds": trial.seconds, "number": trial.number}[name]
    return STATE.difference_to_baseline(trial) if name == "delta" else trial.params.get(params.get(name, name))


def passes(term: str, trial: TrialState) -> bool:
    """Tell whether a trial passes a term, as a person would find out."""
    if term.startswith("!"):
        return not passes(term[1:], trial)
    plain = {
        **{state: trial.phase == state for state in STATES},
        "reused": trial.reused is not None,
        "manual": trial.manual,
        "warned": trial.warnings is not None,
        "method:random": trial.method == "random",
        "method:grid,base": trial.method in ("grid", "baseline"),
        "penalty=l1": trial.params.get("penalty") == "l1",
        "penalty!=l1,l2": trial.params.get("penalty") in ("elasticnet", "none"),
        "error:l1": "l1" in trial.error,
    }
    if term in plain:
        return plain[term]
    found = re.fullmatch(r"([a-z_]+)(<=|>=|!=|=|<|>)(.+)", term)
    assert found is not None
    number, wanted = number_of(found[1], trial), float(found[3])
    if found[1] == "depth" and (number is None or isinstance(number, bool)):
        # the labels None and True: no numbers, and so other than any
        return found[2] == "!=" and "depth" in trial.params
    if number is None:
        return False
    if found[2] in COMPARE:
        return COMPARE[found[2]](number, wanted)
    if math.isinf(wanted):
        return (number == wanted) == (found[2] == "=")
    # three figures or more stand for all numbers that are rounded to them
    figures = found[3].partition("e")[0].replace(".", "").lstrip("-0")
    unit = 10.0 ** int(Decimal(found[3]).as_tuple().exponent) if len(figures) >= 3 else 0.0
    return (abs(number - wanted) <= max(unit * 0.5000001, 1e-9 * abs(wanted))) == (found[2] == "=")


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


@given(st.lists(words, max_size=4))
def test_exactly_those_pass_that_pass_each_term(parts: list[str]) -> None:
    try:
        chosen = parse(" ".join(parts), STATE)
    except FilterError:
        # such as depth=100, which is no choice
        return
    mask = chosen.mask(columns(STATE), STATE)
    assert mask.tolist() == [all(passes(part, trial) for part in parts) for trial in STATE.trials]


@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_a_mistake(text: str) -> None:
    # nothing but a FilterError may come out of any of them
    assert is_harmless(mistake_in(text))


def test_every_field_can_be_asked_for() -> None:
    values: dict[str, Any] = {"method": "grid", "error": "x", "best": "3"}
    for name in ("score", "std", "seconds", "delta", "number", "method", *OTHERS):
        assert not parse(f"{name}:{values.get(name, '0.5')}", STATE).empty
