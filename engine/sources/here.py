"""What there is to watch from a folder: Optuna's files in it, and Ray Tune's newest experiments."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ..errors import UsageError
from ..text import clean
from .ray_files import experiments

MOST = 20
"""Experiments and files that are listed, at most."""

_ENDINGS = (".db", ".sqlite", ".sqlite3", ".log", ".journal", ".jsonl")


class Found(msgspec.Struct, frozen=True):
    """One thing to watch: what to type, what kind it is, and a few words on it."""

    source: str
    kind: str
    what: str


def found_here(folder: Path) -> list[Found]:
    """Return what is found in a folder and in Ray's usual places, files newest first."""
    return [*_files(folder), *_experiments()]


def _files(folder: Path) -> list[Found]:
    from . import optuna_journal, optuna_sqlite

    found = []
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_file() and entry.name.endswith(_ENDINGS)]
    except OSError:
        return []
    for entry in sorted(entries, key=lambda one: one.stat().st_mtime, reverse=True)[:MOST]:
        kinds = [("Optuna, SQLite", optuna_sqlite.is_sqlite, optuna_sqlite.studies_of)]
        kinds += [("Optuna, journal", optuna_journal.is_journal, optuna_journal.studies_of)]
        for kind, fits, studies in kinds:
            if not fits(entry.path):
                continue
            try:
                listed = studies(entry.path)
            except UsageError:
                continue
            names = ", ".join(f"{clean(one.name, 40)} ({one.finished} of {one.trials} trials)" for one in listed[:4])
            more = f" and {len(listed) - 4} more" if len(listed) > 4 else ""
            found.append(Found(clean(entry.name, 200), kind, f"{names}{more}" or "no study yet"))
    return found


def _experiments() -> list[Found]:
    found = []
    for experiment in experiments()[:MOST]:
        place = experiment.folders[0] if experiment.folders else Path()
        what = "staged by a session" if experiment.staged else f"stored in {clean(place.parent, 120)}"
        found.append(Found(clean(experiment.name, 200), "Ray Tune", what))
    return found
