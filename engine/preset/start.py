"""A preset's `[start]`: configurations that methods try first, given by hand or taken from an earlier run."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import PresetError, found
from ..events import Point
from ..space.space import Space
from ..space.written import read
from ..text import clean

MOST = 1000
"""Points that methods may begin with, at most."""


class StartSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the first trials come from. They are fitted and scored like all others."""

    points: list[dict[str, Any]] = []
    """Hyperparameter -> value, choices by their labels; one of each for every point."""
    source: str | None = msgspec.field(default=None, name="from")
    """Id or path of a run over the same hyperparameters, on these data or others."""
    most: int = 10
    """So many of that run's configurations, its best ones."""
    taken_from: str = ""
    """The run that points were taken from, once that was done."""

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        if not 1 <= self.most <= MOST:
            raise PresetError(file, "start.most", found(self.most), f"a whole number from 1 to {MOST}")
        if len(self.points) > MOST:
            raise PresetError(file, "start.points", f"found {len(self.points)} points", f"at most {MOST}")

    def parsed(self, space: Space, file: str) -> tuple[Point, ...]:
        """Return the points, each once; raise `PresetError` where one is not in the space."""
        points: list[Point] = []
        for index, written in enumerate(self.points):
            key = f"start.points[{index}]"
            known = {dimension.name: dimension for dimension in space.dimensions}
            values = {
                name: read(known[name], value) if isinstance(value, str) and name in known else value
                for name, value in written.items()
            }
            if bad := next((name for name, value in values.items() if isinstance(value, dict | list)), None):
                raise PresetError(file, f"{key}.{bad}", found(values[bad]), "a number, or a choice by its label")
            if problem := space.problem_with(values):
                raise PresetError(file, key, clean(problem, 300), "a value for each hyperparameter, within [space]")
            point = space.cast(values)
            if point not in points:
                points.append(point)
        return tuple(points)
