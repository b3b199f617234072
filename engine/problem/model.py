"""From a preset's `[model]` table to an estimator, and from a point to the estimator's configuration.

Import paths in a preset run code, so they are allowed by name: scikit-learn and well-known libraries beside it. The
rule is checked before anything is imported, at each step of the path, and once more on the object that comes out, so
that an alias such as `sklearn.utils.os.system` leads nowhere. More can be allowed on the command line, never from
the preset itself.
"""

from __future__ import annotations

import importlib
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PresetError, choose, found
from ..events import Value
from ..text import clean

if TYPE_CHECKING:
    from ..space.space import Space
    from .preset import ModelSpec

ALLOWED = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn")

_PREPARERS = {
    "standard": ("sklearn.preprocessing", "StandardScaler", {}),
    "minmax": ("sklearn.preprocessing", "MinMaxScaler", {}),
    "robust": ("sklearn.preprocessing", "RobustScaler", {}),
    "maxabs": ("sklearn.preprocessing", "MaxAbsScaler", {}),
    "impute": ("sklearn.impute", "SimpleImputer", {"strategy": "median"}),
}


def resolve(path: str, key: str, file: str, allowed: tuple[str, ...] = ALLOWED) -> type:
    """Return the estimator class that an import path names; raise `PresetError` where that is not allowed or wrong."""
    parts = path.split(".")
    root = parts[0]
    rule = f"a class of {', '.join(allowed)}"
    hint = f"To trust another module, say --allow-import {clean(root, 60)}" if root.isidentifier() else ""
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        raise PresetError(file, key, found(path), "an import path such as sklearn.svm.SVC")
    if not _is_allowed(path, allowed):
        raise PresetError(file, key, found(path), rule, hint)
    thing: Any = _import(root, key, file)
    for depth, part in enumerate(parts[1:], 2):
        if isinstance(thing, types.ModuleType) and not hasattr(thing, part):
            thing = _import(".".join(parts[:depth]), key, file)
            continue
        if not hasattr(thing, part):
            raise PresetError(file, key, f"{path!r} has no {part!r}", rule, choose(part, dir(thing)))
        thing = getattr(thing, part)
        home = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", "")
        if not _is_allowed(str(home), allowed):
            raise PresetError(file, key, f"{path!r} leads to {clean(home, 60) or 'something else'}", rule)
    if not isinstance(thing, type) or not hasattr(thing, "fit") or not hasattr(thing, "get_params"):
        raise PresetError(file, key, f"{path!r} is no estimator", "a class with fit and get_params")
    return thing


def _is_allowed(name: str, allowed: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in allowed)


def _import(module: str, key: str, file: str) -> types.ModuleType:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        parent, _, name = module.rpartition(".")
        if not parent:
            raise PresetError(file, key, f"{module} is not installed: {error}", hint=f"pip install {module}") from None
        known = [entry for entry in dir(importlib.import_module(parent)) if not entry.startswith("_")]
        raise PresetError(file, key, f"{parent} has no {name!r}", hint=choose(name, known)) from None


def build(model: ModelSpec, categorical: tuple[int, ...], file: str, allowed: tuple[str, ...] = ALLOWED) -> Any:
    """Return the unfitted estimator of a preset: alone, or a Pipeline whose steps are fitted inside each fold.

    `categorical` lists the columns that hold the codes of text values, for `onehot`.
    """
    kind = resolve(model.estimator, "model.estimator", file, allowed)
    try:
        known = list(kind()._get_param_names()) if hasattr(kind, "_get_param_names") else list(kind().get_params())
    except TypeError:
        known = None  # a meta-estimator that must be given another one
    for name in model.params:
        if known is not None and name.partition("__")[0] not in known:
            raise PresetError(file, f"model.params.{name}", "no such parameter", ", ".join(known), choose(name, known))
    try:
        estimator = kind(**{name: value for name, value in model.params.items() if "__" not in name})
        estimator.set_params(**{name: value for name, value in model.params.items() if "__" in name})
    except (TypeError, ValueError) as error:
        raise PresetError(file, "model.params", str(error)) from None
    if not model.prepare:
        return estimator
    from sklearn.pipeline import Pipeline

    return Pipeline([*((step, preparer(step, categorical)) for step in model.prepare), ("model", estimator)])


def preparer(step: str, categorical: tuple[int, ...]) -> Any:
    """Return the unfitted transformer that a word of `prepare` stands for."""
    if step == "onehot":
        from sklearn.compose import ColumnTransformer
        from sklearn.preprocessing import OneHotEncoder

        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        return ColumnTransformer([("onehot", encoder, list(categorical))], remainder="passthrough")
    module, name, options = _PREPARERS[step]
    return getattr(importlib.import_module(module), name)(**options)


def parameters_of(estimator: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments under the names that `estimator.set_params` takes: in a Pipeline the model's own by default."""
    steps = getattr(estimator, "named_steps", None)
    if steps is None or "model" not in steps:
        return dict(arguments)
    return {name if name.partition("__")[0] in steps else f"model__{name}": value for name, value in arguments.items()}


def configuration(estimator: Any, space: Space, point: Mapping[str, Value]) -> str:
    """Return the point's effective configuration: all parameters, defaults too, in one canonical text.

    Two points with the same text are the same candidate, whatever they are called: `C = 1` and `C = 10` are where a
    bundle sets `C` itself. 1 and 1.0 stay different, for there are parameters (`max_features`) where they are.
    """
    parameters = {**estimator.get_params(deep=True), **parameters_of(estimator, space.arguments(point))}
    return repr(sorted((name, repr(value)) for name, value in parameters.items()))


def check_space(estimator: Any, space: Space, file: str) -> None:
    """Raise `PresetError` for a dimension that sets a parameter which the estimator does not have."""
    known = estimator.get_params(deep=True)
    plain = sorted({name.removeprefix("model__") for name in known if name.startswith("model__")} or set(known))
    for dimension in space.dimensions:
        for choice in dimension.grid_values() or (None,):
            arguments = {dimension.name: None} if choice is None else choice.arguments
            for name, full in zip(arguments, parameters_of(estimator, arguments), strict=True):
                if full not in known:
                    key = f"space.{dimension.name}"
                    found_name = f"the estimator has no parameter {name!r}"
                    raise PresetError(file, key, found_name, ", ".join(plain), choose(name, plain))
