"""A run on disk whose journal is written at the speed that a test wants, by a thread, as a conductor would write it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from monitor_app import LiveRun
from tunetop.engine.events import FoldFinished, FoldStarted, MethodStarted, RunFinished, TrialFinished, TrialStarted
from tunetop.engine.record.journal import Disk, Journal
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import Store


class _NoSync(Disk):
    def sync(self, fd: int) -> None:
        """What these tests measure is not the disk."""


class FedRun:
    """A run with a baseline and a whole grid, whose random method goes on for as long as it is fed."""

    def __init__(self, runs: Path, trials: int, **info: Any) -> None:
        self.store = Store(runs)
        self.folder: RunFolder = self.store.create("fed", 'title = "Fed"\n')
        self._lock = self.folder.lock()
        self._journal = Journal.create(self.folder.journal, disk=_NoSync())
        self._made = LiveRun(random_trials=trials, **info)
        self._made.baseline()
        self._made.grid()
        for record in self._made.records:
            self._journal.append(record.event)
        self._journal.append(MethodStarted(method="random"))
        self.number = 0
        self.written: dict[int, float] = {}
        """When each random trial's last record was written, on the monotonic clock."""

    def load(self, trials: int) -> None:
        """Write so many finished trials as fast as possible."""
        for _ in range(trials):
            self._whole()

    def feed(self, rate: float, seconds: float) -> threading.Thread:
        """Go on with `rate` trials a second in a thread; slow ones are announced fold by fold."""

        def write() -> None:
            began = time.monotonic()
            count = round(rate * seconds)
            for index in range(count):
                due = began + index / rate
                if (wait := due - time.monotonic()) > 0:
                    time.sleep(wait)
                if rate > 50:
                    self._whole()
                else:
                    self._fold_by_fold(due, 1 / rate)

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread

    def _whole(self) -> None:
        number, params = self.number, self._made.draw()
        self.number += 1
        self._journal.append(TrialStarted(method="random", number=number, params=params))
        self._finish(number, params, self._made.scores())

    def _fold_by_fold(self, began: float, seconds: float) -> None:
        number, params, scores = self.number, self._made.draw(), self._made.scores()
        self.number += 1
        self._journal.append(TrialStarted(method="random", number=number, params=params))
        for fold, score in enumerate(scores):
            self._journal.append(FoldStarted(method="random", number=number, folds=[fold]))
            if (wait := began + seconds * (fold + 0.9) / len(scores) - time.monotonic()) > 0:
                time.sleep(wait)
            self._journal.append(
                FoldFinished(
                    method="random", number=number, fold=fold, score=score, fit_seconds=0.1, score_seconds=0.001
                )
            )
        self._finish(number, params, scores)

    def _finish(self, number: int, params: dict[str, Any], scores: list[float]) -> None:
        seconds = {"fit_seconds": [0.1] * len(scores), "score_seconds": [0.001] * len(scores)}
        self._journal.append(
            TrialFinished(method="random", number=number, params=params, state="done", scores=scores, **seconds)
        )
        self.written[number] = time.monotonic()

    def end(self) -> None:
        """End the run."""
        self._journal.append(RunFinished(state="done"))

    def close(self) -> None:
        """Let go of the run."""
        self._journal.close()
        self._lock.close()
