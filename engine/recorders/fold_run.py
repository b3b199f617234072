"""A watched search made of folds: its record, what its folds say, and what is asked of it from other terminals."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..events import AxesKnown, Axis, MethodFinished, MethodStarted, RunOutcome, RunStarted
from ..files import make_private_dir, write_atomically
from ..record.store import Store
from ..sources.points import GrowingAxes, Labels
from . import spool
from .folds import FoldBook, TrialPlan
from .recorder import Asked, Recorder, Ticker


class FoldRun:
    """Records trials made of folds. The search's own threads call `expect`, one thread of this reads what folds say.

    `stoppable` is False for a loop that cannot be ended from outside; it can be paused.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        header: Callable[[str], RunStarted],
        method: str,
        *,
        axes: Sequence[Axis] = (),
        labels: Labels | None = None,
        leading: str = "",
        stoppable: bool = True,
    ) -> None:
        self.recorder = Recorder(store, name, header)
        self.id = self.recorder.folder.id
        self.method = method
        self.book = FoldBook(method, leading)
        self.labels = labels or Labels()
        self.folder = str(make_private_dir(self.recorder.folder.path / spool.FOLDER))
        self._asked = Asked(self.recorder, self._do, stoppable=stoppable)
        self._axes = GrowingAxes(axes)
        self._axes_grown = False
        self._reader = spool.SpoolReader(self.folder)
        self._only: int | None = None
        self._draining = threading.Lock()
        self.recorder.tell(MethodStarted(method=method))
        self._ticker = Ticker(self._tick)

    @property
    def stopping(self) -> bool:
        """True once it was asked to stop."""
        return self._asked.stopping

    def expect(
        self, number: int, params: Mapping[str, Any], folds: int, *, resource: int = 0, partial: bool = False
    ) -> None:
        """Know a trial before its first fold is handed to anybody."""
        if self.book.plan(number) is None:
            point = self.labels.point(params)
            self._axes_grown = self._axes.take(point) or self._axes_grown
            self.book.expect(number, TrialPlan(point, folds, resource, partial))

    def _tick(self) -> None:
        with contextlib.suppress(Exception):
            self._drain()
        self._asked.look()

    def _drain(self) -> None:
        with self._draining:
            self._take_in()

    def _take_in(self) -> None:
        events = self.book.take(self._reader.poll())
        if self._axes_grown:
            self._axes_grown = False
            self.recorder.tell(AxesKnown(axes=self._axes.axes))
        # what a full disk did not take is tried again though nothing is new
        self.recorder.tell(*events)
        if self.stopping and self._only is not None and self._is_decided(self._only):
            self._hold_all()

    def _is_decided(self, only: int) -> bool:
        """Tell whether the one trial that may still be finished is not to be waited for any more."""
        if self.book.plan(only) is None and not self.book.complete:
            # it was to be the next one: should another one be, that may not wait for it
            return self.book.furthest() != only
        return bool(self.book.complete) or only in self.book.finished or only in self.book.left

    def _do(self, word: str) -> None:
        if word == "pause":
            self._hold(spool.Hold("pause"))
        elif word == "unpause":
            self._unhold()
        else:
            self._hold_all()

    def _hold_all(self) -> None:
        """Have no more folds begun, but those of one trial where none is complete yet: a search needs one score."""
        self._only = None if self.book.complete else self.book.furthest()
        self._hold(spool.Hold("stop", self._only))

    def _hold(self, what: spool.Hold) -> None:
        path = os.path.join(self.folder, spool.HOLD)
        write_atomically(path, msgspec.json.encode(what), force=True)

    def _unhold(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.folder, spool.HOLD))

    def drain_now(self) -> None:
        """Take in what was said until now, in the caller's thread: a stopped search must know what it has."""
        with contextlib.suppress(Exception):
            self._drain()

    def settle(self) -> None:
        """Take in all that was said until now; from here on nobody else does."""
        self._ticker.close()
        self._drain()

    def close(
        self, outcome: RunOutcome, reason: str = "", *, best: int | None = None, refit_seconds: float | None = None
    ) -> None:
        """Write how it ended, after `settle`."""
        self.recorder.tell(
            MethodFinished(
                method=self.method,
                state="failed" if outcome == "failed" else "done",
                best=best,
                refit_seconds=refit_seconds,
                error=reason if outcome == "failed" else "",
                reason="stopped" if outcome == "stopped" else "",
            )
        )
        self.recorder.close(outcome, reason)
        with contextlib.suppress(OSError):
            if self.stopping:
                # folds that wait in other processes, for whatever became of this search, are not to be begun after it
                self._hold(spool.Hold("stop"))
            else:
                self._unhold()
        with contextlib.suppress(OSError):
            spool.let_go(self.folder)

    def abandon(self) -> None:
        """Let go of a run whose end cannot be written: its thread ends, and it reads as one that broke off."""
        self._ticker.close()
        self.recorder.abandon()
