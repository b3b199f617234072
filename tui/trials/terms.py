"""What the terms of a filter mean: for one trial, and for all of them at once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...engine.errors import TunetopError
from ...engine.events import Axis, Value
from ...engine.state import RunState, TrialState
from ...engine.text import clean

if TYPE_CHECKING:
    from ...engine.trials.arrays import Columns, Mask
    from ...engine.trials.scales import Floats
    from .field import Field

STATES = ("done", "running", "failed", "raced", "waiting")

_FLAGS: dict[str, Callable[[TrialState], bool]] = {
    "reused": lambda trial: trial.reused is not None,
    "manual": lambda trial: trial.manual,
    "warned": lambda trial: trial.warnings is not None,
}

FLAGS = tuple(_FLAGS)

_FIGURES = re.compile(r"[+-]?0*(?P<digits>[0-9.]+)(?:[eE](?P<exponent>[+-]?[0-9]+))?")


class FilterError(TunetopError):
    """A filter that cannot be understood: says what was wrong and what is allowed."""


Term = Callable[["Columns", RunState], "Mask"]
"""One condition: which trials pass, shape (n_trials,)."""


def turned(term: Term) -> Term:
    """Return the opposite of a term."""
    return lambda cols, state: ~term(cols, state)


def tested(test: Callable[[TrialState], bool]) -> Term:
    """Return the term for what is asked of each trial alone."""
    return lambda cols, _: cols.of(test) == 1


def flag_term(word: str) -> Term:
    """Return what one of `STATES` or `FLAGS` says."""
    if word in STATES:
        return tested(lambda trial: trial.phase == word)
    return tested(_FLAGS[word])


def error_term(value: str) -> Term:
    """Return the term for trials that failed with a reason that contains a text, whatever its case."""
    wanted = value.casefold()
    return tested(lambda trial: wanted in trial.error.casefold())


def _number(text: str, what: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise FilterError(f"{clean(what, 60)}: {clean(text, 40)} is not a number")
    return number


_ORDERED = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


def _comparison(operator: str, text: str, what: str) -> Callable[[Floats], Mask]:
    """Return what an operator and a number say about an array; NaN never passes."""
    number = _number(text, what)
    if compare := _ORDERED.get(operator):
        return lambda values: compare(values, number)
    room = _tolerance(text, number)

    def equal(values: Floats) -> Mask:
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


def _compared(field: Field, compare: Callable[[Floats], Mask]) -> Term:
    """Return what a comparison says of a column, whose values have the sign that is shown."""
    return lambda cols, state: compare(field.value(cols, state))


def field_term(field: Field, operator: str, text: str) -> Term:
    """Return what a filter says of a column: `operator` and `text` stand behind its word."""
    if field.axis is not None and field.axis.scale == "choice":
        return _choice_term(field, field.axis, operator, text)
    if field.setting is not None and operator in ("=", ":", "!="):
        return _text_term(field, operator, text)
    return _compared(field, _comparison(operator, text, f"{field.filter_term}{operator}"))


def _text_term(field: Field, operator: str, text: str) -> Term:
    """Return the comparison with a text or, where that is one, a number."""
    wanted, setting = text.casefold(), field.setting
    assert setting is not None
    try:
        number = _comparison("=", text, "")
    except FilterError:
        number = None
    same = tested(lambda trial: str(setting(trial)).casefold() == wanted)
    there = tested(lambda trial: setting(trial) is not None)

    def term(cols: Columns, state: RunState) -> Mask:
        passing = same(cols, state)
        if number is not None:
            passing |= number(field.value(cols, state))
        return ~passing & there(cols, state) if operator == "!=" else passing

    return term


def _choice_term(field: Field, axis: Axis, operator: str, text: str) -> Term:
    """Return the comparison of a choice; labels that are numbers can be ordered."""
    accepted = _accepted(axis, operator, text)
    table = np.array([*accepted, False])
    return _compared(field, lambda places: table[np.where(np.isnan(places), len(accepted), places).astype(np.intp)])


def _accepted(axis: Axis, operator: str, text: str) -> list[bool]:
    if operator in _ORDERED:
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
