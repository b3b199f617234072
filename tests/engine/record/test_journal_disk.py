"""A disk that is full or fails at any call: what was acknowledged is there, and nothing else is acknowledged."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_journal import HEADER, finished, sixty_events, started
from places import SUPPORT
from tunetop.engine.events import AnyEvent, FoldFinished, FoldStarted, Record, TrialStarted
from tunetop.engine.record.journal import Disk, Journal, JournalBroken, JournalFull
from whole_journal import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


class FailingDisk(Disk):
    """Fails at the n-th call of one kind, once or from then on; a failing write may get some bytes out first."""

    def __init__(self, call: str, at: int, *, error: int | None = errno.ENOSPC, partial: int = 0, once: bool = True):
        self.call, self.at, self.error, self.partial, self.once = call, at, error, partial, once
        self.calls = 0

    def _fails(self, call: str) -> bool:
        if call != self.call:
            return False
        self.calls += 1
        return self.calls == self.at or (self.calls > self.at and not self.once)

    def write(self, fd: int, data: bytes) -> int:
        if not self._fails("write"):
            return super().write(fd, data)
        if self.partial:
            written = super().write(fd, data[: self.partial])
            if self.error is None:
                return written
        raise OSError(self.error or errno.EIO, os.strerror(self.error or errno.EIO))

    def sync(self, fd: int) -> None:
        if self._fails("sync"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(fd)

    def truncate(self, fd: int, size: int) -> None:
        if self._fails("truncate"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().truncate(fd, size)


SHORT_RUN: list[AnyEvent] = sixty_events()[:20]


@pytest.mark.parametrize(("error", "partial"), [(errno.ENOSPC, 0), (errno.EDQUOT, 50), (None, 1), (None, 60)])
def test_a_full_disk_at_any_write_loses_nothing_and_the_same_append_then_succeeds(
    tmp_path: Path, error: int | None, partial: int
) -> None:
    for at in range(1, len(SHORT_RUN) + 1):
        path = tmp_path / f"{at}.jsonl"
        journal = Journal.create(path, disk=FailingDisk("write", at, error=error, partial=partial))
        acknowledged = []
        for number, event in enumerate(SHORT_RUN):
            if number == at - 1:
                reason = os.strerror(error) if error else rf"no room left \({partial} of \d+ bytes fit\)"
                with pytest.raises(JournalFull, match=f"^{reason}: "):
                    journal.append(event)
                assert read(path).records == acknowledged
                assert path.stat().st_size == read(path).good_bytes
            acknowledged.append(journal.append(event))
        journal.close()
        assert read(path).records == acknowledged
        assert read(path).damage == ""
        assert [record.n for record in acknowledged] == list(range(len(SHORT_RUN)))


@pytest.mark.parametrize("disk", [("write", errno.EIO, 0), ("write", errno.EIO, 30), ("sync", errno.EIO, 0)])
def test_a_failing_disk_at_any_call_breaks_the_journal_and_acknowledges_nothing_more(
    tmp_path: Path, disk: tuple[str, int, int]
) -> None:
    call, error, partial = disk
    unsynced = (TrialStarted, FoldStarted, FoldFinished)
    calls = sum(1 for event in SHORT_RUN if call == "write" or not isinstance(event, unsynced))
    broken_at_least_once = 0
    for at in range(1, calls + 1):
        path = tmp_path / f"{call}-{at}.jsonl"
        journal = Journal.create(path, disk=FailingDisk(call, at, error=error, partial=partial))
        acknowledged: list[Record] = []
        for event in SHORT_RUN:
            try:
                acknowledged.append(journal.append(event))
            except JournalBroken:
                break
        for event in SHORT_RUN[len(acknowledged) :]:
            with pytest.raises(JournalBroken):
                journal.append(event)
            broken_at_least_once += 1
        journal.close()
        assert read(path).records[: len(acknowledged)] == acknowledged
        if acknowledged:
            again = Journal.open(path)
            assert again.next_number in (len(acknowledged), len(acknowledged) + 1)
            again.append(finished(50))
            again.close()
            assert read(path).records[: len(acknowledged)] == acknowledged
            assert read(path).damage == ""
    assert broken_at_least_once > 50


def test_half_a_record_that_cannot_be_removed_breaks_the_journal_and_is_cut_off_later(path: Path) -> None:
    class Worse(FailingDisk):
        def truncate(self, fd: int, size: int) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    journal = Journal.create(path, disk=Worse("write", 3, partial=40))
    acknowledged = [journal.append(HEADER), journal.append(started(0))]
    with pytest.raises(JournalBroken, match=rf"^half a record could not be removed: {os.strerror(errno.EIO)}: "):
        journal.append(finished(0))
    with pytest.raises(JournalBroken):
        journal.append(finished(0))
    journal.close()
    again = Journal.open(path)
    assert "40 bytes after record 1" in again.recovered
    assert read(path).records == acknowledged


def test_a_disk_that_stays_full_is_asked_again_without_growing_the_file(path: Path) -> None:
    disk = FailingDisk("write", 2, partial=10, once=False)
    journal = Journal.create(path, disk=disk)
    header = journal.append(HEADER)
    size = path.stat().st_size
    for _ in range(5):
        with pytest.raises(JournalFull):
            journal.append(finished(0))
        assert path.stat().st_size == size
    disk.once = True
    assert journal.append(finished(0)).n == header.n + 1


def test_an_append_that_was_interrupted_is_taken_back_by_the_next(path: Path) -> None:
    class Interrupted(Disk):
        armed = False

        def sync(self, fd: int) -> None:
            if self.armed:
                self.armed = False
                raise KeyboardInterrupt
            super().sync(fd)

    disk = Interrupted()
    journal = Journal.create(path, disk=disk)
    journal.append(HEADER)
    disk.armed = True
    with pytest.raises(KeyboardInterrupt):
        journal.append(finished(0))
    record = journal.append(finished(1))
    assert record.n == 1
    assert read(path).records[1:] == [record]
    assert read(path).damage == ""


def test_a_journal_deleted_or_changed_under_its_writer_is_not_written_on(tmp_path: Path) -> None:
    deleted, changed = tmp_path / "deleted.jsonl", tmp_path / "changed.jsonl"
    journals = [Journal.create(deleted), Journal.create(changed)]
    for journal in journals:
        journal.append(HEADER)
    deleted.unlink()
    with changed.open("ab") as file:
        file.write(b"not ours")
    with pytest.raises(JournalBroken, match="deleted"):
        journals[0].append(finished(0))
    with pytest.raises(JournalBroken, match="another program"):
        journals[1].append(finished(0))


def test_a_real_limit_on_the_files_size_is_a_full_disk(path: Path) -> None:
    """The kernel really cuts a write short here; the limit is lifted later, as when somebody makes room."""
    code = f"""
