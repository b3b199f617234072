"""A worker process from the inside: out of the terminal's reach, and never alive without its run."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
import threading
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from . import warm
from .base import Unready

READY = "ready"
"""What a worker says first, unless it says `Unready`."""

_LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))
_SIGNALS = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Setting(NamedTuple):
    """What a worker is told before its first task: where it is, and what `fit.prepare` takes."""

    directory: str
    """The current one of the run's process; "" if that was deleted."""
    path: list[str]
    """`sys.path` there."""
    folder: str
    preset_file: str
    allowed: tuple[str, ...]
    code: str = ""
    """See `Kit.code`."""


def main(descriptors: str) -> None:
    """Be a worker that was started for itself, with the descriptors of its two pipes."""
    serve(*warm.pipes_of(descriptors))
    os._exit(0)


def serve(tasks: Connection, answers: Connection) -> None:
    """Do what comes through `tasks`, a `Setting` first, until there is no more; answer each through `answers`.

    The process leads a session of its own: no terminal to write to or hear signals from, and a process group that can
    be ended whole.
    """
    me = os.getpid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _end_with_run(tasks)
    with contextlib.suppress(EOFError, OSError):
        try:
            setting: Setting = tasks.recv()
            sys.path[:] = setting.path
            if setting.directory:
                os.chdir(setting.directory)
            from . import fit

            fit.prepare(setting.folder, setting.preset_file, setting.allowed, setting.code)
        except EOFError:
            return
        except BaseException as error:  # noqa: BLE001 - whatever importing an estimator may throw
            answers.send(Unready(_told(error)))
            return
        answers.send(READY)
        found = _surroundings()
        while (task := tasks.recv()) is not None:
            done = fit.run_task(task)
            if os.getpid() != me:
                os._exit(0)  # a fit has forked, and its child came back from it as well
            answers.send(done)
            if _surroundings() != found:
                os._exit(0)  # the next one need not bear what this fit has changed: it gets another worker


def _told(error: BaseException) -> str:
    try:
        from .fit import explained

        return explained(error)[0]
    except ImportError:
        return f"{type(error).__name__}: {error}"


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


def _end_with_run(tasks: Connection) -> None:
    """End this process when the run's process ends, even by kill -9: nobody can write to `tasks` then."""
    watched = select.poll()
    watched.register(tasks.fileno(), 0)  # a hang-up is told unasked

    def watch() -> None:
        while not watched.poll():
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="run-watch", daemon=True).start()


def die_with_parent(parent: int) -> None:
    """End this process at once when its parent ends, even while a fit holds the interpreter's lock; Linux only."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)  # it has ended already


def adopt_orphans() -> None:
    """Let this process, not the system's first one, become the parent of what its descendants leave behind.

    Linux only: elsewhere what a fit has sent into a session of its own outlives the run.
    """
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value)
