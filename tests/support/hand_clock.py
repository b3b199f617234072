"""A clock that a test sets ahead: hours pass for a run at once, and no second that a machine stands still counts."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tunetop.engine.workers import local


class HandClock:
    """What time it is for the conductor of a run of this process, and for the timeouts of its workers' tasks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        self.timed = 0
        """Tasks that workers are at and that have a timeout: it counts from when a worker is given them."""
        self._lock = threading.Lock()
        hear = local._Worker._hear

        def by_this_clock(worker: Any, limit: float | None = None) -> Any:
            if limit is None:
                return hear(worker)
            due = self.monotonic() + limit
            with self._counted():
                while not worker._news.poll(10):
                    if self.monotonic() >= due:
                        return hear(worker, 0.0)
            return hear(worker)

        monkeypatch.setattr(local._Worker, "_hear", by_this_clock)
        for module in ("clock", "method_run"):
            monkeypatch.setattr(f"tunetop.engine.run.{module}.time", self)

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.timed += 1
        try:
            yield
        finally:
            with self._lock:
                self.timed -= 1

    def monotonic(self) -> float:
        """Return the seconds that were let pass, from a beginning of its own."""
        return 1000.0 + self._ahead

    def time(self) -> float:
        """Return the time of day, later by what was let pass: a run's journal has the real one."""
        return time.time() + self._ahead

    def let_pass(self, seconds: float) -> None:
        """Set it ahead."""
        self._ahead += seconds
