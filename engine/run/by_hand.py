"""Trials added by hand: checked against the space, and a first one to change."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError
from ..events import Point, Value
from ..preset.preset import Preset
from ..space.space import Space


def checked(space: Space, values: Mapping[str, Value]) -> Point:
    """Return a point for the space from values by name; raise `UsageError` where it is not in it."""
    if problem := space.problem_with(values):
        raise UsageError(f"this trial is not in the space: {problem}")
    return space.cast(values)


def first_values(preset: Preset) -> Point:
    """Return a point to begin from: the estimator's own parameters where they are in the space, else the first values.

    A range without a grid begins in its middle.
    """
    point: Point = {}
    for dimension in preset.space.dimensions:
        own = preset.model.params.get(dimension.name)
        grid = dimension.grid_values()
        first = grid[0].label if grid else dimension.from_unit(0.5)
        point[dimension.name] = first if own is None or dimension.problem_with(own) else own
    return point