import resource, sys
sys.path.insert(0, {str(SUPPORT)!r})
from made_journal import HEADER, finished
from whole_journal import read
from tunetop.engine.record.journal import Journal, JournalFull

hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
journal = Journal.create({str(path)!r})
journal.append(HEADER)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
number = refused = 0
while number < 40:
    try:
        journal.append(finished(number))
        number += 1
    except JournalFull:
        refused += 1
        assert read({str(path)!r}).damage == ""
        if refused == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print(number, refused, journal.next_number)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.split() == ["40", "3", "41"], done.stderr
    contents = read(path)
    assert contents.damage == ""
    assert [record.n for record in contents.records] == list(range(41))


def test_a_process_killed_while_writing_leaves_every_record_that_it_acknowledged(path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(SUPPORT)!r})
from made_journal import HEADER, finished
from tunetop.engine.record.journal import Journal

journal = Journal.create({str(path)!r})
journal.append(HEADER)
for number in range(10**9):
    print(journal.append(finished(number)).n, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) >= 100:
                break
        process.kill()
        rest = process.stdout.read().split()
    last = int(rest[-1]) if rest else 100
    journal = Journal.open(path)
    assert journal.next_number > last
    journal.close()
    assert [record.n for record in read(path).records] == list(range(journal.next_number))
