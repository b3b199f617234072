"""The fork server's early start, apart from the workers: it must cost the first paint nothing.

The fork server imports scikit-learn once, while a person still reads the picker; every worker, a replacement too, is
a fork of it and ready at once.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker

_THREAD_LIMITS = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
_PRELOADED = "tunetop.engine.workers.fork_server"
_SAFE_PATH, BLINDED = "PYTHONSAFEPATH", "tunetop"

_LONGEST_FOLDER = 70
"""Bytes: a socket's path has at most 103 on any system, of which multiprocessing adds 32 to the temporary folder's."""


def limit_threads() -> None:
    """Let linear algebra use one thread in each process, where nothing else was asked for.

    Holds for libraries loaded later: two workers with a thread for every core only fight over the cores, and so do a
    worker and a search that thinks in this process.
    """
    for library in _THREAD_LIMITS:
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def track_resources() -> None:
    """Start multiprocessing's resource tracker, without which no process can be started inside a Textual app."""
    with _deaf(), _blind():
        resource_tracker.ensure_running()


def warm_up() -> None:
    """Start the fork server, which imports what workers need, and return at once; again, it does nothing.

    Inside a running Textual app this works only after `track_resources`.
    """
    track_resources()
    with _deaf(), _blind():
        limit_threads()
        multiprocessing.set_forkserver_preload([_PRELOADED])
        with _short_temporary_folder():
            forkserver.ensure_running()


@contextlib.contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """Put the fork server's socket into /tmp where TMPDIR, as batch systems set it, is too long for a socket's path."""
    if len(os.fsencode(tempfile.gettempdir())) <= _LONGEST_FOLDER:
        yield
        return
    before, tempfile.tempdir = tempfile.tempdir, "/tmp"
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _blind() -> Iterator[None]:
    """Start processes that import nothing from the current folder.

    `python -c`, which multiprocessing starts them with, looks there first: a `random.py` of somebody's would take the
    place of Python's own. What this process imports from there all the same, workers are told of.
    """
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = before or BLINDED
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def look_again() -> None:
    """Let what workers start be as anywhere else: only they themselves were to be started blind."""
    if os.environ.get(_SAFE_PATH) == BLINDED:
        del os.environ[_SAFE_PATH]


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that never hear SIGHUP and SIGINT: they share the terminal's process group."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP, signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
