"""Dataset sources in; features, target, the split into training and test rows, and a fingerprint out.

A table comes as a DataFrame with types of its own and goes like that to the estimator. Where all of it are numbers it
goes as one array, which is the same and costs less.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..preset.columns import Columns
from ..preset.preset import Preset
from .folds import Roles, held_out
from .readings import Reading
from .rows import all_finite, parted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Dataset:
    """A dataset before its split.

    `features` has a row for each of `target`, shape (rows,): class codes where `classes` names them, else numbers.
    Several targets are of shape (rows, targets); where rows are scored by themselves, the target is 0 throughout.
    `test_rows` > 0: the last rows are a test set of the author's own.
    """

    features: Any
    """A DataFrame; `Numbers` where all columns are such, of which the split makes arrays; an array of float64, shape
    (rows, columns), where something is done before the split; of one's own code any array, a sparse matrix, or texts.
    """
    target: np.ndarray
    columns: Columns
    classes: tuple[str, ...] = ()
    positive: str = ""
    """Which class of two is known to be the positive one."""
    moved: bool = False
    """Whether the two classes stand in another order than sorted, or than in their data set, for that one's sake."""
    test_rows: int = 0
    roles: Roles = field(default_factory=Roles)
    """What columns say of rows without being features."""
    others: pd.DataFrame | None = None
    """The table's columns that are neither features nor the target."""
    notes: tuple[str, ...] = ()
    """What was assumed about the data, one line each."""
    as_is: bool = False
    """Whether the estimator gets the features as they are, without a preparation by kind of column: lists of text."""
    readings: tuple[Reading, ...] = ()
    """How each feature's column was read."""
    labels: tuple[str, ...] = ()
    """The classes as the data has them, which `classes` shows shortened and on one line."""
    leaks: tuple[str, ...] = ()
    """Features that tell the target by themselves."""


@dataclass(frozen=True)
class Split:
    """Training and test rows as estimators get them, and where in the data each came from."""

    train: Any
    train_target: np.ndarray
    test: Any
    test_target: np.ndarray
    train_rows: np.ndarray
    """Shape (training rows,): each one's place among the rows of the data."""
    test_rows: np.ndarray

    @cached_property
    def finite(self) -> bool:
        """Whether all features are numbers in an array and surely finite."""
        parts = (self.train, self.test)
        return all(isinstance(rows, np.ndarray) and rows.dtype.kind == "f" and all_finite(rows) for rows in parts)

    def fingerprint(self) -> str:
        """SHA-256 over features and targets, shapes and types included."""
        digest = hashlib.sha256()
        for part in (self.train, self.train_target, self.test, self.test_target):
            for array in _arrays(part):
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def _arrays(part: Any) -> list[np.ndarray]:
    """Return what there is in a part of the data, as plain arrays."""
    if hasattr(part, "indptr"):
        return [np.array(part.shape), part.data, part.indices, part.indptr]
    if isinstance(part, np.ndarray) and part.dtype.kind != "O":
        return [part]
    import pandas.util

    library: Any = pandas.util
    hashed = library.hash_pandas_object
    if isinstance(part, np.ndarray):
        return [library.hash_array(part)]
    arrays: list[Any] = []
    for name in part.columns:
        column = part[name]
        plain = column.dtype.kind in "biufM" and isinstance(column.dtype, np.dtype)
        values: Any = column.to_numpy() if plain else hashed(column, index=False).to_numpy()
        arrays += [
            np.frombuffer(str(name).encode(), np.uint8),
            values.view("i8") if values.dtype.kind == "M" else values,
        ]
    return arrays


def split(dataset: Dataset, preset: Preset, prepare: Any = None) -> Split:
    """Return the training and test rows as `train_test_split` parts them, or as the author did.

    `prepare` is a transformer to fit on all rows first, as some articles do; it leaks.
    """
    features = dataset.features if prepare is None else np.asarray(prepare.fit_transform(dataset.features))
    target = dataset.target
    if dataset.test_rows:
        train, test = np.split(np.arange(len(target)), [len(target) - dataset.test_rows])
    else:
        train, test = held_out(target, dataset.roles, preset)
    trained, tested = parted(features, train, test)
    return Split(trained, target.take(train, axis=0), tested, target.take(test, axis=0), train, test)
