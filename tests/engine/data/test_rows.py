"""Columns of numbers become the rows of each part, in any order, whatever their types."""

from __future__ import annotations

import numpy as np
import pytest
from tunetop.engine.data.rows import Numbers, parted, rows_of


@pytest.mark.parametrize(("rows", "width"), [(1, 1), (7, 3), (70_000, 2), (2_000, 300)])
def test_numbers_are_parted_as_their_array_is(rows: int, width: int) -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(9, size=rows), np.full(rows, np.nan), *rng.normal(size=(width, rows))][:width]
    order = rng.permutation(rows)
    parts = order[: rows // 3], order[rows // 3 :]
    whole = np.column_stack(columns).astype(np.float64)
    for ours, part in zip(parted(Numbers(columns), *parts), parts, strict=True):
        assert ours.flags.c_contiguous
        np.testing.assert_array_equal(ours, rows_of(whole, part))
