"""On which hosts folds run, written down as that changes: at most once a second, on a cluster of any size."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..events import AnyEvent, WorkersChanged
from ..text import clean
from ..workers.base import HERE, Where, Workers

_BETWEEN = 1.0
"""Seconds."""


class Whereabouts:
    """Looks at the workers for the conductor; `notes` are what is to be known of the cluster as a whole."""

    def __init__(self, workers: Workers, record: Callable[[AnyEvent], None], notes: tuple[str, ...]) -> None:
        self._workers, self._record, self._notes = workers, record, notes
        self._told: Where = HERE
        self._due = 0.0

    def look(self) -> None:
        """Write down where folds run, if that is something else than before and it is time."""
        where, now = self._workers.where, time.monotonic()
        if where == self._told or now < self._due:
            return
        self._told, self._due = where, now + _BETWEEN
        names = {host: clean(host, 200) for host in where.hosts}
        self._record(
            WorkersChanged(
                workers=sum(where.hosts.values()),
                hosts={names[host]: size for host, size in where.hosts.items()},
                kernels={names[host]: clean(kernel, 100) for host, kernel in where.kernels.items()},
                notes=[*self._notes, *(clean(f"not used: {line}", 400) for line in where.refused[:20])],
            )
        )
