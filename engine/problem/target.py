"""The target: numbers for regressors, classes for classifiers, each class a whole number from 0 with its label beside.

Labels are as written: `None`, `NA` and `null` are classes like any other, only an empty cell is no value. Of two
classes the second is the positive one of scorers that have such: the one that the preset names, or the one that says
yes, true or 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError, choose
from ..text import clean
from .kinds import Said, _pair, typed
from .readings import NUMBER


@dataclass(frozen=True)
class Target:
    """The target's values, shape (rows,), and the labels of its classes in the order of their codes."""

    values: np.ndarray
    classes: tuple[str, ...] = ()
    positive: str = ""
    """Which class of two is known to be the positive one."""
    labels: tuple[str, ...] = ()
    """The classes as the table has them; `classes` are for reading."""


def classes_of(series: pd.Series, missing: Sequence[str], positive: str | None, file: str) -> Target:
    """Return the classes in a column; raise `PresetError` for a row without one, or where they are continuous."""
    codes, values = pd.factorize(series)
    texts = [_label(value) for value in values]
    none = {"", *missing}
    absent = [code for code, text in enumerate(texts) if text in none]
    if (codes < 0).any() or absent:
        row = int(np.flatnonzero(np.isin(codes, [-1, *absent]))[0]) + 1
        raise PresetError(file, "data.target", f"row {row} has no value", "a value in every row")
    labels = sorted(set(texts))
    if all(NUMBER.fullmatch(label) for label in labels):
        labels = _numeric(texts, file)
    elif len(labels) > 1000:
        raise PresetError(file, "data.target", f"holds {len(labels)} different texts", "at most 1000 classes")
    labels, known = _positive_last(labels, positive, file)
    place = {label: code for code, label in enumerate(labels)}
    coded = np.array([place[text] for text in texts], dtype=np.int64)[codes]
    return Target(coded, tuple(clean(label, 40) for label in labels), clean(known, 40), tuple(labels))


def several_of(columns: Sequence[pd.Series], missing: Sequence[str], file: str, *, classes: bool) -> Target:
    """Return several targets side by side, shape (rows, targets): numbers, or the codes of each one's classes."""
    if classes:
        return Target(np.column_stack([classes_of(one, missing, None, file).values for one in columns]))
    return Target(np.column_stack([numbers_of(one, missing, file).values for one in columns]))


def numbers_of(series: pd.Series, missing: Sequence[str], file: str, decimal: str | None = None) -> Target:
    """Return the numbers in a column; raise `PresetError` for a row without one, or where they are text."""
    if series.dtype.kind not in "iufb":
        texts = series.astype("str").str.strip()
        gone = series.isna() | texts.isin(["", *missing])
        if gone.any():
            raise PresetError(file, "data.target", f"row {int(gone.argmax()) + 1} has no value", "a value in every row")
        if all(NUMBER.fullmatch(text) for text in texts.unique()):
            series = texts.astype("float64")
        else:
            series = _as_written(texts, decimal, file)
    values = series.to_numpy(dtype=np.float64)
    if np.isnan(values).any():
        row = int(np.isnan(values).argmax()) + 1
        raise PresetError(file, "data.target", f"row {row} has no value", "a value in every row")
    if not np.isfinite(values).all():
        raise PresetError(file, "data.target", "holds an infinite value", "finite numbers")
    return Target(values)


def _as_written(texts: pd.Series, decimal: str | None, file: str) -> pd.Series:
    """Return numbers with decimal commas, thousands or marks such as $."""
    name = str(texts.name)
    try:
        read: Any = typed(texts.to_frame(name), Said(file, {name: "number"}, decimal=decimal)).frame[name]
        return read
    except PresetError as error:
        if error.key == "data.decimal":
            raise
        raise PresetError(file, "data.target", "holds text", "numbers, for a regressor") from None


def _label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _numeric(texts: Sequence[str], file: str) -> list[str]:
    """Return labels that are numbers in the order of these, each as first written."""
    by_number: dict[float, str] = {}
    for text in texts:
        by_number.setdefault(float(text), text)
    numbers = np.array(list(by_number))
    if not np.isfinite(numbers).all():
        raise PresetError(file, "data.target", "holds an infinite value", "finite numbers")
    if (numbers != np.round(numbers)).any() or abs(numbers).max() > 2**53 or len(numbers) > 1000:
        raise PresetError(file, "data.target", "holds a continuous number", "classes, for a classifier")
    return [by_number[number] for number in sorted(by_number)]


def _positive_last(labels: list[str], positive: str | None, file: str) -> tuple[list[str], str]:
    """Return the labels with the positive one of two at the end, and which that is if it is known."""
    if positive is not None:
        if positive not in labels:
            raise PresetError(
                file, "data.positive", f"there is no class {positive!r}", ", ".join(labels), choose(positive, labels)
            )
        if len(labels) > 2:
            raise PresetError(file, "data.positive", f"found {len(labels)} classes", "to be left out, but for two")
        return [*(label for label in labels if label != positive), positive], positive
    if len(labels) != 2:
        return labels, ""
    if {*labels} in ({"0", "1"}, {"-1", "1"}):
        return labels, "1"
    pair = _pair(labels)
    return (list(pair), pair[1]) if pair else (labels, "")
