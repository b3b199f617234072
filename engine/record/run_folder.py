"""A run's folder: what is in it, its header, and its state as the journal tells it."""

from __future__ import annotations

import os
from pathlib import Path

from ..events import Record, RunStarted
from ..files import only_plain
from ..state import RunState
from .follow import Follower, collector_paused, damage_at_rest
from .inbox import Command
from .inbox import send as send_command
from .lines import decode_line
from .locked_folder import Inside, LockedFolder

_BLOCK_OF_RECORDS = 20_000
_LARGEST_PRESET = 1 << 22


class RunFolder(LockedFolder):
    """One run on disk, wherever its folder lies."""

    journal = Inside("journal.jsonl")
    """Everything that happened."""
    log = Inside("log.txt")
    """What the program itself had to say."""
    work = Inside("work")
    """The arrays that its workers map into memory, while it is run."""
    control = Inside("control")
    """Commands for the process that runs it."""
    summary_json = Inside("summary.json")
    """The comparison, once there is one."""

    def send(self, command: Command | str) -> None:
        """Append a command for the process that runs it: see `inbox.send`."""
        send_command(self.path, command)

    def exists(self) -> bool:
        """Tell whether there is a run here, be it only just begun."""
        return os.path.isfile(self.journal) or os.path.isfile(self.preset_file)


def started_at(folder: RunFolder) -> float:
    """Return when a run began, in seconds since the epoch: by its journal's header, or else by its files' times."""
    first = _first(folder.journal)
    if first is not None:
        return first.t
    for path in (folder.journal, folder.preset_file, folder.path):
        try:
            return path.stat().st_mtime
        except OSError:
            continue
    return 0.0


def header(folder: RunFolder) -> RunStarted | None:
    """Return the first event of a run's journal, None where it cannot be read."""
    first = _first(folder.journal)
    return first.event if first is not None and isinstance(first.event, RunStarted) else None


def load_state(folder: RunFolder) -> tuple[RunState, str]:
    """Return what is known of a run, and what is wrong with its journal ("": nothing).

    The phase is "interrupted" when the run has not ended and nobody is running it.
    """
    # asked before reading: a run that ends meanwhile has written its last record before it lets go of the lock
    running = folder.is_locked()
    state, follower = RunState(), Follower(folder.journal)
    with collector_paused():
        while records := follower.poll(_BLOCK_OF_RECORDS):
            if follower.restarted:
                state = RunState()
            state.apply_all(records)
    if running:
        return state, follower.damage
    state.interrupt()
    return state, damage_at_rest(follower)


def preset_text(folder: RunFolder) -> str:
    """Return what a run's preset says, "" where it has none that can be read."""
    try:
        with open(folder.preset_file, "rb", opener=only_plain) as file:
            return file.read(_LARGEST_PRESET).decode("utf-8", "replace")
    except OSError:
        return ""


def _first(journal: Path) -> Record | None:
    try:
        with open(journal, "rb", opener=only_plain) as file:
            line = file.readline(1 << 24)
    except OSError:
        return None
    record = decode_line(line[:-1])
    return record if isinstance(record, Record) and isinstance(record.event, RunStarted) else None
