"""The columns of the trial table, a row each: `FIELDS`, and those that a run brings (`fields`).

The table, its order, the filter, the chooser of columns and `USING.md` read them from here: a further column is a
further row. Hyperparameters, further metrics and the attributes of watched trials become columns of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from rich.style import Style

from ...engine.events import Axis, RunStarted, Value
from ...engine.state import RunState, TrialState
from ...engine.text import clean
from ...engine.trials.arrays import PHASES, Columns, columns
from ...engine.verdict.front import on_front
from ..render import numbers
from ..render.lines import fit, width_of
from ..render.spark import fold_strip
from .field import PLAIN, Drawing, Field, Pieces, Room, each

if TYPE_CHECKING:
    from ...engine.trials.scales import Floats

_LONGEST_TITLE = 12
_MOST_FOLDS = 10

# -- cells -----------------------------------------------------------------------------------------------------------


def _number(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    return [(str(trial.number), drawing.look.dim_style)]


def _method(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look = drawing.look
    return [(clean(trial.method), look.fore(look.method_style(drawing.state, trial.method)))]


def _score(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look, own = drawing.look, drawing.state.own

    def marked(text: str, style: Style, mark: str = "", mark_style: Style = PLAIN) -> Pieces:
        return [(fit(text, width - 2, "right"), style), (fit(mark, 2, "right"), mark_style)]

    if trial.mean is not None and trial.phase == "raced":
        # reckoned from some of the folds: it is no score
        return marked(numbers.score(own(trial.mean)), look.dim_style, " ~", look.dim_style)
    if trial.mean is not None:
        style = look.accent_style if best else _quiet(drawing, trial)
        return marked(numbers.score(own(trial.mean)), style, f" {look.star}" if best else "", look.accent_style)
    known = trial.known_scores or [value for _, value in (trial.steps or ())[-1:] if trial.phase == "running"]
    if known:
        # the mean of the folds so far, or what was reported last, dimmed: it is no score yet
        return marked(numbers.score(own(sum(known) / len(known))), look.dim_style, look.ellipsis, look.dim_style)
    return marked(look.missing, look.dim_style)


def _std(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look = drawing.look
    return [("" if trial.std is None else look.plus_minus + numbers.score_within(trial.std, 4), look.dim_style)]


def _folds(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look, scores = drawing.look, trial.scores
    folds = max(drawing.folds, len(scores), 1)
    if folds > width:
        places = [index * folds // width for index in range(width)]
        scores = [scores[place] if place < len(scores) else None for place in places]
        folds = width
    marks = fold_strip(scores, folds, drawing.fold_range.low, drawing.fold_range.high, look)
    if trial.mean is None:
        return [(marks, look.dim_style)]
    return [(marks, look.point_style(drawing.mean_range.position(trial.mean)))]


def _delta(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look = drawing.look
    difference = drawing.state.difference_to_baseline(trial)
    text = "" if difference is None else numbers.signed(difference)
    return [(text, look.fore(look.good) if text.startswith("+") else look.dim_style)]


def _seconds(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    return [(numbers.duration(trial.seconds) if trial.fit_seconds else "", drawing.look.dim_style)]


def _phase(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
    look, wide = drawing.look, width >= 8
    if trial.silent:
        return [("! silent" if wide else "!", look.fore(look.warn))]
    if trial.phase == "waiting":
        glyph, style = look.phase_mark("waiting")
        return [(f"{glyph} waiting" if wide else "wait", style)]
    if trial.phase == "running":
        told = f" {trial.steps[-1][0]}" if trial.steps else ""
        glyph, style = look.phase_mark(drawing.state.standing("running"))
        text = f"{glyph} {len(trial.known_scores)}/{drawing.folds}" if drawing.folds else glyph + told
        return [(text + (f" a{trial.attempt}" if trial.attempt > 1 else ""), style)]
    if trial.phase == "done" and not trial.feasible:
        return [(look.cross + (" bounds" if wide else ""), look.fore(look.bad))]
    if trial.key in on_front(drawing.state):
        return [(look.dot + (" front" if wide else ""), look.fore(look.good))]
    if trial.reused is not None:
        return [(("↺" if look.unicode else "=") + (" reused" if wide else ""), look.dim_style)]
    if trial.phase == "raced":
        word = " early" if trial.steps else " raced"
        had = f" {len(trial.by_fold)}/{drawing.folds}" if trial.by_fold else word if wide else ""
        return [(("out" if wide and trial.by_fold else look.pause) + had, look.fore(look.warn))]
    if trial.warnings:
        return [(f"! {sum(trial.warnings.values())}" + (" warn" if wide else ""), look.fore(look.warn))]
    return [("", PLAIN)]


def _quiet(drawing: Drawing, trial: TrialState) -> Style:
    """Return the style of a trial's numbers: dimmed where nothing was fitted for them."""
    return drawing.look.dim_style if trial.reused is not None else PLAIN


