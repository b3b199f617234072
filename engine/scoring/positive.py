"""Which class of two a scorer is about."""

from __future__ import annotations

import numpy as np

from ..data.dataset import Dataset
from ..errors import PresetError
from ..preset.preset import Preset
from ..text import clean
from .metrics import Metric, has_positive


def about_one_class(metrics: tuple[Metric, ...]) -> list[str]:
    """Return the names of metrics that are about one class of two."""
    return [one.name for one in metrics if has_positive(one) or one.name.startswith("roc_auc")]


def check_positive(dataset: Dataset, metrics: tuple[Metric, ...], preset: Preset) -> None:
    """Raise `PresetError` where a scorer is about one class of two, and nothing says which."""
    of_one = about_one_class(metrics)
    if len(dataset.classes) != 2 or dataset.positive or not of_one:
        return
    classes, rarer = both_classes(dataset)
    found = f"missing: {of_one[0]} is about one of the classes {classes}"
    raise PresetError(preset.path, "data.positive", found, f'one of them, such as positive = "{rarer}"')


def both_classes(dataset: Dataset) -> tuple[str, str]:
    """Return for reading which two classes there are, each with its rows, and the rarer one."""
    counts = np.bincount(dataset.target, minlength=2)
    named = zip(dataset.classes, counts, strict=True)
    classes = " and ".join(f"{clean(name, 30)} ({count})" for name, count in named)
    return classes, clean(dataset.classes[int(counts.argmin())], 30)
