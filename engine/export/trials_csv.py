"""`trials.csv`: one row a trial, by method and number, with a column for each hyperparameter and each fold."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence

from ..state import RunState, TrialState
from ..text import clean
from ..verdict.arguments import arguments_of
from ..verdict.summary import Summary

_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_BEFORE = ["method", "number", "state"]
_AFTER = ["fit_seconds", "score_seconds", "difference_to_baseline", "reused", "attempt", "manual", "warnings", "error"]


def files(state: RunState, summary: Summary) -> Iterator[tuple[str, str]]:
    """Yield `trials.csv`."""
    yield "trials.csv", write(_table(state))


def text_cell(value: object, limit: int = 2000) -> str:
    """Return text for a cell, on one line and harmless, with an apostrophe before what a spreadsheet would compute."""
    text = clean(value, limit)
    return f"'{text}" if text.startswith(_FORMULA) else text


def cell(value: object) -> str:
    """Return any value as a cell: numbers in full precision, text defused, nothing for what is not known.

    None as a hyperparameter's value is not nothing: callers say "None" for that.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return text_cell(value)


def write(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of cells as CSV (RFC 4180 quoting, lines ending in a line feed)."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def hyperparameters(state: RunState) -> list[str]:
    """Return the names of all hyperparameters: those of the space in its order, then any that trials have besides."""
    names = dict.fromkeys(axis.name for axis in state.info.axes) if state.info else {}
    for trial in state.trials:
        names.update(dict.fromkeys(trial.params))
    return list(names)


def _table(state: RunState) -> Iterator[list[str]]:
    names = hyperparameters(state)
    folds = max([state.info.folds if state.info else 0, *(len(trial.scores) for trial in state.trials)])
    splits = [f"split{fold}" for fold in range(folds)]
    fixed = {*_BEFORE, "mean", "std", *splits, *_AFTER}
    more = _more_columns(state)
    taken_as = _arguments(state)
    headings = _headings(names, fixed)
    taken = fixed | set(headings)
    headed = [*_BEFORE, *headings, "mean", "std", *splits, *_AFTER, *(_headings(more, taken) if more else [])]
    yield [*headed, *_headings([f"argument_{name}" for name in taken_as], set(headed))]
    for method in state.methods.values():
        for number in sorted(method.trials):
            trial = method.trials[number]
            cells = [*_row(state, trial, names, folds), *(_more_cell(trial, name) for name in more)]
            if taken_as and state.info is not None:
                arguments = arguments_of(state.info.axes, trial.params)
                cells += [_argument(arguments[name]) if name in arguments else "" for name in taken_as]
            yield cells


def _arguments(state: RunState) -> list[str]:
    """Return what labels set of the estimator, where these stand for something else."""
    names: dict[str, None] = {}
    for axis in state.info.axes if state.info else []:
        for arguments in axis.stands_for.values():
            names.update(dict.fromkeys(arguments))
    return list(names)


def _argument(value: object) -> str:
    return text_cell(json.dumps(value)) if isinstance(value, dict | list) else _parameter(value)


def _more_columns(state: RunState) -> list[str]:
    """Return what else is known of a watched search's trials: further metrics and attributes."""
    names: dict[str, None] = {}
    for trial in state.trials:
        names.update(dict.fromkeys([*(trial.others or ()), *(trial.attributes or ())]))
    return list(names)


def _more_cell(trial: TrialState, name: str) -> str:
    values = (trial.others or {}).get(name)
    if values:
        return cell(sum(values) / len(values))
    return cell((trial.attributes or {}).get(name))


def _headings(names: list[str], fixed: set[str]) -> list[str]:
    """Return column names for hyperparameters, distinct from one another and from the columns that are always there."""
    headings, taken = [], set(fixed)
    for name in names:
        heading = text_cell(name, 100)
        if heading in fixed:
            heading = f"param_{heading}"
        unique, copy = heading, 2
        while unique in taken:
            unique, copy = f"{heading}_{copy}", copy + 1
        taken.add(unique)
        headings.append(unique)
    return headings


def _row(state: RunState, trial: TrialState, names: list[str], folds: int) -> list[str]:
    scores = [*map(state.own, trial.scores), *[None] * (folds - len(trial.scores))]
    values = [_parameter(trial.params[name]) if name in trial.params else "" for name in names]
    reused = f"{trial.reused[0]} {trial.reused[1]}" if trial.reused else None
    after = [
        sum(trial.fit_seconds),
        sum(trial.score_seconds),
        state.difference_to_baseline(trial),
        reused,
        trial.attempt,
        trial.manual,
        sum((trial.warnings or {}).values()),
        trial.error or None,
    ]
    before = [trial.method, trial.number, trial.phase]
    return [*map(cell, before), *values, *map(cell, [state.own(trial.mean), trial.std, *scores, *after])]


def _parameter(value: object) -> str:
    return "None" if value is None else repr(value) if isinstance(value, float) else cell(value)
