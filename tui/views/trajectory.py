"""The trajectory: every trial's score as a dot, the best so far as steps, by trial or by seconds.

The bars are plotext's; this is drawn here. plotext's lines put the paths of two methods into one cell in one colour,
its Braille and quarter blocks have no ASCII to fall back on, and the dots of a thousand trials take it 30 ms (measured
at 80 x 24, plotext 6.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import BASELINE
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import RUNNING, Columns, best_index
from ...engine.trials.scales import Floats, ScoreRange, drawable, nice_step
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import Area, Tick, frame, score_ticks
from .captions import score_name, shown_trials, whose
from .options import Form, ViewOptions, shown_methods
from .steps import NAME, Put, Timeline, draw_baseline, draw_on, draw_steps, held, write_name

FORMS = (
    Form("by seconds", lambda options: replace(options, by="seconds"), lambda _, options: options.by == "trial"),
    Form("scores", lambda options: replace(options, by="trial", regret=False), lambda _, options: options.regret),
    Form("regret", lambda options: replace(options, by="trial", regret=True), lambda _, options: not options.regret),
)
"""Scores by trial, by seconds; then the regret by trial, by seconds."""


@dataclass(frozen=True)
class Path:
    """One method's way: x of each finished trial, its level on the y axis, and the best level so far."""

    method: str
    x: Floats
    y: Floats
    best: Floats


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the methods' paths over one another; the last level goes on as a dotted line to the method's name."""
    cols, mask, sentence = shown_trials(state, options)
    if sentence:
        return says(sentence, width, height, look)
    names = [name for name in shown_methods(state, options) if state.methods[name].trials]
    top_score = float(cols.mean[best_index(cols, mask) or 0])
    paths = [path for name in names if (path := _path(state, cols, name, options, top_score)) is not None]
    if options.regret:
        scale = _regrets(paths)
    else:
        # as its own tool has it: the path of what is minimised falls
        known = cols.scores(options.method, options.hide) or ScoreRange(0.0, 1.0)
        scale = _with_baseline(known.own, _baseline(state))
    axis = Timeline(options.by, _end(state, paths, options))
    canvas = Canvas(width, height)
    title = f"regret of {score_name(state)}, log10," if options.regret else f"best {score_name(state)} so far"
    by = "seconds" if options.by == "seconds" else "trial"
    after = canvas.put(0, 0, look.star, look.accent_style)
    note = f" {score(cols.sign * top_score)}   {title} by {by}" + whose(options)
    canvas.put(after, 0, fit(note, width - 1), look.dim_style)
    label_room = min(max((width_of(clean(n, NAME)) for n in [*names, BASELINE]), default=0) + 2, max(width // 5, 0))
    label_room = label_room if width >= 40 else 0
    y_ticks = _regret_ticks(scale) if options.regret else score_ticks(scale, max((height - 3) // 2, 2))
    area = frame(canvas, look, axis.ticks(max(width // 10, 2)), y_ticks, right=label_room)
    level = _baseline(state)
    if not options.regret and level is not None and drawable(level) and BASELINE not in options.hide:
        row = area.row(scale.position(level))
        draw_baseline(_pen(canvas, look.dim_style), canvas, area, look, row, label_room)
    taken: set[int] = set()
    for path in paths:
        _dots(canvas, area, look.fore(look.method_style(state, path.method)), path, axis, scale)
    falls = options.regret or cols.sign < 0
    rank = -1.0 if falls else 1.0
    for path in sorted(paths, key=lambda path: rank * float(path.best[-1])):
        pen = _pen(canvas, look.fore(look.method_style(state, path.method)))
        steps = held(axis.columns(area, path.x), area.rows(scale.positions(path.best)))
        draw_steps(pen, steps)
        draw_on(pen, canvas, area, look, steps)
    for path in sorted(paths, key=lambda path: -rank * float(path.best[-1])):
        style = look.fore(look.method_style(state, path.method))
        write_name(canvas, area, area.row(scale.position(float(path.best[-1]))), path.method, style, label_room, taken)
    _star(canvas, area, look, paths, axis, scale, falls=falls)
    return canvas.lines(look)


def _pen(canvas: Canvas, style: Style) -> Put:
    return lambda column, row, glyph: canvas.put(column, row, glyph, style)


def _baseline(state: RunState) -> float | None:
    return state.baseline.mean if state.baseline is not None else None


def _with_baseline(scale: ScoreRange, level: float | None) -> ScoreRange:
    """Return the range made to hold the baseline's level, and never empty."""
    if level is not None and drawable(level) and not scale.low <= level <= scale.high:
        low, high = min(scale.low, level), max(scale.high, level)
        step = nice_step(high - low, 20)
        scale = ScoreRange(math.floor(low / step) * step, math.ceil(high / step) * step)
    return scale.roomy


