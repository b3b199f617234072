"""Other people's hyperparameters as points and axes: numbers stay numbers, anything else gets a label."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..events import LARGEST, Axis, Point, Value
from ..text import clean

_LONGEST = 60
_LOG_FROM = 20.0
"""Numbers whose largest is so many times the smallest are drawn on a log scale, if their ratios are the more even."""


class Labels:
    """Gives each value of each hyperparameter a label of its own, the same one whenever it comes again."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[Any, str]]] = {}
        self._objects: dict[tuple[str, int], str] = {}
        """Labels by the very object: what is known is kept along, so that its number is no other's."""

    def point(self, params: Mapping[str, Any]) -> Point:
        """Return a configuration as it is kept and read."""
        return {clean(name, 100): self.value(clean(name, 100), value) for name, value in params.items()}

    def value(self, name: str, value: Any) -> Value:
        """Return a plain value as it is, and the label of any other, a text that cannot be shown whole among them."""
        plain, found = _plain(value)
        if plain and (not isinstance(value, str) or found == value):
            return found
        label = self._objects.get((name, id(value)))
        return label if label is not None else self._label(name, value, str(found) if plain else _text(value))

    def _label(self, name: str, value: Any, text: str) -> str:
        known = self._known.setdefault(name, [])
        for other, label in known:
            if _same(other, value):
                return label
        taken = {label for _, label in known}
        label, copy = text, 2
        while label in taken:
            label, copy = f"{text} #{copy}", copy + 1
        if len(known) < 1000:
            known.append((value, label))
            self._objects[name, id(value)] = label
        return label


def described(value: Any) -> Value:
    """Return a plain value as it is, and a short text of any other: for reading alone, nothing is kept of it."""
    plain, found = _plain(value)
    return found if plain else _text(value)


_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = _SHORT.maxset = _SHORT.maxfrozenset = _LONGEST
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 4 * _LONGEST


def _plain(value: Any) -> tuple[bool, Value]:
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", None) == 0:
        value = item()
    if value is None or isinstance(value, bool):
        return True, value
    if isinstance(value, int):
        return (True, int(value)) if abs(value) <= LARGEST else (True, clean(value, _LONGEST))
    if isinstance(value, float):
        return True, float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, str):
        return True, clean(value, 2 * _LONGEST)
    return False, None


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:  # noqa: BLE001 - arrays and frames compare to anything but one truth
        return False


def _text(value: Any) -> str:
    if isinstance(value, type) or (callable(value) and hasattr(value, "__name__")):
        return clean(value.__name__, _LONGEST)
    try:
        # of a long list nobody waits for all of it
        text = _SHORT.repr(value) if isinstance(value, list | tuple | set | frozenset) else repr(value)
    except Exception:  # noqa: BLE001 - other people's objects fail in their own __repr__ as they like
        text = f"a {type(value).__name__}"
    return clean(" ".join(text.split()), _LONGEST)


def axes_of(space: object, labels: Labels) -> list[Axis]:
    """Return the axes of a space as scikit-learn's and scikit-optimize's searches take it.

    A mapping of names to lists or distributions, or a list of such; names without a known kind of values are left out,
    and known later from the trials.
    """
    spaces = space if isinstance(space, Sequence) and not isinstance(space, str) else [space]
    found: dict[str, list[Any]] = {}
    for one in spaces:
        one = one[0] if isinstance(one, tuple) and one else one
        if isinstance(one, Mapping):
            for name, values in one.items():
                found.setdefault(clean(name, 100), []).append(values)
    axes = [_axis(name, values, labels) for name, values in found.items()]
    return [axis for axis in axes if axis is not None]


def _axis(name: str, several: list[Any], labels: Labels) -> Axis | None:
    if len(several) == 1 and (axis := _distribution(name, several[0], labels)) is not None:
        return axis
    values: list[Value] = []
    for some in several:
        if isinstance(some, str) or not isinstance(some, Iterable) or hasattr(some, "rvs"):
            return None
        values += [labels.value(name, value) for value in some]
    return axis_of_values(name, values, exhaustive=True)


def distinct(values: Iterable[Value]) -> list[Value]:
    """Return values once each, in the order in which they came first; 1, 1.0 and True are three."""
    return list({(type(value), value): value for value in values}.values())


