"""A run: the conductor between search methods, workers and the journal.

One thread conducts: it alone keeps the account of trials, hands folds to workers, and writes the journal. Searches and
workers reach it through one inbox. A trial's result is written down before its search, or anyone else, learns of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import queue
import shutil
import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from . import account
from .control import ControlReader
from .dispatch import Dispatcher, Job
from .errors import TunetopError
from .events import (
    AnyEvent,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodOutcome,
    MethodStarted,
    Point,
    RunFinished,
    RunOutcome,
    RunPaused,
    RunStopping,
    RunUnpaused,
    TrialFinished,
    TrialKey,
)
from .journal import NO_ROOM, Journal, JournalBroken, JournalFull
from .lane import Lane, Proposals, Trial
from .lock import RunLock
from .model import configuration
from .problem import Problem
from .state import RunState
from .store import RunFolder
from .task import FoldResult, RefitResult
from .text import clean
from .workers.base import Answer, Lost, Workers

MOST_DEATHS = 3
"""A trial that so many workers have died over is failed."""

_POLL = 0.25
"""Seconds between looks at the control file."""

_FULL_POLL = 0.5
"""Seconds between looks whether a full disk has room again."""

Written = TypeVar("Written")


class Run:
    """A run under way. Its methods may be called from any thread; none of them waits for the run."""

    def __init__(
        self,
        folder: RunFolder,
        lock: RunLock,
        journal: Journal,
        problem: Problem,
        state: RunState,
        lanes: list[Lane],
        workers: Workers,
        *,
        together: bool = False,
    ) -> None:
        self.folder = folder
        self.finished = threading.Event()
        """Set once nothing more will happen and the files are written."""
        self.outcome: RunOutcome | None = None
        self.trouble = ""
        """What keeps the run from going on just now, such as a full disk, or what broke it; empty: nothing.

        The lock's file tells other processes.
        """
        self._lock, self._journal, self._problem, self._state = lock, journal, problem, state
        self._lanes, self._workers, self._together = lanes, workers, together
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        score = problem.preset.score
        self._folds = score.folds
        self._dispatcher = Dispatcher(
            workers,
            score.folds,
            score.timeout,
            together=together,
            given=self._note_given,
            answered=lambda job, answer: self._inbox.put(lambda: self._take_answer(job, answer)),
        )
        self._configurations: dict[bytes, Trial | TrialKey] = {}
        """Who stands for an effective configuration: a trial under way, or the name of a finished one."""
        self._paused = False
        self._stopping = False
        self._at_once = threading.Event()
        self._control = ControlReader(folder.path)
        self._log = logging.getLogger(f"tunetop.run.{folder.id}")
        self._thread = threading.Thread(target=self._conduct, name="conductor", daemon=True)

    def start(self) -> None:
        """Begin, in background threads."""
        self._thread.start()

    def pause(self) -> None:
        """Begin no new folds until `unpause`; running ones finish."""
        self._inbox.put(self._pause)

    def unpause(self) -> None:
        """Go on after a pause."""
        self._inbox.put(self._unpause)

    def stop(self) -> None:
        """Stop in good order: running folds finish, finished trials are summarised, and the run can be resumed."""
        self._inbox.put(self._stop)

    def stop_now(self) -> None:
        """Stop at once: running folds are given up."""
        self._at_once.set()
        self._inbox.put(self._stop)

    def skip(self, method: str) -> None:
        """End a method early: its started trials finish, then its winner so far is refitted and tested."""
        self._inbox.put(lambda: self._skip(method))

    # -- the conductor's thread --------------------------------------------------------------------------------------

    def _conduct(self) -> None:
        outcome, reason = "failed", ""
        try:
            outcome, reason = self._play()
        except _AtOnce:
            outcome = "stopped"
        except JournalBroken as error:
            reason = clean(f"the journal cannot be written any more: {error}")
        except Exception as error:  # noqa: BLE001 - a run that breaks must say so instead of standing still
            reason = clean(f"{type(error).__name__}: {error}")
            self._log.exception("the run broke down")
        try:
            self._end(outcome, reason)
        finally:
            self._lock.close()
            self.finished.set()

    def _play(self) -> tuple[RunOutcome, str]:
        for method in self._state.methods.values():
            for trial in method.trials.values():
                if trial.phase in ("done", "failed") and trial.reused is None:
                    self._configurations.setdefault(self._configuration(trial.params), trial.key)
        self._begin_lanes()
        while True:
            if self._stopping and self._dispatcher.in_flight == 0:
                return "stopped", ""
            if all(lane.closed for lane in self._lanes) and self._dispatcher.in_flight == 0:
                broken = [f"{lane.name}: {lane.error}" for lane in self._lanes if lane.error]
                return ("failed", "; ".join(broken)) if broken else ("done", "")
            try:
                self._inbox.get(timeout=_POLL)()
                while not self._inbox.empty():
                    self._inbox.get()()
            except queue.Empty:
                pass
            if self._at_once.is_set():
                raise _AtOnce
            for command in self._control.poll():
                self._obey(command)
            self._dispatch()

    def _end(self, outcome: RunOutcome, reason: str) -> None:
        for lane in self._lanes:
            lane.close()
        at_once = self._at_once.is_set() or outcome == "failed"
        self._workers.close(at_once=at_once)
        try:
            self._record(RunFinished(state=outcome, reason=reason))
            self._with_room(self._write_summary)
            self._journal.close()
        except Exception as error:  # noqa: BLE001 - as in _conduct
            # who asks twice to stop while the disk is full gets a run without an end, which can be resumed as well
            outcome = "stopped" if isinstance(error, _AtOnce) else "failed"
            reason = reason or clean(f"the end could not be written: {error}")
            self._log.error("%s", reason)
        finally:
            self.trouble = reason
            with contextlib.suppress(JournalBroken):
                self._journal.close()
            shutil.rmtree(self.folder.path / "work", ignore_errors=True)
        self.outcome = outcome

    def _write_summary(self) -> None:
        from .export import export

        export(self._state, self.folder.path, force=True)

    def _record(self, event: AnyEvent) -> None:
        self._state.apply(self._with_room(lambda: self._journal.append(event)))

    def _with_room(self, write: Callable[[], Written]) -> Written:
        """Write something; while the disk is full, wait for room, and let it be seen."""
        while True:
            try:
                written = write()
                break
            except (JournalFull, OSError) as error:
                if isinstance(error, OSError) and error.errno not in NO_ROOM:
                    raise
                self._tell_trouble(clean(f"paused until there is room: {error}"))
                for command in self._control.poll():
                    if command == "stop-now":
                        self._at_once.set()
                    else:
                        self._inbox.put(lambda command=command: self._obey(command))
                if self._at_once.wait(_FULL_POLL):
                    raise _AtOnce(self.trouble) from None
        self._tell_trouble("")
        return written

    def _tell_trouble(self, trouble: str) -> None:
        if trouble != self.trouble:
            self._log.warning("%s", trouble or "going on")
            self.trouble = trouble
            self._lock.tell_trouble(trouble)

    def _obey(self, command: str) -> None:
        word, _, rest = command.partition(":")
        actions: Mapping[str, Callable[[], None]] = {
            "stop": self._stop,
            "stop-now": self.stop_now,
            "pause": self._pause,
            "unpause": self._unpause,
            "skip": lambda: self._skip(rest),
        }
        if word in actions:
            actions[word]()

    def _pause(self) -> None:
        if not self._paused and not self._stopping:
            self._paused = True
            self._record(RunPaused())

    def _unpause(self) -> None:
        if self._paused and not self._stopping:
            self._paused = False
            self._record(RunUnpaused())

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._dispatcher.clear()
            self._record(RunStopping())

    # -- methods -----------------------------------------------------------------------------------------------------

    def _begin_lanes(self) -> None:
        """Begin the methods whose turn it is: all, or the first and whichever follow drained ones."""
        for lane in self._lanes:
            if not lane.begun and not lane.closed:
                if self._state.methods[lane.name].phase != "running":
                    self._record(MethodStarted(method=lane.name))
                lane.begin(self._post_proposals)
            if not self._together and not lane.closed and not lane.drained:
                return

    def _post_proposals(self, proposals: Proposals) -> None:
        self._inbox.put(lambda: self._take_proposals(proposals))

    def _take_proposals(self, proposals: Proposals) -> None:
        lane = proposals.lane
        if lane.closed or self._stopping:
            return
        lane.take(proposals)
        if proposals.error is not None:
            lane.error = clean(f"{type(proposals.error).__name__}: {proposals.error}")
            self._log.error("%s broke down", lane.name, exc_info=proposals.error)
        if not lane.skipped:
            for point in proposals.points:
                self._open(lane, point)
        self._progress(lane)

    def _progress(self, lane: Lane) -> None:
        """Do what follows from news of a method: ask on, refit the winner, begin the next method."""
        if lane.closed:
            return
        lane.advance()
        if lane.complete and lane.winner is None:
            self._close(lane, MethodFinished(method=lane.name, state=self._ending(lane), error=lane.error))
        elif lane.complete and not lane.refitting:
            lane.refitting = True
            self._dispatcher.add_refit(lane)
        if lane.ended:
            self._begin_lanes()

    @staticmethod
    def _ending(lane: Lane) -> MethodOutcome:
        return "failed" if lane.error else "skipped" if lane.skipped else "done"

    def _close(self, lane: Lane, event: MethodFinished) -> None:
        self._record(event)
        lane.close()
        self._begin_lanes()

    def _skip(self, method: str) -> None:
        for lane in self._lanes:
            if lane.name == method and lane.begun and not lane.closed and not lane.skipped:
                lane.skipped = lane.ended = True
                for trial in [trial for trial in lane.open.values() if not trial.started]:
                    self._give_up(trial)
                self._progress(lane)

    def _give_up(self, trial: Trial) -> None:
        """Drop a trial that has not started; if others wait for its result, the first of them takes its place."""
        del trial.lane.open[trial.number]
        trial.finished = True
        trial.left.clear()
        leader = self._configurations[trial.configuration]
        if isinstance(leader, Trial) and leader is not trial:
            leader.followers.remove(trial)
            return
        del self._configurations[trial.configuration]
        if trial.followers:
            heir, *heir.followers = trial.followers
            self._configurations[heir.configuration] = heir
            self._enqueue(heir)

    def _take_refit(self, lane: Lane, answer: Answer) -> None:
        winner = lane.winner
        assert winner is not None
        if isinstance(answer, RefitResult) and not answer.error:
            event = MethodFinished(
                method=lane.name,
                state=self._ending(lane),
                best=winner.number,
                test_score=answer.score,
                test_predictions=list(answer.predictions),
                refit_seconds=answer.fit_seconds,
                error=lane.error,
            )
        else:
            reason = answer.reason if isinstance(answer, Lost) else getattr(answer, "error", "no answer")
            lane.error = f"the winner could not be refitted: {reason}"
            event = MethodFinished(method=lane.name, state="failed", best=winner.number, error=lane.error)
        self._close(lane, event)

    # -- trials ------------------------------------------------------------------------------------------------------

    def _configuration(self, point: Point) -> bytes:
        text = configuration(self._problem.estimator, self._problem.preset.space, point)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def _open(self, lane: Lane, point: Point) -> None:
        """Make a trial of a proposed point: recorded before, the same as another one, or to be fitted."""
        number = lane.asked
        lane.asked += 1
        arguments = self._problem.preset.space.arguments(point)
        trial = Trial(lane, number, point, arguments, self._configuration(point), urgent=lane.waits)
        lane.open[number] = trial
        recorded = self._state.methods[lane.name].trials.get(number)
        if recorded is not None:
            if recorded.params != point:
                raise TunetopError(
                    f"{lane.name} proposes {point} as trial {number}, but the journal has {recorded.params}: "
                    "were the libraries updated since? Start a new run instead"
                )
            if recorded.phase != "running":
                lane.note_finished(trial, recorded.mean if recorded.phase == "done" else None)
                return
            trial.attempt, trial.lost = recorded.attempt + 1, recorded.lost
        same = self._configurations.get(trial.configuration)
        if isinstance(same, Trial):
            same.followers.append(trial)
        elif same is not None:
            self._reuse(trial, same)
        else:
            self._configurations[trial.configuration] = trial
            self._enqueue(trial)

    def _reuse(self, trial: Trial, source: TrialKey) -> None:
        method, number = source
        self._finish(trial, account.reused(trial, self._state.methods[method].trials[number]))

    def _finish(self, trial: Trial, event: TrialFinished) -> None:
        self._record(event)
        trial.lane.note_finished(trial, account.score_of(event))
        if event.reused is None:
            self._configurations[trial.configuration] = trial.key
        trial.results.clear()
        followers, trial.followers = trial.followers, []
        for follower in followers:
            self._reuse(follower, trial.key)
        self._progress(trial.lane)

    # -- folds -------------------------------------------------------------------------------------------------------

    def _enqueue(self, trial: Trial) -> None:
        trial.left = list(range(self._folds))
        self._dispatcher.add(trial)

    def _dispatch(self) -> None:
        if not self._paused and not self._stopping:
            self._dispatcher.dispatch()

    def _note_given(self, job: Job) -> None:
        trial = job.trial
        if trial is None:
            return
        if not trial.started:
            trial.started = True
            self._record(account.started(trial))
        if len(job.folds) < self._folds:
            self._record(FoldStarted(method=job.lane.name, number=trial.number, folds=list(job.folds)))

    def _take_answer(self, job: Job, answer: Answer) -> None:
        self._dispatcher.in_flight -= 1
        # workers first: they should not stand idle while this answer is written down
        self._dispatch()
        trial = job.trial
        if trial is None:
            if isinstance(answer, Lost) and answer.idle:
                self._dispatcher.add_refit(job.lane)
            else:
                self._take_refit(job.lane, answer)
        elif trial.finished or job.attempt != trial.attempt:
            pass  # of a trial that another fold has failed, or that has started over
        elif isinstance(answer, Lost):
            self._take_loss(trial, job, answer)
        elif isinstance(answer, list):
            self._take_folds(trial, job, answer)
        if job.lane.ended:
            self._begin_lanes()

    def _take_loss(self, trial: Trial, job: Job, loss: Lost) -> None:
        """Let a trial start over whose worker died, a few times; fail one that ran out of time."""
        self._log.warning("%s #%d: %s", trial.lane.name, trial.number, loss.reason)
        if loss.idle:
            trial.left = sorted({*trial.left, *job.folds})
            self._dispatcher.add(trial)
            return
        trial.lost += not loss.timed_out
        if loss.timed_out or trial.lost >= MOST_DEATHS:
            reason = loss.reason if loss.timed_out else f"{loss.reason}; {trial.lost} workers died over this trial"
            self._finish(trial, account.failed(trial, FoldResult(job.folds[0], error=reason)))
            return
        trial.attempt += 1
        trial.started = False
        trial.results.clear()
        self._enqueue(trial)

    def _take_folds(self, trial: Trial, job: Job, results: list[FoldResult]) -> None:
        for result in results:
            if result.error:
                self._finish(trial, account.failed(trial, result))
                return
            self._dispatcher.note_seconds(result)
            trial.results[result.fold] = result
            if len(job.folds) < self._folds:
                self._record(
                    FoldFinished(
                        method=trial.lane.name,
                        number=trial.number,
                        fold=result.fold,
                        score=result.score,
                        fit_seconds=result.fit_seconds,
                        score_seconds=result.score_seconds,
                    )
                )
        if len(trial.results) == self._folds:
            self._finish(trial, account.finished(trial, self._problem.fold_of_row))
        elif not self._stopping:
            self._dispatcher.add(trial)


class _AtOnce(Exception):
    """Raised in the conductor's thread when the run is to stop at once."""
