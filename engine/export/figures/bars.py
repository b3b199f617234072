"""The bars: methods against the untuned baseline, on the test rows and in cross-validation, with their intervals.

A bar is drawn only where its length means something: from zero. Where scores are too close for that, dots with whiskers
stand for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...events import BASELINE
from ...verdict.numbers import number, number_within
from ...verdict.summary import MethodSummary
from .scene import Host, Scene, Text, name, padded, say


@dataclass(frozen=True)
class Mark:
    """One method's score and the ends of its interval, where they are known."""

    method: str
    score: float
    low: float | None = None
    high: float | None = None


def test_marks(rows: list[MethodSummary]) -> list[Mark]:
    """Return the test scores with their 95 % intervals."""
    return [
        Mark(row.method, row.test_score, *(row.test_interval or (None, None)))
        for row in rows
        if row.test_score is not None
    ]


def cv_marks(rows: list[MethodSummary]) -> list[Mark]:
    """Return the selected trials' cross-validation scores, give or take the standard deviation over folds."""
    marks = []
    for row in rows:
        if row.cv_score is not None:
            spread = row.cv_std
            ends = (None, None) if spread is None else (row.cv_score - spread, row.cv_score + spread)
            marks.append(Mark(row.method, row.cv_score, *ends))
    return marks


def from_zero(marks: list[Mark]) -> bool:
    """Tell whether bars from zero still show how the scores differ."""
    ends = [end for mark in marks for end in (mark.score, mark.low, mark.high) if end is not None]
    return min(ends) >= 0 and min(ends) < max(ends) - min(ends)


def draw(host: Host, scene: Scene) -> Text:
    """Draw the test scores above, the cross-validation scores below; of a run that is not through, those alone."""
    rows = scene.summary.rows
    test, cv = test_marks(rows), cv_marks(rows)
    if not cv and not test:
        return say(host, scene, scene.nothing() or "No method has a score yet.")
    charts = [(test, _test_title(scene)), (cv, "cross-validation, selected trial ± standard deviation over folds")]
    charts = [(marks, title) for marks, title in charts if marks]
    for axes, (marks, title) in zip(host.subplots(len(charts), squeeze=False)[:, 0], charts, strict=True):
        chart(axes, scene, marks, title)
    shown = test or cv
    told = "; ".join(f"{name(mark.method)} {number(mark.score)}" for mark in shown)
    what = "on the test rows" if test else "in cross-validation"
    return f"{scene.score} {what}: {told}. The dashed line is the untuned baseline."


def chart(axes: Any, scene: Scene, marks: list[Mark], title: Text) -> None:
    """Draw one chart: a row a method, the baseline's level as a dashed line."""
    bars = from_zero(marks)
    palette = scene.palette
    scores = [mark.score for mark in marks]
    span = max(scores) - min(scores)
    # where all are the same, none is the best
    best = max(scores, key=lambda score: score * scene.state.sign) if span else None
    for row, mark in enumerate(marks):
        colour = scene.colour(mark.method)
        if bars:
            axes.barh(row, mark.score, height=0.55, color=colour, alpha=0.75)
        else:
            axes.plot([mark.score], [row], "o", color=colour, markersize=7)
        if mark.low is not None and mark.high is not None:
            ink = palette.text if bars else colour
            error = [[max(mark.score - mark.low, 0.0)], [max(mark.high - mark.score, 0.0)]]
            axes.errorbar(mark.score, row, xerr=error, fmt="none", ecolor=ink, elinewidth=1.4, capsize=4)
        star = "★ " if mark.score == best else ""
        axes.annotate(
            star + number_within(mark.score, span), (1.0, row), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", size=8.5, annotation_clip=False,
            weight="bold" if star else "normal",
        )  # fmt: skip
    level = next((mark.score for mark in marks if mark.method == BASELINE), None)
    if level is not None:
        axes.axvline(level, color=palette.dim, linewidth=1, linestyle=(0, (4, 3)), zorder=0.5)
    ends = [end for mark in marks for end in (mark.score, mark.low, mark.high) if end is not None]
    low, high = padded(min(ends), max(ends))
    axes.set_xlim(0.0 if bars else low, high)
    axes.set_ylim(len(marks) - 0.4, -0.6)
    axes.set_yticks(range(len(marks)), [name(mark.method) for mark in marks])
    for label, mark in zip(axes.get_yticklabels(), marks, strict=True):
        label.set_color(scene.colour(mark.method))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=7)
    axes.grid(True, axis="x")
    axes.set_title(title, size=8.5, weight="normal", color=palette.dim)


def _test_title(scene: Scene) -> Text:
    rows = scene.summary.test_rows
    kinds = {row.test_interval_kind or "" for row in scene.summary.rows if row.test_interval is not None}
    words = {"wilson": "95 % Wilson interval", "bootstrap": "95 % bootstrap interval"}
    intervals = ", ".join(words[kind] for kind in sorted(kinds & set(words)))
    return f"test, {rows:,} rows" + (f", {intervals}" if intervals else "") if rows else "test"
