"""A run's part of a report: verdict, methods, figures, trials, failures, and what was run."""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import Any

import numpy as np

from ...state import RunState
from ...text import clean, clean_block
from ...verdict.figures import COLUMNS, ended_early, table
from ...verdict.numbers import duration_text
from ...verdict.summary import Summary
from ..figures.catalog import Figure, compose, figures_for
from ..figures.drawing import saved
from ..figures.parallel import MOST_AXES
from ..figures.scene import Scene
from .page import embedded
from .page_svg import PAGE, for_page
from .trial_data import headings, line_data, rows, trial_data

MOST_ROWS = 300
"""Trials in the table where no script may run: the best of them."""

MOST_WARNINGS = 50

_PLAIN_TEXT = 200_000


def run_part(state: RunState, summary: Summary, preset: str, place: int) -> dict[str, Any]:
    """Return what the template needs to know of a run; `preset` is its preset's text, empty where there is none."""
    scene = Scene(state, summary, PAGE)
    figures = {one.name: _figure(one, scene, place) for one in figures_for(state)}
    headline, rest = _halves(summary.verdict)
    notes = [clean(note, 400) for note in summary.notes]
    for note in notes:
        rest = rest.replace(f" Note: {note.rstrip('.')}.", "")
    lines = figures.pop("parallel")
    return {
        "kind": "run",
        "id": f"run-{place}",
        "kind_words": "watched search" if state.watched else "run",
        "name": summary.run or "",
        "title": summary.title or summary.run or "A run",
        "state": f"{summary.state}{f': {summary.reason}' if summary.reason else ''}",
        "outcome": summary.outcome,
        "headline": headline,
        "verdict_rest": rest,
        "notes": notes,
        "headings": list(COLUMNS),
        "rows": [list(row) for row in table(summary)],
        "table_caption": _table_caption(summary),
        "early": ended_early(summary),
        "best": [
            {"method": one.title, "number": one.best_number, "code": repr(one.best_params)}
            for one in summary.methods
            if one.best_params
        ],
        "figures": list(figures.values()),
        "lines": lines,
        **_trials(scene, lines),
        "failures": [[one.reason, one.count, f"{one.example.method} {one.example.number}"] for one in summary.failures],
        "warnings": _warnings(state),
        "facts": _facts(state, summary, preset),
        **_columns(state),
        "preset": clean_block(preset, _PLAIN_TEXT).rstrip(),
    }


def _figure(figure: Figure, scene: Scene, place: int) -> dict[str, Any]:
    from markupsafe import Markup

    drawn, caption = compose(figure, scene)
    svg = for_page(saved(drawn, "svg"), f"{figure.name}-{place}", f"{figure.title}: {caption}")
    more = {"drawn": drawn} if figure.name == "parallel" else {}
    return {
        "id": f"{figure.name}-{place}",
        "title": figure.title,
        "svg": Markup(svg),
        "caption": caption,
        "whole": figure.size[0] > 8,
    } | more


def _halves(verdict: str) -> tuple[str, str]:
    """Return a verdict's first claim and the rest of it."""
    claim, colon, rest = verdict.partition(":")
    if colon and len(claim) < 120:
        return claim + colon, rest
    claim, stop, rest = verdict.partition(". ")
    return claim + stop.rstrip(), f" {rest}" if rest else ""


def _table_caption(summary: Summary) -> str:
    rows = f"{summary.test_rows:,} held-out rows" if summary.test_rows else "no held-out rows"
    return (
        f"{summary.scoring or 'score'}, {summary.folds or 0} folds on {summary.train_rows or 0:,} rows, {rows}; "
        "corrected: the CV score less what selecting it added (BBC-CV); ★ the best by CV"
    )


