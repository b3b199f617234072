"""The views of a run, by name: what a person switches between, and what `show --view` prints.

Every `draw(state, options, width, height, look)` is pure: the same state, options, size and look give the same lines,
exactly `height` texts of exactly `width` cells, for any width from 20 and height from 4 on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text

from ...engine.state import RunState
from ...engine.trials.front import has_front
from ..render.look import Look
from . import bars, curves, heatmap, importance, parallel, pareto, scatter, surface, trajectory
from .options import Form, ViewOptions, axes, chosen_axes, next_axes, third_axis

__all__ = [
    "VIEWS",
    "View",
    "ViewOptions",
    "axes",
    "chosen_axes",
    "next_axes",
    "third_axis",
    "view_for",
    "views_for",
]

Draw = Callable[[RunState, ViewOptions, int, int, Look], list[Text]]


@dataclass(frozen=True)
class View:
    """One way of looking at a run.

    `uses_axes` is how many hyperparameters a person can choose for it (see `next_axes`); `turns`, whether the angles
    of the options matter; `uses_methods`, whether it can show one method alone (`ViewOptions.method`). `short` is the
    title where room is short; `forms`, other ways to draw it: the first of them that can be next is.
    """

    name: str
    title: str
    short: str
    key: str
    draw: Draw
    uses_axes: int
    turns: bool = False
    uses_methods: bool = True
    about: str = ""
    forms: tuple[Form, ...] = ()
    applies: Callable[[RunState], bool] = lambda _: True
    why: str = ""

    def next_form(self, state: RunState, options: ViewOptions) -> Form | None:
        """Return the form that comes next; None if there is only this one."""
        return next((form for form in self.forms if form.when(state, options)), None)


def _has_methods(state: RunState) -> bool:
    return state.info is None or not state.info.watched


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(
            "heatmap",
            "map",
            "map",
            "2",
            heatmap.draw,
            2,
            about="scores over two hyperparameters, a number in every cell",
            forms=heatmap.FORMS,
        ),
        View("scatter", "scatter", "scat", "3", scatter.draw, 2, about="where trials were sampled, coloured by score"),
        View(
            "trajectory",
            "path",
            "path",
            "4",
            trajectory.draw,
            0,
            about="scores and best so far, by trial or by seconds",
            forms=trajectory.FORMS,
        ),
        View(
            "surface", "surface", "surf", "5", surface.draw_surface, 2, turns=True, about="the landscape of the scores"
        ),
        View(
            "scatter3d",
            "space",
            "space",
            "6",
            surface.draw_scatter,
            3,
            turns=True,
            about="the trials as points in space",
        ),
        View(
            "bars",
            "bars",
            "bars",
            "7",
            bars.draw,
            0,
            about="methods against the baseline, with intervals",
            applies=_has_methods,
            why="A search that is watched has no baseline to be measured against.",
        ),
        View(
            "parallel",
            "lines",
            "lines",
            "8",
            parallel.draw,
            2,
            about="trials as lines through their hyperparameters",
        ),
        View("importance", "importance", "imp", "9", importance.draw, 0, about="what matters, by PED-ANOVA"),
        View(
            "curves",
            "curves",
            "curv",
            "C",
            curves.draw,
            0,
            about="what trials of a watched search report on their way",
            applies=curves.has_curves,
            why="No trial has reported values on its way: an epoch, an iteration.",
        ),
        View(
            "pareto",
            "pareto",
            "par",
            "P",
            pareto.draw,
            0,
            uses_methods=False,
            about="the front of several objectives, and its hypervolume by trial",
            forms=pareto.FORMS,
            applies=has_front,
            why="There is one objective; a Pareto front takes two.",
        ),
    )
}
"""In the order of their keys."""


def views_for(state: RunState) -> list[View]:
    """Return the views that mean something for a run, in the order of their keys."""
    return [view for view in VIEWS.values() if view.applies(state)]


def view_for(state: RunState, name: str) -> View:
    """Return the view of that name, or the first one where it means nothing for a run."""
    view = VIEWS.get(name)
    return view if view is not None and view.applies(state) else views_for(state)[0]
