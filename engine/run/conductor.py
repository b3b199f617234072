"""A run: the conductor between search methods, workers and the journal.

One thread conducts: it alone keeps the account of trials, hands folds to workers, and writes the journal. Searches and
workers reach it through one queue. A trial's result is on disk before its search, or anyone else, learns of it:

- what came in together is written down record by record, and synced once (group commit);
- only then is done what follows from it (`Methods.follow`): searches are told, winners refitted, methods closed.

So a run that is killed loses nothing that anything was made of, and on a disk that takes its time to sync, the more
results come in meanwhile, the more are synced by the next call.
"""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from ..errors import TunetopError
from ..events import AnyEvent, Point, RunFinished, RunOutcome, RunPaused, RunStopping, RunUnpaused, TrialFinished
from ..export.formats import export
from ..problem.problem import Problem
from ..record.full_disk import PATIENCE, GivenUp, Written, write_with_room
from ..record.inbox import Command, Inbox
from ..record.journal import Journal, JournalBroken
from ..record.lock import RunLock
from ..record.run_folder import RunFolder
from ..record.run_log import Log
from ..state import RunState
from ..text import clean, without_age
from ..verdict.summary import Summary, run_summary
from ..workers.base import Answer, Unready, Workers
from .clock import Clock
from .dispatch import Dispatcher, Job
from .method_run import MethodRun
from .methods import Methods
from .search_thread import Proposals
from .trials import Trials
from .whereabouts import Whereabouts

_POLL = 0.25
"""Seconds between looks at the control file."""


