"""Folds in processes of this machine, forked by the fork server of `warm`.

Each worker has a thread here and two pipes to it, and shares nothing with the others: no lock, no queue. So a worker
may be killed at any moment, even in the middle of an answer, and only the task that it held is concerned.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import multiprocessing
import os
import queue
import signal
import struct
import termios
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, forkserver
from pathlib import Path
from typing import Any

from .base import Answer, Lost, Unready
from .task import CHUNK_SECONDS, FoldTask
from .warm import warm_up

_STARTS = 3
"""A place that no worker got ready at in so many starts is given up."""

_START_PAUSE = 0.3
_FAREWELL = 1.0
"""Seconds that a worker may take to end by itself."""

_LONGEST_WAIT = 2_000_000.0
"""Seconds, three weeks: the system waits no longer at once, so what may take longer has no limit."""

_processes = threading.Lock()
"""Held while processes are started and buried: multiprocessing looks after all children at each of these."""

_over = threading.Event()
"""Set when the program ends: no more workers are made then."""

_living: weakref.WeakSet[_Worker] = weakref.WeakSet()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


@dataclass(frozen=True)
class _Given:
    task: FoldTask
    answer: Callable[[Answer], None]
    timeout: float | None


class LocalWorkers:
    """Worker processes; see `base.Workers`."""

    def __init__(self, size: int, folder: Path, preset_file: Path, allowed: tuple[str, ...]) -> None:
        self.size = size
        self._setting = (str(folder), str(preset_file), allowed)
        self._queue: queue.SimpleQueue[_Given | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._at_once = threading.Event()
        self._places = size
        self._workers: set[_Worker] = set()
        warm_up()
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> None:
        """Have `task` done; see `base.Workers.submit`."""
        self._queue.put(_Given(task, answer, timeout))

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once, with tasks left unanswered."""
        if at_once:
            self._at_once.set()
            _wake_fork_server()
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
                answer = worker.do(given.task, given.timeout)
                if worker.dead:
                    worker = self._dismissed(worker)
                if self._at_once.is_set():
                    return
                if answer is None:
                    self._queue.put(given)  # the worker had died before: at no charge
                else:
                    given.answer(answer)
        finally:
            if worker is not None:
                worker.end()
                self._dismissed(worker)

    def _hire(self) -> tuple[_Worker | None, str]:
        """Return a worker that is ready; after a few starts in vain none, and what went wrong."""
        reason = ""
        for _ in range(_STARTS):
            if self._at_once.wait(_START_PAUSE if reason else 0):
                break
            try:
                worker = _Worker(self._setting)
            except Exception as error:  # noqa: BLE001 - no room, no more processes allowed, no fork server
                reason = f"{type(error).__name__}: {error}"
                continue
            with self._lock:
                self._workers.add(worker)
                if self._at_once.is_set():
                    worker.kill()
            reason = worker.hear_ready()
            if not reason:
                return worker, ""
            self._dismissed(worker)
        return None, reason

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
            given.answer(Unready(reason))


class _Worker:
    """One process, as its thread sees it."""

    def __init__(self, setting: tuple[str, str, tuple[str, ...]]) -> None:
        from .process import serve

        self.dead = False
        context: Any = multiprocessing.get_context("forkserver")
        theirs, self._tasks = context.Pipe(duplex=False)
        self._answers, theirs_too = context.Pipe(duplex=False)
        self._process = context.Process(target=serve, args=(theirs, theirs_too, setting), name="worker")
        try:
            with _processes:
                if _over.is_set():
                    raise RuntimeError("the program is ending")
                _wake_fork_server()
                self._process.start()
                self._pid: int = self._process.pid
                _living.add(self)
        except BaseException:
            self._tasks.close()
            self._answers.close()
            raise
        finally:
            theirs.close()
            theirs_too.close()

    def hear_ready(self) -> str:
        """Wait until the worker can begin; return "" then, or what kept it from that: it is dead in that case."""
        said = self._hear()
        if isinstance(said, Unready):
            self.end()
            return said.reason
        return said.reason.replace("its worker", "it", 1) if isinstance(said, Lost) else ""

    def do(self, task: FoldTask, timeout: float | None) -> Answer | None:
        """Have a task done; None if the worker died before it began. `dead` is True if it did not live on."""
        try:
            self._tasks.send(task)
        except OSError:
            self._bury()
            return None
        if timeout is None or timeout > _LONGEST_WAIT:
            return self._hear()
        # the last fold of several may begin as late as this, and has its whole time then
        limit = timeout + CHUNK_SECONDS if len(task.folds) > 1 else timeout
        what = "fold" if task.folds else "refit"
        return self._hear(limit, f"the {what} took longer than its timeout of {timeout:g} s")

    def _hear(self, limit: float | None = None, too_late: str = "") -> Any:
        ready = connection.wait([self._answers, self._process.sentinel], limit)
        if not ready:
            self._bury()
            return Lost(too_late, timed_out=True)
        if self._answers in ready:
            try:
                return self._answers.recv()
            except (EOFError, OSError):
                # its end of the pipe closes a moment before it has ended
                connection.wait([self._process.sentinel], _FAREWELL)
            except Exception as error:  # noqa: BLE001 - on a thread of its own: what is raised here, nobody would see
                self._bury()
                return Lost(f"its answer could not be read: {type(error).__name__}")
        begun = not self._unread()
        code = self._bury()
        return Lost(f"its worker {_cause(code)}") if begun else None

    def _unread(self) -> bool:
        """Tell whether the last task still lies in the pipe."""
        with contextlib.suppress(OSError):
            waiting = fcntl.ioctl(self._tasks.fileno(), termios.FIONREAD, b"\0" * 4)
            return struct.unpack("i", waiting)[0] > 0
        return False

    def end(self) -> None:
        """Let the worker end by itself, and see to it that it does."""
        if not self.dead:
            with contextlib.suppress(OSError):
                self._tasks.send(None)
            connection.wait([self._process.sentinel], _FAREWELL)
            self._bury()

    def kill(self) -> None:
        """End the process, and whatever its fits have started; for any thread."""
        if not self.dead:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self._pid, signal.SIGKILL)

    def _bury(self) -> int:
        """End the process if it has not ended, and what it has left behind; return its exit code."""
        ended = connection.wait([self._process.sentinel], 0)
        if ended:
            # its number may be another's by now, its process group's only once that is empty
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
        else:
            self.kill()
            _wake_fork_server()
            connection.wait([self._process.sentinel])
        self.dead = True
        with _processes:
            self._process.join()
            # not closed: multiprocessing's own farewell at the program's end may be looking at it
            code: int = self._process.exitcode
        self._tasks.close()
        self._answers.close()
        return code


def _wake_fork_server() -> None:
    """Let the fork server go on where somebody has stopped it: it makes workers, and tells of the end of each."""
    server: Any = forkserver._forkserver  # pyright: ignore[reportAttributeAccessIssue]
    if server._forkserver_pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(server._forkserver_pid, signal.SIGCONT)


def _end_all() -> None:
    _wake_fork_server()
    with _processes:
        _over.set()
        for worker in list(_living):
            worker.kill()


# a program that ends in the middle of a run would wait for its workers, and they for their fits
atexit.register(_end_all)


def _cause(code: int) -> str:
    if code >= 0:
        # multiprocessing's word for not having been told
        hint = " (taken along by the process that makes workers?)" if code == 255 else ""
        return f"ended with exit code {code}{hint}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = {"SIGKILL": " (out of memory?)", "SIGSEGV": " (a crash in compiled code)"}.get(name, "")
    return f"was killed by {name}{hint}"
