"""Curves: what trials reported on their way, a line a trial, those that ended early with a mark where they did.

A reported step is no fold. Of very many trials some are drawn: those that run, the best, and others by their order of
arrival. The picture has the scores' own sign, so that a loss falls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import Steps
from ...engine.state import RunState, TrialState
from ...engine.text import clean
from ...engine.trials.scales import LARGEST, Floats, ScoreRange, drawable, nice_ticks, score_range, short
from ..render.braille import Dots
from ..render.lines import Canvas, fit, says
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import Area, frame, method_legend, ramp_legend, score_ticks
from .captions import says_why, score_name, whose
from .options import ViewOptions

CURVES_A_ROW = 3
"""Curves that are drawn for every row of the picture: with more, they grow into one another."""

MOST_POINTS = 1000
"""Points of one curve that are drawn."""


@dataclass(frozen=True)
class Curve:
    """One trial's reports: steps in order, and values with the trial's own sign."""

    trial: TrialState
    at: Floats
    value: Floats
    rank: float
    """The last value, greater being better."""


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw each trial's reported values over its steps, better ones above the others, the best one on top."""
    trials = [trial for trial in state.trials if trial.steps and _shown(trial, options)]
    if not trials:
        return says_why(state, options, "No trial has reported values on its way.", width, height, look)
    rows = max(height - 4, 1)
    curves = [curve for trial in _chosen(state, trials, CURVES_A_ROW * rows) if (curve := _curve(trial, state.sign))]
    if not curves:
        return says("No trial has reported a finite value on its way.", width, height, look)
    values = np.concatenate([curve.value for curve in curves])
    scale = (score_range(state.sign * values, state.sign) or ScoreRange(0.0, 1.0)).roomy
    canvas = Canvas(width, height)
    steps = (min(float(curve.at[0]) for curve in curves), max(float(curve.at[-1]) for curve in curves))
    some = f"{len(curves):,} of {len(trials):,}" if len(curves) < len(trials) else f"{len(trials):,}"
    note = f"{score_name(state)} by step   {some} {'curve' if len(trials) == 1 else 'curves'}" + whose(options)
    end = canvas.put(0, 0, fit(note, width).rstrip(), look.dim_style)
    ramp_legend(canvas, look, scale, score_name(state), after=end)
    roomy = height >= 10
    if roomy:
        _legend(canvas, look, state, curves)
    ticks = [(_across(value, steps), _step(value)) for value in nice_ticks(*steps, max(width // 12, 2), whole=True)]
    area = frame(canvas, look, ticks, score_ticks(scale.own, max((height - 4) // 2, 2)), top=1 + roomy)
    _lines(canvas, area, look, state, curves, steps, scale)
    return canvas.lines(look)


def _shown(trial: TrialState, options: ViewOptions) -> bool:
    return trial.method == options.method if options.method is not None else trial.method not in options.hide


def _chosen(state: RunState, trials: list[TrialState], limit: int) -> list[TrialState]:
    """Return the trials to draw: all, or those that run, the best, and of the others every second, fourth, … one."""
    if len(trials) <= limit:
        return trials
    ranked = sorted(trials, key=lambda trial: _last(trial.steps or []))
    best = state.best if state.best is not None and state.best.steps else ranked[-1]
    running = [trial for trial in trials if trial.phase == "running"]
    kept = {id(trial): trial for trial in (best, *running[-limit // 3 :], *ranked[len(ranked) - limit // 3 :])}
    step = 2 ** math.ceil(math.log2(len(trials) / max(limit - len(kept), 1)))
    others = [trial for trial in trials if trial.order % step == 0][: max(limit - len(kept), 0)]
    kept |= {id(trial): trial for trial in others}
    return [trial for trial in trials if id(trial) in kept]


def _last(steps: Steps) -> float:
    value = steps[-1][1]
    return value if math.isfinite(value) else -math.inf


def _curve(trial: TrialState, sign: float) -> Curve | None:
    steps = trial.steps or []
    if len(steps) > MOST_POINTS:
        steps = [*steps[:: math.ceil(len(steps) / MOST_POINTS)], steps[-1]]
    points = np.array([(float(at), value) for at, value in steps if drawable(value) and abs(at) <= LARGEST])
    if not len(points):
        return None
    points = points[np.argsort(points[:, 0], kind="stable")]
    return Curve(trial, points[:, 0], sign * points[:, 1], float(points[-1, 1]))


def _across(step: float, ends: tuple[float, float]) -> float:
    return (step - ends[0]) / (ends[1] - ends[0]) if ends[1] > ends[0] else 0.5


def _step(value: float) -> str:
    return f"{round(value)}" if abs(value) < 1e6 else short(value)


def _best(state: RunState, curves: list[Curve]) -> Curve:
    """Return the best trial's curve, or that of the trial that stands best where the best one has none."""
    of_best = [curve for curve in curves if curve.trial is state.best]
    return of_best[0] if of_best else max(curves, key=lambda curve: curve.rank)


def _lines(
    canvas: Canvas, area: Area, look: Look, state: RunState, curves: list[Curve], ends: tuple[float, float],
    scale: ScoreRange,
) -> None:  # fmt: skip
    levels = len(look.ramp)
    own = scale.own
    plots = (Dots(area.width, area.height), Dots(area.width, area.height))
    best = _best(state, curves)
    for curve in sorted(curves, key=lambda curve: curve.rank):
        level = min(int(scale.position(curve.rank) * levels), levels - 1)
        x, y = _dots(curve, area, ends, own)
        plots[curve is best].plot(x, y, 0 if curve is best else level)
    plots[0].onto(canvas, look, area.left, area.top, levels)
    plots[1].onto(canvas, look, area.left, area.top, style=look.accent_style)
    marks = _marks(look, state)
    for curve in sorted(curves, key=lambda curve: curve.trial.phase == "running"):
        if curve.trial.phase in marks:
            glyph, _, style = marks[curve.trial.phase]
            _end(canvas, area, curve, ends, own, glyph, style)
    _end(canvas, area, best, ends, own, look.star, look.accent_style)


def _marks(look: Look, state: RunState) -> dict[str, tuple[str, str, Style]]:
    """Return the glyph, the words and the style of a curve's end by its trial's phase; without: it came to its end."""
    standing = state.standing("running")
    glyph, style = look.phase_mark(standing)
    return {
        "running": (glyph, standing, style),
        "raced": (look.pause, "ended early", look.fore(look.warn)),
        "failed": (look.cross, "failed", look.fore(look.bad)),
    }


def _end(
    canvas: Canvas, area: Area, curve: Curve, ends: tuple[float, float], own: ScoreRange, glyph: str, style: Style
) -> None:
    column = area.column(_across(float(curve.at[-1]), ends))
    canvas.put(column, area.row(own.position(float(curve.value[-1]))), glyph, style)


def _dots(curve: Curve, area: Area, ends: tuple[float, float], own: ScoreRange) -> tuple[np.ndarray, np.ndarray]:
    """Return the dots of a curve: its height in every column of dots, and what joins a column to the next."""
    wide, tall = 2 * area.width - 1, 4 * area.height - 1
    places = np.array([_across(at, ends) for at in curve.at.tolist()]) * wide
    heights = (1 - own.positions(curve.value)) * tall
    first, last = round(float(places[0])), round(float(places[-1]))
    across = np.arange(first, last + 1)
    y = np.interp(across, places, heights)
    down = np.diff(y, append=y[-1:])
    fill = min(int(np.abs(down).max(initial=0.0)) + 1, 24)
    y = (y[:, None] + down[:, None] * (np.arange(fill) / fill)).ravel()
    return np.repeat(across, fill), np.rint(y).astype(np.int64)


def _legend(canvas: Canvas, look: Look, state: RunState, curves: list[Curve]) -> None:
    best = _best(state, curves)
    shown = [curve.trial.phase for curve in curves]
    told = f"{clean(best.trial.method, 16)} #{best.trial.number} {score(best.value[-1])}"
    entries = [(look.star, told, look.fore(look.accent))]
    for phase, (glyph, words, style) in _marks(look, state).items():
        if number := shown.count(phase):
            entries.append((glyph, f"{number:,} {words}", style))
    method_legend(canvas, look, entries, 1)
