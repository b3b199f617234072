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
from .options import Form, ViewOptions

Draw = Callable[[RunState, ViewOptions, int, int, Look], list[Text]]


@dataclass(frozen=True)
class View:
    """One way of looking at a run.

    `about` says what it shows, in help and palette. `uses_axes` is how many hyperparameters a person can choose for it
    (see `next_axes`); `turns`, whether the angles of the options matter; `uses_methods`, whether it can show one method
    alone (`ViewOptions.method`). `short` is the title where room is short, if it has another one then; `forms`, other
    ways to draw it: the first of them that can be next is. `why` is what there is to say where it does not apply.
    """

    name: str
    title: str
    key: str
    draw: Draw
    about: str
    uses_axes: int = 0
    short: str = ""
    turns: bool = False
    uses_methods: bool = True
    forms: tuple[Form, ...] = ()
    applies: Callable[[RunState], bool] = lambda _: True
    why: str = ""

    def next_form(self, state: RunState, options: ViewOptions) -> Form | None:
        """Return the form that comes next; None if there is only this one."""
        return next((form for form in self.forms if form.when(state, options)), None)


VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        View(
            "heatmap", "map", "2", heatmap.draw, "scores over two hyperparameters, a number in every cell", 2,
            forms=heatmap.FORMS,
        ),
        View("scatter", "scatter", "3", scatter.draw, "where trials were sampled, coloured by score", 2, "scat"),
        View(
            "trajectory", "path", "4", trajectory.draw, "scores and best so far, by trial or by seconds",
            forms=trajectory.FORMS,
        ),
        View("surface", "surface", "5", surface.draw_surface, "the landscape of the scores", 2, "surf", turns=True),
        View("scatter3d", "space", "6", surface.draw_scatter, "the trials as points in space", 3, turns=True),
        View(
            "bars", "bars", "7", bars.draw, "methods against the baseline, with intervals",
            applies=lambda state: not state.watched,
            why="A search that is watched has no baseline to be measured against.",
        ),
        View("parallel", "lines", "8", parallel.draw, "trials as lines through their hyperparameters", 2),
        View("importance", "importance", "9", importance.draw, "what matters, by PED-ANOVA", short="imp"),
        View(
            "curves", "curves", "C", curves.draw, "what trials of a watched search report on their way", short="curv",
            applies=lambda state: state.reports_steps,
            why="No trial has reported values on its way: an epoch, an iteration.",
        ),
        View(
            "pareto", "pareto", "P", pareto.draw, "the front of several objectives, and its hypervolume by trial",
            short="par", uses_methods=False, forms=pareto.FORMS, applies=has_front,
            why="There is one objective; a Pareto front takes two.",
        ),
    )
}  # fmt: skip
"""In the order of their keys."""


def views_for(state: RunState) -> list[View]:
    """Return the views that mean something for a run, in the order of their keys."""
    return [view for view in VIEWS.values() if view.applies(state)]


def view_for(state: RunState, name: str) -> View:
    """Return the view of that name, or the first one where it means nothing for a run."""
    view = VIEWS.get(name)
    return view if view is not None and view.applies(state) else views_for(state)[0]
