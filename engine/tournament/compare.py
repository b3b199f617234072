"""Methods against each other over many seeds: the only honest way to rank them.

Each seed is an ordinary run of the same preset with that seed for every method. Here their states become curves of the
best mean score so far, mean ranks, and paired tests over the seeds (Demšar, *Statistical Comparisons of Classifiers
over Multiple Data Sets*, 2006).
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ..events import BASELINE, MANUAL
from ..export.summary_md import escape
from ..export.trials_csv import cell
from ..export.trials_csv import write as as_csv
from ..files import write_all
from ..state import MethodState, RunState
from ..statistics import holm
from ..text import clean
from ..verdict.over_seeds import Comparison, CurvePoint, MethodOverSeeds, Spread, TournamentSummary
from .folder import FILES

TIMES = 20
"""Points in fit seconds at which the best so far is given, evenly spaced to the longest method's median total."""


@dataclass(frozen=True)
class Course:
    """One method under one seed: the best mean score so far and the fit seconds so far, after each trial.

    Both of shape (trials,), in trial order; the best is NaN until a trial has succeeded.
    """

    best: np.ndarray
    seconds: np.ndarray


def course_of(method: MethodState) -> Course:
    """Return a method's course."""
    best, seconds = [], []
    so_far, spent = math.nan, 0.0
    for _, trial in sorted(method.trials.items()):
        spent += sum(trial.fit_seconds)
        if trial.phase == "done" and trial.feasible and trial.mean is not None and not so_far >= trial.mean:
            so_far = trial.mean
        best.append(so_far)
        seconds.append(spent)
    return Course(np.array(best), np.array(seconds))


def tournament_summary(states: Mapping[int, RunState]) -> TournamentSummary:
    """Return the whole comparison, from the states of runs by seed."""
    first = next(iter(states.values()))
    # of every seed: one whose run was meddled with may have others besides
    shared = set.intersection(*(set(state.methods) for state in states.values())) - {BASELINE, MANUAL}
    names = [name for name in first.methods if name in shared]
    courses = {name: [course_of(state.methods[name]) for state in states.values()] for name in names}
    final = np.array([[course.best[-1] if len(course.best) else math.nan for course in courses[n]] for n in names])
    longest = max((float(np.median([_total(c) for c in courses[name]])) for name in names), default=0.0)
    times = [longest * (step + 1) / TIMES for step in range(TIMES)]
    ranks = _mean_ranks(final)
    return TournamentSummary(
        preset=first.info.preset if first.info else "",
        title=clean(first.info.title) if first.info else "",
        scoring=first.info.scoring if first.info else "",
        seeds=list(states),
        runs=[state.info.run if state.info else "" for state in states.values()],
        methods=[
            MethodOverSeeds(
                method=name,
                final=Spread(*_spread(final[index])),
                best_by_seed=[_plain(value) for value in final[index]],
                mean_rank=_plain(ranks[index]),
                trials=_plain(float(np.median([len(course.best) for course in courses[name]]))),
                fit_seconds=_plain(float(np.median([_total(course) for course in courses[name]]))),
                by_trial=list(_by_trial(courses[name])),
                by_seconds=list(_by_seconds(courses[name], times)),
            )
            for index, name in enumerate(names)
        ],
        comparisons=_comparisons(names, final),
    )


def write(summary: TournamentSummary, folder: Path) -> list[Path]:
    """Write `FILES` into a folder and return their paths."""
    return write_all(folder, dict(files(summary)), force=True)


def files(summary: TournamentSummary) -> list[tuple[str, str]]:
    """Return the names of `FILES`, and what goes into them."""
    document = json.dumps(msgspec.to_builtins(summary), indent=2, allow_nan=False)
    return [*zip(FILES, (document + "\n", _markdown(summary), _curves(summary)), strict=True)]


def rows(summary: TournamentSummary) -> tuple[list[str], list[list[str]]]:
    """Return the table's headings and lines, methods by mean rank."""
    headings = ["method", "mean rank", "median", "quartiles", "trials", "fit s"]
    ordered = sorted(summary.methods, key=lambda row: (row.mean_rank is None, row.mean_rank))
    lines = []
    for row in ordered:
        scores = [_text(row.final.median), f"{_text(row.final.q1)} … {_text(row.final.q3)}"]
        lines.append(
            [clean(row.method), _text(row.mean_rank, 2), *scores, _text(row.trials, 0), _text(row.fit_seconds, 1)]
        )
    return headings, lines


def sentences(summary: TournamentSummary) -> list[str]:
    """Return what the tests over the seeds say of each pair of methods."""
    said = []
    for pair in summary.comparisons:
        (better, worse), (wins, losses) = map(clean, pair.methods), (pair.wins, pair.losses)
        if (pair.median_difference or 0, wins - losses) < (0, 0):
            (better, worse), (wins, losses) = (worse, better), (losses, wins)
        if pair.p is None:
            said.append(f"{better} and {worse} cannot be compared: in no seed do both have a score")
            continue
        p = pair.p_holm
        what = "cannot be told apart" if p is None or p >= 0.05 else f"{better} is better than {worse}"
        names = "" if p is not None and p < 0.05 else f"{better} and {worse} "
        said.append(
            f"{names}{what}: {wins} to {losses} of {len(summary.seeds)} seeds, Wilcoxon "
            f"p = {_text(pair.p, 3)}, {_text(p, 3)} after Holm"
        )
    return said


