"""A run's data on its way to the workers: written once into the run's private folder, mapped there by each of them.

Pickled with its large buffers apart (PEP 574), so that they come out as memory that all workers share. This is read
only from the folder that this very run has made for its owner alone; the buffers, which are plain bytes, may lie in
another one (`mapped`).
"""

from __future__ import annotations

import errno
import mmap
import os
import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..files import make_private_dir, open_private
from ..preset.columns import Columns
from .mapped import Mapped, keep

if TYPE_CHECKING:
    from ..problem.problem import Problem

FILES = _HEAD, _BUFFERS = "data.pickle", "data.bin"
_ALIGNED = 64

LARGE = 200_000_000
"""Bytes of data from which on sending them to each host is worth a word."""


@dataclass(frozen=True)
class Shared:
    """What workers know of a problem beside its preset; as in `Problem` and `Split`."""

    train: Any
    train_target: np.ndarray
    test: Any
    test_target: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    columns: Columns
    classes: tuple[str, ...] = ()
    weights: tuple[np.ndarray | None, np.ndarray | None] = (None, None)
    """How much each training row and each test row counts."""
    comparable: bool = True
    """Whether there is one target, which predictions can be held against row by row."""

    @classmethod
    def of(cls, problem: Problem) -> Shared:
        """Return a problem's part that workers need."""
        parts = problem.split
        data = (parts.train, parts.train_target, parts.test, parts.test_target)
        return cls(
            *data,
            folds=problem.folds,
            columns=problem.columns,
            classes=problem.values.classes,
            weights=problem.weights,
            comparable=problem.comparable,
        )


def write_shared(data: Shared, folder: Path, elsewhere: str | None = None) -> Mapped | None:
    """Write `data` into the folder, which is made anew: a killed process may have left one, or somebody else a link.

    The large buffers go `elsewhere` where a folder is given, and the file there is returned.
    """
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    make_private_dir(folder)
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(data, protocol=5, buffer_callback=buffers.append)
    places, pieces, end = [], [], 0
    for buffer in buffers:
        raw, start = buffer.raw(), -(-end // _ALIGNED) * _ALIGNED
        places.append((start, raw.nbytes))
        pieces += [memoryview(bytes(start - end)), raw]
        end = start + raw.nbytes
    mapped = keep(pieces, elsewhere) if elsewhere is not None else None
    if mapped is None:
        with _created(folder / _BUFFERS) as file:
            file.writelines(pieces)
    with _created(folder / _HEAD) as file:
        pickle.dump((head, places, mapped), file)
    return mapped


def read_shared(folder: Path) -> Shared:
    """Return what `write_shared` wrote there; its arrays are read-only."""
    with open(folder / _HEAD, "rb") as file:
        head, places, mapped = pickle.load(file)
    with open(folder / _BUFFERS if mapped is None else mapped.here, "rb") as file:
        whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if any(n for _, n in places) else b"")
    return pickle.loads(head, buffers=[whole[start : start + size] for start, size in places])


def note_on_data(data: Shared, elsewhere: str | None, cluster: str) -> list[str]:
    """Return what to know about large data on their way to the workers."""
    parts = (
        data.train,
        data.train_target,
        data.test,
        data.test_target,
        *(rows for fold in data.folds for rows in fold),
    )
    size = sum(_bytes(part) for part in parts)
    if elsewhere is not None:
        return [f"{size / 1e6:,.0f} MB of data are mapped from {elsewhere} on every host (data.shared)"]
    if cluster and size > LARGE:
        return [
            f'{size / 1e6:,.0f} MB of data go to each host; data.shared = "FOLDER" has them mapped from there instead'
        ]
    return []


def _bytes(part: Any) -> int:
    if hasattr(part, "memory_usage"):
        return int(part.memory_usage().sum())
    return int(getattr(getattr(part, "data", None) if hasattr(part, "tocsr") else part, "nbytes", 0))


class _created:
    """A new private file; what cannot be written is told with the file's path."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Any:
        descriptor = open_private(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        self._file = os.fdopen(descriptor, "wb")
        return self._file

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        try:
            self._file.close()
        except OSError as closing:
            error = error or closing
        if isinstance(error, OSError):
            raise OSError(error.errno or errno.ENOSPC, error.strerror or str(error), str(self._path)) from error