# -- values ----------------------------------------------------------------------------------------------------------


def _differences(cols: Columns, state: RunState) -> Floats:
    base = state.baseline
    return SCORE.value(cols, state) - (math.nan if base is None or base.mean is None else base.mean)


def _method_width(room: Room) -> int:
    names = max((width_of(clean(name)) for name in room.methods), default=6)
    return min(max(names, 6), 14 if room.width >= 110 else 10)


def _has_folds(info: RunStarted) -> bool:
    return not info.watched or info.folds > 1


SCORE = Field(
    "mean", "score",
    "mean over the folds; ★ the best, … the folds or the last report so far, ~ raced out before the last",
    lambda room: numbers.SCORE_WIDTH + 2, _score, each(lambda trial: trial.mean),
    descending=True, filter_term="score",
)  # fmt: skip
"""The column of the score; the run's own has the name of its scorer for a title."""

BEFORE: tuple[Field, ...] = (
    Field(
        "number", "#", "number within the method, from 0",
        lambda room: max(len(str(room.trials)), 3), _number, each(lambda trial: trial.number),
        filter_term="number",
    ),
    Field(
        "method", "method", "the method that proposed it",
        _method_width, _method, lambda cols, _: cols.method.astype(float),
        side="left", filter_term="method",
    ),
)  # fmt: skip
"""The columns in front of the hyperparameters."""

BEHIND: tuple[Field, ...] = (
    Field(
        "std", "±", "standard deviation over the folds",
        lambda room: 5, _std, each(lambda trial: trial.std),
        side="left", drop_order=2, filter_term="std", name="± over folds", applies=_has_folds,
    ),
    Field(
        "folds", "folds", "a bar a fold, on one scale",
        lambda room: max(min(room.folds, _MOST_FOLDS), 5), _folds, each(lambda trial: len(trial.known_scores)),
        side="left", drop_order=7, sortable=False, applies=_has_folds,
    ),
    Field(
        "delta", "Δ base", "score less the untuned baseline's",
        lambda room: 7, _delta, _differences,
        drop_order=5, sortable=False, filter_term="delta", name="Δ to the baseline",
        applies=lambda info: not info.watched,
    ),
    Field(
        "seconds", "time", "fitting and scoring, summed over the folds",
        lambda room: 6, _seconds, each(lambda trial: trial.seconds),
        drop_order=3, filter_term="seconds",
    ),
    Field(
        "phase", "state",
        "waiting, folds done, last step, bounds broken, on the front, reused, raced out, ended early, silent, warnings",
        lambda room: 8 if room.width >= 100 else 5, _phase, each(lambda trial: PHASES[trial.phase]),
        side="left", drop_order=6,
    ),
)  # fmt: skip
"""The columns behind the score."""

FIELDS = (*BEFORE, SCORE, *BEHIND)
"""The columns that every run has."""

# -- what a run brings -----------------------------------------------------------------------------------------------


def _place(axis: Axis) -> Callable[[Value], float | None]:
    """Return what gives a hyperparameter's value as a number: a choice's place among the labels, None for the rest."""
    if axis.scale != "choice":
        return lambda value: value if isinstance(value, int | float) else None
    places = {(type(label), label): float(place) for place, label in reversed(list(enumerate(axis.labels)))}
    return lambda value: places.get((type(value), value))