def _path(state: RunState, cols: Columns, name: str, options: ViewOptions, top: float) -> Path | None:
    """Return a method's path, trials in the order of their numbers, or of their finishing when by seconds."""
    of_method = np.flatnonzero((cols.method == cols.names.index(name)) & (cols.phase > RUNNING))
    if options.by == "seconds":
        indexes = of_method[np.argsort(cols.finished_at[of_method], kind="stable")]
        start = state.methods[name].started_at
        begun = start if start is not None else (state.started_at or 0.0)
        x = np.maximum(cols.finished_at[indexes] - begun, 0.0)
    else:
        indexes = of_method[np.argsort(cols.number[of_method], kind="stable")]
        x = (cols.number[indexes] + 1).astype(float)
    y = cols.mean[indexes]
    if not np.isfinite(y).any():
        return None
    best = np.maximum.accumulate(np.nan_to_num(y, nan=-np.inf))
    first = int(np.argmax(np.isfinite(best)))
    x, y, best = x[first:], y[first:], best[first:]
    if options.regret:
        return Path(name, x, _log_regret(y, top), _log_regret(best, top))
    return Path(name, x, cols.sign * y, cols.sign * best)


_NONE = -99.0
"""Stands for a regret of nought on the logarithmic axis."""


def _log_regret(scores: Floats, top: float) -> Floats:
    gap = top - scores
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gap > 1e-12, np.log10(np.maximum(gap, 1e-12)), np.where(np.isnan(gap), np.nan, _NONE))


def _regrets(paths: list[Path]) -> ScoreRange:
    values = np.concatenate([path.y for path in paths])
    values = values[np.isfinite(values) & (values > _NONE)]
    if not len(values):
        return ScoreRange(-4.0, 0.0)
    # one decade lower than the smallest regret is where "none" stands
    low = math.floor(float(values.min()))
    return ScoreRange(low - 1.0, max(math.ceil(float(values.max())), low + 1.0))


def _regret_ticks(scale: ScoreRange) -> list[Tick]:
    ticks = [(scale.position(d), f"1e{d}" if d else "1") for d in range(round(scale.low) + 1, round(scale.high) + 1)]
    return [(0.0, "0"), *ticks]


def _end(state: RunState, paths: list[Path], options: ViewOptions) -> float:
    """Return where the x axis ends: at the longest plan if known, else at a plain number beyond the last trial."""
    last = max(float(path.x[-1]) for path in paths)
    if options.by == "trial":
        plans = [state.methods[path.method].planned for path in paths]
        if None not in plans:
            return max(last, *(float(plan or 0) for plan in plans), 2.0)
    step = nice_step(max(last, 1.0), 5)
    return max(math.ceil(last / step - 1e-9) * step, 1.0 if options.by == "seconds" else 2.0)


def _dots(canvas: Canvas, area: Area, style: Style, path: Path, axis: Timeline, scale: ScoreRange) -> None:
    known = np.isfinite(path.y)
    across = axis.columns(area, path.x)[known]
    down = area.rows(scale.positions(path.y[known]))
    for column, row in set(zip(across.tolist(), down.tolist(), strict=True)):
        canvas.put(column, row, "·", style)


def _star(
    canvas: Canvas, area: Area, look: Look, paths: list[Path], axis: Timeline, scale: ScoreRange, *, falls: bool
) -> None:
    """Mark the trial that reached the best first."""
    tops = [(float(path.best[-1]), path) for path in paths]
    extreme = min if falls else max
    level, path = extreme(tops, key=lambda item: item[0])
    reached = int(np.argmax(path.best == level))
    column = int(axis.columns(area, path.x)[reached])
    canvas.put(column, area.row(scale.position(level)), look.star, look.accent_style)
