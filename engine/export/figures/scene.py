"""The scene of a figure: a run's trials with their scales, their scores' range and a theme's colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...events import BASELINE, Axis
from ...state import RunState
from ...text import clean, elided
from ...trials.arrays import Columns, Mask, best_index, columns, spread
from ...trials.captions import nothing_to_draw, score_name
from ...trials.palette import Palette
from ...trials.scales import AxisScale, Floats, ScoreRange, axes, nice_step
from ...verdict.numbers import number
from ...verdict.summary import Summary

Host = Any
"""A figure of matplotlib, or a part of one."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Matplotlib's marks of the methods, by their place among them; the baseline has none."""

LONGEST_NAME = 40

MOST_KEYS = 14
"""Methods that a key names, at most."""

Text = str


@dataclass(frozen=True, eq=False)
class Scene:
    """A run to be drawn. Scores are drawn with the sign that their own tool gives them; more is better in `mean`."""

    state: RunState
    summary: Summary
    palette: Palette

    @cached_property
    def cols(self) -> Columns:
        """The trials as columns."""
        return columns(self.state)

    @cached_property
    def mask(self) -> Mask:
        """The trials of all methods but the baseline."""
        return self.cols.of_methods(None)

    @cached_property
    def scores(self) -> ScoreRange:
        """The range of the scores, without far-off bad ones; greater is better."""
        return self.cols.scores() or ScoreRange(0.0, 1.0)

    @cached_property
    def hyperparameters(self) -> list[Axis]:
        """The hyperparameters, those that say most first."""
        return axes(self.state)

    @property
    def score(self) -> Text:
        """The scorer's name."""
        return name(score_name(self.state))

    @cached_property
    def best(self) -> int | None:
        """The index of the best trial."""
        return best_index(self.cols, self.mask)

    @cached_property
    def methods(self) -> list[str]:
        """The search methods, in the run's order."""
        return [name for name in self.state.methods if name != BASELINE]

    @property
    def baseline(self) -> float | None:
        """The baseline's mean score, with its own sign."""
        base = self.state.baseline
        return None if base is None or base.mean is None or not np.isfinite(base.mean) else self.own(base.mean)

    def own(self, score: Any) -> Any:
        """Return a score, or an array of them, with the sign that its own tool gives it."""
        return score if self.state.sign > 0 else -score

    def nothing(self) -> Text:
        """Return why there is nothing to draw; empty if there is something."""
        return nothing_to_draw(self.state, self.cols, self.mask)

    def scale(self, axis: Axis) -> AxisScale:
        """Return a hyperparameter's scale."""
        return self.cols.scales[axis.name]

    def place(self, axis: Axis) -> Floats:
        """Return the trials' positions on an axis, in [0, 1], choices strewn over their band."""
        return np.clip(spread(self.cols, self.scale(axis), axis.name), 0.0, 1.0)

    def colour(self, method: str) -> Text:
        """Return a method's colour."""
        if method == BASELINE or method not in self.methods:
            return self.palette.dim
        return self.palette.methods[self.methods.index(method) % len(self.palette.methods)]

    def marker(self, method: str) -> Text:
        """Return a method's mark."""
        return MARKERS[self.methods.index(method) % len(MARKERS)] if method in self.methods else "o"

    def levels(self, means: Floats) -> Any:
        """Return the steps of the ramp for scores, shape as theirs; those below the range get the first."""
        steps = len(self.palette.ramp)
        return np.minimum((np.nan_to_num(self.scores.positions(means)) * steps).astype(int), steps - 1)

    def ramp(self, means: Floats) -> list[Text]:
        """Return the ramp's colours for scores."""
        return [self.palette.ramp[level] for level in self.levels(means)]


def name(text: object, limit: int = LONGEST_NAME) -> Text:
    """Return a name from outside for a label, a long one without its middle."""
    return elided(shown(text, 1000), limit)