def axis_of_values(name: str, values: Iterable[Value], *, exhaustive: bool = False) -> Axis | None:
    """Return the axis on which these values lie; None where there are none. `exhaustive`: there are no others."""
    different = distinct(values)
    if not different:
        return None
    numbers = [v for v in different if isinstance(v, int | float) and not isinstance(v, bool)]
    if len(numbers) < len(different) or len(numbers) < 2:
        return Axis(name, "choice", labels=different, grid=different if exhaustive else [])
    low, high = min(numbers), max(numbers)
    integer = all(isinstance(number, int) for number in numbers)
    scale = "log" if low > 0 and high / low >= _LOG_FROM and _even_ratios(sorted(numbers)) else "linear"
    grid: list[Value] = sorted(numbers) if exhaustive else []  # type: ignore[assignment]
    return Axis(name, scale, float(low), float(high), grid=grid, integer=integer)


def _even_ratios(ordered: list[float]) -> bool:
    """Tell whether the middle of ordered numbers lies nearer to their geometric middle than to the plain one."""
    low, high, middle = ordered[0], ordered[-1], ordered[len(ordered) // 2]
    return len(ordered) == 2 or abs(math.log(middle / math.sqrt(low * high))) < abs(
        math.log(middle / ((low + high) / 2))
    )


def _distribution(name: str, values: Any, labels: Labels) -> Axis | None:
    if hasattr(values, "rvs") and not hasattr(values, "categories"):
        return _of_scipy(name, values) or _of_skopt(name, values)
    if hasattr(values, "categories"):
        return axis_of_values(name, [labels.value(name, value) for value in values.categories], exhaustive=True)
    if isinstance(choices := getattr(values, "choices", None), Sequence) and not isinstance(choices, str):
        return axis_of_values(name, [labels.value(name, value) for value in choices], exhaustive=True)
    return _of_skopt(name, values)


def _of_scipy(name: str, values: Any) -> Axis | None:
    kind = getattr(getattr(values, "dist", None), "name", "")
    if not hasattr(values, "support"):
        return None
    low, high = (float(end) for end in values.support())
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return None
    integer = type(values).__name__ == "rv_discrete_frozen" or kind in ("randint",)
    scale = "log" if kind in ("loguniform", "reciprocal") and low > 0 else "linear"
    return Axis(name, scale, low, high, integer=integer)


def _of_skopt(name: str, values: Any) -> Axis | None:
    """Return the axis of a dimension of scikit-optimize's, or of sklearn-genetic-opt's with its other words."""
    low = getattr(values, "low", getattr(values, "lower", None))
    high = getattr(values, "high", getattr(values, "upper", None))
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not low < high:
        return None
    prior = getattr(values, "prior", getattr(values, "distribution", ""))
    scale = "log" if prior == "log-uniform" and low > 0 else "linear"
    return Axis(name, scale, float(low), float(high), integer=isinstance(low, int) and isinstance(high, int))


class GrowingAxes:
    """Axes of hyperparameters whose ranges nobody named, grown with the points that are seen."""

    def __init__(self, known: Sequence[Axis] = ()) -> None:
        self.axes = list(known)
        self._named = {axis.name for axis in known}
        self._seen: dict[str, dict[tuple[type, Value], Value]] = {}

    def take(self, point: Mapping[str, Value]) -> bool:
        """Take a point in; return True where the axes are other ones now."""
        grown = False
        now = {axis.name: axis for axis in self.axes}
        for name, value in point.items():
            if name in self._named or _covers(now.get(name), value):
                continue
            seen = self._seen.setdefault(name, {})
            if (type(value), value) in seen or len(seen) >= 10_000:
                continue
            seen[type(value), value] = value
            grown = True
        if not grown:
            return False
        before = self.axes
        named = [axis for axis in before if axis.name in self._named]
        grown_axes = [axis_of_values(name, seen.values()) for name, seen in self._seen.items()]
        self.axes = [*named, *(axis for axis in grown_axes if axis is not None)]
        return self.axes != before


def _covers(axis: Axis | None, value: Value) -> bool:
    if axis is None or axis.low is None or axis.high is None or isinstance(value, bool):
        return False
    return isinstance(value, int if axis.integer else int | float) and axis.low <= value <= axis.high
