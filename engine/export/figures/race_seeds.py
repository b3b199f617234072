"""What each seed of a race came to: a dot a seed and method, with median and quartiles beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...trials.palette import Palette
from ...verdict.over_seeds import TournamentSummary
from .drawing import blank
from .scene import Text, name, shown


def compose(summary: TournamentSummary, palette: Palette) -> tuple[Any, Text]:
    """Return the figure and what it shows; `summary` is a race's comparison. The best method by rank is on top."""
    ordered = sorted(summary.methods, key=lambda row: (row.mean_rank is None, row.mean_rank))
    canvas = blank(7.2, 1.4 + 0.5 * len(ordered))
    axes = canvas.subplots()
    colours = {row.method: palette.methods[place % len(palette.methods)] for place, row in enumerate(summary.methods)}
    for place, row in enumerate(ordered):
        scores = np.array([np.nan if score is None else score for score in row.best_by_seed])
        # seeds that came to the same lie above one another, each at its own height
        heights = place + 0.12 + 0.2 * np.linspace(0, 1, len(scores)) if len(scores) > 1 else np.array([place + 0.2])
        axes.plot(scores, heights, "o", color=colours[row.method], markersize=4, alpha=0.75, linestyle="none")
        spread = row.final
        if spread.median is not None:
            axes.plot(
                np.array([spread.q1, spread.q3], dtype=float), [place - 0.12] * 2, color=palette.text, linewidth=1.4
            )
            axes.plot([spread.median], [place - 0.12], "|", color=palette.text, markersize=11, markeredgewidth=2)
    axes.set_yticks(range(len(ordered)), [name(row.method) for row in ordered])
    axes.set_ylim(len(ordered) - 0.4, -0.5)
    axes.set_xlabel(f"best {shown(summary.scoring, 40)} of a seed")
    axes.grid(True, axis="x")
    seeds = len(summary.seeds)
    return (
        canvas,
        f"The best {shown(summary.scoring, 40)} of each of {seeds} seeds by method; bars: median, quartiles.",
    )
