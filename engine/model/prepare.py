"""Preparation of the columns before an estimator sees them (preprocessing), fitted inside each fold.

Where a table has not numbers alone, each kind of its columns has a chain of its own in a ColumnTransformer, by name.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import PresetError
from ..preset.columns import KINDS, Columns, Kind
from ..preset.steps import ALL, Prepare, Step, name_of_step
from .chains import Plan, plan

if TYPE_CHECKING:
    from .values import Values

_TRANSFORMERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "standard": ("sklearn.preprocessing", "StandardScaler", {}),
    "minmax": ("sklearn.preprocessing", "MinMaxScaler", {}),
    "robust": ("sklearn.preprocessing", "RobustScaler", {}),
    "maxabs": ("sklearn.preprocessing", "MaxAbsScaler", {}),
    # a column without values in some fold stays where it is
    "impute": ("sklearn.impute", "SimpleImputer", {"strategy": "median", "keep_empty_features": True}),
    "onehot": ("sklearn.preprocessing", "OneHotEncoder", {"handle_unknown": "ignore", "sparse_output": False}),
    "ordinal": (
        "sklearn.preprocessing",
        "OrdinalEncoder",
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
    ),
    "tfidf": ("sklearn.feature_extraction.text", "TfidfVectorizer", {}),
    "parts": (f"{__package__}.date_parts", "DateParts", {}),
    "table": ("skrub", "TableVectorizer", {}),
}
"""Word -> the module of the transformer, its class, and its parameters."""

PREPARE = "prepare"
"""The step of a pipeline that holds the chains."""


def pipeline(prepare: Prepare, columns: Columns, estimator: Any, values: Values, *, by_name: bool = False) -> Any:
    """Return the estimator behind its preparation, or alone where it needs none.

    `by_name`: it knows columns by their names, so that these have to get through.
    """
    what = plan(prepare, columns, left_to(estimator))
    steps = _steps(what, values, "model.prepare", sparse=takes_sparse(estimator))
    if not steps:
        return estimator
    for _, step in steps if by_name and "text" not in what.names else []:
        if hasattr(step, "transformers"):
            step.set_params(verbose_feature_names_out=False)
        if hasattr(step, "set_output"):
            step.set_output(transform="pandas")
    return _pipeline([*steps, ("model", estimator)], "model.prepare", values)


def preparation(prepare: Prepare, columns: Columns, values: Values) -> Any:
    """Return the preparation alone: what comes out of it are numbers."""
    key = "model.prepare_before_split"
    return _pipeline(_steps(plan(prepare, columns), values, key, sparse=False), key, values)


def _pipeline(steps: list[tuple[str, Any]], key: str, values: Values) -> Any:
    """Return scikit-learn's Pipeline, or imbalanced-learn's where a step changes which rows there are."""
    if not any(hasattr(step, "fit_resample") for _, step in steps):
        from sklearn.pipeline import Pipeline

        return Pipeline(steps)
    try:
        made: Any = importlib.import_module("imblearn.pipeline")
    except ImportError as error:
        raise PresetError(values.imports.file, key, f"{error}", hint="pip install imbalanced-learn") from None
    return made.Pipeline(steps)


def _steps(what: Plan, values: Values, key: str, *, sparse: bool) -> list[tuple[str, Any]]:
    behind = _named([(step, "number") for step in what.behind if not (step == "onehot" and not what.chains)])
    last = [(name, transformer(step, kind, values, key)) for name, step, kind in behind]
    front = [(name_of_step(step), transformer(step, "category", values, key)) for step in what.front]
    if not what.names or (what.keeps_categories and not any(what.chains.values()) and not last):
        return [*front, *last]
    from sklearn.compose import ColumnTransformer

    parts = [part for kind, names in what.names.items() for part in _parts(kind, what.chains[kind], names, values, key)]
    # scalers that centre, and many models, take no sparse matrix
    threshold = 0.3 if sparse and not last else 0.0
    prepared = ColumnTransformer(parts, sparse_threshold=threshold, verbose_feature_names_out=not what.keeps_categories)
    if what.keeps_categories:
        prepared.set_output(transform="pandas")  # the estimator knows categories by their type
    return [*front, (PREPARE, prepared), *last]


def _parts(kind: Kind, chain: list[Step], names: list[str], values: Values, key: str) -> list[tuple[str, Any, Any]]:
    """Return what a ColumnTransformer takes for columns of a kind; texts go one by one, as vectorizers want them."""
    label = kind.replace("/", "_")
    if not chain:
        return [(label, "passthrough", names)]

    def made() -> Any:
        steps = _named([(step, kind) for step in chain])
        return _chain([(name, transformer(step, kind, values, key)) for name, step, kind in steps], key, values)

    if kind != "text":
        return [(label, made(), names)]
    labels = ["text"] if len(names) == 1 else [f"text{place}" for place in range(1, len(names) + 1)]
    return [(label, made(), name) for label, name in zip(labels, names, strict=True)]


def _chain(steps: list[tuple[str, Any]], key: str, values: Values) -> Any:
    for name, step in steps:
        if hasattr(step, "fit_resample"):
            found = f"{name} changes which rows there are, and cannot be for one kind of column"
            raise PresetError(values.imports.file, key, found, f"to be among the steps for {ALL}")
    from sklearn.pipeline import Pipeline

    return Pipeline(steps)


def _named(steps: list[tuple[Step, Kind]]) -> list[tuple[str, Step, Kind]]:
    """Return steps with names of their own: a second PCA is PCA_2."""
    seen: dict[str, int] = {}
    named: list[tuple[str, Step, Kind]] = []
    for step, kind in steps:
        name = name_of_step(step)
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name}_{seen[name]}", step, kind))
    return named


def transformer(step: Step, kind: Kind, values: Values, key: str) -> Any:
    """Return the unfitted transformer of a step, for columns of a kind."""
    path, params = (step["class"], step.get("params", {})) if isinstance(step, dict) else (step, {})
    if path not in _TRANSFORMERS:
        return values.estimator(path, params, key, key, f"{key}.params")
    module, name, options = _TRANSFORMERS[path]
    if path == "impute" and kind != "number":
        options = options | {"strategy": "most_frequent"}
    try:
        made = getattr(importlib.import_module(module), name)(**options)
    except ImportError:
        install = "'tunetop[table]'" if path == "table" else module
        raise PresetError(values.imports.file, key, f"{path} needs {module}", hint=f"pip install {install}") from None
    if path == "table":
        # of many different texts it makes numbers by chance: without a seed no two fits would be the same
        made.set_params(high_cardinality__random_state=0)
    return made.set_params(**values.parameters(made, params, f"{key}.params")) if params else made


def left_to(estimator: Any) -> tuple[Kind, ...]:
    """Return the kinds of columns that an estimator makes use of itself, beside numbers; category by pandas' type."""
    module = type(estimator).__module__.partition(".")[0]
    given: dict[str, Any] = estimator.get_params()
    if any(type(one).__name__ == "ColumnTransformer" for one in given.values()):
        return KINDS
    if module == "catboost":
        kinds: dict[Kind, str] = {"category": "cat_features", "text": "text_features"}
        return tuple(kind for kind, parameter in kinds.items() if given.get(parameter) is not None)
    histogram = (
        type(estimator).__name__.startswith("HistGradientBoosting") and given.get("categorical_features") is not None
    )
    native = {"sklearn": histogram, "lightgbm": True, "xgboost": bool(given.get("enable_categorical"))}
    return ("category",) if native.get(module) else ()


