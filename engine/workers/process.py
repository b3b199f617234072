"""A worker process from the inside: silent, out of the terminal's reach, and never alive without its run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from multiprocessing import connection, forkserver, parent_process
from typing import Any

from ..trial import explained, prepare, run_task
from .base import Unready

READY = "ready"
"""What a worker says first, unless it says `Unready`."""

Setting = tuple[str, str, tuple[str, ...]]
"""What `trial.prepare` takes: the folder of the arrays, the preset's file, the modules that it may name."""


def serve(tasks: Any, answers: Any, setting: Setting) -> None:
    """Do what comes through the pipe `tasks` until there is no more, and answer each through `answers`."""
    me = os.getpid()
    # a session of its own: no terminal to write to or hear signals from, and a process group that can be ended whole
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _die_with_parent()
    _silence()
    with contextlib.suppress(EOFError, OSError):
        try:
            prepare(*setting)
        except BaseException as error:  # noqa: BLE001 - whatever importing an estimator may throw
            answers.send(Unready(explained(error)[0]))
            return
        answers.send(READY)
        while (task := tasks.recv()) is not None:
            done = run_task(task)
            if os.getpid() != me:
                os._exit(0)  # a fit has forked, and its child came back from it as well
            answers.send(done)


def _die_with_parent() -> None:
    """End this process when its parent ends, even by kill -9 and even while a fit holds the interpreter's lock."""
    _let_fork_server_end()
    if sys.platform == "linux":
        # the parent by kernel's count is the fork server, which ends with the process that owns it
        pr_set_pdeathsig = 1
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_pdeathsig, signal.SIGKILL)
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _let_fork_server_end() -> None:
    """Close this worker's end of the pipe by which the fork server sees that its owner has ended.

    multiprocessing hands it to every child; a child that is stuck would keep the fork server, and so itself, alive.
    """
    server: Any = getattr(forkserver, "_forkserver", None)
    alive = getattr(server, "_forkserver_alive_fd", None)
    if alive is not None:
        server._forkserver_alive_fd = None
        os.close(alive)


def _silence() -> None:
    """Send what this process prints nowhere, below Python's own streams too."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
