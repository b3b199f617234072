"""Trials added by hand: their values read, written and checked."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import UsageError
from ..events import Point, Value
from ..problem.preset import Preset
from ..space.space import Dimension, Space

LONGEST_NUMBER = 40
"""Characters that a number may be written with: Python refuses to read thousands of digits, and nobody needs them."""


def read(dimension: Dimension, text: str) -> Value:
    """Return the value that a person wrote for a hyperparameter: a choice by its label, else a number.

    What is neither comes back as text, which `checked` refuses in words.
    """
    text = text.strip()
    if dimension.scale == "choice":
        labels = [choice.label for choice in dimension.choices]
        for label in labels:
            if written(label) == text:
                return label
        number = _number(text)
        named = {"true": True, "false": False, "none": None}
        for label in labels:
            alike = label == number and not isinstance(label, bool) if number is not None else False
            if alike or (not isinstance(label, str) and text.lower() in named and label is named[text.lower()]):
                return label
        return text
    number = _number(text)
    return text if number is None else number


def written(value: Value) -> str:
    """Return a value as a person writes it, such that `read` gives the very same one back."""
    return value if isinstance(value, str) else repr(value)


def _number(text: str) -> int | float | None:
    if len(text) > LONGEST_NUMBER:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def checked(space: Space, values: Mapping[str, Value]) -> Point:
    """Return a point for the space from values by name; raise `UsageError` where it is not in it."""
    if problem := space.problem_with(values):
        raise UsageError(f"this trial is not in the space: {problem}")
    point: Point = {}
    for dimension in space.dimensions:
        value = values[dimension.name]
        if dimension.scale != "choice" and isinstance(value, int | float):
            value = int(value) if dimension.integer else float(value)
        point[dimension.name] = value
    return point


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
