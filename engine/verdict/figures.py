"""The comparison's table, made from a summary, and its figures as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..events import Value
from ..text import clean


class TableRow(NamedTuple):
    """One line of the comparison, as text; `COLUMNS` are its headings."""

    method: str
    cv: str
    corrected: str
    test: str
    interval: str
    time: str
    trials: str
    failed: str
    fit_seconds: str
    best: str


COLUMNS = TableRow(
    "method", "CV", "corrected", "test", "95 % interval", "time", "trials", "failed", "fit s", "best parameters"
)
"""The CV score of the selected trial flatters it; beside it stands the one that is corrected for that (BBC-CV)."""


def table(summary: Mapping[str, Any]) -> list[TableRow]:
    """Return the comparison's lines, the baseline first: the same for the screen, the command line and the files."""
    rows = [summary["baseline"]] if summary["baseline"] else []
    return [_row(row, summary["best"]) for row in rows + list(summary["methods"])]


def _row(row: Mapping[str, Any], best: Mapping[str, Any] | None) -> TableRow:
    star = "★ " if best and (best["method"], best["number"]) == (row["method"], row["best_number"]) else ""
    trials = str(row["trials"])
    if row["phase"] in ("waiting", "running") and row["planned_trials"]:
        trials += f"/{row['planned_trials']}"
    return TableRow(
        method=row["method"],
        cv=star + score_text(row["cv_score"]),
        corrected=corrected_text(row),
        test=score_text(row["test_score"]),
        interval=interval_text(row["test_interval"]),
        time=duration_text(row["seconds"]),
        trials=trials,
        failed=str(row["failed"]),
        fit_seconds=f"{row['fit_seconds']:.1f}",
        best=point_text(row["best_params"]),
    )


def ended_early(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the methods that ended before their budget, each with the reason."""
    said = [(str(one["method"]), str(one["reason"])) for one in summary["methods"] if one["reason"]]
    skipped = [(str(one["method"]), "skipped") for one in summary["methods"] if one["phase"] == "skipped"]
    return [*said, *(one for one in skipped if one[0] not in dict(said))]


def number(value: float) -> str:
    """Return a score for reading: four decimals, or four significant digits where the number is large or tiny."""
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1000 else f"{value:.4g}"


def score_text(value: float | None) -> str:
    """Return a score for reading, `–` when there is none."""
    return "–" if value is None else number(value)


def corrected_text(row: Mapping[str, Any]) -> str:
    """Return a method's corrected score for reading: `≤` before it where it may be too high, `–` when there is none."""
    corrected = row["cv_corrected"]
    bound = "≤ " if corrected is not None and row["cv_corrected_note"] else ""
    return bound + score_text(corrected)


def interval_text(interval: list[float] | None) -> str:
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
