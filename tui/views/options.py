"""What a person may choose about a view, and sensible choices for what they left open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from ...engine.events import BASELINE, Axis
from ...engine.state import RunState
from ...engine.trials.scales import axes


@dataclass(frozen=True)
class ViewOptions:
    """Choices about a view; what is None is chosen sensibly.

    `x`, `y`, `z` name hyperparameters (`z` None: the score stands upright in the 3D scatter). `method` None shows all,
    in the heatmap the grid if there is one; `overlay` lays the other methods' trials over that grid. `by` and `regret`
    concern the trajectory; `objectives`, which two of them, and `volume` the Pareto view; the angles, in degrees, the
    3D views; methods in `hide` are left out everywhere.
    """

    x: str | None = None
    y: str | None = None
    z: str | None = None
    method: str | None = None
    overlay: bool = False
    by: Literal["trial", "seconds"] = "trial"
    regret: bool = False
    objectives: int = 0
    volume: bool = False
    azimuth: float = 35.0
    elevation: float = 38.0
    hide: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Form:
    """One way to draw a view: what it is called, the choices that make it, and when it is the next one."""

    label: str
    change: Callable[[ViewOptions], ViewOptions]
    when: Callable[[RunState, ViewOptions], bool]


def chosen_axes(state: RunState, options: ViewOptions) -> tuple[Axis | None, Axis | None]:
    """Return the x and y axes: those named and known, else the first ones of `axes` that are left."""
    every = axes(state)
    named = {axis.name: axis for axis in every}
    x, y = named.get(options.x or ""), named.get(options.y or "")
    if y is not None and x is not None and x.name == y.name:
        y = None
    rest = [axis for axis in every if axis is not x and axis is not y]
    if x is None and rest:
        x = rest.pop(0)
    if y is None and rest:
        y = rest.pop(0)
    return x, y


def third_axis(state: RunState, options: ViewOptions) -> Axis | None:
    """Return the axis named for z, if it is known and not on x or y already."""
    x, y = chosen_axes(state, options)
    return next((a for a in axes(state) if a.name == options.z and a is not x and a is not y), None)


def next_axes(state: RunState, options: ViewOptions, step: int = 1, count: int = 2) -> ViewOptions:
    """Return the options with the next (or, for step -1, previous) choice of axes for a view that uses `count`.

    One axis runs through the hyperparameters. Two run through all pairs, then all pairs the other way round. Three run
    through the pairs with the score upright, then through all triples.
    """
    names = [axis.name for axis in axes(state)]
    places: list[tuple[str | None, ...]]
    if count == 1 or len(names) == 1:
        places = [(name, None, None) for name in names]
    else:
        pairs = list(combinations(names, 2))
        places = [(*pair, None) for pair in pairs]
        places += combinations(names, 3) if count >= 3 else [(y, x, None) for x, y in pairs]
    x, y = chosen_axes(state, options)
    third = third_axis(state, options) if count >= 3 else None
    here = (x.name if x else None, y.name if y and count > 1 else None, third.name if third else None)
    place = places.index(here) if here in places else -step if step > 0 else 0
    x_name, y_name, z_name = places[(place + step) % len(places)]
    return replace(options, x=x_name, y=y_name if count > 1 else options.y, z=z_name if count > 2 else options.z)


def grid_method(state: RunState, options: ViewOptions) -> str | None:
    """Return the method whose exact cells a heatmap shows: the one asked for, or the first grid that has begun."""
    if options.method is not None:
        method = state.methods.get(options.method)
        return method.name if method is not None and method.plan.kind == "grid" else None
    for method in state.methods.values():
        if method.plan.kind == "grid" and method.name not in options.hide and method.trials:
            return method.name
    return None


def shown_methods(state: RunState, options: ViewOptions, *, baseline: bool = False) -> list[str]:
    """Return the names of the methods that a view shows, in the run's order."""
    if options.method is not None and options.method in state.methods:
        return [options.method]
    return [name for name in state.methods if name not in options.hide and (baseline or name != BASELINE)]
