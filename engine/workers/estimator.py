"""Fit an estimator as a preset says: with weights, and boosters with rows kept back to end their rounds by."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..data.rows import rows_of
from ..preset.specs import EarlyStopping


def fit(estimator: Any, rows: Any, target: np.ndarray, weight: np.ndarray | None, early: EarlyStopping | None) -> Any:
    """Return the estimator fitted; of a Pipeline the last step gets the weights and the rows kept back."""
    if early is not None:
        return _fit_early(estimator, rows, target, weight, early)
    if weight is None:
        return estimator.fit(rows, target)
    steps = getattr(estimator, "steps", None)
    name = f"{steps[-1][0]}__sample_weight" if steps else "sample_weight"
    return estimator.fit(rows, target, **{name: weight})


def _fit_early(estimator: Any, rows: Any, target: np.ndarray, weight: np.ndarray | None, early: EarlyStopping) -> Any:
    """Fit a booster on a part of the rows, until the others say that it gets no better.

    The steps before it are fitted on that part alone.
    """
    from sklearn.model_selection import train_test_split

    classes = target if target.dtype.kind in "iub" else None
    everything = np.arange(len(target))
    fitted, kept = train_test_split(everything, test_size=early.share, random_state=early.seed, stratify=classes)
    before, model = (estimator[:-1], estimator[-1]) if hasattr(estimator, "steps") else (None, estimator)
    train, held = rows_of(rows, fitted), rows_of(rows, kept)
    if before is not None:
        train = before.fit_transform(train, target[fitted])
        held = before.transform(held)
    options: dict[str, Any] = {"eval_set": [(held, target[kept])]}
    if "eval_X" in inspect.signature(model.fit).parameters:
        options = {"eval_X": held, "eval_y": target[kept]}  # as newer versions of LightGBM have it
    if weight is not None:
        options["sample_weight"] = weight[fitted]
    root = type(model).__module__.partition(".")[0]
    if root == "lightgbm":
        import lightgbm

        options["callbacks"] = [lightgbm.early_stopping(early.rounds, verbose=False)]
    elif root == "xgboost":
        model.set_params(early_stopping_rounds=early.rounds)
        options["verbose"] = False
    elif root == "catboost":
        options |= {"early_stopping_rounds": early.rounds, "verbose": False}
    model.fit(train, target[fitted], **options)
    return estimator
