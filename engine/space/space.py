"""The search space: named dimensions, each a log range, a linear range or a list of choices.

A *point* maps names to values as people read them (`penalty: "l1"`, `C: 10.0`); `Space.arguments` turns it into what
the estimator takes. A choice may be a labelled bundle that sets several parameters at once. Grids and samples are
scikit-learn's own (`ParameterGrid`, `ParameterSampler`), so that their order and draws are the ones everybody knows.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..events import LARGEST, Axis, Point, Value
from ..text import clean

Scale = Literal["log", "linear", "choice"]

_LONGEST_LABEL = 200
"""Characters of a choice's label, at most."""


@dataclass(frozen=True)
class Choice:
    """One choice of a dimension: the label that people read and the estimator arguments that it stands for."""

    label: Value
    arguments: Mapping[str, Any]

    @classmethod
    def of(cls, name: str, value: Any) -> Choice:
        """Return the choice that sets the parameter `name` to `value`, labelled by the value itself."""
        return cls(label_of(value), {name: value})


def label_of(value: Any) -> Value:
    """Return `value` as JSON can keep it and people can read it: finite scalars as they are, others as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) <= LARGEST):
        return value
    text = _shown(value)
    if isinstance(value, str) or len(text) <= _LONGEST_LABEL:
        return clean(text)
    # what is cut is told apart by what it says in full
    return f"{clean(text, _LONGEST_LABEL - 10)} {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _as_json(value: Any) -> Any:
    """Return a value of TOML's as JSON can keep it: an infinite number as its name, a date as text."""
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if value == "None":
        return None
    return value if isinstance(value, str | bool | int) or value is None else label_of(value)


def _shown(value: Any) -> str:
    """Return a value of TOML's as one reads it: estimators in estimators as Python writes them."""
    if isinstance(value, dict) and isinstance(value.get("class"), str):
        params = value.get("params")
        inside = ", ".join(f"{n}={_shown(v)}" for n, v in params.items()) if isinstance(params, dict) else ""
        return f"{value['class'].rpartition('.')[2]}({inside})"
    if isinstance(value, dict) and list(value) == ["tuple"]:
        return str(tuple(value["tuple"])) if isinstance(value["tuple"], list) else str(value)
    if isinstance(value, dict) and list(value) == ["function"]:
        return str(value["function"]).rpartition(".")[2]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


