"""Numbers and configurations as text, alike in the verdict, the tables and the files."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ..events import Value
from ..text import clean, elided


def number(value: float) -> str:
    """Return a score for reading: four decimals, or four significant digits where the number is large or tiny."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1000 else f"{value:.4g}"


def number_within(value: float, span: float) -> str:
    """Return a score beside others that `span` so much: `number`, or as many decimals as show a tenth of that."""
    plain = value == 0 or 1e-3 <= abs(value) < 1000
    if not (0 < span < math.inf and math.isfinite(value)):
        return number(value)
    finest = 1e-4 if plain else 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    return number(value) if finest <= span / 10 else f"{value:.{min(max(math.ceil(1 - math.log10(span)), 0), 9)}f}"


def score_text(value: float | None) -> str:
    """Return a score for reading, `–` when there is none."""
    return "–" if value is None else number(value)


def interval_text(interval: Sequence[float] | None) -> str:
    """Return an interval for reading, such as `[.926, .991]`, `–` when there is none."""
    if interval is None:
        return "–"
    low, high = (f"{end:.3f}" if abs(end) < 1000 else f"{end:.4g}" for end in interval)
    if all(0 <= end < 1 for end in interval):
        low, high = low.removeprefix("0"), high.removeprefix("0")
    return f"[{low}, {high}]"


def duration_text(seconds: float | None) -> str:
    """Return a duration for reading: `8.1 s`, `1:05`, `2:00:09`; `–` when there is none."""
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{max(seconds, 0.0):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def point_text(point: Mapping[str, Value] | None) -> str:
    """Return a configuration on one line, numbers to four digits; `–` when there is none."""
    if point is None:
        return "–"
    if not point:
        return "as it comes"
    return clean(", ".join(f"{name}={value_text(value)}" for name, value in point.items()))


def value_text(value: Value) -> str:
    """Return a hyperparameter's value for reading, numbers to four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else clean(value, 60)


def compact(value: Value, limit: int = 24) -> str:
    """Return a hyperparameter's value in few cells: three figures ("4.21e-05", "0.00213"), labels cleaned."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**7 else f"{value:.2e}"
    if isinstance(value, float):
        if math.isfinite(value) and 1000 <= abs(value) < 1e6:
            return f"{value:.0f}"
        return f"{value:.3g}"
    return elided(clean(value, 1000), limit)
