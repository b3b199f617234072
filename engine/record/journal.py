"""The append-only record of a run: write it and recover it; `follow` reads it.

A record counts once `Journal.append` has returned. Lines are written whole or not at all, and synced where losing one
would lose work; everything else is for readers, which never lock and cope with whatever they find.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..errors import TunetopError
from ..events import AnyEvent, FoldFinished, FoldStarted, Record, RunStarted, TrialStarted
from ..files import NO_ROOM, open_private, sync_directory
from .follow import Follower, collector_paused, damage_at_rest
from .lines import VERSION, Scan, encode_line

TORN_NAME = "torn.bin"

_BLOCK = 1 << 20
_NOT_SYNCED = (TrialStarted, FoldStarted, FoldFinished)

_fdatasync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class JournalError(TunetopError):
    """Something is wrong with a journal."""


class JournalDamaged(JournalError):
    """The journal cannot be continued: it is empty, has no header, or is damaged before its end."""

    exit_code = 4


class JournalTooNew(JournalError):
    """The journal was written by a newer version of the program."""

    exit_code = 4


class JournalFull(JournalError):
    """There is no room for the record: it was not written, and the same append may be tried again later."""


class JournalBroken(JournalError):
    """The record may not be on disk, and no later one will be accepted: the run has to stop."""


def no_room(error: BaseException) -> bool:
    """Tell whether an error means that a disk, a quota or a file is full: what was to be written may go in later."""
    return isinstance(error, JournalFull) or (isinstance(error, OSError) and error.errno in NO_ROOM)


class Disk:
    """The three calls by which a journal reaches the disk; tests put a failing one in its place."""

    def write(self, fd: int, data: bytes) -> int:
        """Write once, returning the number of bytes written."""
        return os.write(fd, data)

    def sync(self, fd: int) -> None:
        """Return when what was written is durable."""
        _fdatasync(fd)

    def truncate(self, fd: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(fd, size)


class Journal:
    """The one writer of a journal; its caller holds the run's lock. Safe to call from several threads.

    `recovered` says what was cut off the end when the journal was opened ("": nothing was).
    """

    def __init__(self, path: Path, fd: int, scan: Scan, disk: Disk, clock: Callable[[], float]) -> None:
        self.path = path
        self.recovered = ""
        self._fd = fd
        self._disk = disk
        self._clock = clock
        self._lock = threading.Lock()
        self._size = scan.good_bytes
        self._next = scan.next_number
        self._last_time = scan.last_time
        self._unsure = False
        self._unsynced = False
        self._broken = ""

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], *, disk: Disk | None = None, clock: Callable[[], float] = time.time
    ) -> Journal:
        """Make a new journal (0600). Raises FileExistsError when there is one, OSError when there is no room."""
        path = Path(path)
        fd = open_private(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        sync_directory(path.parent)
        return cls(path, fd, Scan(), disk or Disk(), clock)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        take: Callable[[list[Record]], None] | None = None,
        disk: Disk | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Journal:
        """Open a journal to go on with it, after recovering its end; `take` is given the records that are there.

        Bytes after the last good line are kept aside in `torn.bin` (0600, appended to) and cut off. Raises
        JournalTooNew, JournalDamaged when the damage is elsewhere, or JournalError when it cannot be read to its end;
        the journal is then left as it is.
        """
        path = Path(path)
        follower = Follower(path)
        with collector_paused():
            while records := follower.poll(limit=10_000):
                if take is not None:
                    take(records)
        _refuse_unfit(path, follower)
        fd = open_private(path, os.O_RDWR | os.O_APPEND)
        journal = cls(path, fd, follower.scan, disk or Disk(), clock)
        try:
            journal._cut_torn_end()
        except BaseException:
            os.close(fd)
            raise
        return journal

    @property
    def next_number(self) -> int:
        """The running number of the next record."""
        return self._next

    def append(self, event: AnyEvent, *, synced: bool = True) -> Record:
        """Write an event and return its record, once it is as durable as its kind must be.

        Finished trials and changes of a method's or the run's state are synced; started trials and folds are not.
        Where the event need not be `synced`, the caller lets nothing follow from it before `sync` has returned.
        Raises JournalFull (nothing was written, try again later), JournalBroken (for good), or ValueError for an
        event that could not be read back, such as one with a score that is not finite.
        """
        with self._lock:
            if self._broken:
                raise JournalBroken(self._broken)
            if self._next == 0 and not isinstance(event, RunStarted):
                raise ValueError(f"a journal begins with RunStarted, not with {type(event).__name__}")
            record = Record(v=VERSION, n=self._next, t=max(self._last_time, round(self._clock(), 6)), event=event)
            line = encode_line(record)
            size = self._size + len(line)
            self._check_file()
            self._write(line)
            self._unsynced = True
            if synced and not isinstance(event, _NOT_SYNCED):
                self._sync()
            # no call in this line, so no signal's exception can come between these
            self._size, self._next, self._last_time, self._unsure = size, record.n + 1, record.t, False
            return record

    def sync(self) -> None:
        """Make all that was appended durable at once (group commit); raises JournalBroken where that fails."""
        with self._lock:
            if self._broken:
                raise JournalBroken(self._broken)
            if self._unsynced:
                self._sync()

    def close(self) -> None:
        """Sync what is left and let go of the file; nothing can be appended after that. Closing twice is harmless."""
        with self._lock:
            if self._fd < 0:
                return
            fd, self._fd = self._fd, -1
            was_broken, self._broken = self._broken, self._broken or f"{self.path} is closed"
            try:
                if self._unsynced and not was_broken:
                    self._disk.sync(fd)
            except OSError as error:
                raise JournalBroken(f"the last records may be lost: {error.strerror}: {self.path}") from error
            finally:
                os.close(fd)

    def _check_file(self) -> None:
        """Notice a file that is not as the last append left it."""
        if self._unsure:
            # an append was interrupted (by a signal's exception, say) before it was acknowledged
            self._cut_back()
        status = os.fstat(self._fd)
        if status.st_nlink == 0:
            self._break("the file was deleted while the run was writing it")
        if status.st_size != self._size:
            self._break(f"another program changed the file ({status.st_size} bytes instead of {self._size})")
        self._unsure = True

    def _write(self, line: bytes) -> None:
        try:
            written = self._disk.write(self._fd, line)
        except OSError as error:
            self._cut_back()
            if no_room(error):
                raise JournalFull(f"{error.strerror}: {self.path}") from error
            self._break(f"cannot be written: {error.strerror}", error)
        else:
            if written != len(line):
                self._cut_back()
                raise JournalFull(f"no room left ({written} of {len(line)} bytes fit): {self.path}")

    def _sync(self) -> None:
        try:
            self._disk.sync(self._fd)
        except OSError as error:
            # after a failed sync the kernel may call the pages clean that it never wrote: no second try can be believed
            self._break(f"cannot be synced to disk: {error.strerror}", error)
        self._unsynced = False

    def _cut_back(self) -> None:
        try:
            self._disk.truncate(self._fd, self._size)
        except OSError as error:
            self._break(f"half a record could not be removed: {error.strerror}", error)
        self._unsure = False

    def _break(self, reason: str, cause: OSError | None = None) -> None:
        # the reason goes first: who reads it on a narrow screen knows the run, whose path may take all of a line
        self._broken = f"{reason}: {self.path}"
        raise JournalBroken(self._broken) from cause

    def _cut_torn_end(self) -> None:
        torn = os.fstat(self._fd).st_size - self._size
        if torn == 0:
            return
        aside = open_private(self.path.with_name(TORN_NAME), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with os.fdopen(aside, "wb") as file:
            position = self._size
            while block := os.pread(self._fd, _BLOCK, position):
                file.write(block)
                position += len(block)
            file.flush()
            self._disk.sync(file.fileno())
        self._disk.truncate(self._fd, self._size)
        self._disk.sync(self._fd)
        self.recovered = f"{torn} bytes after record {self._next - 1} were no record; they are kept in {TORN_NAME}"


def _refuse_unfit(path: Path, follower: Follower) -> None:
    scan = follower.scan
    if follower.unreadable:
        raise JournalError(f"{path}: {follower.unreadable}")
    if scan.newer:
        raise JournalTooNew(f"{path} was {scan.newer}: install a tunetop that knows it")
    if scan.damage:
        left = "attach, show and export still read it" if scan.has_header else "attach shows what is left of it"
        raise JournalDamaged(f"{path}: {scan.damage}. It cannot be resumed; {left}")
    if scan.next_number == 0:
        raise JournalDamaged(f"{path}: {follower.damage or damage_at_rest(follower)}: it has no header to resume from")
