"""Models and steps that know columns by their names: these get the table itself, not an array of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_NAMING = frozenset(
    {"categorical_features", "monotonic_cst", "interaction_cst", "categorical_feature", "feature_weights"}
    | {"monotone_constraints", "interaction_constraints"}
    | {"cat_features", "text_features", "embedding_features", "ignored_features"}
)
"""Parameters, of scikit-learn, xgboost, LightGBM, CatBoost and imbalanced-learn, in which columns may be named."""


def names_columns(written: Any, columns: Collection[str]) -> bool:
    """Tell whether parameters as written, at any depth, name some of the columns."""
    if isinstance(written, list):
        return any(names_columns(one, columns) for one in written)
    if not isinstance(written, dict):
        return False
    if takes_table(written, deep=False):
        return _mentions(written.get("params", {}).get("transformers"), columns)
    return any(
        names_columns(value, columns) or (key.rpartition("__")[2] in _NAMING and _mentions(value, columns))
        for key, value in written.items()
    )


def _mentions(value: Any, columns: Collection[str]) -> bool:
    if isinstance(value, list | dict):
        return any(_mentions(one, columns) for one in value)
    return isinstance(value, str) and value in columns


def takes_table(written: Any, *, deep: bool = True) -> bool:
    """Tell whether parameters as written hold a ColumnTransformer, which parts a table's columns itself."""
    if isinstance(written, dict) and str(written.get("class")).endswith(".ColumnTransformer"):
        return True
    inner = written.values() if isinstance(written, dict) else written if isinstance(written, list) else ()
    return deep and any(takes_table(one) for one in inner)
