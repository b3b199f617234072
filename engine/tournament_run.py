"""A race under way: one seed after the other, each an ordinary run, in a thread of its own.

Nothing is lost with the process: which run belongs to which seed is on disk before that run has gone far, the files are
written anew after every seed, and `Tournament` on the same folder goes on with what is missing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from . import tournament
from .errors import TunetopError
from .events import RunOutcome
from .journal import NO_ROOM
from .launch import RunOptions, launch, resume
from .run import Run
from .state import BASELINE, RunState
from .store import RunFolder, header, load
from .text import NAME, clean
from .tournament_folder import TournamentFolder, TournamentPlan

FEWEST = 2
"""Finished seeds from which on there is something to compare, and files are written."""

_FULL_POLL = 0.5
"""Seconds between looks whether a full disk has room again."""


class Tournament:
    """A race under way. Its methods may be called from any thread; none of them waits for the race.

    Raises RunLocked where another process is conducting it. Runs that are done are taken as they are, a half-done one
    is resumed, and those that are missing are run; with `adopt`, runs of the runs folder that say the same (preset,
    seed, methods) count as well.
    """

    def __init__(self, folder: TournamentFolder, options: RunOptions = RunOptions(), *, adopt: bool = False) -> None:
        self.folder = folder
        self.finished = threading.Event()
        """Set once nothing more will happen and the files are written."""
        self.outcome: RunOutcome | None = None
        self.error: TunetopError | None = None
        """What kept a seed's run from beginning, if that ended the race."""
        self.summary: dict[str, Any] | None = None
        """What `race.json` holds; None until two seeds are done."""
        self.files: list[Path] = []
        """Where the files are, once they are."""
        self._lock = folder.lock()
        self._options, self._adopt = options, adopt
        self._states: dict[int, RunState] = {}
        self._run: Run | None = None
        self._trouble = ""
        self._guard = threading.Lock()
        self._stopping = False
        self._at_once = threading.Event()
        try:
            self.plan = folder.read()
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
        return self._stopping

    def start(self) -> None:
        """Begin, in a background thread."""
        threading.Thread(target=self._conduct, name="tournament", daemon=True).start()

    def stop(self) -> None:
        """Stop in good order: running folds finish, the seeds that are done are compared, and it can be resumed."""
        with self._guard:
            self._stopping = True
            if self._run is not None:
                self._run.stop()

    def stop_now(self) -> None:
        """Stop at once: running folds are given up."""
        with self._guard:
            self._stopping = True
            self._at_once.set()
            if self._run is not None:
                self._run.stop_now()

    # -- the thread --------------------------------------------------------------------------------------------------

    def _conduct(self) -> None:
        outcome, reason = "failed", ""
        try:
            self._note(state="running", reason="")
            outcome, reason = self._play()
        except TunetopError as error:
            self.error, reason = error, clean(error, 600)
        except Exception as error:  # noqa: BLE001 - a race that breaks must say so instead of standing still
            reason = clean(f"{type(error).__name__}: {error}", 600)
        try:
            # also of a race that stops or breaks: what is done is compared
            self._write_files(outcome)
            self._note(state=outcome, reason=reason)
        except Exception as error:  # noqa: BLE001 - as above
            outcome, reason = "failed", reason or clean(f"the end could not be written: {error}", 600)
        finally:
            self._trouble = reason
            self.outcome = outcome
            self._lock.close()
            self.finished.set()

    def _play(self) -> tuple[RunOutcome, str]:
        missing: dict[int, RunFolder | None] = {}
        for seed in self.plan.seeds:
            folder = self._known_run(seed)
            state = load(folder)[0] if folder is not None else None
            if state is not None and state.phase == "done":
                self._states[seed] = state
            else:
                missing[seed] = folder
        for seed, folder in missing.items():
            if self._stopping:
                return "stopped", ""
            run = self._begin(seed, folder)
            run.finished.wait()
            if run.outcome != "done":
                reason = f"seed {seed}, {run.folder.id}: {run.trouble}" if run.trouble else ""
                return run.outcome or "failed", reason
            self._states[seed] = load(run.folder)[0]
            self._write_files("running")
        return "done", ""

    def _begin(self, seed: int, folder: RunFolder | None) -> Run:
        if folder is not None:
            run = resume(folder, self._options)
        else:
            run = launch(self.folder.preset(self.plan, seed), self.folder.store, self._options)
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
        elif self._stopping:
            run.stop()
        return run

    def _known_run(self, seed: int) -> RunFolder | None:
        """Return the run of a seed, half-done or done, if there is one."""
        found = self.folder.run(self.plan, seed)
        if found is not None and header(found) is None:
            # killed before it had a beginning: there is nothing to go on with
            found = None
        if found is None and self._adopt and (found := self._same_run(seed)) is not None:
            self._note(runs=self.plan.runs | {seed: found.id})
        return found

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
            if [plan.name for plan in head.methods if plan.name != BASELINE] == self.plan.methods:
                return folder
        return None

    # -- what is written ---------------------------------------------------------------------------------------------

    def _note(self, **changes: Any) -> None:
        plan: TournamentPlan = msgspec.structs.replace(self.plan, **changes)
        self._with_room(lambda: self.folder.write(plan))
        self.plan = plan

    def _write_files(self, state: str) -> None:
        done = self.done
        if len(done) < FEWEST:
            return
        facts = {"race": self.folder.id, "state": state, "planned_seeds": len(self.plan.seeds)}
        summary = facts | tournament.summarise(done)
        folders = [self.folder.path, *([Path(self.plan.to)] if self.plan.to else [])]
        for folder in folders:
            self.files = self._with_room(lambda folder=folder: tournament.write(summary, folder))
        self.summary = summary

    def _with_room(self, write: Callable[[], Any]) -> Any:
        """Write something; while the disk is full, wait for room, and let it be seen."""
        while True:
            try:
                written = write()
                break
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                self._trouble = clean(f"paused until there is room: {error}", 600)
                if self._at_once.wait(_FULL_POLL):
                    raise
        self._trouble = ""
        return written
