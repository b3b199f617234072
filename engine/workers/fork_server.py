"""Imported by the fork server alone, before it makes its first worker: what all workers need, and how it ends.

The fork server ends when the process that owns it has ended, be it by kill -9: it takes the workers and whatever their
fits have started along, and removes the socket by which it was spoken to.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from types import FrameType

_SERVER = os.getpid()

_PATIENCE = 2.0
"""Seconds in which killed processes are waited for."""


def _given(name: str) -> int | None:
    """Return a descriptor that the fork server was begun with; only `forkserver.main`, which imports this, knows it."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not forkserver.main.__code__:
        frame = frame.f_back
    return frame.f_locals.get(name) if frame is not None else None


def _address() -> str:
    listener = _given("listener_fd")
    if listener is None:
        return ""
    with socket.socket(socket.AF_UNIX, fileno=os.dup(listener)) as mine:
        return os.fsdecode(mine.getsockname())


_ADDRESS = _address()


def _silence() -> None:
    """Send what this process and its workers print nowhere, below Python's own streams too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


@contextlib.contextmanager
def _watching_owner() -> Iterator[None]:
    """End with the owner also while imports keep the fork server from looking; once it forks, it has no threads."""
    alive = _given("alive_r")
    done, finish = os.pipe()

    def watch() -> None:
        watched = [done] if alive is None else [done, alive]
        if alive in select.select(watched, [], [])[0]:
            _end()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        os.close(finish)
        watcher.join()
        os.close(done)


def _end() -> None:
    if os.getpid() != _SERVER:
        return
    until = time.monotonic() + _PATIENCE
    while (children := _children()) and time.monotonic() < until:
        for child in children:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(child, signal.SIGKILL)
        # what a child leaves behind becomes a child of this process once that is buried
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.001)
    if _ADDRESS:
        with contextlib.suppress(OSError):
            os.unlink(_ADDRESS)
            # multiprocessing's own folder for it, unless something else is in there
            os.rmdir(os.path.dirname(_ADDRESS))
    # at once: to take down all that was imported takes seconds, and nobody is there any more who waits for it
    os._exit(0)


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{_SERVER}/task/{_SERVER}/children").read_text().split()]
    except OSError:
        return []  # a system that does not tell; the workers themselves end with their parent anyway


_silence()
# what the terminal does to its process group, stopping it included, is no business of the workers
os.setsid()
atexit.register(_end)

with _watching_owner():
    from . import process, warm

warm.look_again()
# so that a process that a fit has sent into a session of its own does not outlive the run either
process.adopt_orphans()
# which multiprocessing is surprised at
warnings.filterwarnings("ignore", "forkserver: waitpid")
