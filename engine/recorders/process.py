"""The process that records: what is done at its end, and in children that are forked from it.

A forked child has copies of its parent's records, and must leave them alone. One of multiprocessing's ends without
`atexit`, and its own records are to be ended all the same.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

_ends: list[Callable[[], None]] = []
_noted = 0


def keep(end: Callable[[], None], forget: Callable[[], None]) -> None:
    """Have `end` called when a process ends that has records, and `forget` in each child when it is forked."""
    atexit.register(end)
    _ends.append(end)
    os.register_at_fork(after_in_child=forget)


def note_process() -> None:
    """Know that this process has a record, which is to be ended with it."""
    global _noted
    children = sys.modules.get("multiprocessing.process")
    if _noted == os.getpid() or children is None or children.parent_process() is None:
        return
    _noted = os.getpid()
    from multiprocessing.util import Finalize

    Finalize(None, _end_all, exitpriority=100)


def _end_all() -> None:
    for end in _ends:
        end()
