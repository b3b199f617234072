"""The Pareto view: trials over two objectives, those that no other beats in both joined by a line.

Its other form is the hypervolume by trial: which part of the box between the best and the worst that was seen in both
objectives is dominated so far (Zitzler and Thiele, 1998, in two dimensions).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import combinations

import numpy as np
from rich.text import Text

from ...engine.events import Objective
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import FAILED, Ints, columns
from ...engine.trials.front import Points, objectives_of, points_of, sign_of
from ...engine.trials.scales import Floats, ScoreRange, score_range
from ..render.lines import Canvas, fit, says
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import Area, frame, method_legend, score_ticks
from .captions import says_why
from .options import Form, ViewOptions
from .steps import Timeline, draw_steps, held

FORMS = (
    Form("hypervolume", lambda options: replace(options, volume=True), lambda _, options: not options.volume),
    Form(
        "next two",
        lambda options: replace(options, volume=False, objectives=options.objectives + 1),
        lambda state, options: len(objectives_of(state)) > 2,
    ),
    Form("front", lambda options: replace(options, volume=False), lambda _, options: options.volume),
)
"""The front and the hypervolume of each two objectives in turn."""


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw trials over two objectives with their own signs, or the hypervolume by trial."""
    pair = _pair(state, options)
    if pair is None:
        return says_why(state, options, "There is one objective; a Pareto front takes two.", width, height, look)
    first, second = (objectives_of(state)[place] for place in pair)
    points = points_of(state, *pair)
    if not len(points.better):
        return says_why(state, ViewOptions(), "No trial has a value of both objectives.", width, height, look)
    if not points.feasible.any():
        return says("No trial keeps to all constraints yet.", width, height, look)
    canvas = Canvas(width, height)
    if options.volume:
        _draw_volume(canvas, look, points, (first, second))
    else:
        _draw_front(canvas, look, state, points, (first, second))
    return canvas.lines(look)


def _pair(state: RunState, options: ViewOptions) -> tuple[int, int] | None:
    pairs = list(combinations(range(len(objectives_of(state))), 2))
    return pairs[options.objectives % len(pairs)] if pairs else None


