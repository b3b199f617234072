"""From a preset's `[model]` table to an estimator, and from a point to the estimator's configuration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PresetError, choose
from ..events import Value
from ..preset.by_name import names_columns
from ..preset.imports import ALLOWED
from ..text import clean
from .prepare import full_names, pipeline
from .values import Values, canonical, check_open_name, known_names

if TYPE_CHECKING:
    from ..preset.columns import Columns
    from ..preset.preset import ModelSpec
    from ..space.space import Space

__all__ = ["ALLOWED", "build", "canonical_parameters", "check_space", "configuration", "fresh", "parameters_of"]

PLAIN = Values()
"""Reads values where nothing is said of a preset: its classes have no labels, and it may import what all may."""


def build(model: ModelSpec, columns: Columns, values: Values = PLAIN) -> Any:
    """Return the unfitted estimator of a preset: alone, or a Pipeline whose steps are fitted inside each fold.

    `columns` are the features' names and kinds; none, where all that comes are numbers.
    """
    estimator = values.estimator(model.estimator, model.params, "model", "model.estimator", "model.params")
    by_name = names_columns(model.params, [column.name for column in columns])
    return pipeline(model.prepare, columns, estimator, values, by_name=by_name)


def fresh(estimator: Any) -> Any:
    """Return an unfitted copy of an unfitted estimator.

    CatBoost copies what it is given, lists and tables among it, which `clone` takes for a fault.
    """
    from sklearn.base import clone

    try:
        return clone(estimator)
    except RuntimeError:
        return copy.deepcopy(estimator)


def parameters_of(
    estimator: Any, arguments: Mapping[str, Any], values: Values = PLAIN, key: str = "space"
) -> dict[str, Any]:
    """Return arguments as written as what `estimator.set_params` takes: values read, names in full.

    In a Pipeline a name is the model's own unless it begins with a step's: see `prepare.full_names`.
    """
    named = {full: value for name, value in arguments.items() for full in full_names(estimator, name)}
    return values.parameters(estimator, named, key)


def canonical_parameters(estimator: Any) -> dict[str, str]:
    """Return all parameters of an estimator, of its parts too, each as canonical text."""
    return {name: canonical(value) for name, value in estimator.get_params(deep=True).items()}


def configuration(
    estimator: Any,
    space: Space,
    point: Mapping[str, Value],
    values: Values = PLAIN,
    known: Mapping[str, str] | None = None,
) -> str:
    """Return the point's effective configuration: all parameters, defaults too, in one canonical text.

    Two points with the same text are the same candidate, whatever they are called: `C = 1` and `C = 10` are where a
    bundle sets `C` itself. 1 and 1.0 stay different, for there are parameters (`max_features`) where they are.
    `known` are the estimator's `canonical_parameters`, where somebody asks often.
    """
    own = canonical_parameters(estimator) if known is None else known
    chosen = parameters_of(estimator, space.arguments(point), values)
    return repr(sorted({**own, **{name: canonical(value) for name, value in chosen.items()}}.items()))


def check_space(estimator: Any, space: Space, values: Values = PLAIN) -> None:
    """Raise `PresetError` for a dimension that sets a parameter which the estimator does not have."""
    known = estimator.get_params(deep=True)
    put_in = _put_in(estimator, space, values)
    for dimension in space.dimensions:
        for choice in dimension.grid_values() or (None,):
            for name in {dimension.name: None} if choice is None else choice.arguments:
                for full in full_names(estimator, name):
                    if full in known or any(_takes(part, full.removeprefix(f"{owner}__")) for owner, part in put_in):
                        continue
                    _check_unknown(estimator, known, name, full, f"space.{dimension.name}", values)


def _put_in(estimator: Any, space: Space, values: Values) -> list[tuple[str, Any]]:
    """Return the estimators that choices put in as parts, each with its name."""
    found: list[tuple[str, Any]] = []
    for dimension in space.dimensions:
        for choice in dimension.grid_values():
            if any(isinstance(value, dict | list) for value in choice.arguments.values()):
                taken = parameters_of(estimator, choice.arguments, values, f"space.{dimension.name}")
                found += [(name, part) for name, part in taken.items() if hasattr(part, "get_params")]
    return found


def _takes(part: Any, name: str) -> bool:
    return not isinstance(part, type) and name in part.get_params(deep=True)


def _check_unknown(estimator: Any, known: Mapping[str, Any], name: str, full: str, key: str, values: Values) -> None:
    owner, _, own = full.rpartition("__")
    holder = known.get(owner) if owner else estimator
    file = values.imports.file
    if holder is not None and hasattr(holder, "get_params"):
        names, open_ended = known_names(type(holder))
        if own in names:
            return  # a library that lists only what was set
        if open_ended:
            check_open_name(own, names, key, file)
            return
    if owner in known and holder is None:
        place = owner.removeprefix("model__")
        raise PresetError(
            file,
            key,
            f"the estimator's own {place!r} is None, so that it has no {own!r} to set",
            f'params = {{ {place} = {{ class = "sklearn.tree.DecisionTreeClassifier" }} }} or another one',
        )
    plain = sorted({name.removeprefix("model__") for name in known if name.startswith("model__")} or set(known))
    raise PresetError(file, key, f"the estimator has no parameter {name!r}", ", ".join(plain), choose(name, plain))


def name_of(estimator: Any) -> str:
    """Return the name of the model's class, of a Pipeline that of its last step."""
    model = estimator
    while getattr(model, "steps", None):
        model = model.steps[-1][1]
    return clean(type(model).__name__, 60)
