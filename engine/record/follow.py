"""Reading a journal without locks: whole, or as it grows, whatever happens to the file meanwhile."""

from __future__ import annotations

import contextlib
import gc
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..events import Record
from .lines import LONGEST_LINE, Scan

_BLOCK = 1 << 20

_MANY = 20_000
"""New objects that are worth keeping from the collector."""


class Follower:
    """A reader without locks: each `poll` gives the records that were appended since the last one.

    A file that shrank or was replaced under it is read from the start again: `restarted` is then True for that poll,
    `restarts` has gone up, and whoever folds the records begins anew.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.scan = Scan()
        self.restarted = False
        self.restarts = 0
        self.size = 0
        """The file's size at the last poll, in bytes."""
        self.unreadable = ""
        """Why the last poll could not read, or not to the end of what is there; empty: it could."""
        self._seen: tuple[int, int, int, int] | None = None
        self._through = False

    @property
    def damage(self) -> str:
        """What is wrong with what was read so far; empty when nothing is. An unfinished last line is no damage."""
        scan = self.scan
        torn = scan.pending[0] if scan.pending and self._through else None
        end = f"line {torn[0]} (byte {torn[1]}) is damaged, and no good one follows" if torn else ""
        return "; ".join(text for text in (self.unreadable, scan.damage, end) if text)

    @property
    def torn_bytes(self) -> int:
        """Bytes after the last good line, once all was read: a line being written now, or a torn one."""
        return max(self.size - self.scan.good_bytes, 0) if self._through else 0

    def poll(self, limit: int | None = None) -> list[Record]:
        """Return at most `limit` records that were not returned before; none when there is nothing new or no file."""
        self.restarted = False
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return []
        except OSError as error:
            self.unreadable = f"cannot be read: {error.strerror}"
            return []
        try:
            return self._poll(fd, limit)
        except OSError as error:
            self.unreadable = f"cannot be read: {error.strerror}"
            return []
        finally:
            os.close(fd)

    def _poll(self, fd: int, limit: int | None) -> list[Record]:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            self.unreadable = "it is not a plain file"
            return []
        self.unreadable = ""
        seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if seen == self._seen and self._through:
            return []
        if self._was_replaced(fd, status.st_size):
            self.scan = Scan()
            self.restarted = True
            self.restarts += 1
        if self._through:
            self.scan.rewind()
        self._seen, self.size, self._through = seen, status.st_size, False
        return self._read(fd, limit)

    def _was_replaced(self, fd: int, size: int) -> bool:
        # the last good line carries a checksum, a number and a time: it is the same file, or a copy of it, if that
        # line is where it was; the inode alone would call every rsync of a growing journal a new one
        scan = self.scan
        return size < scan.good_bytes or os.pread(fd, len(scan.mark), scan.mark_position) != scan.mark

    def _read(self, fd: int, limit: int | None) -> list[Record]:
        scan = self.scan
        records: list[Record] = []
        block_size = wanted = _BLOCK if limit is None else min(_BLOCK, max(1 << 16, limit * 512))
        while limit is None or len(records) < limit:
            try:
                block = os.pread(fd, wanted, scan.position)
            except OSError as error:
                # what was read before counts, and the next poll goes on behind it
                self.unreadable = f"cannot be read: {error.strerror}"
                scan.rewind()
                break
            end = block.rfind(b"\n")
            if end >= 0:
                room = limit - len(records) if limit is not None else len(block)
                records += scan.take(block[:end].split(b"\n"), room)
                wanted = block_size
            elif len(block) < wanted:
                self._through = True
                return records
            elif wanted < LONGEST_LINE:
                wanted *= 2
            else:
                scan.skip(len(block))
                wanted = block_size
        return records


def damage_at_rest(follower: Follower) -> str:
    """Say what is wrong with a journal that was read through and that nobody is writing: its end counts as well."""
    damage = follower.damage
    if follower.torn_bytes and not follower.scan.pending:
        end = f"{follower.torn_bytes} bytes after record {follower.scan.next_number - 1} are no whole record"
        damage = f"{damage}; {end}" if damage else end
    if not damage and follower.size == 0:
        damage = "it is empty" if follower.path.exists() else "there is no journal"
    return damage


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's cycle collector from running: reading and folding a large journal takes half the time so.

    The collector would walk through all that was read, again and again, and find nothing. What is read has no cycles.
    So a large part, once read, is put where the collector does not look: it would hold up the screen for a tenth of a
    second now and then.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        if gc.get_count()[0] - before > _MANY:
            gc.freeze()
        if was_enabled:
            gc.enable()