@dataclass(frozen=True)
class Dimension:
    """One hyperparameter.

    A range has `low` and `high` (inclusive) and may be `integer`; with `steps` it stands for that many evenly spaced
    values on its scale instead of the whole range. A choice dimension has `choices`; `ordered` tells that their order
    means something. `grid` holds the values that the grid method visits, empty if none were named.
    """

    name: str
    scale: Scale
    low: float = 0.0
    high: float = 1.0
    integer: bool = False
    steps: int | None = None
    choices: tuple[Choice, ...] = ()
    ordered: bool = False
    grid: tuple[Choice, ...] = ()
    _by_label: dict[Value, Choice] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        labels = {choice.label: choice for choice in (*self.values(), *self.grid)}
        object.__setattr__(self, "_by_label", labels)

    def values(self) -> tuple[Choice, ...]:
        """Return the finitely many choices of this dimension in order; empty for a continuous or whole range."""
        if self.scale == "choice":
            return self.choices
        if self.steps is None:
            return ()
        if self.scale == "log":
            points = np.logspace(math.log10(self.low), math.log10(self.high), self.steps)
        else:
            points = np.linspace(self.low, self.high, self.steps)
        # the power of ten of an end's logarithm may miss the end by a rounding error
        within = [min(max(float(point), self.low), self.high) for point in points]
        plain = [round(point) if self.integer else point for point in within]
        return tuple(Choice.of(self.name, value) for value in dict.fromkeys(plain))

    @property
    def finite(self) -> bool:
        """True if the dimension stands for a list of values rather than a whole range."""
        return self.scale == "choice" or self.steps is not None

    def grid_values(self) -> tuple[Choice, ...]:
        """Return what the grid method visits: the named grid, or else all values of a finite dimension."""
        return self.grid or self.values()

    def arguments(self, value: Value) -> Mapping[str, Any]:
        """Return the estimator arguments for a value of this dimension, found by label first."""
        choice = self._by_label.get(value)
        if choice is not None and type(choice.label) is type(value):
            return choice.arguments
        return {self.name: value}

    def to_unit(self, value: Value) -> float:
        """Return where `value` lies in [0, 1]: on the dimension's scale, or (index + ½) / n for a choice."""
        if self.scale == "choice":
            labels = [choice.label for choice in self.choices]
            return (labels.index(value) + 0.5) / len(labels) if value in labels else 0.5
        low, high = self._bounds()
        position = self._forward(float(value))  # type: ignore[arg-type]
        return (position - low) / (high - low) if high > low else 0.5

    def from_unit(self, position: float) -> Value:
        """Return the value at `position` in [0, 1], the inverse of `to_unit`; finite dimensions snap to a value."""
        position = min(max(position, 0.0), 1.0)
        if self.scale == "choice":
            return self.choices[min(int(position * len(self.choices)), len(self.choices) - 1)].label
        if self.steps is not None:
            values = self.values()
            return min(values, key=lambda choice: abs(self.to_unit(choice.label) - position)).label
        low, high = self._bounds()
        value = self.from_position(low + position * (high - low))
        return min(max(value, self.low), self.high)  # type: ignore[type-var]

    def _bounds(self) -> tuple[float, float]:
        return self._forward(self.low), self._forward(self.high)

    def _forward(self, value: float) -> float:
        return math.log10(value) if self.scale == "log" else value

    def positions(self) -> tuple[float, float]:
        """Return the ends of the dimension in search coordinates: log10, linear, or 0 and the number of choices."""
        return (0.0, float(len(self.choices))) if self.scale == "choice" else self._bounds()

    def from_position(self, position: float) -> Value:
        """Return the value at a search coordinate (see `positions`); a whole range is not clipped to its ends."""
        if self.scale == "choice":
            return self.choices[min(max(int(position), 0), len(self.choices) - 1)].label
        if self.steps is not None:
            low, high = self._bounds()
            return self.from_unit((position - low) / (high - low) if high > low else 0.5)
        value = 10.0 ** min(max(position, -300.0), 300.0) if self.scale == "log" else position
        return round(value) if self.integer else float(value)

    def position(self, value: Value) -> float:
        """Return the search coordinate of `value`, the inverse of `from_position`."""
        if self.scale == "choice":
            return self.to_unit(value) * len(self.choices)
        return self._forward(float(value))  # type: ignore[arg-type]

    def problem_with(self, value: Value) -> str | None:
        """Return why `value` is not in this dimension, or None if it is."""
        if self.scale == "choice":
            if any(choice.label == value and type(choice.label) is type(value) for choice in self.choices):
                return None
            return f"{value!r} is none of {', '.join(map(str, (c.label for c in self.choices)))}"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{value!r} is not a number"
        if self.integer and math.isfinite(value) and value != int(value):
            return f"{value!r} is not a whole number"
        slack = 1e-12 * max(abs(self.low), abs(self.high))
        if not self.low - slack <= value <= self.high + slack:
            return f"{value!r} is outside {self.low:g} … {self.high:g}"
        return None

    def axis(self) -> Axis:
        """Return the dimension as views know it."""
        low, high = (None, None) if self.scale == "choice" else (self.low, self.high)
        return Axis(
            name=self.name,
            scale=self.scale,
            low=low,
            high=high,
            labels=[choice.label for choice in self.values()],
            grid=[choice.label for choice in self.grid_values()],
            integer=self.integer,
            stands_for={
                str(choice.label): {name: _as_json(value) for name, value in choice.arguments.items()}
                for choice in (*self.values(), *self.grid_values())
                if dict(choice.arguments) != {self.name: choice.label} or choice.label == "None"
            },
        )


