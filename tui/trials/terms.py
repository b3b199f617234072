"""What the terms of a filter mean: for one trial, and for all of them at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...engine.errors import TunetopError
from ...engine.events import Axis, Value
from ...engine.state import RunState, TrialState
from ...engine.text import clean

if TYPE_CHECKING:
    from .columns import Flags, Floats, TrialColumns

STATES = ("done", "running", "failed", "raced")
FLAGS = ("reused", "manual", "warned")

_FIGURES = re.compile(r"[+-]?0*(?P<digits>[0-9.]+)(?:[eE](?P<exponent>[+-]?[0-9]+))?")


class FilterError(TunetopError):
    """A filter that cannot be understood: says what was wrong and what is allowed."""


@dataclass(frozen=True)
class Term:
    """One condition, for a single trial and for all at once; both always agree."""

    test: Callable[[TrialState, RunState], bool]
    mask: Callable[[TrialColumns, RunState], Flags]


def turned(term: Term) -> Term:
    """Return the opposite of a term."""
    return Term(lambda trial, state: not term.test(trial, state), lambda columns, state: ~term.mask(columns, state))


def flag_term(word: str) -> Term:
    """Return what one of `STATES` or `FLAGS` says."""
    if word in STATES:
        # the order of PHASES in the columns
        code = ("running", "done", "failed", "raced").index(word)
        return Term(lambda trial, _: trial.phase == word, lambda columns, _: columns["phase"] == code)
    has = {
        "reused": lambda trial: trial.reused is not None,
        "manual": lambda trial: trial.manual,
        "warned": lambda trial: trial.warnings is not None,
    }[word]
    return Term(lambda trial, _: has(trial), lambda columns, _: columns[word] == 1)


def error_term(value: str) -> Term:
    """Return the term for trials that failed with a reason that contains a text, whatever its case."""
    wanted = value.casefold()

    def test(trial: TrialState, _: RunState) -> bool:
        return wanted in trial.error.casefold()

    def mask(columns: TrialColumns, state: RunState) -> Flags:
        passing = np.zeros(columns.size, dtype=bool)
        if not wanted:
            return ~passing
        for place in np.flatnonzero(columns["phase"] == 2):
            passing[place] = test(state.trials[place], state)
        return passing

    return Term(test, mask)


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise FilterError(f"{clean(what, 60)}: {clean(text, 40)} is not a number")
    return number


def _comparison(operator: str, text: str, what: str) -> Callable[[Floats], Flags]:
    """Return what an operator and a number say about an array; NaN never passes."""
    number = _number(text, what)
    if operator == "<":
        return lambda values: values < number
    if operator == "<=":
        return lambda values: values <= number
    if operator == ">":
        return lambda values: values > number
    if operator == ">=":
        return lambda values: values >= number
    room = _tolerance(text, number)

    def equal(values: Floats) -> Flags:
        if math.isinf(number):
            return values == number
        return np.abs(values - number) <= room

    if operator == "!=":
        return lambda values: ~equal(values) & ~np.isnan(values)
    return equal


def _tolerance(text: str, number: float) -> float:
    exact = 1e-9 * abs(number) if math.isfinite(number) else 0.0
    found = _FIGURES.fullmatch(text)
    if found is None:
        return exact
    digits = found["digits"]
    if len(digits.replace(".", "").lstrip("0")) < 3:
        return exact
    decimals = len(digits.partition(".")[2])
    exponent = int(found["exponent"] or 0)
    return max(exact, 0.5000001 * 10.0 ** (exponent - decimals)) if abs(exponent) < 300 else exact


def _compared(value: Callable[[TrialState, RunState], float | None], compare: Callable[[Floats], Flags]):
    def test(trial: TrialState, state: RunState) -> bool:
        known = value(trial, state)
        return bool(compare(np.array([math.nan if known is None else float(known)]))[0])

    return test


def number_term(name: str, operator: str, text: str) -> Term:
    """Return the comparison of a trial's score, std, seconds, delta or number."""
    compare = _comparison(operator, text, f"{name}{operator}")

    def difference(columns: TrialColumns, state: RunState) -> Floats:
        base = state.baseline
        return columns["mean"] - (math.nan if base is None or base.mean is None else base.mean)

    if name == "delta":
        return Term(
            _compared(lambda trial, state: state.difference_to_baseline(trial), compare),
            lambda columns, state: compare(difference(columns, state)),
        )
    value: dict[str, Callable[[TrialState, RunState], float | None]] = {
        "score": lambda trial, _: trial.mean,
        "std": lambda trial, _: trial.std,
        "seconds": lambda trial, _: trial.seconds,
        "number": lambda trial, _: trial.number,
    }
    column = "mean" if name == "score" else name
    return Term(_compared(value[name], compare), lambda columns, _: compare(columns[column]))


def param_term(axis: Axis, operator: str, text: str) -> Term:
    """Return the comparison of a hyperparameter that is a range."""
    compare = _comparison("=" if operator == ":" else operator, text, f"{axis.name}{operator}")

    def value(trial: TrialState, _: RunState) -> float | None:
        known = trial.params.get(axis.name)
        return float(known) if isinstance(known, int | float) else None

    return Term(_compared(value, compare), lambda columns, _: compare(columns.param(axis.name)))


def choice_term(axis: Axis, operator: str, text: str) -> Term:
    """Return the comparison of a hyperparameter that is a choice; labels that are numbers can be ordered."""
    accepted = _accepted(axis, operator, text)
    names = {(type(label), label) for label, fits in zip(axis.labels, accepted, strict=True) if fits}
    table = np.array([*accepted, False])

    def test(trial: TrialState, _: RunState) -> bool:
        value = trial.params.get(axis.name)
        return (type(value), value) in names

    def mask(columns: TrialColumns, _: RunState) -> Flags:
        places = columns.param(axis.name)
        return table[np.where(np.isnan(places), len(accepted), places).astype(np.intp)]

    return Term(test, mask)


def _accepted(axis: Axis, operator: str, text: str) -> list[bool]:
    if operator in ("<", "<=", ">", ">="):
        numbers = [
            float(v) if isinstance(v, int | float) and not isinstance(v, bool) else math.nan for v in axis.labels
        ]
        if not any(math.isfinite(number) for number in numbers):
            raise FilterError(f"{clean(axis.name, 60)} has no order; use {clean(axis.name, 60)}=…")
        return _comparison(operator, text, f"{axis.name}{operator}")(np.array(numbers)).tolist()
    wanted: set[int] = set()
    for part in text.split(","):
        wanted.update(_labels_like(axis, part.strip()))
    return [(place in wanted) != (operator == "!=") for place in range(len(axis.labels))]


def _labels_like(axis: Axis, part: str) -> list[int]:
    shown = [str(label).casefold() for label in axis.labels]
    wanted = part.casefold()
    exact = [place for place, label in enumerate(shown) if label == wanted]
    if exact:
        return exact
    try:
        number = float(part)
    except ValueError:
        number = math.nan
    places = [p for p, v in enumerate(axis.labels) if _is(v, number)]
    places = places or [place for place, label in enumerate(shown) if wanted and label.startswith(wanted)]
    if len(places) != 1:
        choices = clean(", ".join(str(label) for label in axis.labels), 200)
        what = "is not among" if not places else "may be several of"
        raise FilterError(f"{clean(axis.name, 60)}: {clean(part, 40) or '(nothing)'} {what} {choices}")
    return places


def _is(label: Value, number: float) -> bool:
    return isinstance(label, int | float) and not isinstance(label, bool) and label == number
