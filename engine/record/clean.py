"""Old runs taken off the disk: which they are, and their removal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..errors import StoreError
from ..text import clean
from .lock import RunLocked
from .run_folder import RunFolder
from .store import REMOVED, Store


class OldRun(NamedTuple):
    """A run that nobody works on: when anything was last written in its folder, and what its files take up."""

    folder: RunFolder
    last_at: float
    """Seconds since the epoch."""
    size: int
    """Bytes."""


def old_runs(store: Store, before: float | None = None, keep: int | None = None) -> list[OldRun]:
    """Return the runs that nobody works on, the oldest first: untouched since `before`, and not the `keep` newest.

    Runs are counted from the newest, running ones too. Links to folders elsewhere are left alone.
    """
    found: list[OldRun] = []
    for place, folder in enumerate(store.list()):
        if (keep is not None and place < keep) or folder.path.is_symlink() or folder.is_locked():
            continue
        run = looked_at(folder)
        if before is None or run.last_at < before:
            found.append(run)
    return sorted(found, key=lambda run: run.last_at)


def looked_at(folder: RunFolder) -> OldRun:
    """Return when a run's folder was last written to, and how large it is."""
    size, last_at = 0, 0.0
    for path, _, names in os.walk(folder.path):
        for name in names:
            try:
                status = os.lstat(Path(path) / name)
            except OSError:
                continue
            size, last_at = size + status.st_size, max(last_at, status.st_mtime)
    return OldRun(folder, last_at, size)


def remove(folder: RunFolder) -> None:
    """Remove a run; raise `StoreError` where somebody works on it, or where it cannot be removed.

    It is renamed first, under its lock: a removal that is broken off leaves no half of a run, and what it leaves goes
    with the next one (`sweep_removed`).
    """
    if folder.path.is_symlink():
        raise StoreError(f"{clean(folder.path, 300)} is a link to a folder elsewhere: remove it yourself")
    try:
        with folder.lock():
            gone = folder.path.with_name(f"{REMOVED}{folder.path.name}")
            os.rename(folder.path, gone)
    except RunLocked as error:
        raise StoreError(f"{clean(folder.id, 80)} stays: {clean(error, 300)}") from None
    except OSError as error:
        raise StoreError(f"{clean(folder.path, 300)} cannot be removed: {error.strerror}") from None
    shutil.rmtree(gone, ignore_errors=True)


def sweep_removed(store: Store) -> None:
    """Take away what a removal that was broken off has left."""
    if store.root.is_dir():
        for path in store.root.glob(f"{REMOVED}*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)


def total(runs: Sequence[OldRun]) -> int:
    """Return what runs take up together, in bytes."""
    return sum(run.size for run in runs)
