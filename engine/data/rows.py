"""Rows of data, in whatever they are kept."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap
from typing import Any

import numpy as np

_AT_ONCE = 1 << 16
"""Numbers that fit the processor's cache."""


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers that estimators get as one array: each number is copied once, to the row where it belongs.

    An array of all rows in between would be memory that is touched for the first time, which costs more than a copy.
    """

    columns: Sequence[np.ndarray]

    def parted(self, *parts: np.ndarray) -> list[np.ndarray]:
        """Return the rows of each part, shape (rows, columns); together the parts are all rows, each of them once."""
        count, width = sum(map(len, parts)), len(self.columns)
        place = np.empty(count, np.int32 if count < 2**31 else np.int64)
        for part, end in zip(parts, np.cumsum([len(part) for part in parts]), strict=True):
            place[part] = np.arange(end - len(part), end, dtype=place.dtype)
        rows, step = _empty(count, width), max(_AT_ONCE // width, 1)
        ends = np.linspace(0, count, (os.cpu_count() or 1) + 1, dtype=int).tolist()

        def move(first: int, last: int) -> None:
            block = np.empty((step, width))
            for start in range(first, last, step):
                to = place[start : min(start + step, last)]
                for at, column in enumerate(self.columns):
                    block[: len(to), at] = column[start : start + len(to)]
                _whole(rows)[to] = _whole(block[: len(to)])

        with ThreadPoolExecutor(len(ends) - 1) as pool:
            deque(pool.map(move, ends, ends[1:]), maxlen=0)
        return np.split(rows, np.cumsum([len(part) for part in parts[:-1]]))


def _empty(count: int, width: int) -> np.ndarray:
    """Return an array in memory of small pages: numpy asks for huge ones, which virtual machines take long to clear.

    It is no memory that forked processes share, as an anonymous map is unless told so.
    """
    memory = mmap(-1, max(count * width, 1) * 8, flags=MAP_PRIVATE | MAP_ANONYMOUS)
    return np.frombuffer(memory)[: count * width].reshape(count, width)


def _whole(rows: np.ndarray) -> np.ndarray:
    """Return an array whose items are whole rows: moved in less time than as many numbers."""
    return rows.view(f"V{rows.itemsize * rows.shape[1]}")[:, 0]


def parted(data: Any, *parts: np.ndarray) -> list[Any]:
    """Return the rows of each part; together the parts are all rows, each of them once."""
    return data.parted(*parts) if isinstance(data, Numbers) else [rows_of(data, rows) for rows in parts]


def rows_of(data: Any, rows: np.ndarray | Sequence[int]) -> Any:
    """Return those rows of a DataFrame, an array, a sparse matrix or a list, as what it is."""
    if isinstance(data, np.ndarray) and data.flags.c_contiguous and isinstance(rows, np.ndarray) and rows.dtype == "i8":
        return data.take(rows, axis=0)  # the same as by index, in half the time
    from sklearn.utils import _safe_indexing  # pyright: ignore[reportPrivateUsage]

    return _safe_indexing(data, rows)


def all_finite(numbers: np.ndarray) -> bool:
    """Tell whether an array of numbers is surely without NaN and inf: their sum, which is had quickly, would be one."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(numbers.sum()))


def extremes(numbers: np.ndarray) -> tuple[Any, Any]:
    """Return the least and the greatest of numbers, NaN aside: NaN where all are."""
    low, high = numbers.min(), numbers.max()
    return (low, high) if low == low else (np.fmin.reduce(numbers), np.fmax.reduce(numbers))
