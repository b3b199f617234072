"""The figures by name, and a run's figures as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import UsageError, choose
from ...state import RunState
from ...text import clean
from ...trials.front import has_front
from ...trials.palette import PALETTES
from ...verdict.summary import Summary
from . import article, bars, curves, heatmap, importance, parallel, pareto, scatter, space, trajectory
from .drawing import blank, check_installed, saved, themed
from .scene import Host, Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


@dataclass(frozen=True)
class Figure:
    """A figure: its name, which is the view's, its title, how it is drawn, and its size in inches.

    `draw` returns what the picture shows, in a sentence, for whoever cannot see it.
    """

    name: str
    title: str
    draw: Callable[[Host, Scene], str]
    size: tuple[float, float] = (7.2, 4.4)
    row: float = 0.0
    """Inches more for each method beyond the fifth, where each has rows of its own."""
    applies: Callable[[RunState], bool] = lambda _: True
    """Whether it means something for a run."""


VIEWS: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure("heatmap", "Map", heatmap.draw),
        Figure("scatter", "Scatter", scatter.draw),
        Figure("trajectory", "Path", trajectory.draw),
        Figure("surface", "Surface", space.draw_surface, (7.2, 5.2)),
        Figure("scatter3d", "Space", space.draw_scatter, (7.2, 5.2)),
        Figure("bars", "Bars", bars.draw, row=0.4, applies=lambda state: not state.watched),
        Figure("parallel", "Lines", parallel.draw, (10.0, 4.6)),
        Figure("importance", "Importance", importance.draw, (7.2, 3.2)),
        Figure("curves", "Curves", curves.draw, applies=lambda state: state.reports_steps),
        Figure("pareto", "Pareto front", pareto.draw, applies=has_front),
    )
}
"""By the names that the views have on the screen, and in their order."""

ARTICLE = Figure("article", "The run in six panels", article.draw, (18.0, 10.4))


@dataclass(frozen=True)
class Choice:
    """Which figures are wanted, `all` for those that the run can have, and in which theme."""

    view: str = "all"
    theme: str = "light"


def files(kind: str, state: RunState, summary: Summary, choice: Choice) -> Iterator[tuple[str, bytes]]:
    """Yield a run's figures as files of that kind; UsageError for a name that is none."""
    check_installed(f"export format {kind}")
    if choice.theme not in PALETTES:
        raise UsageError(f"--theme: found {clean(choice.theme, 40)!r}; allowed: {', '.join(PALETTES)}")
    figures = _wanted(choice.view, state)
    scene = Scene(state, summary, PALETTES[choice.theme])
    with themed(scene.palette):
        for figure in figures:
            drawn, _ = compose(figure, scene)
            yield f"{figure.name}.{kind}", saved(drawn, kind)


def compose(figure: Figure, scene: Scene) -> tuple[Canvas, str]:
    """Return a figure as drawn, and what it shows in a sentence; only within `themed`."""
    width, height = figure.size
    canvas = blank(width, height + figure.row * max(len(scene.methods) - 4, 0))
    return canvas, figure.draw(canvas, scene)


def figures_for(state: RunState) -> list[Figure]:
    """Return the views that mean something for a run."""
    return [figure for figure in VIEWS.values() if figure.applies(state)]


def _wanted(view: str, state: RunState) -> Sequence[Figure]:
    two = state.info is not None and len(state.info.axes) >= 2
    if view == "all":
        return [*figures_for(state), *([ARTICLE] if two and not state.watched else [])]
    if view == ARTICLE.name and not two:
        raise UsageError("--view article: its panels take two hyperparameters, and this run has fewer")
    known = {**VIEWS, ARTICLE.name: ARTICLE}
    if view not in known:
        hint = choose(view, list(known))
        raise UsageError(f"--view: found {clean(view, 40)!r}; allowed: {', '.join(known)}, all. {hint}".rstrip())
    return [known[view]]