def fewest_seeds(methods: int) -> int:
    """Return how many seeds so many methods need before any difference can be significant, at 5 % after Holm."""
    pairs = max(methods * (methods - 1) // 2, 1)
    # the smallest two-sided p of Wilcoxon's exact test over n pairs is 2 / 2^n: one method better every time
    return next(seeds for seeds in range(2, 64) if pairs * 2.0 ** (1 - seeds) < 0.05)


def power_note(methods: int, seeds: int) -> str:
    """Return a sentence where so few seeds could not tell any methods apart, however different; empty: they could."""
    fewest = fewest_seeds(methods)
    if methods < 2 or seeds >= fewest:
        return ""
    return (
        f"{seeds} seeds are too few for any difference between {methods} methods to be significant: that takes at "
        f"least {fewest}"
    )


def _total(course: Course) -> float:
    return float(course.seconds[-1]) if len(course.seconds) else 0.0


def _by_trial(courses: Sequence[Course]) -> Iterator[CurvePoint]:
    """Yield the spread of the best so far after each trial; a shorter course stays at its last value."""
    for trial in range(max((len(course.best) for course in courses), default=0)):
        values = [course.best[min(trial, len(course.best) - 1)] for course in courses if len(course.best)]
        low, middle, high = _spread(np.array(values))
        yield CurvePoint(trial=trial + 1, q1=low, median=middle, q3=high)


def _by_seconds(courses: Sequence[Course], times: Sequence[float]) -> Iterator[CurvePoint]:
    """Yield the spread of the best so far after so many seconds of fitting."""
    for time in times:
        values = []
        for course in courses:
            done = int(np.searchsorted(course.seconds, time * (1 + 1e-12), side="right"))
            values.append(course.best[done - 1] if done else math.nan)
        low, middle, high = _spread(np.array(values))
        yield CurvePoint(seconds=time, q1=low, median=middle, q3=high)


def _spread(values: np.ndarray) -> tuple[float | None, float | None, float | None]:
    """Return quartiles about the median; None while any of the values is missing, for it would flatter the others."""
    if not len(values) or not np.isfinite(values).all():
        return None, None, None
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return float(low), float(middle), float(high)


def _mean_ranks(final: np.ndarray) -> np.ndarray:
    """Return each method's rank, 1 the best and ties shared, averaged over seeds; scores of shape (methods, seeds)."""
    from scipy.stats import rankdata

    return rankdata(np.where(np.isfinite(final), -final, np.inf), axis=0).mean(axis=1)


def _comparisons(names: Sequence[str], final: np.ndarray) -> list[Comparison]:
    from scipy.stats import wilcoxon

    pairs: list[Comparison] = []
    for first, second in itertools.combinations(range(len(names)), 2):
        differences = final[first] - final[second]
        differences = np.where(np.abs(differences) < 1e-12, 0.0, differences)
        known = differences[np.isfinite(differences)]
        # Wilcoxon's test says nothing of pairs that are equal
        test: Any = wilcoxon
        pairs.append(
            Comparison(
                methods=[names[first], names[second]],
                median_difference=_plain(float(np.median(known))) if len(known) else None,
                wins=int((known > 0).sum()),
                losses=int((known < 0).sum()),
                p=float(test(known).pvalue) if np.any(known) else 1.0 if len(known) else None,
                p_holm=None,
            )
        )
    adjusted = holm([1.0 if pair.p is None else pair.p for pair in pairs])
    return [
        pair if pair.p is None else msgspec.structs.replace(pair, p_holm=p)
        for pair, p in zip(pairs, adjusted, strict=True)
    ]


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _text(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _markdown(summary: TournamentSummary) -> str:
    headings, lines = rows(summary)
    table = [headings, ["---"] * len(headings), *lines]
    of = f" of {summary.planned} planned" if summary.planned > len(summary.seeds) else ""
    parts = [
        f"# {escape(summary.title)}: methods over {len(summary.seeds)}{of} seeds",
        "\n".join(f"| {' | '.join(map(escape, line))} |" for line in table),
        f"Best mean cross-validation score ({escape(summary.scoring)}) of each seed; rank 1 is the best.",
        "\n".join(f"- {escape(sentence)}" for sentence in sentences(summary)),
        power_note(len(summary.methods), len(summary.seeds)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _curves(summary: TournamentSummary) -> str:
    points = [["method", "by", "at", "q1", "median", "q3"]]
    for row in summary.methods:
        for by, curve in (("trial", row.by_trial), ("seconds", row.by_seconds)):
            for point in curve:
                values = (row.method, by, point.at, point.q1, point.median, point.q3)
                points.append(list(map(cell, values)))
    return as_csv(points)
