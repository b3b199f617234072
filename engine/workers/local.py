"""Folds in processes of this machine, made by `warm`.

Each worker has a thread here and two pipes to it, and shares nothing with the others: no lock, no queue. So a worker
may be killed at any moment, even in the middle of an answer, and only the task that it held is concerned.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import queue
import select
import struct
import sys
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Pipe
from typing import TYPE_CHECKING, Any

from . import warm
from .base import HERE, Answer, Kit, Lost, Unready
from .process import Setting
from .shared import Shared, write_shared
from .task import CHUNK_SECONDS, FoldTask

if TYPE_CHECKING:
    from ..problem.problem import Problem

_STARTS = 3
"""A place that no worker got ready at in so many starts is given up."""

_DEATHS = 12
"""The same for workers that were killed, or taken along by the fork server, before they were ready."""

_SPARED = 12
"""Times that a task may go to another worker at no charge: more often, somebody else's death looks like its doing."""

_PAUSE = 0.3
_LOOK = 0.2
"""Seconds between looks whether a worker that is not made yet is still wanted."""

_FAREWELL = 1.0
"""Seconds that a worker may take to end by itself."""

_LONGEST_WAIT = 2_000_000.0
"""Seconds, three weeks: the system waits no longer at once, so what may take longer has no limit."""


@dataclass
class _Given:
    task: FoldTask
    answer: Callable[[Answer], None]
    timeout: float | None
    spared: int = 0
    cancelled: bool = False


class LocalWorkers:
    """Worker processes; see `base.Workers`."""

    lag = 0.0
    where = HERE
    trouble = ""
    unready = ""

    def __init__(self, kit: Kit) -> None:
        self.size = kit.size
        self._kit = kit
        self._queue: queue.SimpleQueue[_Given | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._at_once = threading.Event()
        self._places = kit.size
        self._workers: set[_Worker] = set()
        self._given: dict[int, _Given] = {}
        """Tasks without an answer, by the identity of the object."""
        self._threads: list[threading.Thread] = []

    def prepare(self, problem: Problem) -> None:
        """Write the problem where the workers read it, and begin to make them; see `base.Workers.prepare`."""
        folder = problem.preset.data.shared
        write_shared(Shared.of(problem), self._kit.work, folder and os.path.expanduser(folder))
        self.begin()

    def begin(self) -> None:
        """Begin to make workers for a problem that lies in the kit's folder already."""
        warm.warm_up()
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(self.size)
        ]
        for thread in self._threads:
            thread.start()

    def listen(self, changed: Callable[[], None]) -> None:
        """Do nothing: on this machine, none of it changes."""

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        """Have `task` done; see `base.Workers.submit`."""
        given = _Given(task, answer, timeout)
        with self._lock:
            self._given[id(task)] = given
        self._queue.put(given)
        return ""

    def cancel(self, task: FoldTask) -> None:
        """Give a task up that was submitted, the very same object: at once, and without an answer."""
        with self._lock:
            if (given := self._given.pop(id(task), None)) is None:
                return
            given.cancelled = True
            for worker in self._workers:
                if worker.task is task:
                    worker.kill()

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once, with tasks left unanswered."""
        if at_once:
            self._at_once.set()
            with self._lock:
                for worker in self._workers:
                    worker.kill()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        """Be one worker's place: hand it tasks, and have another one made when it dies."""
        worker: _Worker | None = None
        try:
            while not self._at_once.is_set():
                if worker is None:
                    worker, reason = self._hire()
                    if worker is None:
                        self._give_up(reason)
                        return
                given = self._queue.get()
                if given is None:
                    return
                with self._lock:
                    if given.cancelled:
                        continue
                    worker.task = given.task
                answer = worker.do(given.task, given.timeout)
                with self._lock:
                    worker.task = None
                if self._at_once.is_set():
                    return
                if answer is not None or given.cancelled:
                    self._answer(given, answer)
                else:
                    self._give_back(given, charged=not worker.answered)
                if worker.dead:
                    worker = self._dismissed(worker)
        finally:
            if worker is not None:
                worker.end()
                self._dismissed(worker)

    def _answer(self, given: _Given, answer: Answer | None) -> None:
        with self._lock:
            self._given.pop(id(given.task), None)
        if answer is not None and not given.cancelled:
            given.answer(answer)

    def _give_back(self, given: _Given, *, charged: bool) -> None:
        """Let another worker have a task that was not begun, or whose worker died of another's death.

        That may go on for ever where workers die of the task all the same: so after some times, if `charged`, it fails.
        """
        given.spared += charged
        if given.spared > _SPARED:
            self._answer(given, Lost(f"its worker was taken along {_SPARED} times"))
        else:
            self._queue.put(given)

    def _hire(self) -> tuple[_Worker | None, str]:
        """Return a worker that is ready; after too many starts in vain none, and what went wrong."""
        reason, refusals, deaths = "", 0, 0
        while refusals < _STARTS and deaths < _DEATHS:
            if self._at_once.wait(_PAUSE if reason else 0):
                break
            try:
                worker = _Worker(self._setting())
            except OSError as error:  # no room, or no more processes allowed
                reason = f"{type(error).__name__}: {error}"
                refusals += 1
                continue
            with self._lock:
                self._workers.add(worker)
                if self._at_once.is_set():
                    worker.kill()
            said = worker.hear_ready()
            if said is None:
                return worker, ""
            self._dismissed(worker)
            reason = said.reason
            refusals, deaths = refusals + isinstance(said, Unready), deaths + isinstance(said, Lost)
        return None, reason

    def _setting(self) -> Setting:
        try:
            directory = os.getcwd()
        except OSError:
            directory = ""
        kit = self._kit
        return Setting(directory, list(sys.path), str(kit.work), str(kit.preset_file), kit.allowed, kit.code)

    def _dismissed(self, worker: _Worker) -> None:
        with self._lock:
            self._workers.discard(worker)

    def _give_up(self, reason: str) -> None:
        """Leave the tasks to the other places; the last one tells of each that it cannot be done."""
        with self._lock:
            self._places -= 1
            if self._places > 0:
                return
        while not self._at_once.is_set() and (given := self._queue.get()) is not None:
            self._answer(given, Unready(reason))


