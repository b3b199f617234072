"""Races in a report: the table, what the tests over the seeds say, and the curves with their quartiles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ..export.figures.drawing import saved, themed
from ..export.report.page import check_extra
from ..export.report.page_svg import PAGE, for_page
from ..export.report.report import Subject
from ..export.report.report import report as of_runs
from ..state import RunState
from ..text import clean
from ..verdict.numbers import score_text
from ..verdict.over_seeds import TournamentSummary
from . import compare
from .export import VIEWS, seeds_done
from .folder import TournamentFolder


def report(subjects: Sequence[Subject], races: Sequence[TournamentFolder]) -> str:
    """Return the HTML of a report on races and runs; UsageError where the extra is missing, or no seed is done."""
    check_extra()
    return of_runs(subjects, [_read(folder, place) for place, folder in enumerate(races, 1)])


def _read(folder: TournamentFolder, place: int) -> dict[str, Any]:
    plan, states = seeds_done(folder)
    return part(folder.id, plan.title, len(plan.seeds), states, place)


def part(name: str, title: str, planned: int, states: Mapping[int, RunState], place: int) -> dict[str, Any]:
    """Return what the template needs to know of a race, from the states of its seeds that are done."""
    summary = msgspec.structs.replace(compare.tournament_summary(states), planned_seeds=planned)
    headings, rows = compare.rows(summary)
    said = compare.sentences(summary)
    note = compare.power_note(len(summary.methods), len(states))
    of = f" of {planned} planned" if len(states) < planned else ""
    return {
        "kind": "race",
        "id": f"race-{place}",
        "name": clean(name, 200),
        "title": f"{clean(title, 200)}: methods over {len(states)}{of} seeds",
        "headline": f"{said[0]}." if said else "One method alone: there is nothing to compare it with.",
        "sentences": [*said[1:], *([note] if note else [])],
        "headings": headings,
        "rows": rows,
        "about": f"Best mean cross-validation score ({clean(summary.scoring, 60)}) of each seed; rank 1 is the best",
        "figures": [*_figures(summary, place)],
        "seed_headings": ["seed", *(clean(row.method) for row in summary.methods)],
        "seed_rows": _seeds(summary),
    }


def _figures(summary: TournamentSummary, place: int) -> Iterator[dict[str, Any]]:
    from markupsafe import Markup

    with themed(PAGE, text_as_text=True):
        for name, (title, compose) in VIEWS.items():
            drawn, caption = compose(summary, PAGE)
            svg = for_page(saved(drawn, "svg"), f"{name}-{place}", caption)
            yield {"id": f"{name}-{place}", "title": title, "svg": Markup(svg), "caption": caption}


def _seeds(summary: TournamentSummary) -> list[list[str]]:
    rows = zip(summary.seeds, *(row.best_by_seed for row in summary.methods), strict=True)
    return [[str(seed), *map(score_text, scores)] for seed, *scores in rows]