def _trials(scene: Scene, lines: dict[str, Any]) -> dict[str, Any]:
    state = scene.state
    ranked = sorted(state.trials, key=lambda trial: (trial.mean is None, trial.phase == "raced", -(trial.mean or 0.0)))
    some = len(ranked) > MOST_ROWS
    data = trial_data(scene)
    if len(axes := lines["drawn"].axes) and scene.hyperparameters:
        data["lines"] = _lines(scene, lines["drawn"], axes[0])
    return {
        "trial_headings": headings(state),
        "trial_rows": rows(state, ranked[:MOST_ROWS]),
        "trials_caption": f"{len(ranked):,} trials",
        "trials_note": (
            f"The {MOST_ROWS} best of {len(ranked):,} trials; all of them are here where scripts may run, "
            "and in trials.csv (tunetop export --format csv)."
            if some
            else ""
        ),
        "data": embedded(data),
    }


def _lines(scene: Scene, drawn: Any, axes: Any) -> dict[str, Any] | None:
    """Return where the axes of the parallel coordinates stand in the SVG, and the trials' heights on them."""
    shown = scene.hyperparameters[:MOST_AXES]
    known = scene.mask & np.isfinite(scene.cols.mean)
    for axis in shown:
        known = known & np.isfinite(scene.place(axis))
    if not known.any():
        return None
    points = 72.0 / drawn.dpi
    tall = drawn.get_figheight() * 72.0
    ends = axes.transData.transform([(place, height) for place in range(len(shown) + 1) for height in (0, 1)]) * points
    return {
        "x": [round(float(x), 2) for x in ends[::2, 0]],
        "bottom": round(tall - float(ends[0, 1]), 2),
        "top": round(tall - float(ends[1, 1]), 2),
    } | line_data(scene, shown, known)


def _warnings(state: RunState) -> list[list[Any]]:
    raised: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    for trial in state.trials:
        for text, count in (trial.warnings or {}).items():
            raised[text] += count
            trials[text] += 1
    return [[clean(text, 1000), count, trials[text]] for text, count in raised.most_common(MOST_WARNINGS)]


def _facts(state: RunState, summary: Summary, preset: str) -> list[tuple[str, str]]:
    info = state.info
    classes = ", ".join(f"{clean(name, 60)} {count}" for name, count in list(info.classes.items())[:20]) if info else ""
    seeds = ", ".join(f"{one.method} {one.seed}" for one in summary.methods if one.seed is not None)
    facts = {
        "Run": summary.run,
        "Preset": summary.preset,
        "Search of": summary.source if isinstance(summary.source, str) else "",
        "Data": _source(preset),
        "Rows": f"{summary.train_rows:,} training, {summary.test_rows or 0:,} held out" if summary.train_rows else "",
        "Features": f"{info.features:,}" if info and info.features else "",
        "Classes": classes,
        "Estimator": summary.estimator,
        "Score": f"{summary.scoring}, {summary.folds} folds" if summary.folds else summary.scoring,
        "Objectives": ", ".join(f"{goal.direction} {goal.name}" for goal in summary.objectives)
        if isinstance(summary.objectives, list)
        else "",
        "Constraints": ", ".join(summary.constraints) if isinstance(summary.constraints, list) else "",
        "Trials": f"{summary.trials:,}, {summary.failed:,} failed, {summary.fits:,} fits",
        "Time": f"{duration_text(summary.seconds)} on {state.workers} worker{'s' * (state.workers != 1)}",
        "Seeds": seeds,
        "Host": clean(state.host, 100),
        "Data fingerprint": info.fingerprint[:16] if info else "",
        "Versions": ", ".join(f"{name} {version}" for name, version in summary.versions.items()),
    }
    return [(name, str(value)) for name, value in facts.items() if value]


def _source(preset: str) -> str:
    """Return what a preset says of its data, on one line."""
    try:
        data = tomllib.loads(preset).get("data", {})
    except tomllib.TOMLDecodeError:
        return ""
    if not isinstance(data, dict):
        return ""
    parts = [str(data.get("source", ""))]
    parts += [f"{key} {value}" for key, value in data.items() if key != "source" and not isinstance(value, dict | list)]
    return clean(", ".join(filter(None, parts)), 400)


def _columns(state: RunState) -> dict[str, Any]:
    columns = [(clean(name, 200), kind) for name, kind in (state.info.columns if state.info else [])]
    kinds = Counter(kind for _, kind in columns)
    return {
        "columns": columns,
        "columns_words": ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common()),
    }
