"""What models of some kinds demand of targets and features: what every fit would refuse is told before the first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data.dataset import Dataset, Split
from ..errors import PresetError
from ..model.prepare import input_tags
from ..preset.preset import Preset
from ..text import clean

_ZERO, _ABOVE = (0.0, True), (0.0, False)
"""The least that targets may be, and whether they may be that."""

_LOSSES: dict[str, dict[Any, tuple[float, bool]]] = {
    "loss": {"poisson": _ZERO, "gamma": _ABOVE},
    "criterion": {"poisson": _ZERO},
    "objective": {
        **dict.fromkeys(("count:poisson", "reg:tweedie", "poisson", "tweedie"), _ZERO),
        **dict.fromkeys(("reg:gamma", "gamma"), _ABOVE),
        "reg:squaredlogerror": (-1.0, False),
    },
}
"""Losses of scikit-learn's, xgboost's and LightGBM's regressors that are not for all targets; CatBoost fits all."""


def check_demands(estimator: Any, dataset: Dataset, parts: Split, preset: Preset) -> None:
    """Raise `PresetError` for targets, weights or columns that an estimator takes in no fit."""
    steps = getattr(estimator, "named_steps", {"model": estimator})
    model = steps.get("model", estimator)
    if not dataset.classes and parts.train_target.dtype.kind in "iuf":
        _check_target(model, parts.train_target, preset)
    if preset.score.weight is not None and (drawn := [s for s in steps.values() if hasattr(s, "fit_resample")]):
        found = f"{clean(type(drawn[0]).__name__, 60)} makes other rows of those, which have no weights"
        raise PresetError(
            preset.path, "score.weight", found, "no weights, or no step that changes which rows there are"
        )
    if model is estimator:
        _check_columns(model, dataset, parts, preset)


def _check_target(model: Any, target: np.ndarray, preset: Preset) -> None:
    for key, words, (least, included) in _demanded(model, preset):
        wrong = target < least if included else target <= least
        if wrong.any():
            name = clean(type(model).__name__, 60)
            of = f"{int(wrong.sum())} of {wrong.size} training values are {'below it' if included else 'not'}"
            kind = f"of {least:g} or more" if included else f"above {least:g}"
            found = f"{name}{words} takes targets {kind} alone, and {of}"
            raise PresetError(preset.path, key, found, "another one, or a target that it is made for")


def _demanded(model: Any, preset: Preset) -> Iterator[tuple[str, str, tuple[float, bool]]]:
    """Yield what is demanded of targets: the key that says so, in words, and the least value."""
    name = type(model).__name__
    if name in ("PoissonRegressor", "GammaRegressor"):
        yield "model.estimator", "", _ZERO if name == "PoissonRegressor" else _ABOVE
    for key, own, value in _written(model, preset):
        bound = _LOSSES.get(own, {}).get(value) if isinstance(value, str) else None
        if name == "TweedieRegressor" and own == "power" and isinstance(value, int | float) and value >= 1:
            bound = _ABOVE if value >= 2 else _ZERO
        if bound is not None:
            yield key, f" with {own} = {clean(str(value), 40)}", bound


def _written(model: Any, preset: Preset) -> Iterator[tuple[str, str, Any]]:
    """Yield what parameters the model may have: the key that says so, the parameter's name, and its value."""
    searched = preset.space.parameters
    for own, value in model.get_params(deep=False).items():
        if own not in searched:
            yield f"model.params.{own}", own, value
    for one in preset.space.dimensions:
        for choice in one.grid_values():
            for own, value in choice.arguments.items():
                yield f"space.{one.name}", own, value


def _check_signs(model: Any, columns: int, preset: Preset) -> None:
    """Raise `PresetError` for a list of a sign a column that is shorter, or longer, than there are columns."""
    for key, own, value in _written(model, preset):
        if own in ("monotone_constraints", "monotonic_cst") and isinstance(value, list | tuple):
            fewer = type(model).__module__.startswith("xgboost.") and len(value) < columns
            if len(value) != columns and not fewer:
                raise PresetError(preset.path, key, f"found {len(value)} signs for {columns} columns", "one for each")


def _check_columns(model: Any, dataset: Dataset, parts: Split, preset: Preset) -> None:
    tags, name = input_tags(model), clean(type(model).__name__, 60)
    if tags is None or dataset.as_is:
        return
    _check_signs(model, len(dataset.columns), preset)
    if tags.one_d_array and not tags.two_d_array and len(dataset.columns) > 1:
        found, first = f"{len(dataset.columns)} columns, and {name} takes one", clean(dataset.columns[0].name, 40)
        raise PresetError(preset.path, "data.features", found, f'one, such as features = ["{first}"]')
    if tags.positive_only and (lowest := _lowest(dataset, parts)) is not None:
        found = f"{name} takes no values below 0, and column {clean(lowest, 40)} holds some"
        raise PresetError(preset.path, "model.prepare", found, 'a step that leaves none, such as prepare = ["minmax"]')


def _lowest(dataset: Dataset, parts: Split) -> str | None:
    """Return the first column that holds a negative number in a training row, None where there is none."""
    rows, names = parts.train, [column.name for column in dataset.columns]
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind not in "iuf":
        return None
    return next((name for name, values in zip(names, rows.T, strict=False) if (values < 0).any()), None)
