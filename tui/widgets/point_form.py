"""What is typed for a point of a space: one line a hyperparameter, read and checked as it stands."""

from __future__ import annotations

from collections.abc import Mapping

from ...engine.events import Point, Value
from ...engine.run.by_hand import checked
from ...engine.space.space import Space
from ...engine.space.written import read, written
from .line_edit import LineEdit


class PointForm:
    """The lines by hyperparameter, filled in with `values` at first."""

    def __init__(self, space: Space, values: Mapping[str, Value]) -> None:
        self.space = space
        self.lines = {one.name: LineEdit.of(written(values[one.name])) for one in space.dimensions}

    @property
    def values(self) -> dict[str, Value]:
        """What is typed, read."""
        return {one.name: read(one, self.lines[one.name].text) for one in self.space.dimensions}

    def problems(self) -> dict[str, str]:
        """Return what is wrong with what is typed, by hyperparameter."""
        values = self.values
        found = {one.name: one.problem_with(values[one.name]) for one in self.space.dimensions}
        return {name: problem for name, problem in found.items() if problem}

    def point(self) -> Point:
        """Return the point; raises `UsageError` where what is typed is none."""
        return checked(self.space, self.values)

    def beside(self, name: str, step: int) -> LineEdit:
        """Return a line with the choice so many places further; of a number, with the caret so many further."""
        dimension, typed = self.space[name], self.lines[name]
        if dimension.scale != "choice":
            return typed.moved(step)
        labels = [choice.label for choice in dimension.choices]
        value = read(dimension, typed.text)
        places = [place for place, label in enumerate(labels) if label == value and type(label) is type(value)]
        return LineEdit.of(written(labels[(places[0] + step) % len(labels) if places else 0]))
