"""Where a race's screen has its news from: the race's folder, and the journals of its seeds' runs.

As for a single run (`feed`), the screen pulls, a bounded slice at a time, and it makes no difference whether the race
is one of this process, of another, or over.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ...engine.errors import StoreError
from ...engine.state import RunState
from ...engine.tournament.folder import TournamentFolder, TournamentPlan
from .base import Undertaking
from .feeding import CATCH_UP, PATIENCE
from .run import LOCK_CHECKS, Feed, RemoteControl, RunSession

if TYPE_CHECKING:
    from ...engine.tournament.conductor import Tournament
    from ...engine.verdict.over_seeds import TournamentSummary

TournamentPhase = Literal["starting", "running", "stopping", "interrupted", "done", "stopped", "failed"]


class TournamentFeed:
    """A race's plan and its seeds' journals, folded as they grow."""

    def __init__(self, folder: TournamentFolder, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder = folder
        self.plan: TournamentPlan = folder.read()
        self.feeds: dict[int, Feed] = {}
        """By seed, those whose run has begun, in the order of the seeds."""
        self.behind = True
        """True while there is more in the journals than was read."""
        self._clock = clock
        self._read_at = self._signature()
        self._looked = -LOCK_CHECKS
        self._held = True

    @property
    def phase(self) -> TournamentPhase:
        """How the race stands."""
        if self.plan.state != "running":
            return self.plan.state
        if not self._held:
            return "interrupted"
        live = self.live
        return "stopping" if live is not None and live.phase == "stopping" else "running"

    @property
    def done(self) -> dict[int, RunState]:
        """The states of the seeds that are done."""
        return {seed: feed.state for seed, feed in self.feeds.items() if _through(feed)}

    @property
    def current(self) -> int | None:
        """The seed under way, or the first one that was begun and is not done; None: there is none."""
        return next((seed for seed, feed in self.feeds.items() if feed.state.phase != "done"), None)

    @property
    def live(self) -> RunState | None:
        """The state of that seed."""
        current = self.current
        return self.feeds[current].state if current is not None else None

    @property
    def trouble(self) -> str:
        """What keeps whoever conducts it from going on just now; empty: nothing."""
        current = self.current
        return self.feeds[current].trouble if current is not None else ""

    def poll(self, patience: float | None = None) -> bool:
        """Take what is new, for about so many seconds at most (None: as long as keys can wait).

        Returns True if anything changed.
        """
        if patience is None:
            patience = CATCH_UP if self.behind else PATIENCE
        before = (self.plan, self._held)
        self._look_at_plan()
        self._find_runs()
        until = self._clock() + patience
        changed = self.behind = False
        for feed in self.feeds.values():
            if _through(feed):
                continue
            if self._clock() >= until:
                self.behind = True
                break
            changed = feed.poll(max(until - self._clock(), 0.0)) or changed
            self.behind = self.behind or feed.behind
        return changed or (self.plan, self._held) != before

    def _look_at_plan(self) -> None:
        now = self._clock()
        if now - self._looked >= LOCK_CHECKS:
            self._looked = now
            # before reading: whoever ends a race writes how, before it lets go of the lock
            self._held = self.folder.is_locked()
        signature = self._signature()
        if signature == self._read_at:
            return
        self._read_at = signature
        try:
            self.plan = self.folder.read()
        except StoreError:
            # its folder was taken away: what was read stays on the screen
            return

    def _signature(self) -> tuple[int, int] | None:
        try:
            status = self.folder.plan_file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _find_runs(self) -> None:
        if all(seed in self.feeds and self.feeds[seed].folder.id == run for seed, run in self.plan.runs.items()):
            return
        found: dict[int, Feed] = {}
        for seed in self.plan.seeds:
            folder = self.folder.run(self.plan, seed)
            if folder is not None:
                known = self.feeds.get(seed)
                found[seed] = known if known is not None and known.folder == folder else Feed(folder)
        self.feeds = found


def _through(feed: Feed) -> bool:
    return feed.state.phase == "done" and not feed.behind


class TournamentSession(Undertaking):
    """One tournament on the screen: where its news come from, and itself where it is one of this process."""

    def __init__(self, feed: TournamentFeed, *, starting: bool = False) -> None:
        self.feed = feed
        self.name = feed.folder.id
        self.starting = starting
        """True while this process is only about to conduct it."""
        self.summary: TournamentSummary | None = None
        """The comparison over the seeds that are done, once one is."""
        self.summed: tuple[int, ...] = ()
        """The seeds that the comparison is over."""
        self.controls: Tournament | None = None
        """What it can be stopped by; None where one only watches."""

    def take_over(self, run: Tournament) -> None:
        """Conduct it in this process from now on."""
        self.run = self.controls = run
        self.starting = False

    def compared(self, summary: TournamentSummary, seeds: tuple[int, ...]) -> None:
        """Take the comparison of the methods over so many seeds."""
        self.summary, self.summed = summary, seeds

    @property
    def folder(self) -> TournamentFolder:
        """The tournament on disk."""
        return self.feed.folder

    @property
    def phase(self) -> TournamentPhase:
        run = self.controls
        if run is None:
            return "starting" if self.starting else self.feed.phase
        if run.outcome is not None:
            return run.outcome
        return "stopping" if run.stopping else "running"

    @property
    def over(self) -> bool:
        return self.phase in ("interrupted", "done", "stopped", "failed")

    @property
    def progress(self) -> str:
        return f"{len(self.feed.done)} of {len(self.feed.plan.seeds)} seeds done"

    @property
    def trouble(self) -> str:
        return self.run.trouble if self.run is not None else self.feed.trouble

    def session(self, seed: int) -> RunSession | None:
        """Return what shows the run of a seed; None if it was not begun."""
        feed = self.feed.feeds.get(seed)
        if feed is None:
            return None
        return RunSession(feed, RemoteControl(feed.folder) if self.own else None, of_tournament=True)
