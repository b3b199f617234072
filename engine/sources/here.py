"""Discovery of what a folder has to watch: the studies in Optuna's files, and Ray Tune's newest experiments."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from ..errors import UsageError
from ..text import clean
from .optuna_base import StudyEntry
from .ray_files import Experiment, experiments, lives

MOST = 20
"""Experiments and files that are listed, at most."""

RECENT = 60.0
"""Seconds since its last change in which a file counts as being written."""

_ENDINGS = (".db", ".sqlite", ".sqlite3", ".log", ".journal", ".jsonl")


class Found(msgspec.Struct, frozen=True):
    """One thing to watch: what to type, what kind it is, and a few words on it."""

    source: str
    kind: str
    what: str
    study: str | None = None
    """The study, where the source may hold several."""
    live: bool = False
    """True where somebody seems to be at work on it."""
    changed: float = 0.0
    """When it was changed last, in seconds since the epoch."""


def found_here(folder: Path) -> list[Found]:
    """Return what is found in a folder and in Ray's usual places, files newest first."""
    return [*_files(folder), *map(_of_ray, experiments()[:MOST])]


def studies_in(path: Path, source: str) -> list[Found]:
    """Return the studies of one file of Optuna's, none where it is no such file; `source` is what to type for it."""
    from . import optuna_journal, optuna_sqlite

    kinds: list[tuple[str, Callable[..., bool], Callable[..., list[StudyEntry]]]] = [
        ("Optuna, SQLite", optuna_sqlite.is_sqlite, optuna_sqlite.studies_of),
        ("Optuna, journal", optuna_journal.is_journal, optuna_journal.studies_of),
    ]
    try:
        changed = path.stat().st_mtime
    except OSError:
        return []
    for kind, fits, studies in kinds:
        if fits(path):
            live = time.time() - changed < RECENT
            listed = _listed(path, studies) or ()
            whats = [f"{clean(one.name, 60)} ({one.finished} of {one.trials} trials)" for one in listed]
            return [Found(source, kind, what, one.name, live, changed) for one, what in zip(listed, whats, strict=True)]
    return []


_known: dict[tuple[str, int, int], list[StudyEntry]] = {}


def _listed(path: Path, studies: Callable[..., list[StudyEntry]]) -> list[StudyEntry] | None:
    """Return the studies of a file, read anew only once it has changed; None where it is none after all."""
    try:
        status = path.stat()
        key = (str(path.absolute()), status.st_mtime_ns, status.st_size)
        if key not in _known:
            if len(_known) > 10 * MOST:
                _known.clear()
            _known[key] = studies(path)
        return _known[key]
    except (UsageError, OSError):
        return None


def _files(folder: Path) -> list[Found]:
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_file() and entry.name.endswith(_ENDINGS)]
        entries.sort(key=lambda one: one.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return [found for entry in entries[:MOST] for found in studies_in(Path(entry.path), entry.name)]


def _of_ray(experiment: Experiment) -> Found:
    place = experiment.folders[0] if experiment.folders else Path()
    driver = experiment.driver
    live = driver is not None and lives(driver)
    try:
        changed = place.stat().st_mtime
    except OSError:
        changed = 0.0
    what = "its driver is at work" if live else f"kept in {clean(place.parent, 120)}"
    return Found(experiment.name, "Ray Tune", what, None, live, changed)
