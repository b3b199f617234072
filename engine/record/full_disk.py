"""Back-pressure of a full disk: whoever writes waits for room, says so, and may be told to give up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from .journal import JournalFull, no_room

PATIENCE = 0.5
"""Seconds between looks whether there is room again."""

Written = TypeVar("Written")


class GivenUp(Exception):
    """Raised where waiting for room, or a run on the whole, was given up at once."""


def write_with_room(write: Callable[[], Written], tell: Callable[[str], None], wait: Callable[[], bool]) -> Written:
    """Return what `write` returns; while the disk is full, wait and try again.

    `tell` is called with what is wrong, and with "" once all is written. `wait` waits for about `PATIENCE` seconds and
    returns True to give up, which raises `GivenUp`. Errors other than a full disk's are raised as they are.
    """
    while True:
        try:
            written = write()
            break
        except (JournalFull, OSError) as error:
            if not no_room(error):
                raise
            tell(f"paused until there is room: {error}")
            if wait():
                raise GivenUp(str(error)) from None
    tell("")
    return written
