"""Detectors of outliers: which estimators are such, and what the labels must say for what they find to be scored."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..data.dataset import Dataset
from ..errors import PresetError
from ..preset.preset import Preset
from ..text import clean
from .metrics import Metric
from .positive import both_classes


def detects(estimator: Any, leading: Metric) -> bool:
    """Tell whether an estimator finds outliers, and what it finds is held against labels."""
    from sklearn.base import is_outlier_detector

    return leading.labelled and bool(is_outlier_detector(estimator))


def check_detector(estimator: Any, dataset: Dataset, preset: Preset) -> str:
    """Return what to know of a detector's scores; raise `PresetError` where labels do not say what an outlier is."""
    name, file = clean(type(getattr(estimator, "steps", [("", estimator)])[-1][1]).__name__, 60), preset.path
    if not hasattr(estimator, "predict"):
        found = f"{name} labels no rows but those that it is fitted on"
        raise PresetError(file, "model.params", found, "novelty = true")
    if len(dataset.classes) != 2:
        found = f"found {len(dataset.classes)} classes, and {name} finds outliers"
        raise PresetError(file, "data.target", found, "a column of two classes, one of them the outliers'")
    counts = np.bincount(dataset.target, minlength=2)
    signs = {*dataset.labels} == {"-1", "1"}  # scikit-learn's own outliers are -1, elsewhere 1 is what is looked for
    if not dataset.positive or (signs and preset.data.positive is None):
        classes, rarer = both_classes(dataset)
        found = f"missing: {name} finds outliers, and nothing says which of {classes} they are"
        raise PresetError(file, "data.positive", found, f'one of them, such as positive = "{rarer}"')
    kept = "" if preset.score.cv or preset.score.scheme else "; each fold has its share of them (score.cv)"
    return (
        f"{name} is fitted without labels; what it finds is held against {clean(dataset.positive, 40)!r}, "
        f"{counts[1]} of {counts.sum()} rows (data.positive){kept}"
    )