def shown(text: object, limit: int) -> Text:
    """Return text from outside on one line, without the two characters that `clean` leaves and XML does not take."""
    return clean(text, limit).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def say(host: Host, scene: Scene, sentence: Text) -> Text:
    """Write a sentence where there is nothing to draw, and return it."""
    axes = host.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, shown(sentence, 160), ha="center", va="center", color=scene.palette.dim, wrap=True)
    return sentence


def along(axes: Any, which: str, scale: AxisScale, room: int = 7, longest: int = LONGEST_NAME) -> None:
    """Give an axis (`x`, `y` or `z`) of positions the labels of a hyperparameter."""
    ticks = scale.ticks(room)
    getattr(axes, f"set_{which}lim")(-0.03, 1.03)
    getattr(axes, f"set_{which}ticks")([place for place, _ in ticks], [name(label, longest) for _, label in ticks])
    getattr(axes, f"set_{which}label")(name(scale.name))


def score_ticks(scene: Scene, room: int = 5, scores: ScoreRange | None = None) -> list[tuple[float, Text]]:
    """Return ticks for the range of the scores, as positions in [0, 1] and text that tells them apart."""
    from matplotlib.ticker import MaxNLocator

    scores = scores or scene.scores
    low, high = sorted((scene.own(scores.low), scene.own(scores.high)))
    if not high > low:
        return [(0.5, number(low))]
    values = [float(value) for value in MaxNLocator(room, steps=[1, 2, 5, 10]).tick_values(low, high)]
    step, room_left = values[1] - values[0], (high - low) * 1e-6
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    plain = decimals <= 9 and max(abs(low), abs(high)) < 1e6
    return [
        (scores.position(scene.own(value)), f"{value:.{decimals}f}" if plain else f"{value:.3g}")
        for value in (value if abs(value) > step / 2 else 0.0 for value in values)
        if low - room_left <= value <= high + room_left
    ]


def ramp_key(host: Host, axes: Any, scene: Scene, scores: ScoreRange | None = None, **place: Any) -> None:
    """Draw the ramp's steps beside axes, with the scores that they stand for: of all trials, or of that range."""
    from matplotlib import cm, colors

    ramp = scene.palette.ramp
    bounds = [step / len(ramp) for step in range(len(ramp) + 1)]
    colours = cm.ScalarMappable(colors.BoundaryNorm(bounds, len(ramp)), colors.ListedColormap(ramp))
    bar = host.colorbar(colours, ax=axes, fraction=0.035, pad=0.02, aspect=28, spacing="proportional", **place)
    ticks = score_ticks(scene, scores=scores)
    bar.set_ticks([place for place, _ in ticks], labels=[text for _, text in ticks])
    bar.set_label(scene.score, color=scene.palette.dim)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0)


def method_key(host: Host, scene: Scene, shown: list[Text]) -> None:
    """Draw the methods' marks beside their names, where there are several, in a row at the foot."""
    from matplotlib.lines import Line2D

    if len(shown) < 2:
        return
    marks = [
        Line2D([], [], marker=scene.marker(one), color=scene.palette.dim, linestyle="", markersize=5, label=name(one))
        for one in shown[:MOST_KEYS]
    ]
    columns = max(min(len(marks), 7, 90 // (max(len(str(one.get_label())) for one in marks) + 5)), 1)
    host.legend(handles=marks, loc="outside lower center", ncols=columns, handletextpad=0.1, fontsize=8)


def best_words(scene: Scene) -> Text:
    """Return what a caption says of the best trial, such as `best 0.9824, random 13`; empty where there is none."""
    if scene.best is None:
        return ""
    trial = scene.state.trials[scene.best]
    return f"best {number(scene.own(float(scene.cols.mean[scene.best])))}, {name(trial.method)} {trial.number}"


def padded(low: float, high: float) -> tuple[float, float]:
    """Return ends a little beyond two scores, on plain numbers, never the same."""
    if not high > low:
        room = max(abs(low) * 0.01, 1e-3)
        return low - room, high + room
    step = nice_step(high - low, 20)
    return low - step, high + step
