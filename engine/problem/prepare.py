"""What is done to the columns before an estimator sees them, fitted inside each fold.

A table of numbers alone goes through the steps one after the other. Where there are other kinds of columns, each kind
has a chain of its own in a ColumnTransformer, by name; steps behind the one that makes numbers of categories are for
all columns together.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from .columns import Columns, Kind

_WORDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "standard": ("sklearn.preprocessing", "StandardScaler", {}),
    "minmax": ("sklearn.preprocessing", "MinMaxScaler", {}),
    "robust": ("sklearn.preprocessing", "RobustScaler", {}),
    "maxabs": ("sklearn.preprocessing", "MaxAbsScaler", {}),
    # a column without values in some fold stays where it is
    "impute": ("sklearn.impute", "SimpleImputer", {"strategy": "median", "keep_empty_features": True}),
    "onehot": ("sklearn.preprocessing", "OneHotEncoder", {"handle_unknown": "ignore", "sparse_output": False}),
    "tfidf": ("sklearn.feature_extraction.text", "TfidfVectorizer", {}),
    "parts": (f"{__package__}.date_parts", "DateParts", {}),
}

_ENCODERS: dict[Kind, str] = {"category": "onehot", "text": "tfidf", "date": "parts"}
"""What makes numbers of a kind of column, where a preset does not say it."""

PREPARE = "prepare"
"""The step of a pipeline that holds the chains."""


def pipeline(steps: Sequence[str], columns: Columns, estimator: Any) -> Any:
    """Return the estimator behind its preparation, or alone where it needs none."""
    chain = _steps(steps, columns, takes_categories(estimator))
    if not chain:
        return estimator
    from sklearn.pipeline import Pipeline

    return Pipeline([*chain, ("model", estimator)])


def preparation(steps: Sequence[str], columns: Columns) -> Any:
    """Return the preparation alone: what comes out of it are numbers."""
    from sklearn.pipeline import Pipeline

    return Pipeline(_steps(steps, columns, False))


def is_plain(steps: Sequence[str], columns: Columns) -> bool:
    """Tell whether all columns are numbers to these steps, so that they can come as one array."""
    return set(_grouped(steps, columns)) <= {"number"}


def _grouped(steps: Sequence[str], columns: Columns) -> dict[Kind, list[str]]:
    """Return the columns' names by what they are to these steps: yes and no are 1 and 0, or categories like others."""
    groups: dict[Kind, list[str]] = {}
    for column in columns:
        kind = column.kind
        if kind == "yes/no":
            kind = "category" if "onehot" in steps else "number"
        groups.setdefault(kind, []).append(column.name)
    return groups


def _steps(steps: Sequence[str], columns: Columns, keeps_categories: bool) -> list[tuple[str, Any]]:
    groups = _grouped(steps, columns)
    if set(groups) <= {"number"}:
        return [(step, transformer(step)) for step in steps if step != "onehot"]
    by_kind, behind = chains(steps, list(groups))
    kept = keeps_categories and "category" in groups and "onehot" not in by_kind["category"]
    if kept and set(groups) <= {"number", "category"} and not any(by_kind.values()) and not behind:
        return []
    for kind, encoder in _ENCODERS.items():
        if kind in by_kind and encoder not in by_kind[kind] and not (kind == "category" and kept):
            by_kind[kind].append(encoder)
    from sklearn.compose import ColumnTransformer

    parts = [part for kind, names in groups.items() for part in _parts(kind, by_kind[kind], names)]
    prepared = ColumnTransformer(parts, verbose_feature_names_out=not kept)
    if kept:
        prepared.set_output(transform="pandas")  # the estimator knows categories by their type
    return [(PREPARE, prepared), *((step, transformer(step)) for step in behind)]


def _parts(kind: Kind, chain: list[str], names: list[str]) -> list[tuple[str, Any, Any]]:
    """Return what a ColumnTransformer takes for columns of a kind; texts go one by one, as vectorizers want them."""
    from sklearn.pipeline import Pipeline

    if not chain:
        return [(kind, "passthrough", names)]
    if kind != "text":
        return [(kind, Pipeline([(step, transformer(step, kind)) for step in chain]), names)]
    labels = ["text"] if len(names) == 1 else [f"text{place}" for place in range(1, len(names) + 1)]
    return [
        (label, Pipeline([(step, transformer(step, kind)) for step in chain]), name)
        for label, name in zip(labels, names, strict=True)
    ]


def chains(steps: Sequence[str], kinds: Sequence[Kind]) -> tuple[dict[Kind, list[str]], list[str]]:
    """Return which steps each kind of column goes through, and those that all columns do after that."""
    by_kind: dict[Kind, list[str]] = {kind: [] for kind in kinds}
    behind: list[str] = []
    encoded = False
    for step in steps:
        if step == "onehot":
            encoded = True
            if "category" in by_kind:
                by_kind["category"].append(step)
        elif encoded:
            behind.append(step)
        else:
            for kind, chain in by_kind.items():
                if kind == "number" or (step == "impute" and kind == "category"):
                    chain.append(step)
    return by_kind, behind


def transformer(step: str, kind: Kind = "number") -> Any:
    """Return the unfitted transformer that a word of `prepare` stands for, for columns of a kind."""
    module, name, options = _WORDS[step]
    if step == "impute" and kind != "number":
        options = options | {"strategy": "most_frequent"}
    return getattr(importlib.import_module(module), name)(**options)


def takes_categories(estimator: Any) -> bool:
    """Tell whether an estimator makes use of columns of pandas' category type itself."""
    kind = type(estimator)
    histogram = kind.__module__.startswith("sklearn.") and kind.__name__.startswith("HistGradientBoosting")
    return histogram or kind.__module__.startswith("lightgbm.")


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
