"""Spans of time as numbers: seconds, read as pandas reads them, where a preset says that a column holds such."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

SPAN = "span"
"""What a preset calls a column of them, and the form of its `Reading`."""

UNITS = (
    (r"(?i)(min|hr|sec)s\b", r"\1"),
    (r"(\d ?)d\b", r"\1D"),
    (r"^(\d{1,2}:\d\d\.\d+)$", r"0:\1"),
)
"""What pandas knows under another name, and that name."""


def seconds_of(texts: Sequence[str]) -> list[float]:
    """Return the seconds that texts such as `PT5M`, `3 days`, `1h 20min` or `01:30:00` say; raise `ValueError`."""
    written = []
    for text in texts:
        if not re.search("[a-zA-Z:]", text):
            raise ValueError(f"{text!r} has no unit")
        for old, new in UNITS:
            text = re.sub(old, new, text)
        written.append(text)
    return pd.to_timedelta(pd.Series(written, dtype="str")).dt.total_seconds().tolist()
