"""A run as files that other tools read: one module a format, all of them made from a `RunState` alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..files import write_all
from ..state import RunState
from ..verdict.summary import Summary, run_summary
from . import cv_results, optuna, summary_csv, summary_json, summary_md, trials_csv
from .figures import catalog

if TYPE_CHECKING:
    from .winner import Choice, Winner

Files = Iterable[tuple[str, str | bytes]]
"""File names, and what goes into them."""

Writer = Callable[[RunState, Summary], Files]
"""Makes a format's files from a run and its summary."""


def _csv(state: RunState, summary: Summary) -> Files:
    yield from trials_csv.files(state, summary)
    yield from summary_csv.files(state, summary)


FORMATS: dict[str, Writer] = {
    "csv": _csv,
    "json": summary_json.files,
    "md": summary_md.files,
    "cv_results": cv_results.files,
    "optuna": optuna.sqlite_files,
    "optuna-journal": optuna.journal_files,
}
"""The formats by name: `csv` is trials.csv and summary.csv, the two for Optuna need its extra."""

FIGURES = ("png", "svg", "pdf")
"""Formats of pictures; these need the extra `figures`."""
OF_WINNER = ("model", "joblib", "python")
"""Formats made of a method's winner, which needs the run's folder: a fitted model, the same as a pickle, a script."""

DEFAULT: tuple[str, ...] = ("csv", "md", "cv_results", "json")
"""What is written at the end of a run; where `summary.json` is, the others are."""


def export(
    state: RunState,
    target: Path,
    formats: Sequence[str] = DEFAULT,
    *,
    force: bool = False,
    summary: Summary | None = None,
    figures: catalog.Choice | None = None,
    winner: Choice | None = None,
) -> list[Path]:
    """Write a run's files into the folder `target` and return their paths.

    `formats` are names from `FORMATS`, `FIGURES` and `OF_WINNER`, or `all` for `DEFAULT` and, where it is installed,
    Optuna; `figures` says which pictures are wanted and in which colours (None: all, light), `winner` whose model or
    script. Everything is made before anything is written, so a problem leaves no half of an export behind. Raises
    UsageError for an unknown format or one whose extra is missing, OutputExists when a file is there already and
    `force` is not given.
    """
    made: dict[str, str | bytes] = {}
    # once for all formats: its table is read for it
    won = cache(partial(_winner_of, winner, state)) if winner is not None else None
    # of two models the description is that of the one that is safe to load
    names = sorted(_wanted(formats), key="model".__eq__)
    document = summary if summary is not None else run_summary(state)
    for name in names:
        if name in OF_WINNER:
            made.update(_of_winner(name, won))
        elif name in FIGURES:
            made.update(catalog.files(name, state, document, figures or catalog.Choice()))
        else:
            made.update(FORMATS[name](state, document))
    return write_all(target, made, force=force)


def _winner_of(choice: Choice, state: RunState) -> Winner:
    from .winner import winner_of

    return winner_of(choice, state)


def _of_winner(name: str, won: Callable[[], Winner] | None) -> Files:
    from . import model, script

    if won is None:
        raise UsageError(f"export format {name}: only from a run's own folder")
    writers = {"model": model.skops_files, "joblib": model.joblib_files, "python": script.files}
    return writers[name](won())


def _wanted(formats: Sequence[str]) -> list[str]:
    names: list[str] = []
    for name in formats:
        if name == "all":
            names += [*DEFAULT, *(["optuna"] if optuna.installed() else [])]
        elif name in FORMATS or name in FIGURES or name in OF_WINNER:
            names.append(name)
        else:
            known = [*FORMATS, *FIGURES, *OF_WINNER]
            raise UsageError(f"export format: found {name!r}; allowed: {', '.join(known)}, all")
    return list(dict.fromkeys(names))