@dataclass(frozen=True)
class Space:
    """The dimensions of a search, in the order in which the preset names them."""

    dimensions: tuple[Dimension, ...]

    def __getitem__(self, name: str) -> Dimension:
        return next(dimension for dimension in self.dimensions if dimension.name == name)

    @property
    def names(self) -> list[str]:
        """The hyperparameters' names."""
        return [dimension.name for dimension in self.dimensions]

    @property
    def parameters(self) -> set[str]:
        """The parameters that the hyperparameters set: their own names, or those in their bundles."""
        arguments = [choice.arguments for d in self.dimensions for choice in (*d.values(), *d.grid)]
        return {name for one in arguments for name in one} | {d.name for d in self.dimensions if not d.finite}

    def point(self, values: Mapping[str, Value]) -> Point:
        """Return `values` as plain Python scalars in the order of the space."""
        return {name: _plain(values[name]) for name in self.names}

    def cast(self, values: Mapping[str, Value]) -> Point:
        """Return values that are in the space as a point of it: ranges as floats, or as ints where they are whole."""
        point: Point = {}
        for dimension in self.dimensions:
            value = values[dimension.name]
            if dimension.scale != "choice" and isinstance(value, int | float):
                value = int(value) if dimension.integer else float(value)
            point[dimension.name] = value
        return point

    def arguments(self, point: Mapping[str, Value]) -> dict[str, Any]:
        """Return the estimator arguments of a point; where a bundle and a plain value meet, the bundle wins."""
        plain: dict[str, Any] = {}
        bundled: dict[str, Any] = {}
        for dimension in self.dimensions:
            if dimension.name in point:
                arguments = dimension.arguments(point[dimension.name])
                (plain if list(arguments) == [dimension.name] else bundled).update(arguments)
        return plain | bundled

    def grid_size(self) -> int | None:
        """Return the number of grid points, or None when a dimension has neither a grid nor finitely many values."""
        sizes = [len(dimension.grid_values()) for dimension in self.dimensions]
        return math.prod(sizes) if all(sizes) else None

    def grid(self) -> Sequence[Point]:
        """Return the grid in `ParameterGrid`'s order: names sorted, the last one fastest."""
        from sklearn.model_selection import ParameterGrid

        return _Points(self, ParameterGrid({d.name: [c.label for c in d.grid_values()] for d in self.dimensions}))

    def sample_size(self, trials: int) -> int:
        """Return how many of `trials` draws there can be: an all-finite space is sampled without replacement."""
        if all(dimension.finite for dimension in self.dimensions):
            return min(trials, math.prod(len(dimension.values()) for dimension in self.dimensions))
        return trials

    def sample(self, trials: int, seed: int) -> Iterator[Point]:
        """Yield `ParameterSampler`'s draws for an integer seed; a longer sample begins with the shorter one.

        That last holds where any dimension is a whole range; a finite space is sampled without replacement.
        """
        from sklearn.model_selection import ParameterSampler

        spaces = {d.name: [c.label for c in d.values()] if d.finite else _distribution(d) for d in self.dimensions}
        for values in ParameterSampler(spaces, self.sample_size(trials), random_state=seed):
            yield self.point(values)

    def to_unit(self, point: Mapping[str, Value]) -> np.ndarray:
        """Return the point in the unit cube, shape (n_dimensions,)."""
        return np.array([dimension.to_unit(point[dimension.name]) for dimension in self.dimensions])

    def from_unit(self, position: Sequence[float] | np.ndarray) -> Point:
        """Return the point at a position of the unit cube, shape (n_dimensions,)."""
        return {d.name: d.from_unit(float(u)) for d, u in zip(self.dimensions, position, strict=True)}

    def problem_with(self, point: Mapping[str, Value]) -> str | None:
        """Return why `point` is not in the space, or None if it is."""
        for name in point:
            if name not in self.names:
                return f"{name} is not in the space: {', '.join(self.names)}"
        for dimension in self.dimensions:
            if dimension.name not in point:
                return f"{dimension.name} is missing"
            if problem := dimension.problem_with(point[dimension.name]):
                return f"{dimension.name}: {problem}"
        return None


class _Points(Sequence[Point]):
    """A ParameterGrid seen as points, made one at a time."""

    def __init__(self, space: Space, grid: Any) -> None:
        self._space, self._grid = space, grid

    def __len__(self) -> int:
        return len(self._grid)

    def __getitem__(self, index: Any) -> Any:
        return self._space.point(self._grid[index])


def _plain(value: Any) -> Value:
    return value.item() if isinstance(value, np.generic) else value


def _distribution(dimension: Dimension) -> Any:
    from scipy import stats

    if dimension.scale == "log" and dimension.integer:
        return _IntegerLogUniform(int(dimension.low), int(dimension.high))
    if dimension.scale == "log":
        return stats.loguniform(dimension.low, dimension.high)
    if dimension.integer:
        return stats.randint(int(dimension.low), int(dimension.high) + 1)
    return stats.uniform(dimension.low, dimension.high - dimension.low)


class _IntegerLogUniform:
    """Whole numbers, log-uniform: the rounded draws of a log-uniform variable over [low - ½, high + ½]."""

    def __init__(self, low: int, high: int) -> None:
        self._low, self._high = low, high

    def rvs(self, random_state: np.random.RandomState) -> int:
        draw = math.exp(random_state.uniform(math.log(max(self._low - 0.5, 0.5)), math.log(self._high + 0.5)))
        return int(min(max(round(draw), self._low), self._high))