class Run:
    """A run under way. Its methods may be called from any thread; none of them waits for the run."""

    def __init__(
        self,
        folder: RunFolder,
        lock: RunLock,
        journal: Journal,
        problem: Problem,
        state: RunState,
        method_run_of: Callable[[str], MethodRun],
        workers: Workers,
        log: Log,
        *,
        together: bool = False,
        notes: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.finished = threading.Event()
        """Set once nothing more will happen and the files are written."""
        self.outcome: RunOutcome | None = None
        self.summary: Summary | None = None
        """As in `summary.json`, once the run has ended."""
        self.trouble = ""
        """What keeps the run from going on just now, such as a full disk, or what broke it; empty: nothing.

        The lock's file tells other processes.
        """
        self._lock, self._journal, self._problem, self._state = lock, journal, problem, state
        self._workers = workers
        self._due: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        """What is to be done on the conductor's thread, in order."""
        self._paused = False
        self._stopping = False
        self._full = ""
        """What is said of a full disk."""
        self._at_once = threading.Event()
        self._inbox = Inbox(folder.path)
        self._log = log
        self._clock = Clock(problem.preset.stop.total_seconds, state)
        self._dispatcher, self._methods, self._trials = self._make_parts(method_run_of, together)
        self._whereabouts = Whereabouts(workers, self._record, notes)
        self._thread = threading.Thread(target=self._conduct, name="conductor", daemon=True)

    def _make_parts(
        self, method_run_of: Callable[[str], MethodRun], together: bool
    ) -> tuple[Dispatcher, Methods, Trials]:
        problem = self._problem
        dispatcher = Dispatcher(
            self._workers,
            problem.card.train_rows,
            len(problem.folds),
            problem.preset.score.timeout,
            together=together,
            left=self._clock.left,
            answered=self._post_answer,
        )
        methods = Methods(
            method_run_of,
            problem.preset,
            self._state,
            dispatcher,
            together=together,
            clock=self._clock,
            record=self._record,
            post=lambda method, found: self._due.put(lambda: self._take_proposals(method, found)),
            log=self._log,
        )
        trials = Trials(
            problem,
            self._state,
            dispatcher,
            clock=self._clock,
            record=self._record,
            progress=methods.note,
            log=self._log,
        )
        return dispatcher, methods, trials

    def start(self) -> None:
        """Begin, in background threads."""
        self._thread.start()

    def pause(self) -> None:
        """Begin no new folds until `unpause`; running ones finish."""
        self._due.put(self._pause)

    def unpause(self) -> None:
        """Go on after a pause."""
        self._due.put(self._unpause)

    def stop(self) -> None:
        """Stop in good order: running folds finish, finished trials are summarised, and the run can be resumed."""
        self._due.put(self._stop)

    def stop_now(self) -> None:
        """Stop at once: running folds are given up."""
        self._at_once.set()
        self._due.put(self._stop)

    def skip(self, method: str) -> None:
        """End a method early: its started trials finish, then its winner so far is refitted and tested."""
        self._due.put(lambda: self._methods.skip(method, self._trials))

    def add_trials(self, method: str, more: int) -> None:
        """Give a method more trials than planned, also one that is through while others are not."""
        self._due.put(lambda: self._add_trials(method, more))

    def add(self, point: Point) -> None:
        """Add a trial by hand, to the method that holds those."""
        self._due.put(lambda: self._add(point))

    # -- the conductor's thread --------------------------------------------------------------------------------------

    def _conduct(self) -> None:
        outcome, reason = "failed", ""
        try:
            outcome, reason = self._play()
        except GivenUp:
            outcome = "stopped"
        except JournalBroken as error:
            reason = clean(f"the journal cannot be written any more: {error}")
        except TunetopError as error:
            reason = clean(error, 600)
        except Exception as error:  # noqa: BLE001 - a run that breaks must say so instead of standing still
            reason = clean(f"{type(error).__name__}: {error}")
            self._log.exception("the run broke down")
        try:
            self._end(outcome, reason)
        finally:
            try:
                self._lock.close()
            finally:
                self.finished.set()

    def _play(self) -> tuple[RunOutcome, str]:
        self._trials.remember()
        self._workers.listen(lambda: self._due.put(lambda: None))
        self._methods.begin()
        while True:
            self._look_at_workers()
            if self._stopping and (self._dispatcher.in_flight == 0 or self._workers.trouble):
                return "stopped", ""
            if self._methods.through and self._dispatcher.in_flight == 0:
                broken = self._methods.broken
                return ("failed", "; ".join(broken)) if broken else ("done", "")
            self._take_due()
            if self._at_once.is_set():
                raise GivenUp
            for command in self._inbox.poll():
                self._obey(command)
            if not self._stopping:
                self._methods.look_at_the_clock(self._trials)
            self._dispatch()
            self._settle()

    def _take_due(self) -> None:
        """Take what is due now, waiting a while for something; what comes in meanwhile is for the next time."""
        with contextlib.suppress(queue.Empty):
            self._due.get(timeout=_POLL)()
            for _ in range(self._due.qsize()):
                self._due.get_nowait()()

    def _settle(self) -> None:
        """Make durable which trials have finished, and do what follows from them."""
        while self._methods.have_news:
            self._journal.sync()
            self._methods.follow()

    def _look_at_workers(self) -> None:
        if self._workers.unready:
            raise TunetopError(f"no worker can be made ready: {self._workers.unready}")
        self._whereabouts.look()
        self._tell_trouble(self._full or self._workers.trouble)

    def _end(self, outcome: RunOutcome, reason: str) -> None:
        self._methods.close()
        # what keeps folds from being done keeps them from ending as well
        at_once = self._at_once.is_set() or outcome == "failed" or bool(self._workers.trouble)
        # ending processes takes a while, and so does judging: side by side
        closing = threading.Thread(target=self._workers.close, kwargs={"at_once": at_once}, name="closing-workers")
        closing.start()
        try:
            self._record(RunFinished(state=outcome, reason=reason))
            self._with_room(self._write_summary)
            self._journal.close()
        except Exception as error:  # noqa: BLE001 - as in _conduct
            # who asks twice to stop while the disk is full gets a run without an end, which can be resumed as well
            outcome = "stopped" if isinstance(error, GivenUp) else "failed"
            reason = reason or clean(f"the end could not be written: {error}")
            self._log.error("%s", reason)
        finally:
            closing.join()
            self.trouble = reason
            with contextlib.suppress(JournalBroken):
                self._journal.close()
            shutil.rmtree(self.folder.work, ignore_errors=True)
            self._log.close()
        self.outcome = outcome

    def _write_summary(self) -> None:
        self.summary = run_summary(self._state)
        export(self._state, self.folder.path, force=True, summary=self.summary)

    def _record(self, event: AnyEvent) -> None:
        # finished trials are synced together, in `_settle`
        synced = not isinstance(event, TrialFinished)
        self._state.apply(self._with_room(lambda: self._journal.append(event, synced=synced)))

    def _with_room(self, write: Callable[[], Written]) -> Written:
        return write_with_room(write, self._tell_full, self._wait_for_room)

    def _wait_for_room(self) -> bool:
        """Wait a moment, hearing commands meanwhile; tell whether the run is to stop at once."""
        for command in self._inbox.poll():
            if command.word == "stop-now":
                self._at_once.set()
            else:
                self._due.put(lambda command=command: self._obey(command))
        return self._at_once.wait(PATIENCE)

    def _tell_full(self, trouble: str) -> None:
        self._full = trouble
        self._tell_trouble(trouble or self._workers.trouble)

    def _tell_trouble(self, trouble: str) -> None:
        trouble = clean(trouble)
        if trouble != self.trouble:
            if without_age(trouble) != without_age(self.trouble):
                self._log.warning("%s", trouble or "going on")
            self.trouble = trouble
            self._lock.tell_trouble(trouble)

    def _obey(self, command: Command) -> None:
        actions: Mapping[str, Callable[[], None]] = {
            # asked once more, it waits for no fold
            "stop": self.stop_now if self._stopping else self._stop,
            "stop-now": self.stop_now,
            "pause": self._pause,
            "unpause": self._unpause,
            "skip": lambda: self._methods.skip(command.method, self._trials),
            "add-trials": lambda: self._add_trials(command.method, command.number),
            "add": lambda: self._add_sent(command),
        }
        actions[command.word]()

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

    def _add_trials(self, method: str, more: int) -> None:
        self._methods.extend(method, more, stopping=self._stopping)

    def _add(self, point: Point) -> None:
        self._methods.add(point, stopping=self._stopping)

    def _add_sent(self, command: Command) -> None:
        try:
            point = command.point
        except msgspec.MsgspecError as error:
            self._log.warning("not added: %s", clean(error))
            return
        self._add(point)

    def _take_proposals(self, method: MethodRun, proposals: Proposals) -> None:
        if not self._stopping:
            self._methods.take_proposals(method, proposals, self._trials)

    def _dispatch(self) -> None:
        if not self._paused and not self._stopping:
            self._dispatcher.dispatch(self._trials.note_given)

    def _post_answer(self, job: Job, answer: Answer) -> None:
        came = time.monotonic()
        self._due.put(lambda: self._take_answer(job, answer, came))

    def _take_answer(self, job: Job, answer: Answer, came: float) -> None:
        self._dispatcher.note_answered(time.monotonic() - came)
        if isinstance(answer, Unready):
            raise TunetopError(f"no worker can be made ready: {answer.reason}")
        self._clock.note_at_work()
        # workers first: they should not stand idle while this answer is written down
        self._dispatch()
        if job.refit:
            self._methods.take_refit(job.trial, answer)
        else:
            self._trials.take_answer(job, answer)
        if job.trial.method.ended:
            self._methods.begin()