class _Died(Exception):
    """A worker has died: with its exit code, None if the fork server took it along, and in the middle of a task."""

    def __init__(self, code: int | None, begun: bool) -> None:
        self.code, self.begun = code, begun


class _Worker:
    """One process, as its thread sees it."""

    def __init__(self, setting: Setting) -> None:
        self.dead = False
        self.task: FoldTask | None = None
        """What it was given, as long as that may be given up."""
        self.answered = 0
        """Tasks that it has answered."""
        self._doomed = False
        with contextlib.ExitStack() as undo:
            theirs, self._tasks = map(undo.enter_context, Pipe(duplex=False))
            self._answers, theirs_too = map(undo.enter_context, Pipe(duplex=False))
            self._process = warm.start(theirs.fileno(), theirs_too.fileno())
            undo.pop_all()
        theirs.close()
        theirs_too.close()
        self._news = select.poll()
        self._news.register(self._answers, select.POLLIN)
        self._news.register(self._process, select.POLLIN)
        with contextlib.suppress(OSError):  # it ends before it begins
            self._tasks.send(setting)

    def hear_ready(self) -> Unready | Lost | None:
        """Wait until the worker can begin; return None then, or what kept it from that: it is dead in that case."""
        try:
            while not self._process.made(_LOOK):
                if self._doomed:
                    self._close()  # once it is made, it ends by itself
                    return Lost("")
        except OSError as error:
            self._close()
            return Unready(f"{type(error).__name__}: {error}")
        except warm.ServerDied as death:
            self._close()
            return Lost(f"the process that makes workers {death}")
        if self._doomed:
            self._process.kill()
        try:
            said = self._hear()
        except _Died as death:
            return Lost("the process that makes workers died" if death.code is None else f"it {warm.cause(death.code)}")
        if isinstance(said, Unready):
            self.end()
            return said
        return None

    def do(self, task: FoldTask, timeout: float | None) -> Answer | None:
        """Have a task done; None if the worker died before it began, or of another's death.

        `dead` is True if it did not live on.
        """
        # the last fold of several may begin as late as this, and has its whole time then
        limit = None if timeout is None else timeout + CHUNK_SECONDS if len(task.folds) > 1 else timeout
        try:
            self._tasks.send(task)
            answer: Answer = self._hear(limit)
        except TimeoutError:
            what = "fold" if task.folds else "refit"
            return Lost(f"the {what} took longer than its timeout of {timeout:g} s", timed_out=True)
        except OSError:
            self._bury()  # nobody was there to be told
            return None
        except _Died as death:
            return Lost(f"its worker {warm.cause(death.code)}") if death.begun and death.code is not None else None
        except Exception as error:  # noqa: BLE001 - whatever unpickling raises; on this thread, nobody would see it
            self._bury()
            return Lost(f"its answer could not be read: {type(error).__name__}")
        self.answered += 1
        return answer

    def _hear(self, limit: float | None = None) -> Any:
        """Return what the worker says next; raise TimeoutError if nothing within `limit` seconds, or `_Died`."""
        patience = None if limit is None or limit > _LONGEST_WAIT else math.ceil(limit * 1000)
        ready = [descriptor for descriptor, _ in self._news.poll(patience)]
        if not ready:
            self._bury()
            raise TimeoutError
        if self._answers.fileno() in ready:
            try:
                return self._answers.recv()
            except (EOFError, OSError):
                # its end of the pipe closes a moment before it has ended
                self._process.wait_ended(_FAREWELL)
        begun = not self._unread()
        raise _Died(self._bury(), begun)

    def _unread(self) -> bool:
        """Tell whether the last task still lies in the pipe; on some systems nobody knows."""
        with contextlib.suppress(OSError):
            waiting = fcntl.ioctl(self._tasks.fileno(), termios.FIONREAD, b"\0" * 4)
            return struct.unpack("i", waiting)[0] > 0
        return False

    def end(self) -> None:
        """Let the worker end by itself, and see to it that it does."""
        if not self.dead:
            with contextlib.suppress(OSError):
                self._tasks.send(None)
            self._process.wait_ended(_FAREWELL)
            self._bury()

    def kill(self) -> None:
        """End the process, and whatever its fits have started; for any thread."""
        self._doomed = True
        if not self.dead and self._process.pid:
            self._process.wake_server()
            self._process.kill()

    def _bury(self) -> int | None:
        """End the process if it has not ended, and what it has left behind; return its exit code, if anybody knows."""
        if self._process.wait_ended(0):
            self._process.kill_left()
        else:
            self._process.kill()
            self._process.wake_server()
        code = self._process.exit_code()
        self._close()
        return code

    def _close(self) -> None:
        self.dead = True
        self._tasks.close()
        self._answers.close()
        self._process.close()
