"""The views of a run, by name: what a person switches between, and what `show --view` prints.

Every `draw(state, options, width, height, look)` is pure: the same state, options, size and look give the same lines,
exactly `height` texts of exactly `width` cells, for any width from 20 and height from 4 on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from ...engine.state import RunState
from . import bars, heatmap, importance, parallel, scatter, solid, trajectory
from .look import Look
from .options import ViewOptions, axes, chosen_axes, next_axes, third_axis

__all__ = ["VIEWS", "View", "ViewOptions", "axes", "chosen_axes", "next_axes", "third_axis"]

Draw = Callable[[RunState, ViewOptions, int, int, Look], list[Text]]


@dataclass(frozen=True)
class View:
    """One way of looking at a run.

    `uses_axes` is how many hyperparameters a person can choose for it (see `next_axes`); `turns`, whether the angles
    of the options matter; `uses_methods`, whether it can show one method alone (`ViewOptions.method`).
    """

    name: str
    title: str
    key: str
    draw: Draw
    uses_axes: int
    turns: bool = False
    uses_methods: bool = True
    about: str = ""


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View("heatmap", "map", "2", heatmap.draw, 2, about="scores over two hyperparameters, a number in every cell"),
        View("scatter", "scatter", "3", scatter.draw, 2, about="where trials were sampled, coloured by score"),
        View("trajectory", "path", "4", trajectory.draw, 0, about="scores and best so far, by trial or by seconds"),
        View("surface", "surface", "5", solid.draw_surface, 2, turns=True, about="the landscape of the scores"),
        View("scatter3d", "space", "6", solid.draw_scatter, 3, turns=True, about="the trials as points in space"),
        View("bars", "compare", "7", bars.draw, 0, about="methods against the baseline, with intervals"),
        View("parallel", "lines", "8", parallel.draw, 2, about="every trial as a line through its hyperparameters"),
        View("importance", "importance", "9", importance.draw, 0, about="which hyperparameters matter (PED-ANOVA)"),
    )
}
"""In the order of their keys."""