def takes_sparse(estimator: Any) -> bool:
    """Tell whether an estimator says that it takes sparse matrices."""
    tags = input_tags(estimator)
    return tags is not None and bool(tags.sparse)


def input_tags(estimator: Any) -> Any | None:
    """Return what an estimator says of its input, None where it says nothing.

    One that is given something else in place of an estimator cannot say: the check of its parameters tells of that.
    """
    from sklearn.utils import get_tags

    if not hasattr(estimator, "__sklearn_tags__"):
        return None
    try:
        return get_tags(estimator).input_tags
    except AttributeError:
        return None


def full_names(estimator: Any, name: str) -> list[str]:
    """Return the names by which `estimator.set_params` knows what a preset calls `name`.

    In a Pipeline a name without a step is the model's own, and one that begins with a step of a chain is that step's:
    of the numbers' chain where several have it.
    """
    steps = getattr(estimator, "named_steps", None)
    return [name] if steps is None or "model" not in steps else _full_names(steps, name)


def _full_names(steps: Mapping[str, Any], name: str) -> list[str]:
    head = name.partition("__")[0]
    if PREPARE in steps and (found := _in_chains(steps[PREPARE], head, name)):
        return found
    return [name if head in steps else f"model__{name}"]


def _in_chains(prepared: Any, head: str, name: str) -> list[str]:
    name = name.replace("onehot__onehot__", "onehot__", 1)
    labels = [label for label, chain, _ in prepared.transformers if head in getattr(chain, "named_steps", ())]
    if head in [label for label, _, _ in prepared.transformers]:
        return [f"{PREPARE}__{name}"]
    return [f"{PREPARE}__{label}__{name}" for label in (["number"] if "number" in labels else labels)]
