"""Imported by the fork server alone, before it makes its first worker: what all workers need, and how it ends.

The fork server ends when the process that owns it has ended, be it by kill -9: it takes the workers and whatever their
fits have started along, and removes the socket by which it was spoken to.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
from multiprocessing import forkserver
from pathlib import Path

_SERVER = os.getpid()


def _silence() -> None:
    # of a fork that fails, Python would print a traceback over somebody's screen
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _end() -> None:
    if os.getpid() != _SERVER:
        return
    for worker in _children():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(worker, signal.SIGKILL)
    address = getattr(forkserver._forkserver, "_forkserver_address", None)  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(address, str) and address:
        with contextlib.suppress(OSError):
            os.unlink(address)
            # multiprocessing's own folder for it, unless something else is in there
            os.rmdir(os.path.dirname(address))


def _children() -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{_SERVER}/task/{_SERVER}/children").read_text().split()]
    except OSError:
        return []  # a system that does not tell; the workers themselves end with their parent anyway


_silence()
atexit.register(_end)

from . import process  # noqa: E402, F401 - after the silence, for its imports may warn
from .warm import look_again  # noqa: E402 - as above

look_again()
