"""The target: numbers for regressors, classes for classifiers, each class a whole number from 0 with its label beside.

Labels are as written: `None`, `NA` and `null` are classes like any other, only an empty cell is no value. Of two
classes the second is the positive one of scorers that have such: the one that the preset names, or the one that says
yes, true or 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError, choose
from ..text import clean
from .categories import ALIKE, letters_of
from .codes import factorized
from .kinds import Said, typed
from .numerals import NUMBER, marked, number
from .pairs import meanings_of, pair_of
from .readings import PANDAS_MISSING, says_nothing


@dataclass(frozen=True)
class Target:
    """The target's values, shape (rows,), and the labels of its classes in the order of their codes."""

    values: np.ndarray
    classes: tuple[str, ...] = ()
    positive: str = ""
    """Which class of two is known to be the positive one."""
    moved: bool = False
    """Whether it stands last though its label does not."""
    labels: tuple[str, ...] = ()
    """The classes as the table has them; `classes` are for reading."""
    notes: tuple[str, ...] = ()
    """What was assumed about them, one line each."""


def classes_of(series: pd.Series, positive: str | None, file: str) -> Target:
    """Return the classes in a column without empty cells; raise `PresetError` where they are continuous."""
    codes, values = factorized(series)
    texts = [_label(value) for value in values]
    labels = sorted(set(texts))
    if all(NUMBER.fullmatch(label) for label in labels):
        labels = _numeric(texts, file)
    elif len(labels) > max(20, 0.5 * len(series)) and all(map(marked, labels)):
        found = f"holds numbers such as {clean(repr(labels[0]), 40)}, mostly different ones"
        raise PresetError(file, "data.target", found, "classes, for a classifier; numbers are for a regressor")
    elif len(labels) > 1000:
        raise PresetError(file, "data.target", f"holds {len(labels)} different texts", "at most 1000 classes")
    in_order = labels
    labels, known = _positive_last(labels, positive, file)
    place = {label: code for code, label in enumerate(labels)}
    coded = np.array([place[text] for text in texts], dtype=np.int64)[codes]
    shown = tuple(clean(label, 40) for label in labels)
    notes = _notes(labels, np.bincount(coded, minlength=len(labels)), str(series.name))
    return Target(coded, shown, clean(known, 40), labels != in_order, tuple(labels), notes)


def _notes(labels: Sequence[str], counts: np.ndarray, name: str) -> tuple[str, ...]:
    """Return a line for each class that may be meant otherwise."""
    notes, by_letters = [], {}
    for label, count in zip(labels, counts.tolist(), strict=True):
        if label in PANDAS_MISSING or says_nothing(label):
            quoted = json.dumps(label, ensure_ascii=False)
            notes.append(
                f"{clean(name, 40)}: {clean(repr(label), 20)} in {count} rows is a class of its own; "
                f'missing = [{quoted}] takes it as no value, and missing_target = "drop" leaves these rows out'
            )
        by_letters.setdefault(letters_of(label), []).append(clean(repr(label), 40))
    meant = [[clean(repr(label), 40) for label in group] for group in meanings_of(labels)]
    alike = [" and ".join(group) for group in meant or by_letters.values() if len(group) > 1]
    if alike:
        shown = "; ".join(alike[:3]) + ("; …" if len(alike) > 3 else "")
        how = "that may mean the same" if meant else f"that differ in {ALIKE} alone"
        notes.append(f"{clean(name, 40)}: classes {how}: {shown}; write each in one way")
    return tuple(notes)


def several_of(columns: Sequence[pd.Series], file: str, *, classes: bool, decimal: str | None = None) -> Target:
    """Return several targets side by side, shape (rows, targets): numbers, or the codes of each one's classes."""
    each = [classes_of(one, None, file) if classes else numbers_of(one, file, decimal) for one in columns]
    return Target(
        np.column_stack([one.values for one in each]), notes=tuple(note for one in each for note in one.notes)
    )


def numbers_of(series: pd.Series, file: str, decimal: str | None = None) -> Target:
    """Return the numbers in a column without empty cells; raise `PresetError` where they are text, or infinite."""
    notes: tuple[str, ...] = ()
    if series.dtype.kind not in "iufb":
        texts = series.astype("str").str.strip()
        if decimal != "," and all(NUMBER.fullmatch(text) for text in texts.unique()):
            series = texts.astype("float64")
        else:
            series, notes = _as_written(texts, decimal, file)
    values = series.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise PresetError(file, "data.target", "holds an infinite value", "finite numbers")
    return Target(values, notes=notes)


def _as_written(texts: pd.Series, decimal: str | None, file: str) -> tuple[Any, tuple[str, ...]]:
    """Return numbers with decimal commas, thousands or marks such as $, and what to know about them."""
    name = str(texts.name)
    try:
        read = typed(texts.to_frame(name), Said(file, {name: "number"}, decimal=decimal))
        return read.frame[name], read.notes
    except PresetError as error:
        if error.key == "data.decimal":
            raise
        raise _no_numbers(texts, decimal, file) from None


def _no_numbers(texts: pd.Series, decimal: str | None, file: str) -> PresetError:
    """Return the error about texts among the numbers of a target, or in their place."""
    read = {text: part for text in texts.unique() if (part := marked(text))}
    odd = [text for text in texts.unique() if text not in read or number(read[text].number, decimal or ".") is None]
    count, shown = int(texts.isin(odd).sum()), ", ".join(clean(repr(text), 40) for text in odd[:3])
    if not odd or count > 0.5 * len(texts):
        found = f"holds text, such as {shown or 'numbers with different marks'}"
        return PresetError(file, "data.target", found, "numbers, for a regressor")
    listed = json.dumps(odd[:3], ensure_ascii=False)
    allowed = f'numbers, for a regressor; missing = {listed} and missing_target = "drop" leave such rows out'
    return PresetError(file, "data.target", f"holds {shown} in {count} of {len(texts)} rows", allowed)


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
    pair = pair_of(labels)
    return (list(pair), pair[1]) if pair else (labels, "")
