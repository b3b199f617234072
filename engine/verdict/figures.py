"""The comparison's table, made from a summary."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import UNSET

from .numbers import duration_text, interval_text, point_text, score_text
from .summary import MethodSummary, Summary, TrialName


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


def table(summary: Summary) -> list[TableRow]:
    """Return the comparison's lines, the baseline first: the same for the screen, the command line and the files."""
    return [_row(row, summary.best) for row in summary.rows]


def _row(row: MethodSummary, best: TrialName | None) -> TableRow:
    star = "★ " if best and (best.method, best.number) == (row.method, row.best_number) else ""
    trials = str(row.trials)
    if row.phase in ("waiting", "running") and row.planned_trials:
        trials += f"/{row.planned_trials}"
    return TableRow(
        method=row.method,
        cv=star + score_text(row.cv_score),
        corrected=corrected_text(row),
        test=score_text(row.test_score),
        interval=interval_text(row.test_interval),
        time=duration_text(row.seconds),
        trials=trials,
        failed=str(row.failed),
        fit_seconds=f"{row.fit_seconds or 0.0:.1f}",
        best=point_text(row.best_params),
    )


FURTHER = ("metric", "method", "CV", "±", "test")
"""Headings of the table of further metrics."""


def further(summary: Summary) -> list[tuple[str, str, str, str, str]]:
    """Return the scores of the methods' winners by metrics beside the leading one, a line each, metric by metric."""
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for row in summary.rows:
        for name, one in row.also.items() if row.also is not UNSET else ():
            lines = found.setdefault(name, [])
            cv, std, held_out = map(score_text, (one.cv_score, one.cv_std, one.test_score))
            lines.append(("" if lines else name, row.method, cv, std, held_out))
    return [line for lines in found.values() for line in lines]


MOST_ON_FRONT = 20
"""Trials of a Pareto front that a table lists."""


def front(summary: Summary) -> tuple[list[str], list[list[str]], int]:
    """Return the Pareto front as headings, lines, and how many more there are; none of one objective."""
    if summary.front is UNSET or summary.objectives is UNSET or not summary.front:
        return [], [], 0
    names = [one.name for one in summary.objectives]
    lines = [
        [one.method, str(one.number), *(score_text(one.values[name]) for name in names), point_text(one.params)]
        for one in summary.front[:MOST_ON_FRONT]
    ]
    headings = ["front", "trial", *names, "parameters"]
    return headings, lines, len(summary.front) - len(lines)


def ended_early(summary: Summary) -> list[tuple[str, str]]:
    """Return the methods that ended before their budget, the baseline too, each with the reason."""
    early = [one for one in summary.rows if one.reason or one.phase == "skipped"]
    return [(one.method, one.reason or "skipped") for one in early]


def corrected_text(row: MethodSummary) -> str:
    """Return a method's corrected score for reading: `≤` before it where it may be too high, `–` when there is none."""
    corrected = row.cv_corrected
    bound = "≤ " if corrected is not None and row.cv_corrected_note else ""
    return bound + score_text(corrected)