def parameter(axis: Axis) -> Field:
    """Return a hyperparameter's column."""
    name, title = axis.name, clean(axis.name, 60)

    def text(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
        found = numbers.compact(trial.params[name], width) if name in trial.params else drawing.look.nothing
        return [(found, _quiet(drawing, trial))]

    def width(room: Room) -> int:
        return max(min(numbers.value_width(axis), 14), min(width_of(title), 8))

    place = _place(axis)
    numbered = each(lambda trial: place(trial.params.get(name)))
    return Field("param:" + name, title, title, width, text, numbered, filter_term=name, axis=axis)


def metric(name: str, descending: bool) -> Field:
    """Return the column of a further metric: its mean over the folds, with its own sign."""
    title = clean(name, 60)

    def mean(trial: TrialState) -> float | None:
        scores = trial.others.get(name) if trial.others else None
        return sum(scores) / len(scores) if scores else None

    def text(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
        number = mean(trial)
        if number is None:
            return [(drawing.look.missing if trial.phase in ("done", "running") else "", drawing.look.dim_style)]
        return [(numbers.score(number), _quiet(drawing, trial))]

    def width(room: Room) -> int:
        return max(min(width_of(title), _LONGEST_TITLE), numbers.SCORE_WIDTH)

    more = {"drop_order": 4, "descending": descending, "filter_term": name}
    return Field("metric:" + name, title, title, width, text, each(mean), **more)


def attribute(name: str) -> Field:
    """Return the column of what a watched trial's own tool keeps of it under a name: a number, a flag or a text."""
    title = clean(name, 60)

    def setting(trial: TrialState) -> Value:
        return trial.attributes.get(name) if trial.attributes else None

    def text(drawing: Drawing, trial: TrialState, width: int, best: bool) -> Pieces:
        there = bool(trial.attributes) and name in trial.attributes
        return [(numbers.compact(setting(trial), width) if there else "", drawing.look.dim_style)]

    def width(room: Room) -> int:
        return max(min(width_of(title), _LONGEST_TITLE), numbers.VALUE_WIDTH - 1)

    ranked = each(lambda trial: _ranked(setting(trial)))
    more = {"drop_order": 1, "filter_term": name, "setting": setting}
    return Field("attribute:" + name, title, title, width, text, ranked, **more)


def _ranked(value: Value) -> float | None:
    """Return a number to sort by: texts behind numbers, by their first letters, NaN for nothing."""
    if isinstance(value, str):
        # six bytes are as many as a float holds to the last
        return 2.0**80 * (1 + int.from_bytes(value.casefold().encode()[:6].ljust(6, b"\0"), "big"))
    return value


_made: WeakKeyDictionary[RunState, tuple[object, tuple[int, int], tuple[Field, ...]]] = WeakKeyDictionary()


def fields(state: RunState) -> tuple[Field, ...]:
    """Return the columns of a run in the table's order, the same objects until it has others."""
    cols, info = columns(state), state.info
    counts = len(cols.metrics), len(cols.attributes)
    kept = _made.get(state)
    if kept is None or kept[0] is not info or kept[1] != counts:
        less = {one.name for one in info.objectives if one.direction == "minimize"} if info else set()
        scorer = clean(info.scoring, 40) if info else ""
        made = (
            *BEFORE,
            *(parameter(axis) for axis in (info.axes if info else [])),
            _score_of(state, scorer or SCORE.title),
            *(metric(name, name not in less) for name in cols.metrics),
            *(one for one in BEHIND if info is None or one.applies(info)),
            *(attribute(name) for name in cols.attributes),
        )
        kept = _made[state] = (info, counts, made)
    return kept[2]


def _score_of(state: RunState, title: str) -> Field:
    """Return the score's column under a run's own name for it, and with its own sign."""
    if state.sign > 0:
        return replace(SCORE, title=title)
    return replace(SCORE, title=title, value=lambda cols, state: -SCORE.value(cols, state), descending=False)


def markdown() -> str:
    """Return the columns as the table in `USING.md`."""
    lines = ["| column | what it shows | filter |", "|---|---|---|"]
    for one in FIELDS:
        lines.append(f"| {one.title} | {one.about} | {f'`{one.filter_term}`' if one.filter_term else '–'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
