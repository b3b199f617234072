"""Which values of the features an estimator takes: what it would refuse in every fit is told before the first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.dataset import Dataset, Split
from ..errors import PresetError
from ..model.prepare import input_tags
from ..preset.preset import Preset
from ..text import clean
from .model_demands import check_demands


def check_values(dataset: Dataset, parts: Split, estimator: Any, categories: list[str], preset: Preset) -> None:
    """Raise `PresetError` for values that the estimator cannot take: infinite, sparse, too many `categories`."""
    model = getattr(estimator, "named_steps", {}).get("model", estimator)
    _check_alone(model, preset)
    _check_finite(dataset, parts, model, preset)
    _check_sparse(parts, estimator, preset)
    _check_categories(categories, parts, model, preset)
    if categories or model is estimator:
        _check_names(parts, type(model).__module__.partition(".")[0], preset)
    check_demands(estimator, dataset, parts, preset)


_BETWEEN_ROWS = ("kernel", "metric", "affinity", "dissimilarity")
"""Parameters that may say that features are what lies between each two rows."""


def _check_alone(model: Any, preset: Preset) -> None:
    """Raise `PresetError` for a model whose features say nothing of a row without the others."""
    name = clean(type(model).__name__, 40)
    if name.endswith("Ranker") and not hasattr(model, "classes_"):
        found = f"{name} puts the rows of each group in order, which no scorer of rows can score"
        raise PresetError(preset.path, "model.estimator", found, "a classifier or a regressor, say of relevance")
    given = {name.rpartition("__")[2]: ("model.params", value) for name, value in model.get_params().items()}
    choices = [(f"space.{one.name}", choice) for one in preset.space.dimensions for choice in one.grid_values()]
    written = [*given.items()] + [(n, (key, v)) for key, one in choices for n, v in one.arguments.items()]
    for parameter, (key, value) in written:
        own = parameter.rpartition("__")[2]
        if own in _BETWEEN_ROWS and isinstance(value, str) and value == "precomputed":
            found = f'{own} = "precomputed": of a table between all rows a fold would need its own columns too'
            allowed = f"the rows' features, and a {own} by name, or a function (python:mymodels:{own})"
            raise PresetError(preset.path, key if key != "model.params" else f"{key}.{parameter}", found, allowed)


_REFUSED = {"lightgbm": ("LightGBM", '[]{}",:'), "xgboost": ("XGBoost", "[]<")}
"""Signs that a library takes in no column's name."""


def _check_names(parts: Split, library: str, preset: Preset) -> None:
    """Raise `PresetError` for a column whose name a library refuses, where the table itself gets to it."""
    name, signs = _REFUSED.get(library, ("", ""))
    wrong = next((one for one in map(str, getattr(parts.train, "columns", ())) if set(one) & set(signs)), None)
    if wrong is not None:
        found = f"{name} takes no column of the name {clean(wrong, 40)!r}"
        shown = " ".join(signs)
        allowed = f'another name, without any of {shown} or prepare = ["onehot"], behind which there are no names'
        raise PresetError(preset.path, "data.source", found, allowed)


def _check_finite(dataset: Dataset, parts: Split, model: Any, preset: Preset) -> None:
    """Raise `PresetError` for an infinite value where the model takes none: nearly all do not."""
    if type(model).__name__.startswith("HistGradientBoosting") or not type(model).__module__.startswith("sklearn."):
        return
    if parts.finite:
        return
    for rows, which in ((parts.train, "training"), (parts.test, "test")):
        for name, values in _numbers(rows, [column.name for column in dataset.columns]):
            if (count := int(np.isinf(values).sum())) > 0:
                found = f"column {clean(name, 40)} holds inf in {count} of the {which} rows"
                raise PresetError(preset.path, "data.missing", found, 'missing = ["inf", "-inf"], or finite numbers')


def _check_sparse(parts: Split, estimator: Any, preset: Preset) -> None:
    """Raise `PresetError` for a step, or a model, that takes no sparse matrix where the features are one."""
    if not hasattr(parts.train, "tocsr"):
        return
    for name, step in getattr(estimator, "steps", [("model", estimator)]):
        tags = input_tags(step)
        if tags is not None and not tags.sparse:
            key = "model.estimator" if name == "model" else "model.prepare"
            found = f"the features are a sparse matrix, and {type(step).__name__} takes none as it is set up"
            raise PresetError(preset.path, key, found, "one that does, such as maxabs, or a dense array")
        if not type(step).__module__.startswith(("sklearn.preprocessing.", "sklearn.impute.")):
            return  # what comes out of it may be dense


def _check_categories(names: list[str], parts: Split, model: Any, preset: Preset) -> None:
    """Raise `PresetError` for a column left to the model that has more categories than its histogram has bins."""
    bins = getattr(model, "max_bins", None)
    if (
        bins is None
        or not type(model).__name__.startswith("HistGradientBoosting")
        or not hasattr(parts.train, "dtypes")
    ):
        return
    for name in names:
        count = parts.train[name].nunique()
        if count > bins:
            shown = clean(name, 40)
            found = f"column {shown} holds {count} categories, and {type(model).__name__} takes at most {bins}"
            raise PresetError(preset.path, "data.drop", found, f'drop = ["{shown}"]')


def _numbers(rows: Any, names: list[str]) -> list[tuple[str, np.ndarray]]:
    if isinstance(rows, np.ndarray):
        if rows.ndim == 1 or rows.dtype.kind != "f":
            return []
        infinite = np.isinf(rows).any(axis=0)
        labels = names if len(names) == rows.shape[1] else [str(place) for place in range(rows.shape[1])]
        return [(labels[place], rows[:, place]) for place in np.flatnonzero(infinite)]
    if not hasattr(rows, "columns"):
        return []
    return [(str(name), rows[name].to_numpy()) for name in rows.columns if rows[name].dtype.kind == "f"]
