"""A race as files wherever somebody wants them: its comparison, and pictures of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..errors import UsageError, choose
from ..export.figures import race_curves, race_seeds
from ..export.figures.catalog import Choice
from ..export.figures.drawing import check_installed, saved, themed
from ..export.formats import FIGURES
from ..files import write_all
from ..record.run_folder import load_state
from ..state import RunState
from ..text import clean
from ..trials.palette import PALETTES
from ..verdict.over_seeds import TournamentSummary
from . import compare
from .folder import TournamentFolder, TournamentPlan

VIEWS: dict[str, tuple[str, Callable[..., tuple[Any, Any]]]] = {
    "curves": ("Best so far over the seeds", race_curves.compose),
    "seeds": ("What each seed came to", race_seeds.compose),
}
"""The pictures of a race: a title, and what draws them."""

TEXTS = ("json", "md", "csv")
"""Formats of the comparison, in the order of `compare.files`."""


def seeds_done(folder: TournamentFolder) -> tuple[TournamentPlan, dict[int, RunState]]:
    """Return a race's plan and the states of its seeds that are done; UsageError where there is none."""
    plan = folder.read()
    runs = {seed: run for seed in plan.seeds if (run := folder.run(plan, seed)) is not None}
    states = {seed: state for seed, run in runs.items() if (state := load_state(run)[0]).phase == "done"}
    if not states:
        raise UsageError(
            f"{clean(folder.id, 200)}: no seed of this race is done yet, so there is nothing to show of it"
        )
    return plan, states


def comparison(plan: TournamentPlan, states: Mapping[int, RunState]) -> TournamentSummary:
    """Return the comparison of a race as far as it has come."""
    return msgspec.structs.replace(compare.tournament_summary(states), planned_seeds=len(plan.seeds))


def export(
    folder: TournamentFolder, target: Path, formats: Sequence[str], *, figures: Choice, force: bool = False
) -> list[Path]:
    """Write a race's files into the folder `target` and return their paths.

    Everything is made before anything is written. Raises UsageError for a format or picture that a race does not have,
    OutputExists where a file is there already and `force` is not given.
    """
    wrong = [name for name in formats if name not in (*TEXTS, *FIGURES)]
    if wrong:
        raise UsageError(f"export format: found {wrong[0]!r}; allowed for a race: {', '.join((*TEXTS, *FIGURES))}")
    drawn = _drawn(figures)
    summary = comparison(*seeds_done(folder))
    texts = dict(zip(TEXTS, compare.files(summary), strict=True))
    made: dict[str, str | bytes] = {}
    for name in dict.fromkeys(formats):
        made.update([texts[name]] if name in TEXTS else _pictures(name, summary, drawn, figures.theme))
    return write_all(target, made, force=force)


def _drawn(figures: Choice) -> list[str]:
    """Return the names of the pictures that are wanted, checked."""
    if figures.theme not in PALETTES:
        raise UsageError(f"--theme: found {clean(figures.theme, 40)!r}; allowed: {', '.join(PALETTES)}")
    if figures.view == "all":
        return [*VIEWS]
    if figures.view not in VIEWS:
        allowed = f"allowed for a race: {', '.join(VIEWS)}, all. {choose(figures.view, [*VIEWS])}"
        raise UsageError(f"--view: found {clean(figures.view, 40)!r}; {allowed}".rstrip())
    return [figures.view]


def _pictures(kind: str, summary: TournamentSummary, names: Sequence[str], theme: str) -> list[tuple[str, bytes]]:
    check_installed(f"export format {kind}")
    palette = PALETTES[theme]
    with themed(palette):
        return [(f"race-{name}.{kind}", saved(VIEWS[name][1](summary, palette)[0], kind)) for name in names]
