"""A race under way: one seed after the other, each an ordinary run, in a thread of its own.

Nothing is lost with the process: which run belongs to which seed is on disk before that run has gone far, the files are
written anew after every seed, and `Tournament` on the same folder goes on with what is missing.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ..errors import TunetopError, UsageError
from ..events import BASELINE, RunOutcome, RunStarted
from ..files import sweep
from ..record.full_disk import PATIENCE, GivenUp, Written, write_with_room
from ..record.run_folder import RunFolder, header, load_state
from ..run.conductor import Run
from ..run.launch import RunOptions, launch, resume
from ..state import RunState
from ..text import NAME, clean
from ..verdict.over_seeds import TournamentSummary
from . import compare
from .folder import TournamentFolder, TournamentPlan

FEWEST = 2
"""Finished seeds from which on there is something to compare, and files are written."""


class Tournament:
    """A race under way. Its methods may be called from any thread; none of them waits for the race.

    Raises RunLocked where another process is conducting it, StoreError where its preset was changed. Runs that are done
    are taken as they are, a half-done one is resumed, and those that are missing are run; with `adopt`, runs of the
    runs folder that say the same (preset, data, seed, methods) count as well. All must have had the same data.
    """

    def __init__(self, folder: TournamentFolder, options: RunOptions = RunOptions(), *, adopt: bool = False) -> None:
        self.folder = folder
        self.finished = threading.Event()
        """Set once nothing more will happen and the files are written."""
        self.outcome: RunOutcome | None = None
        self.error: TunetopError | None = None
        """What kept a seed's run from beginning, if that ended the race."""
        self.summary: TournamentSummary | None = None
        """What `race.json` holds; None until two seeds are done."""
        self.files: list[Path] = []
        """Where the files are, once they are."""
        self._lock = folder.lock()
        self._options, self._adopt = options, adopt
        self._states: dict[int, RunState] = {}
        self._alike: RunStarted | None = None
        """The beginning of a run that all others must be like."""
        self._run: Run | None = None
        self._trouble = ""
        self._guard = threading.RLock()  # a signal's handler may ask to stop while another one is doing so
        self._stop_asked, self._at_once = threading.Event(), threading.Event()
        try:
            sweep(folder.path)
            self.plan = folder.read()
            folder.check(self.plan)
        except BaseException:
            self._lock.close()
            raise

    @property
    def trouble(self) -> str:
        """What keeps the race from going on just now, such as a full disk, or what broke it; empty: nothing."""
        run = self._run
        return self._trouble or (run.trouble if run is not None else "")

    @property
    def done(self) -> dict[int, RunState]:
        """The states of the seeds that are done, in the order of the seeds."""
        states = dict(self._states)
        return {seed: states[seed] for seed in self.plan.seeds if seed in states}

    @property
    def run(self) -> Run | None:
        """The run that is going on just now."""
        run = self._run
        return run if run is not None and not run.finished.is_set() else None

    @property
    def stopping(self) -> bool:
        """True once it was asked to stop."""
        return self._stop_asked.is_set()

    def start(self) -> None:
        """Begin, in a background thread."""
        threading.Thread(target=self._conduct, name="tournament", daemon=True).start()

    def stop(self) -> None:
        """Stop in good order: running folds finish, the seeds that are done are compared, and it can be resumed."""
        with self._guard:
            self._stop_asked.set()
            if self._run is not None:
                self._run.stop()

    def stop_now(self) -> None:
        """Stop at once: running folds are given up."""
        with self._guard:
            self._stop_asked.set()
            self._at_once.set()
            if self._run is not None:
                self._run.stop_now()

    # -- the thread --------------------------------------------------------------------------------------------------

    def _conduct(self) -> None:
        outcome, reason = "failed", ""
        try:
            self._note(state="running", reason="")
            outcome, reason = self._play()
        except GivenUp:
            outcome = "stopped"
        except TunetopError as error:
            self.error, reason = error, clean(error, 600)
        except Exception as error:  # noqa: BLE001 - a race that breaks must say so instead of standing still
            reason = clean(f"{type(error).__name__}: {error}", 600)
        try:
            # also of a race that stops or breaks: what is done is compared
            self._write_files(outcome)
            self._note(state=outcome, reason=reason)
        except GivenUp:
            pass  # a race without an end can be resumed as well
        except Exception as error:  # noqa: BLE001 - as above
            outcome, reason = "failed", reason or clean(f"the end could not be written: {error}", 600)
        finally:
            self._trouble = reason
            self.outcome = outcome
            self._lock.close()
            self.finished.set()

    def _play(self) -> tuple[RunOutcome, str]:
        known = self._known_runs()
        for seed, folder in known.items():
            state, damage = load_state(folder)
            # the files come after a run's last word; what is wrong with a journal, resuming it will say or mend
            if state.phase == "done" and not damage and folder.summary_json.exists():
                self._states[seed] = state
                # killed between its last word and its end, it could not clear up behind itself
                sweep(folder.path)
                shutil.rmtree(folder.work, ignore_errors=True)
        for seed in self.plan.seeds:
            if seed in self._states:
                continue
            if self.stopping:
                return "stopped", ""
            run = self._begin(seed, known.get(seed))
            run.finished.wait()
            if run.outcome != "done":
                reason = f"seed {seed}, {run.folder.id}: {run.trouble}" if run.trouble else ""
                return run.outcome or "failed", reason
            self._states[seed] = load_state(run.folder)[0]
            self._write_files("running")
        return "done", ""

    def _begin(self, seed: int, folder: RunFolder | None) -> Run:
        run = self._with_room(lambda: self._begun(seed, folder), self._stop_asked)
        with self._guard:
            self._run = run
        try:
            self._note(runs=self.plan.runs | {seed: run.folder.id})
        except BaseException:
            run.stop_now()
            run.finished.wait()
            raise
        if self._at_once.is_set():
            run.stop_now()
        elif self.stopping:
            run.stop()
        return run

    def _begun(self, seed: int, folder: RunFolder | None) -> Run:
        if folder is not None:
            return resume(folder, self._options)
        preset = self.folder.preset(self.plan, seed)
        run = launch(preset, self.folder.store, self._options, alike=self._alike)
        self._alike = self._alike or header(run.folder)
        return run

    def _known_runs(self) -> dict[int, RunFolder]:
        """Return the seeds' runs, half-done or done; raise `UsageError` where they had different data."""
        known: dict[int, RunFolder] = {}
        for seed in self.plan.runs:
            run = self.folder.run(self.plan, seed)
            head = header(run) if run is not None else None
            if run is None or head is None:
                continue  # killed before it had a beginning: there is nothing to go on with
            if not self._is_alike(head):
                raise UsageError(
                    f"{clean(head.run)} had other data than {clean(self._alike.run if self._alike else '')}, and only "
                    "like can be compared with like: remove one of them, then --resume runs its seed again"
                )
            known[seed] = run
        for seed in self.plan.seeds if self._adopt else ():
            if seed not in known and (run := self._same_run(seed)) is not None:
                self._note(runs=self.plan.runs | {seed: run.id})
                known[seed] = run
        return known

    def _is_alike(self, head: RunStarted) -> bool:
        self._alike = self._alike or head
        return head.fingerprint == self._alike.fingerprint

    def _same_run(self, seed: int) -> RunFolder | None:
        """Return the newest run of the runs folder that says the same, unless it is going on elsewhere."""
        digest = self.folder.preset(self.plan, seed).digest
        taken = set(self.plan.runs.values())
        for folder in self.folder.store.list():
            head = header(folder)
            if head is None or head.digest != digest or folder.id in taken or not NAME.fullmatch(folder.id):
                continue
            if folder.is_locked():
                continue
            methods = [plan.name for plan in head.methods if plan.name != BASELINE]
            if methods == self.plan.methods and self._is_alike(head):
                return folder
        return None

    def _note(self, **changes: Any) -> None:
        plan: TournamentPlan = msgspec.structs.replace(self.plan, **changes)
        self._with_room(lambda: self.folder.write(plan))
        self.plan = plan

    def _write_files(self, state: str) -> None:
        done = self.done
        if len(done) < FEWEST:
            return
        summary = msgspec.structs.replace(
            compare.tournament_summary(done), race=self.folder.id, state=state, planned_seeds=len(self.plan.seeds)
        )
        folders = [self.folder.path, *([Path(self.plan.to)] if self.plan.to else [])]
        for folder in folders:
            self.files = self._with_room(lambda folder=folder: compare.write(summary, folder))
        self.summary = summary

    def _with_room(self, write: Callable[[], Written], given_up: threading.Event | None = None) -> Written:
        """Write something; while the disk is full, wait for room, and let it be seen.

        Raises GivenUp once `given_up` is set meanwhile; None: once the race is to stop at once.
        """
        waiting = given_up or self._at_once
        return write_with_room(write, self._tell_trouble, lambda: waiting.wait(PATIENCE))

    def _tell_trouble(self, trouble: str) -> None:
        self._trouble = clean(trouble, 600)
