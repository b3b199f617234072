"""Class codes: counted and sorted as numpy and pandas do, whatever the numbers are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import StratifiedKFold
from tunetop.engine.data.codes import counted, factorized, small
from tunetop.engine.scoring.checks import _kinds_of_folds, _some

INT = np.iinfo(np.int64)
ARRAYS = {
    "codes": np.array([2, 0, 1, 1, 2, 5]),
    "below zero": np.array([-3, 7, -3, 0]),
    "far apart": np.array([0, 1 << 40, 3]),
    "the ends": np.array([INT.min, INT.max, 0]),
    "one value": np.array([INT.max, INT.max]),
    "none": np.array([], dtype=np.int64),
    "bytes": np.array([200, 3, 200], dtype=np.uint8),
    "floats": np.array([1.5, 0.0, 1.5]),
    "flags": np.array([True, False, True]),
    "as wide as a counter": np.array([0, (1 << 16) - 1, 1 << 16]),
}


@pytest.mark.parametrize("values", ARRAYS.values(), ids=ARRAYS)
def test_values_are_counted_and_numbered_as_numpy_and_pandas_do(values: np.ndarray) -> None:
    different, counts = np.unique(values, return_counts=True)
    found, often = counted(values)
    assert found.dtype == different.dtype
    assert found.tolist() == different.tolist()
    assert often.tolist() == counts.tolist()
    codes, labels = factorized(pd.Series(values))
    assert np.asarray(labels)[codes].tolist() == values.tolist()
    assert sorted(np.asarray(labels).tolist()) == different.tolist()


def test_missing_values_have_no_code() -> None:
    for series in (pd.Series([1.0, None, 2.0]), pd.Series([1, None, 2], dtype="Int64"), pd.Series(["a", None])):
        codes, _ = factorized(series)
        assert codes.tolist() == pd.factorize(series)[0].tolist()


def test_small_codes_part_rows_as_they_were_parted() -> None:
    codes = np.random.default_rng(0).integers(0, 7, 500)
    assert (small(codes).dtype, small(codes + 200).dtype, small(codes + 40_000).dtype) == ("i1", "i2", "i8")
    for values in ARRAYS.values():
        assert small(values).tolist() == values.tolist()
    for shuffle, seed in ((False, None), (True, 3)):
        splitter = StratifiedKFold(4, shuffle=shuffle, random_state=seed)
        rows = np.zeros(len(codes))
        for mine, theirs in zip(splitter.split(rows, small(codes)), splitter.split(rows, codes), strict=True):
            assert all((a == b).all() for a, b in zip(mine, theirs, strict=True))


def test_the_classes_of_many_rows_are_all_of_them_however_rare() -> None:
    codes = np.zeros(50_000, dtype=np.int64)
    codes[[7, 30_001]] = 1, 2
    rows = np.arange(len(codes))
    assert sorted(set(_some(codes).tolist())) == [0, 1, 2]
    assert len(_some(codes)) < 2_004
    folds = [(rows[8:], rows[:8]), (rows, rows[:9]), (rows, rows[1:9]), (rows[:30_000], rows[30_000:])]
    kinds = [
        (name, sorted(set(fitted.tolist())), sorted(set(scored.tolist())), count)
        for name, fitted, scored, count in _kinds_of_folds(folds, codes)
    ]
    assert kinds == [
        ("fold 0", [0, 2], [0, 1], 8),
        ("fold 1", [0, 1, 2], [0, 1], 9),
        ("fold 3", [0, 1], [0, 2], 20_000),
    ]
