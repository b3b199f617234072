"""A journal is written whole, line by line, durable where it must be, and read back as it was."""

from __future__ import annotations

import json
import math
import os
import threading
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
from made_journal import HEADER, finished, sixty_events, started, write
from tunetop.engine.events import (
    AnyEvent,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodStarted,
    Record,
    RunFinished,
    RunPaused,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.files import UnsafePath
from tunetop.engine.record.journal import Disk, Journal, JournalBroken
from whole_journal import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_what_is_written_is_read_back_in_order(path: Path) -> None:
    records = write(path, sixty_events())
    contents = read(path)
    assert contents.records == records
    assert contents.damage == ""
    assert contents.good_bytes == path.stat().st_size
    assert [record.n for record in records] == list(range(60))
    assert [record.event for record in records] == sixty_events()


def test_a_line_is_a_checksum_and_plain_json(path: Path) -> None:
    write(path, [HEADER])
    checksum, _, payload = path.read_bytes().rstrip(b"\n").partition(b" ")
    assert checksum == b"%08x" % crc32(payload)
    document = json.loads(payload)
    assert (document["v"], document["n"], document["event"]["event"]) == (1, 0, "run_started")


def test_time_never_runs_backwards_even_when_the_clock_does(path: Path) -> None:
    times = iter([100.0, 50.0, 120.0, 119.0])
    journal = Journal.create(path, clock=lambda: next(times))
    assert [journal.append(event).t for event in (HEADER, started(0), started(1))] == [100.0, 100.0, 120.0]
    journal.close()
    journal = Journal.open(path, clock=lambda: next(times))
    assert journal.append(started(2)).t == 120.0


def test_a_journal_is_the_owners_alone_and_is_never_written_over(path: Path) -> None:
    before = os.umask(0)
    try:
        write(path, [HEADER])
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        Journal.create(path)


def test_a_journal_is_not_written_through_a_link(path: Path, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", [HEADER])
    path.symlink_to(tmp_path / "elsewhere")
    assert len(read(path).records) == 1
    with pytest.raises(UnsafePath):
        Journal.open(path)


def test_many_threads_write_whole_lines_with_numbers_in_order(path: Path) -> None:
    journal = Journal.create(path)
    journal.append(HEADER)
    acknowledged: list[list[Record]] = [[] for _ in range(8)]

    def work(thread: int) -> None:
        for number in range(40):
            event = finished(number) if number % 10 == 0 else started(number)
            acknowledged[thread].append(journal.append(event))

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    contents = read(path)
    assert contents.damage == ""
    assert [record.n for record in contents.records] == list(range(321))
    told = sorted((record for records in acknowledged for record in records), key=lambda record: record.n)
    assert contents.records[1:] == told


class CountingDisk(Disk):
    def __init__(self) -> None:
        self.writes = 0
        self.syncs = 0

    def write(self, fd: int, data: bytes) -> int:
        self.writes += 1
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        self.syncs += 1
        super().sync(fd)


@pytest.mark.parametrize(
    ("event", "syncs"),
    [
        (started(0), 0),
        (FoldStarted(method="random", number=0, folds=[1]), 0),
        (FoldFinished(method="random", number=0, fold=1, score=1.0, fit_seconds=1.0, score_seconds=1.0), 0),
        (finished(0), 1),
        (MethodStarted(method="random"), 1),
        (MethodFinished(method="random", state="done"), 1),
        (RunPaused(reason="disk full"), 1),
        (RunFinished(state="stopped"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_work_and_state_are_synced_and_each_record_is_one_write(path: Path, event: AnyEvent, syncs: int) -> None:
    disk = CountingDisk()
    journal = Journal.create(path, disk=disk)
    journal.append(HEADER)
    assert (disk.writes, disk.syncs) == (1, 1)
    journal.append(event)
    assert (disk.writes, disk.syncs) == (2, 1 + syncs)
    journal.close()
    assert disk.syncs == 2


@pytest.mark.parametrize(
    "event",
    [
        FoldFinished(method="random", number=0, fold=0, score=math.nan, fit_seconds=1.0, score_seconds=1.0),
        TrialFinished(method="random", number=0, params={}, state="done", scores=[math.inf]),
        TrialStarted(method="random", number=0, params={"alpha": math.nan}),
        TrialStarted(method="random", number=0, params={"alpha": "\ud800"}),
        TrialStarted(method="random", number=0, params={"alpha": object()}),  # pyright: ignore
    ],
)
def test_an_event_that_could_not_be_read_back_is_refused_and_leaves_no_trace(path: Path, event: AnyEvent) -> None:
    journal = Journal.create(path)
    journal.append(HEADER)
    size = path.stat().st_size
    with pytest.raises(ValueError, match="cannot be kept in a journal"):
        journal.append(event)
    assert path.stat().st_size == size
    assert journal.append(started(0)).n == 1


def test_events_keep_every_field_through_the_journal(path: Path) -> None:
    event: Any = msgspec.structs.replace(
        finished(0), reused=("random", 3), manual=True, attempt=2, error="e", details="d\n\x1b", predictions="x"
    )
    write(path, [HEADER, event])
    assert read(path).records[1].event == event


def test_a_value_of_none_is_kept(path: Path) -> None:
    event = TrialStarted(method="random", number=0, params={"max_depth": None})
    write(path, [HEADER, event])
    assert read(path).records[1].event == event


def test_a_journal_begins_with_its_header(path: Path) -> None:
    with pytest.raises(ValueError, match="begins with RunStarted"):
        Journal.create(path).append(started(0))


def test_a_closed_journal_takes_nothing_more(path: Path) -> None:
    journal = Journal.create(path)
    journal.append(HEADER)
    journal.close()
    journal.close()
    with pytest.raises(JournalBroken, match="closed"):
        journal.append(started(0))
