"""Numbers as people read them: scores, hyperparameters, seconds.

Every function answers for numbers that are not there (None, NaN) with a dash, and never raises for odd ones. Where a
width can be constant it is, so that columns stand still.
"""

from __future__ import annotations

import math

from ...engine.events import Axis
from ...engine.verdict.numbers import compact
from .lines import width_of

MISSING = "–"
"""Stands for a number that there is none of; `Look.glyph` has its ASCII form."""

VALUE_WIDTH = 9
"""Cells that hold any number written by `compact`, signs and exponents included."""


SCORE_WIDTH = 7
"""Cells that hold any score."""


def score(x: float | None) -> str:
    """Return a score in at most `SCORE_WIDTH` cells: "0.9824", fewer decimals the larger it is, "-3029.2"."""
    if x is None or math.isnan(x):
        return MISSING
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    size = abs(x)
    if x and (size < 0.5e-4 or size >= 999_999.5):
        tries = [exponential(x, decimals) for decimals in (2, 1, 0)]
        return next(text for text in tries if len(text) <= SCORE_WIDTH)
    # as many decimals as leave a cell for the sign
    figures = next(text for d in (4, 3, 2, 1, 0) if len(text := f"{size:.{d}f}") < SCORE_WIDTH)
    return "-" + figures if x < 0 and figures.strip("0.") else figures


def exponential(x: float, decimals: int) -> str:
    """Return a number with an exponent that has no idle zeros: "-1.23e7", "4e-5"."""
    figures, _, exponent = f"{x:.{decimals}e}".partition("e")
    return f"{figures}e{int(exponent)}"


def score_within(x: float | None, width: int) -> str:
    """Return a score in at most `width` (>= 3) cells: as many decimals as fit, without the zero before the point.

    Examples for widths 7, 5, 4, 3: "0.97802", ".9780", ".978", ".98". What cannot be written so short is rounded to
    two figures with an exponent ("-1e5"), and to its sign where even that is too long ("--", "++").
    """
    if x is None or math.isnan(x):
        return MISSING
    if math.isinf(x):
        return "inf" if x > 0 else "-in" if width < 4 else "-inf"
    tries = [_pointed(f"{x:.{decimals}f}") for decimals in range(min(width, 6), -1, -1)]
    exponent = exponential(x, 0)
    rounded_away = abs(x) < 0.5 and x != 0
    for text in tries:
        if len(text) <= width and not (rounded_away and text.strip("-0.") == ""):
            return text
    return exponent if len(exponent) <= width else "--" if x < 0 else "++" if abs(x) > 1 else "0"


def _pointed(text: str) -> str:
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) and text.strip("-0.") else text


def signed(x: float | None) -> str:
    """Return a difference with its sign ("+.0066", "-.0022"); a tie has a blank for the sign (" .0000")."""
    if x is None or not math.isfinite(x):
        return MISSING
    size = abs(x)
    if size >= 1:
        return ("+" if x > 0 else "-") + score(size)
    figures = f"{size:.4f}"
    body = figures[1:] if figures.startswith("0.") else figures
    return ("+" if x > 0 else "-" if x < 0 else " ") + body if body.strip("0.") else " " + body


def value_width(axis: Axis) -> int:
    """Return how many cells hold any value of a hyperparameter (its name not counted), for a column of them."""
    if axis.scale == "choice":
        return max((width_of(compact(label)) for label in axis.labels), default=1)
    if axis.integer and axis.low is not None and axis.high is not None:
        return max(len(compact(int(axis.low))), len(compact(int(axis.high))))
    return VALUE_WIDTH - (axis.low is not None and axis.low >= 0)


def count(n: int) -> str:
    """Return a whole number with separators: "1,309"."""
    return f"{n:,}"


def clock(seconds: float | None) -> str:
    """Return elapsed time as minutes and seconds ("0:42"), hours ("1:02:03"), or days ("2 d 3 h")."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float | None) -> str:
    """Return how long something took: "0.4 s" below ten seconds, then as `clock`; below 0.1 s in milliseconds."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    seconds = max(seconds, 0.0)
    if 0 < seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else clock(round(seconds))


def eta(seconds: float | None) -> str:
    """Return the time to go, coarser the longer it is, so that the text rests: "0:42", "4:30", "12 min", "3 h"."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    seconds = max(seconds, 0.0)
    if seconds < 60:
        return clock(math.ceil(seconds))
    if seconds < 600:
        return clock(5 * round(seconds / 5))
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{round(seconds / 3600)} h" if seconds < 172800 else f"{round(seconds / 86400)} d"


def age(seconds: float | None) -> str:
    """Return for how long nothing was heard: "0.3 s ago", "42 s ago", "5 min ago", "3 h ago", "2 d ago"."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} s ago"
    if seconds < 99.5:
        return f"{seconds:.0f} s ago"
    if seconds < 5970:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago" if seconds < 172800 else f"{seconds / 86400:.0f} d ago"
