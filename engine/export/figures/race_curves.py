"""A race's curves: the median of the best so far over the seeds, with the quartiles as a band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...trials.palette import Palette
from ...verdict.over_seeds import CurvePoint, TournamentSummary
from .drawing import blank
from .scene import Text, name, shown


def compose(summary: TournamentSummary, palette: Palette) -> tuple[Any, Text]:
    """Return the figure and what it shows; `summary` is a race's comparison. By trial, and by seconds of fitting."""
    canvas = blank(10.0, 4.2)
    left, right = canvas.subplots(1, 2, sharey=True)
    scoring = shown(summary.scoring, 40)
    for place, row in enumerate(summary.methods):
        colour = palette.methods[place % len(palette.methods)]
        _curve(left, row.by_trial, colour, name(row.method))
        _curve(right, row.by_seconds, colour, name(row.method))
    left.set_ylabel(f"best {scoring} so far")
    left.set_xlabel("trial")
    right.set_xlabel("seconds of fitting")
    for axes in (left, right):
        axes.grid(True, axis="y")
    canvas.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    seeds = len(summary.seeds)
    return canvas, f"Median and quartiles over {seeds} seeds of the best {scoring} so far, by trial and by fit seconds."


def _curve(axes: Any, points: Sequence[CurvePoint], colour: Text, label: Text) -> None:
    known = [(one.at, one.q1, one.median, one.q3) for one in points if one.median is not None]
    at, low, middle, high = np.array(known, dtype=float).reshape(-1, 4).T
    axes.fill_between(at, low, high, color=colour, alpha=0.18, linewidth=0, step="post")
    axes.plot(at, middle, color=colour, linewidth=1.6, drawstyle="steps-post", label=label)
