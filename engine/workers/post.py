"""The post: a process beside a cluster's worker that does folds as they are done here, in local workers of its own.

So timeouts, reasons of deaths and process groups are those of `local`, whatever the cluster's own worker can do. `far`
starts it, hands it tasks through one pipe and gets answers through another. It ends with whoever started it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from . import warm
from .base import Kit
from .local import LocalWorkers
from .task import FoldTask
from .wire import encode


class Begin(NamedTuple):
    """What a post is told first: how many folds it does at a time, and what `Kit` says."""

    size: int
    folder: str
    preset_file: str
    allowed: tuple[str, ...]
    code: str


def main(descriptors: str) -> None:
    """Be a post, with the descriptors of its two pipes."""
    _Post(*warm.pipes_of(descriptors)).serve()
    os._exit(0)


class _Post:
    def __init__(self, inlet: Connection, outlet: Connection) -> None:
        self._inlet, self._outlet = inlet, outlet
        self._sending = threading.Lock()
        self._tasks: dict[int, FoldTask] = {}

    def serve(self) -> None:
        """Do one run's folds after another's, until whoever started this is gone."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._serve_run(Begin(*self._inlet.recv()))

    def _serve_run(self, begin: Begin) -> None:
        folder, preset = Path(begin.folder), Path(begin.preset_file)
        workers = LocalWorkers(Kit(begin.size, folder, preset, begin.allowed, code=begin.code))
        workers.begin()
        try:
            self._send("hello", _kernel())
            while (order := self._inlet.recv())[0] != "rest":
                self._take(workers, *order)
        finally:
            self._tasks.clear()
            workers.close(at_once=True)

    def _take(
        self, workers: LocalWorkers, word: str, number: int, task: bytes = b"", timeout: float | None = None
    ) -> None:
        if word == "do":
            # pickled by the run whose task it is
            self._tasks[number] = pickle.loads(task)
            workers.submit(self._tasks[number], lambda answer: self._answer(number, encode(answer)), timeout)
        elif word == "ping":
            self._send("here", number)
        elif (given := self._tasks.pop(number, None)) is not None:
            workers.cancel(given)

    def _answer(self, number: int, letter: bytes) -> None:
        if self._tasks.pop(number, None) is not None:
            self._send("answer", number, letter)

    def _send(self, *words: Any) -> None:
        # who does not listen any more is noticed where it is read from
        with self._sending, contextlib.suppress(OSError):
            self._outlet.send(words)


def _kernel() -> str:
    """Return what linear algebra the processor gets: on another kind, the last digits of a score may differ."""
    import numpy as np  # noqa: F401 - loads the library that is asked for
    from threadpoolctl import threadpool_info

    kernels = {f"{one['internal_api']} {one.get('architecture', '')}".strip() for one in threadpool_info()}
    return ", ".join(sorted(kernel for kernel in kernels if not kernel.startswith("openmp")))
