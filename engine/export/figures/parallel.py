"""Parallel coordinates: one upright axis a hyperparameter, the score at the right, one line a trial."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...trials.arrays import Ints
from ...trials.captions import nowhere
from ...trials.scales import Floats
from .scene import Host, Scene, Text, best_words, name, say, score_ticks

MOST_AXES = 12

MOST_LINES = 400
"""Lines that are drawn at most, the best ones first: more would hide one another."""

_LETTERS = 150
"""Letters of a label beside one another across the figure, about."""

LINES, BEST = "tunetop-lines", "tunetop-best"
"""The ids, in an SVG, of what holds the lines, and of the best one."""


def draw(host: Host, scene: Scene) -> Text:
    """Draw the trials as lines, the better ones above the others."""
    shown = scene.hyperparameters[:MOST_AXES]
    if not shown or scene.nothing():
        return say(host, scene, scene.nothing() or "This run has no hyperparameters to draw lines through.")
    places = np.column_stack([*(scene.place(axis) for axis in shown), scene.scores.positions(scene.cols.mean)])
    known = np.flatnonzero(scene.mask & np.isfinite(places).all(axis=1))
    if not len(known):
        return say(host, scene, nowhere(*(axis.name for axis in shown)))
    axes = host.subplots()
    _lines(axes, scene, _thinned(scene, known), places)
    ticks = [*(scene.scale(axis).ticks(7) for axis in shown), score_ticks(scene, 6)]
    between = max(int(_LETTERS / (len(shown) + 0.55)) - 1, 6)
    for place, labels in enumerate(ticks):
        axes.axvline(place, color=scene.palette.dim, linewidth=1)
        last = place == len(shown)
        for at, label in labels:
            axes.annotate(
                name(label, between), (place, at), xytext=(5 if last else -5, 0), textcoords="offset points",
                ha="left" if last else "right", va="center", size=7.5, color=scene.palette.dim,
                bbox={"boxstyle": "square,pad=0.15", "color": scene.palette.background, "alpha": 0.75, "linewidth": 0},
            )  # fmt: skip
    axes.set_xlim(-0.25, len(shown) + 0.3)
    axes.set_ylim(-0.04, 1.04)
    headings = [*(name(axis.name, 30) for axis in shown), name(scene.score, 30)]
    turned = {"rotation": 18, "ha": "left"} if sum(map(len, headings)) > 80 else {}
    axes.set_xticks(range(len(headings)), headings, color=scene.palette.text, **turned)
    axes.set_yticks([])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    total = int((scene.mask & np.isfinite(scene.cols.mean)).sum())
    drawn = f"{total:,} trials" if total <= MOST_LINES else f"{MOST_LINES} of {total:,} trials, the best among them,"
    hidden = len(scene.hyperparameters) - len(shown)
    more = f"; {hidden} hyperparameters more are not shown" if hidden else ""
    return f"{drawn} as lines through {len(shown)} hyperparameters to {scene.score}; {best_words(scene)}{more}."


def _thinned(scene: Scene, known: Ints) -> Ints:
    """Return the trials to draw, worst first: a third of them the best, of the others every so-many-th."""
    ranked = known[np.argsort(scene.cols.mean[known], kind="stable")]
    if len(ranked) <= MOST_LINES:
        return ranked
    top = MOST_LINES // 3
    others = ranked[:-top]
    step = math.ceil(len(others) / (MOST_LINES - top))
    return np.concatenate([others[::step], ranked[-top:]])


def _lines(axes: Any, scene: Scene, drawn: Ints, places: Floats) -> None:
    from matplotlib.collections import LineCollection

    across = np.arange(places.shape[1])
    segments = [np.column_stack([across, places[index]]) for index in drawn]
    lines = LineCollection(segments, colors=scene.ramp(scene.cols.mean[drawn]), linewidths=0.9, alpha=0.8)
    lines.set_gid(LINES)
    axes.add_collection(lines)
    if scene.best is not None and np.isfinite(places[scene.best]).all():
        axes.plot(across, places[scene.best], "*-", color=scene.palette.accent, linewidth=1.8, markersize=9, gid=BEST)
