"""Ray's part of a far worker: an actor for a host, whose calls are those of `far`.

Imported at the other end of the cluster. An actor ends with the run that made it, and its post with it.
"""

from __future__ import annotations

import os
import pickle
from typing import Any

import ray  # pyright: ignore[reportMissingImports]

from . import far

TALK = "talk"
"""The group of calls that are not held up by tasks."""


class Actor:
    """As many tasks at a time as it was made with, and what else is asked of it beside them."""

    def __init__(self, size: int) -> None:
        self._unwanted: set[int] = set()
        # Ray gives each worker as many threads as it has cores: here these are for as many folds with one thread each
        if os.environ.get("OMP_NUM_THREADS") == str(size):
            del os.environ["OMP_NUM_THREADS"]

    @ray.method(concurrency_group=TALK)
    def call(self, payload: bytes) -> Any:
        """Unpickle a call at once; return what comes of it, an exception too."""
        try:
            return pickle.loads(payload)
        except Exception as error:  # noqa: BLE001 - it is told, as Dask tells it
            return error

    @ray.method(concurrency_group=TALK)
    def cancel(self, number: int) -> None:
        """Give a task up, whether it has begun or not."""
        self._unwanted.add(number)

    def do(self, kit: str, number: int, task: bytes, timeout: float | None) -> far.Said:
        """Have this host's post do a task."""
        try:
            if number in self._unwanted:
                return far.GONE, "it was cancelled"
            return far.do(kit, number, task, timeout, lambda: number not in self._unwanted)
        finally:
            self._unwanted.discard(number)
