"""Loops that people write by hand, recorded as they go: `Watch.recording`.

    with Watch.recording("my loop", folds=5, direction="minimize") as run:
        for lr in (0.1, 0.01):
            with run.trial({"lr": lr}) as trial:
                for epoch in range(20):
                    trial.step(epoch, loss)
                for fold in range(5):
                    trial.fold(score)

What is told is on disk when the call returns, so a killed program keeps it. A trial that raises is a failed one, with
its reason; the exception goes on its way.
"""

from __future__ import annotations

import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from ..events import (
    AxesKnown,
    FoldFinished,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Objective,
    RunStarted,
    StepsReported,
    TrialFinished,
    TrialStarted,
)
from ..record.store import Store
from ..sources.header import watched_header
from ..sources.points import GrowingAxes, Labels, axes_of
from ..text import clean, clean_block
from .folds import reason_of
from .recorder import LOOK, Asked, Recorder, Ticker
from .settings import Settings, say, say_where

_METHOD = "loop"


class LoopRun:
    """A loop of trials being recorded; enter it, and give it each trial.

    `folds` is how many scores a trial has (0: one), `trials` how many trials there will be if that is known,
    `direction` which way the score counts, `scoring` its name, and `space` names ranges as scikit-learn's searches take
    them. `stopped` turns True when somebody at a terminal asks the loop to end; `trial` waits while it is paused.
    """

    def __init__(
        self,
        name: str,
        *,
        folds: int = 0,
        trials: int | None = None,
        direction: Literal["maximize", "minimize"] = "maximize",
        scoring: str = "score",
        space: object = None,
        source: str = "",
        runs_dir: str | os.PathLike[str] | None = None,
        quiet: bool = False,
    ) -> None:
        if direction not in ("maximize", "minimize"):
            raise ValueError(f"direction: found {direction!r}; allowed: maximize, minimize")
        self._name, self._folds, self._planned = name, folds, trials
        self._direction: Literal["maximize", "minimize"] = direction
        self._scoring, self._space, self._source = scoring, space, source
        self._settings = Settings(os.fspath(runs_dir) if runs_dir is not None else "", (), quiet)
        self._labels = Labels()
        self._axes = GrowingAxes(axes_of(space, self._labels) if space is not None else [])
        self._recorder: Recorder | None = None
        self._asked: Asked | None = None
        self._ticker: Ticker | None = None
        self._next, self._lock = 0, threading.Lock()
        self._best: tuple[float, int] | None = None

    @property
    def id(self) -> str:
        """The run's name, "" where it cannot be recorded."""
        return self._recorder.folder.id if self._recorder is not None else ""

    @property
    def stopped(self) -> bool:
        """True once somebody asked the loop to end."""
        return self._asked is not None and self._asked.stopping

    def __enter__(self) -> LoopRun:
        """Begin the run; where that cannot be, the loop goes on unrecorded, and says so."""
        try:
            root = Path(self._settings.runs_dir) if self._settings.runs_dir else None
            self._recorder = Recorder(Store(root), self._name, self._header)
            self._recorder.tell(MethodStarted(method=_METHOD))
            self._asked = Asked(self._recorder)
            self._ticker = Ticker(self._asked.look, LOOK)
            say_where(self._recorder.folder.path, self._settings)
        except Exception as error:  # noqa: BLE001 - recording never changes what a loop does
            say(f"not recorded: {type(error).__name__}: {error}", self._settings)
        return self

    def _header(self, run: str) -> RunStarted:
        title = clean(self._name, 100)
        return watched_header(
            run,
            title=title,
            scoring=clean(self._scoring, 60),
            folds=min(max(self._folds, 0), 1000),
            axes=self._axes.axes,
            methods=[MethodPlan(_METHOD, _METHOD, title, self._planned)],
            source=clean(self._source, 60) or f"a loop in {clean(os.path.basename(sys.argv[0] or 'Python'), 60)}",
            objectives=[Objective(clean(self._scoring, 60), self._direction)],
            versions={"python": sys.version.split()[0]},
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write how the loop ended."""
        recorder = self._recorder
        if recorder is None:
            return
        if self._ticker is not None:
            self._ticker.close()
        stopped = self.stopped or isinstance(error, KeyboardInterrupt)
        failed = error is not None and not stopped
        reason = reason_of(f"{type(error).__name__}: {error}") if failed else ""
        recorder.tell(
            MethodFinished(
                method=_METHOD,
                state="failed" if failed else "done",
                best=self._best[1] if self._best is not None else None,
                error=reason,
                reason="stopped" if stopped else "",
            )
        )
        recorder.close("stopped" if stopped else "failed" if failed else "done", reason)

    def trial(self, params: Mapping[str, Any] | None = None) -> LoopTrial:
        """Begin a trial with these parameters; waits while the loop is paused."""
        if self._asked is not None:
            self._asked.go.wait()
        with self._lock:
            number, self._next = self._next, self._next + 1
            point = self._labels.point(params or {})
            grown = self._axes.take(point)
        if grown:
            self.tell(AxesKnown(axes=self._axes.axes))
        self.tell(TrialStarted(method=_METHOD, number=number, params=point))
        return LoopTrial(self, number, point, 1.0 if self._direction == "maximize" else -1.0)

    def tell(self, *events: Any) -> None:
        """Write events of a trial."""
        if self._recorder is not None:
            self._recorder.tell(*events)

    def note_best(self, number: int, mean: float) -> None:
        """Know the mean score of a trial that is through, greater being better."""
        with self._lock:
            if self._best is None or (mean, -number) > (self._best[0], -self._best[1]):
                self._best = (mean, number)


class LoopTrial:
    """One trial of a loop: tell it folds or steps, then `finish` it, or let a `with` around it do so."""

    def __init__(self, run: LoopRun, number: int, params: dict[str, Any], sign: float) -> None:
        self.number = number
        self._run, self._params, self._sign = run, params, sign
        self._scores: list[float] = []
        self._seconds: list[float] = []
        self._steps: list[tuple[int, float]] = []
        self._begun = self._last = time.monotonic()
        self._over = False

    def fold(self, score: float, *, seconds: float | None = None) -> None:
        """Tell the score of the next fold, in the loop's own sign; it took so long, or since the last one."""
        now = time.monotonic()
        took = max(now - self._last if seconds is None else float(seconds), 0.0)
        self._last = now
        value = self._sign * float(score)
        self._scores.append(value)
        self._seconds.append(took)
        if math.isfinite(value) and len(self._scores) <= 1000:
            fold = len(self._scores) - 1
            self._tell(FoldFinished, fold=fold, score=value, fit_seconds=took, score_seconds=0.0)

    def step(self, step: int, value: float) -> None:
        """Tell how the trial stands at a step (an epoch, an iteration), in the loop's own sign."""
        number = self._sign * float(value)
        if math.isfinite(number):
            self._steps.append((int(step), number))
            self._tell(StepsReported, steps=[(int(step), number)])

    def finish(self, score: float | None = None) -> None:
        """End the trial, with this score, or with those of its folds, or else with that of its last step."""
        if self._over:
            return
        if score is not None or not self._scores:
            last = self._sign * float(score) if score is not None else self._steps[-1][1] if self._steps else math.nan
            self._scores = [last]
            self._seconds = [time.monotonic() - self._begun]
        if not all(map(math.isfinite, self._scores)):
            self.fail("the score is no finite number" if self._scores and score is not None else "it told no score")
            return
        self._over = True
        scores = self._scores if len(self._scores) <= 1000 else [sum(self._scores) / len(self._scores)]
        seconds = self._seconds if len(self._seconds) <= 1000 else [sum(self._seconds)]
        self._tell(
            TrialFinished, params=self._params, state="done", scores=scores, fit_seconds=seconds, steps=self._steps
        )
        self._run.note_best(self.number, sum(scores) / len(scores))

    def prune(self) -> None:
        """End the trial early: it is not worth going on with."""
        if self._over:
            return
        self._over = True
        estimate = self._steps[-1][1] if self._steps else None
        spent = [time.monotonic() - self._begun]
        self._tell(
            TrialFinished, params=self._params, state="raced", estimate=estimate, fit_seconds=spent, steps=self._steps
        )

    def fail(self, reason: str, details: str = "") -> None:
        """End the trial as failed, for this reason."""
        if self._over:
            return
        self._over = True
        self._tell(
            TrialFinished,
            params=self._params,
            state="failed",
            error=clean(reason, 300),
            details=clean_block(details, 6000),
            fit_seconds=[time.monotonic() - self._begun],
            by_fold={fold: score for fold, score in enumerate(self._scores[:1000]) if math.isfinite(score)},
            steps=self._steps,
        )

    def _tell(self, event: Any, **facts: Any) -> None:
        self._run.tell(event(method=_METHOD, number=self.number, **facts))

    def __enter__(self) -> LoopTrial:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the trial: as failed where it raised."""
        if error is None:
            self.finish()
        else:
            self.fail(reason_of(f"{type(error).__name__}: {error}"), "".join(traceback.format_exception(error)))
