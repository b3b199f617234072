"""What the race's screen says, as rows: methods by mean rank, seeds, and what the tests say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.text import Text

from ....engine.events import BASELINE, MANUAL
from ....engine.state import MethodState, RunState
from ....engine.text import clean
from ....engine.tournament.compare import power_note, sentences
from ....engine.verdict.over_seeds import MethodOverSeeds, TournamentSummary
from ...render.lines import fit, width_of
from ...render.look import Look
from ...render.numbers import clock, count, score
from ...render.spark import spark_levels, thinned
from ...sessions.tournament import TournamentFeed
from ...widgets.pane import Row, cut, hanging, line

_LONGEST_SPARK = 40


def under_way(state: RunState | None) -> list[MethodState]:
    """Return the methods that a race compares, as the run of one seed has them."""
    return [] if state is None else [m for m in state.methods.values() if m.name not in (BASELINE, MANUAL)]


def method_rows(
    summary: TournamentSummary | None, live: RunState | None, names: Sequence[str], look: Look, width: int
) -> list[Row]:
    """Return the table of the methods: by mean rank over the seeds that are done, beside them the seed under way."""
    found = {row.method: row for row in summary.methods} if summary else {}
    now = {method.name: method for method in under_way(live)}
    names = [*found, *(name for name in names if name not in found)]
    ranks = {name: row.mean_rank for name, row in found.items()}
    ordered = sorted(names, key=lambda name: math.inf if (rank := ranks.get(name)) is None else rank)
    cells = [_cells(found.get(name), now.get(name)) for name in ordered]
    headings = ["rank", "median", "quartiles", *(["now"] if now else []), "trials", "fit s"]
    cells = [[one for one, heading in zip(row, _ALL, strict=True) if heading in headings] for row in cells]
    widths = [max(width_of(cell) for cell in column) for column in zip(headings, *cells, strict=True)]
    longest = min(max((width_of(clean(name)) for name in [*names, "method"]), default=6), 14)
    room = width - 3 - longest - sum(size + 2 for size in widths) - 2
    if room < 0 and "quartiles" in headings:
        place = headings.index("quartiles")
        for row in [headings, widths, *cells]:
            del row[place]
        room = width - 3 - longest - sum(size + 2 for size in widths) - 2
    ends = _ends(found.values())
    titles = (fit(heading, size, "right") for heading, size in zip(headings, widths, strict=True))
    first = "  ".join(["   " + fit("method", longest), *titles])
    sparks = room >= 6 and summary is not None
    rows = [Row(line((first + ("  best so far" if sparks and room >= 11 else ""), look.dim_style), width=width))]
    best = max((_median(row) for row in found.values()), default=-math.inf)
    for name, row in zip(ordered, cells, strict=True):
        colour = look.fore(look.methods[names.index(name) % len(look.methods)])
        leads = name in found and _median(found[name]) == best
        text = line("   ", (fit(clean(name), longest), colour))
        for heading, cell, size in zip(headings, row, widths, strict=True):
            style = look.accent_style if leads and heading == "median" else look.dim_style if heading == "fit s" else ""
            text.append("  ").append(fit(cell, size, "right"), style)
        if sparks and name in found:
            medians = [math.nan if p.median is None else p.median for p in found[name].by_trial]
            text.append("  ").append(spark_levels(thinned(medians, min(room, _LONGEST_SPARK)), *ends, look), colour)
        rows.append(Row(cut(text, width)))
    return rows


_ALL = ("rank", "median", "quartiles", "now", "trials", "fit s")


def _cells(row: MethodOverSeeds | None, now: MethodState | None) -> list[str]:
    """Return a method's cells, one for each of `_ALL`."""
    trials, spent = "", ""
    if now is not None:
        expected = now.expected
        trials = f"{count(now.finished)}/{'?' if expected is None else count(expected)}"
        spent = f"{now.fit_seconds:.1f}"
    best = score(now.best.mean) if now is not None and now.best is not None else "–"
    if row is None:
        return ["–", "–", "–", best, trials or "–", spent or "–"]
    quartiles = f"{score(row.final.q1)} … {score(row.final.q3)}"
    if now is None:
        trials = "–" if row.trials is None else f"{row.trials:.0f}"
    spent = "–" if row.fit_seconds is None else f"{row.fit_seconds:.1f}"
    rank = "–" if row.mean_rank is None else f"{row.mean_rank:.2f}"
    return [rank, score(row.final.median), quartiles, best, trials, spent]


def _median(row: MethodOverSeeds) -> float:
    return -math.inf if row.final.median is None else row.final.median


def _ends(rows: Iterable[MethodOverSeeds]) -> tuple[float, float]:
    medians = [point.median for row in rows for point in row.by_trial if point.median is not None]
    return (min(medians), max(medians)) if medians else (0.0, 0.0)


def seed_rows(feed: TournamentFeed, look: Look, width: int, now: float) -> list[Row]:
    """Return a row for each seed: how it stands, its best, and the run that it is."""
    names = max((width_of(clean(name, 40)) for name in feed.plan.runs.values()), default=3)
    names = min(max(names, 3), max(width - 52, 8))
    digits = max(max((len(str(seed)) for seed in feed.plan.seeds), default=1), 4)
    heading = f"     {'seed':>{digits}}  {fit('run', names)}  {'trials':>9}  {'best':>7}  {'by':<10}  {'time':>6}"
    rows = [Row(line((heading, look.dim_style), width=width))]
    for seed in feed.plan.seeds:
        known = feed.feeds.get(seed)
        if known is None:
            text = line("   ", (f"{look.missing} {seed:>{digits}}  waiting", look.dim_style))
        else:
            text = _seed(seed, known.state, clean(known.folder.id, 40), names, digits, look, now)
        rows.append(Row(cut(text, width), ("seed", seed)))
    return rows


def _seed(seed: int, state: RunState, run: str, names: int, digits: int, look: Look, now: float) -> Text:
    best, planned = state.best, state.expected_trials
    trials = count(state.finished_trials) + ("" if state.phase == "done" or planned is None else f"/{count(planned)}")
    text = line("   ", look.phase_mark(state.phase), f" {seed:>{digits}}  ", (fit(run, names), look.dim_style))
    text.append(f"  {fit(trials, 9, 'right')}  ")
    text.append(fit(score(best.mean) if best is not None else look.nothing, 7, "right"))
    name = clean(best.method, 10) if best is not None else ""
    colour = look.fore(look.method_style(state, best.method)) if best is not None else ""
    text.append("  ").append(fit(name, 10), colour)
    text.append(f"  {fit(clock(state.seconds(now)), 6, 'right')}", look.dim_style)
    return text


def verdict_rows(
    summary: TournamentSummary | None, names: Sequence[str], planned: int, look: Look, width: int
) -> list[Row]:
    """Return what the tests over the seeds say, and whether so many seeds could tell at all."""
    room = max(min(width - 4, 110), 20)
    rows: list[Row] = []
    for pair, sentence in zip(summary.comparisons, sentences(summary), strict=True) if summary else ():
        told = pair.p_holm is not None and pair.p_holm < 0.05
        style = look.fore(look.good) if told else look.fore(look.text)
        mark = line((f" {look.tick if told else look.missing} ", style if told else look.dim_style))
        rows += hanging(mark, clean(sentence, 400), room, style)
    if not rows:
        few = "nothing to compare with" if len(names) < 2 else "the methods are compared once a seed is done"
        rows.append(Row(line((f"   {few}", look.dim_style))))
    if note := power_note(len(names), planned):
        rows += [Row(line()), *hanging(line("   "), f"! {note}", room, look.fore(look.warn))]
    return rows
