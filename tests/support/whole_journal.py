"""A whole journal at once, as tests look at it."""

from __future__ import annotations

import os
from typing import NamedTuple

from tunetop.engine.events import Record
from tunetop.engine.record.follow import Follower, collector_paused, damage_at_rest


class JournalContents(NamedTuple):
    """What a journal holds: its good records in order, the end of the last good line, and what is wrong (or "")."""

    records: list[Record]
    good_bytes: int
    damage: str


def read(path: str | os.PathLike[str]) -> JournalContents:
    """Read a journal that nobody is writing; what is wrong with it is said in `damage`."""
    follower = Follower(path)
    with collector_paused():
        records = follower.poll()
    return JournalContents(records, follower.scan.good_bytes, damage_at_rest(follower))
