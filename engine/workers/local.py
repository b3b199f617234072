"""Folds in processes of this machine: a pebble pool over the fork server of `warm`.

pebble charges a death or a timeout to the one task concerned.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from ..task import Task
from .base import Answer, Lost
from .warm import warm_up


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


class LocalWorkers:
    """A pool of worker processes; see `base.Workers`."""

    def __init__(self, size: int, folder: Path, preset_file: Path, allowed: tuple[str, ...]) -> None:
        self.size = size
        self._setting = (str(folder), str(preset_file), allowed)
        self._lock = threading.Lock()
        self._closed = False
        warm_up()
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        from ..trial import prepare_worker

        context: Any = multiprocessing.get_context("forkserver")
        return ProcessPool(self.size, initializer=prepare_worker, initargs=self._setting, context=context)

    def submit(self, task: Task, answer: Callable[[Answer], None], timeout: float | None) -> None:
        """Have `task` done; see `base.Workers.submit`."""
        from ..trial import run_task

        with self._lock:
            try:
                future = self._pool.schedule(run_task, args=(task,), timeout=timeout)
            except RuntimeError:
                # pebble gives a pool up when a worker dies between two tasks; its tasks come back as idle
                if self._closed:
                    raise
                self._retire(self._pool)
                self._pool = self._new_pool()
                future = self._pool.schedule(run_task, args=(task,), timeout=timeout)
        future.add_done_callback(lambda done: answer(_answer(done, timeout)))

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once."""
        with self._lock:
            self._closed = True
            pool = self._pool
        if at_once:
            pool.stop()
        else:
            pool.close()
        pool.join()

    @staticmethod
    def _retire(pool: ProcessPool) -> None:
        pool.stop()
        threading.Thread(target=pool.join, name="retired-pool", daemon=True).start()


def _answer(future: Any, timeout: float | None) -> Answer:
    try:
        return future.result()
    except TimeoutError:
        return Lost(f"the fold took longer than its timeout of {timeout:g} s", timed_out=True)
    except ProcessExpired as death:
        return Lost(f"its worker {_cause(death.exitcode)}")
    except (BrokenProcessPool, CancelledError):
        return Lost("the pool of workers broke down", idle=True)
    except BaseException as error:  # noqa: BLE001 - on a thread of pebble's: what is raised here, nobody would see
        return Lost(f"its answer could not be read: {type(error).__name__}")


def _cause(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = {"SIGKILL": " (out of memory?)", "SIGSEGV": " (a crash in compiled code)"}.get(name, "")
    return f"was killed by {name}{hint}"
