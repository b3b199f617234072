"""Moments as numbers: seconds since 1970 as Unix counts them, days since 1899 as Excel does.

A number alone does not say so: a preset does, and a line where it may be meant.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

EPOCHS = {
    "unix": ("s", "unix"),
    "unix ms": ("ms", "unix"),
    "unix us": ("us", "unix"),
    "unix ns": ("ns", "unix"),
    "excel": ("D", "1899-12-30"),
}
"""What a preset calls a column of them, also the form of its `Reading`: pandas' unit and origin."""

_FIRST, _LAST = 946_684_800, 2_145_916_800
"""Seconds at the beginning of 2000 and of 2038."""

EXCEL = (20_000, 60_000)
"""Days of 1954 and of 2064."""


def moments(numbers: Any, form: str) -> Any:
    """Return a series of numbers as dates to the second, missing where they are; raise `ValueError` beyond pandas'."""
    unit, origin = EPOCHS[form]
    return pd.to_datetime(numbers, unit=unit, origin=origin).dt.round("s").astype("datetime64[s]")


def like_unix(low: float, high: float) -> str:
    """Return what numbers from `low` to `high` may be: a key of `EPOCHS`, "" where they are no moments since 2000."""
    factors = {"unix": 1, "unix ms": 10**3, "unix us": 10**6, "unix ns": 10**9}
    return next((form for form, one in factors.items() if _FIRST * one <= low < high < _LAST * one), "")