def _draw_front(canvas: Canvas, look: Look, state: RunState, points: Points, pair: tuple[Objective, Objective]) -> None:
    width, height = canvas.width, canvas.height
    x_scale, y_scale = (_scale(points.better[:, side], pair[side]) for side in (0, 1))
    front = points.front()
    where = f"{_towards(pair[1], '↑', '↓')}  {_towards(pair[0], '→', '←')}"
    canvas.put(0, 0, fit(where, width), look.dim_style)
    roomy = height >= 8
    if roomy:
        _legend(canvas, look, state, points, front)
    ticks = [score_ticks(x_scale.own, max(width // 12, 2)), score_ticks(y_scale.own, max((height - 4) // 2, 2))]
    area = frame(canvas, look, *ticks, top=1 + roomy)
    x, y = (_places(points.better[:, side], scale) for side, scale in enumerate((x_scale, y_scale)))
    across, down = area.columns(x), area.rows(y)
    for index in range(len(across)):
        glyph, style = (look.missing, look.dim_style) if points.feasible[index] else (look.cross, look.fore(look.bad))
        canvas.put(int(across[index]), int(down[index]), glyph, style)
    _steps(canvas, area, look, across[front], down[front])
    for index in front.tolist():
        canvas.put(int(across[index]), int(down[index]), look.dot, look.fore(look.good, bold=True))
    leading = int(front[0])
    canvas.put(int(across[leading]), int(down[leading]), look.star, look.accent_style)


def _towards(objective: Objective, more: str, less: str) -> str:
    """Return an objective's name with an arrow to where it is better."""
    return f"{clean(objective.name, 30)} better {less if objective.direction == 'minimize' else more}"


def _scale(better: Floats, objective: Objective) -> ScoreRange:
    return (score_range(better, sign_of(objective)) or ScoreRange(0.0, 1.0)).roomy


def _places(better: Floats, scale: ScoreRange) -> Floats:
    """Return where values lie on an axis that has their own sign."""
    return scale.own.positions(scale.sign * better)


def _steps(canvas: Canvas, area: Area, look: Look, across: Ints, down: Ints) -> None:
    """Join the front's points, as what is dominated ends there: level, then upright."""
    style = look.fore(look.good)
    for (x0, y0), (x1, y1) in zip(
        zip(across.tolist(), down.tolist(), strict=True), list(zip(across.tolist(), down.tolist(), strict=True))[1:],
        strict=False,
    ):  # fmt: skip
        for column in range(min(x0, x1) + 1, max(x0, x1)):
            canvas.put(column, y0, "─", style)
        for row in range(min(y0, y1) + 1, max(y0, y1)):
            canvas.put(x1, row, "│", style)
        if x0 != x1 and y0 != y1:
            right, below = x1 > x0, y1 > y0
            canvas.put(x1, y0, "┐┘┌└"[2 * (not right) + (not below)], style)


def _legend(canvas: Canvas, look: Look, state: RunState, points: Points, front: Ints) -> None:
    good, total = look.fore(look.good, bold=True), len(points.better)
    entries = [(look.dot, f"{len(front):,} of {total:,} on the front", good)]
    leading = int(points.number[front[0]])
    entries.append((look.star, f"#{leading} the best in the first", look.accent_style))
    if broken := int((~points.feasible).sum()):
        entries.append((look.cross, f"{broken:,} break a constraint", look.fore(look.bad)))
    cols = columns(state)
    if failed := int((cols.phase == FAILED).sum()):
        entries.append((look.missing, f"{failed:,} failed", look.dim_style))
    method_legend(canvas, look, entries, 1)


def hypervolumes(better: Floats, feasible: np.ndarray) -> Floats:
    """Return after each trial the share of the box between worst and best that is dominated, shape (n,)."""
    worst, best = better.min(axis=0), better.max(axis=0)
    span = np.where(best > worst, best - worst, 1.0)
    unit = (better - worst) / span
    reached = np.zeros(len(unit))
    volume = 0.0
    # the front by its first objective, rising, so that its second one falls
    xs: list[float] = []
    ys: list[float] = []
    for index, (x, y) in enumerate(unit.tolist()):
        if feasible[index]:
            volume += _join(xs, ys, x, y)
        reached[index] = volume
    return reached


def _join(xs: list[float], ys: list[float], x: float, y: float) -> float:
    """Put a point into the front where it belongs there; return by how much the dominated area grows."""
    place = bisect_left(xs, x)
    if place < len(xs) and ys[place] >= y:
        return 0.0
    after = place + 1 if place < len(xs) and xs[place] == x else place
    start, right, floor, grown = place, x, ys[place] if place < len(xs) else 0.0, 0.0
    while True:
        left = xs[start - 1] if start else 0.0
        grown += (right - left) * (y - floor)
        if not start or ys[start - 1] > y:
            break
        right, floor = left, ys[start - 1]
        start -= 1
    xs[start:after], ys[start:after] = [x], [y]
    return grown


def _draw_volume(canvas: Canvas, look: Look, points: Points, pair: tuple[Objective, Objective]) -> None:
    width, height = canvas.width, canvas.height
    volumes = hypervolumes(points.better, points.feasible)
    names = f"{clean(pair[0].name, 20)} and {clean(pair[1].name, 20)}"
    after = canvas.put(0, 0, look.star, look.accent_style)
    note = f" {score(float(volumes[-1]))}   hypervolume by trial, of the box of {names} that was seen"
    canvas.put(after, 0, fit(note, width - 1), look.dim_style)
    scale = ScoreRange(0.0, 1.0)
    axis = Timeline("trial", float(max(len(volumes), 2)))
    ticks = axis.ticks(max(width // 10, 2))
    area = frame(canvas, look, ticks, score_ticks(scale, max((height - 3) // 2, 2)))
    across = axis.columns(area, np.arange(1.0, len(volumes) + 1))
    down = area.rows(scale.positions(volumes))
    style = look.fore(look.good)
    draw_steps(lambda column, row, glyph: canvas.put(column, row, glyph, style), held(across, down))
    first = int(np.argmax(volumes == volumes[-1]))
    canvas.put(int(across[first]), int(down[first]), look.star, look.accent_style)
