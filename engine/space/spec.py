"""How a preset's `[space]` table is written, and what is said when it is written wrong."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..errors import PresetError, choose, found
from ..text import clean
from .space import Choice, Dimension, Space, label_of

RANGES = ("log", "linear")
KEYS = (*RANGES, "choices", "grid", "steps", "integer", "ordered")
FORMS = (
    "{ log = [low, high] }, { linear = [low, high] } or { choices = [value, …] }, with grid, steps, integer, ordered"
)


_LARGEST_WHOLE = 2**53
"""All whole numbers up to here are exact as floats too, which searches count with."""


def parse_space(table: Mapping[str, Any], file: str) -> Space:
    """Return the space that a preset's `[space]` table describes; raise `PresetError` where it is wrong."""
    if not table:
        raise PresetError(file, "space", "has no hyperparameter", "at least one, such as C = { log = [1e-3, 1e3] }")
    if len(table) > 100:
        raise PresetError(file, "space", f"found {len(table)} hyperparameters", "at most 100")
    return Space(tuple(_dimension(name, value, f"space.{name}", file) for name, value in table.items()))


def _dimension(name: str, value: Any, key: str, file: str) -> Dimension:
    if not name.replace("__", "_").isidentifier():
        raise PresetError(file, key, found(name), "a parameter's name, as the estimator takes it")
    if isinstance(value, list):
        value = {"choices": value}
    if not isinstance(value, dict):
        raise PresetError(file, key, found(value), FORMS)
    for word in value:
        if word not in KEYS:
            raise PresetError(file, f"{key}.{word}", "no such key", ", ".join(KEYS), choose(word, list(KEYS)))
    given = [word for word in (*RANGES, "choices") if word in value]
    if len(given) != 1:
        raise PresetError(file, key, f"found {' and '.join(given) or 'no range and no choices'}", f"one of {FORMS}")
    for word in ("integer", "ordered"):
        if not isinstance(value.get(word, False), bool):
            raise PresetError(file, f"{key}.{word}", found(value[word]), "true or false")
    if given == ["choices"]:
        return _choices(name, value, key, file)
    return _range(name, given[0], value, key, file)


def _range(name: str, scale: Any, value: Mapping[str, Any], key: str, file: str) -> Dimension:
    ends, where = value[scale], f"{key}.{scale}"
    numbers = isinstance(ends, list) and len(ends) == 2 and all(_is_number(end) for end in ends)
    if not numbers or not ends[0] < ends[1]:
        raise PresetError(file, where, found(ends), "[low, high], two finite numbers with low < high")
    if scale == "log" and ends[0] <= 0:
        raise PresetError(file, where, found(ends), "numbers above 0 on a log scale")
    integer = value.get("integer", False)
    if integer and any(end != int(end) or abs(end) > _LARGEST_WHOLE for end in ends):
        raise PresetError(file, where, found(ends), f"whole numbers up to {_LARGEST_WHOLE} where integer = true")
    if ends[1] - ends[0] > sys.float_info.max:
        raise PresetError(file, where, found(ends), "a range that is no wider than the largest number")
    if "ordered" in value:
        raise PresetError(file, f"{key}.ordered", "belongs to choices", "a range is ordered anyway")
    steps = value.get("steps")
    if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 10_000):
        raise PresetError(file, f"{key}.steps", found(steps), "a whole number from 2 to 10000")
    low, high = (int(ends[0]), int(ends[1])) if integer else (float(ends[0]), float(ends[1]))
    grid = tuple(Choice.of(name, item) for item in _grid_numbers(value, key, file))
    return Dimension(name, scale, low, high, integer, steps, grid=grid)


def _grid_numbers(value: Mapping[str, Any], key: str, file: str) -> list[Any]:
    grid = value.get("grid", [])
    if not isinstance(grid, list) or not all(_is_number(item) for item in grid) or ("grid" in value and not grid):
        raise PresetError(file, f"{key}.grid", found(grid), "a list of finite numbers")
    return _distinct(grid, f"{key}.grid", file)


def _choices(name: str, value: Mapping[str, Any], key: str, file: str) -> Dimension:
    for word in ("steps", "integer"):
        if word in value:
            raise PresetError(file, f"{key}.{word}", "belongs to a range", "choices, grid, ordered")
    choices = _named(name, value["choices"], f"{key}.choices", file)
    by_label = {choice.label: choice for choice in choices}
    grid: tuple[Choice, ...] = ()
    if "grid" in value:
        items = value["grid"]
        if not isinstance(items, list) or not items:
            raise PresetError(file, f"{key}.grid", found(items), "a list of some of the choices")
        for item in _distinct(items, f"{key}.grid", file):
            if label_of(item) not in by_label:
                allowed = ", ".join(str(label) for label in by_label)
                raise PresetError(file, f"{key}.grid", found(item), f"choices of this parameter: {allowed}")
            grid += (by_label[label_of(item)],)
    numeric = all(_is_number(choice.label) for choice in choices)
    return Dimension(name, "choice", choices=choices, grid=grid, ordered=value.get("ordered", numeric))


def _named(name: str, choices: Any, key: str, file: str) -> tuple[Choice, ...]:
    if isinstance(choices, dict) and choices:
        for label, bundle in choices.items():
            if not isinstance(bundle, dict):
                raise PresetError(
                    file, f"{key}.{label}", found(bundle), "a table of parameters, such as { l1_ratio = 1.0 }"
                )
        _distinct([clean(label, 40) for label in choices], key, file)
        return tuple(Choice(clean(label, 40), bundle) for label, bundle in choices.items())
    if isinstance(choices, list) and choices:
        return tuple(Choice.of(name, item) for item in _distinct(choices, key, file))
    raise PresetError(file, key, found(choices), "a list of values, or a table of labelled bundles")


def _distinct(items: list[Any], key: str, file: str) -> list[Any]:
    labels = [(type(item), label_of(item)) for item in items]
    for index, label in enumerate(labels):
        if label in labels[:index]:
            raise PresetError(file, key, f"{clean(repr(items[index]), 60)} stands there twice", "each value once")
    if len(items) > 10_000:
        raise PresetError(file, key, f"found {len(items)} values", "at most 10000")
    return items


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
