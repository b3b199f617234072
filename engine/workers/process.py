"""A worker process from the inside: out of the terminal's reach, and never alive without its run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
from multiprocessing import connection, forkserver, parent_process
from typing import Any

from .base import Unready
from .fit import explained, prepare, run_task

READY = "ready"
"""What a worker says first, unless it says `Unready`."""

_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

Setting = tuple[str, str, tuple[str, ...]]
"""What `fit.prepare` takes: the folder of the arrays, the preset's file, the modules that it may name."""


def serve(tasks: Any, answers: Any, setting: Setting) -> None:
    """Do what comes through the pipe `tasks` until there is no more, and answer each through `answers`."""
    me = os.getpid()
    # a session of its own: no terminal to write to or hear signals from, and a process group that can be ended whole
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _die_with_parent()
    with contextlib.suppress(EOFError, OSError):
        try:
            prepare(*setting)
        except BaseException as error:  # noqa: BLE001 - whatever importing an estimator may throw
            answers.send(Unready(explained(error)[0]))
            return
        answers.send(READY)
        found = _surroundings()
        while (task := tasks.recv()) is not None:
            done = run_task(task)
            if os.getpid() != me:
                os._exit(0)  # a fit has forked, and its child came back from it as well
            answers.send(done)
            if _surroundings() != found:
                os._exit(0)  # the next one need not bear what this fit has changed: it gets another worker


def _surroundings() -> tuple[Any, ...]:
    """Return what a fit may change in its process for all that come after it: folder, umask, limits, alarm, signals."""
    try:
        folder = os.getcwd()
    except OSError:
        folder = None  # it was deleted
    mask = os.umask(0o077)
    os.umask(mask)
    limits = [resource.getrlimit(kind) for kind in _LIMITS]
    alarm = signal.getitimer(signal.ITIMER_REAL) != (0.0, 0.0)
    return folder, mask, limits, alarm, [signal.getsignal(number) for number in _SIGNALS]


def _die_with_parent() -> None:
    """End this process when its parent ends, even by kill -9 and even while a fit holds the interpreter's lock."""
    _let_fork_server_end()
    # the parent by kernel's count is the fork server, which ends with the process that owns it
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
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


def adopt_orphans() -> None:
    """Let this process, not the system's first one, become the parent of what its descendants leave behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value)
