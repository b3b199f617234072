"""A watched search on disk: an ordinary run folder, written by the process that makes the search.

Attaching, listing, showing and exporting work on it as on any run. The search never waits for its record: what a full
disk does not take is kept until there is room, and a journal that broke is given up.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import weakref
from collections.abc import Callable

from ..events import AnyEvent, RunFinished, RunOutcome, RunPaused, RunStarted, RunStopping, RunUnpaused
from ..record.inbox import Inbox
from ..record.journal import Disk, Journal, JournalFull
from ..record.lock import RunLock
from ..record.run_folder import RunFolder
from ..record.store import Store
from ..text import clean
from .process import note_process
from .settings import announce

LOOK = 0.05
"""Seconds between two looks at what folds say and at commands."""

LONGEST_LOOK = 0.25
"""Seconds between two looks of a search whose folds are so short that looking takes of its own time."""

_SHARE = 50
"""So many times as long as a look took, the next one is waited for."""

SYNC = 1.0
"""Seconds between two syncs of a journal: a killed process loses nothing, only a machine without power this much."""

_MOST_WAITING = 200_000
"""Events that are kept while a disk is full, at most."""


class SparingDisk(Disk):
    """A disk that is synced now and then: an hour's search must not wait 8,000 times for it."""

    def __init__(self) -> None:
        self._synced = -SYNC

    def sync(self, fd: int) -> None:
        """Sync, unless that was done within the last second."""
        now = time.monotonic()
        if now - self._synced >= SYNC:
            self._synced = now
            super().sync(fd)


class Recorder:
    """Writes one watched search. Its methods may be called from any thread, and raise nothing but at the making."""

    def __init__(
        self, store: Store, name: str, header: Callable[[str], RunStarted], *, clock: Callable[[], float] = time.time
    ) -> None:
        """Make the run's folder, take its lock and write its first event, which `header` makes from the run's name."""
        self.folder: RunFolder = store.create_watched(name)
        self.lost = ""
        """Why events are not written any more; empty: they are."""
        self._lock: RunLock = self.folder.lock()
        try:
            self._journal = Journal.create(self.folder.journal, disk=SparingDisk(), clock=clock)
            self._journal.append(header(self.folder.id))
        except BaseException:
            self._lock.close()
            raise
        self._commands = Inbox(self.folder.path)
        self._waiting: list[AnyEvent] = []
        self._guard = threading.Lock()
        self._closed = False
        _made.add(self)
        note_process()
        announce("run", str(self.folder.path.absolute()))

    def tell(self, *events: AnyEvent) -> None:
        """Write events, after those that a full disk did not take."""
        with self._guard:
            if self._closed or self.lost:
                return
            self._waiting += events
            self._write()

    def _write(self) -> None:
        done = 0
        try:
            for event in self._waiting:
                self._append(event)
                done += 1
        except JournalFull as error:
            self._lock.tell_trouble(f"{clean(error, 150)}: waiting for room")
            if len(self._waiting) > _MOST_WAITING:
                self.lost = clean(error)
        except Exception as error:  # noqa: BLE001 - the search goes on, whatever becomes of its record
            self.lost = clean(error)
        else:
            if done and self._troubled:
                self._lock.tell_trouble("")
        self._troubled = done < len(self._waiting)
        del self._waiting[:done]
        if self.lost:
            self._waiting.clear()
            self._lock.tell_trouble(f"not recorded any more: {self.lost[:150]}")

    _troubled = False

    def _append(self, event: AnyEvent) -> None:
        try:
            self._journal.append(event)
        except ValueError:
            # something in it cannot be kept as it is, such as an endless number: the rest of the record can
            return

    def commands(self) -> list[str]:
        """Return what was asked of the search from any terminal since the last look, the commands' words alone."""
        return [command.word for command in self._commands.poll()]

    def close(self, outcome: RunOutcome, reason: str = "") -> None:
        """Write the run's end and let go of it. Closing twice is harmless."""
        self.tell(RunFinished(state=outcome, reason=clean(reason, 300)))
        self.abandon()

    def abandon(self) -> None:
        """Let go of the run without a word on how it ended."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
            with contextlib.suppress(Exception):
                self._journal.close()
            with contextlib.suppress(Exception):
                self._lock.close()

    def forget(self) -> None:
        """Let go of the run in a forked child, whose parent goes on with it."""
        self._closed, self._guard = True, threading.Lock()


class Asked:
    """What is asked of a watched search from any terminal: to pause, to go on, to stop; each is written down once.

    `go` is set while the search may go on, `stopping` is True once it is to end. `do` is called with the word before
    that holds, for searches that wait elsewhere; one that is not `stoppable` can be paused.
    """

    def __init__(
        self, recorder: Recorder, do: Callable[[str], None] = lambda word: None, *, stoppable: bool = True
    ) -> None:
        self.go = threading.Event()
        self.go.set()
        self.stopping = False
        self._recorder, self._do, self._stoppable = recorder, do, stoppable

    def look(self) -> None:
        """Do what was asked for since the last look, and write what a full disk did not take; raises nothing."""
        with contextlib.suppress(Exception):
            for word in self._recorder.commands():
                self._obey(word)
            self._recorder.tell()

    def _obey(self, word: str) -> None:
        if word == "pause" and self.go.is_set() and not self.stopping:
            self._do("pause")
            self.go.clear()
            self._recorder.tell(RunPaused(reason="by hand"))
        elif word == "unpause" and not self.go.is_set():
            self._do("unpause")
            self.go.set()
            self._recorder.tell(RunUnpaused())
        elif word in ("stop", "stop-now") and self._stoppable and not self.stopping:
            self._do("stop")
            self.stopping = True
            self.go.set()
            self._recorder.tell(RunStopping())


_made: weakref.WeakSet[Recorder] = weakref.WeakSet()


def _forget_in_child() -> None:
    for recorder in list(_made):
        recorder.forget()


os.register_at_fork(after_in_child=_forget_in_child)


class Ticker:
    """A thread that does one small thing again and again until it is told to end; the more there is, the rarer."""

    def __init__(self, work: Callable[[], None], every: float | None = None) -> None:
        self._work, self._every = work, LOOK if every is None else every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tunetop-recorder", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        wait = self._every
        while not self._end.wait(wait):
            began = time.thread_time()
            self._work()
            took = time.thread_time() - began
            wait = min(max(self._every, _SHARE * took), max(self._every, LONGEST_LOOK))

    def close(self) -> None:
        """End the thread."""
        self._end.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)
