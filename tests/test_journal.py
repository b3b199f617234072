"""The journal loses nothing that it acknowledged, accepts nothing that was changed, and can be read while it grows."""

from __future__ import annotations

import errno
import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tunetop.engine.events import (
    AnyEvent,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Record,
    RunFinished,
    RunPaused,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.files import UnsafePath
from tunetop.engine.journal import (
    Disk,
    Follower,
    Journal,
    JournalBroken,
    JournalDamaged,
    JournalFull,
    JournalTooNew,
    read,
)
from tunetop.engine.journal_lines import Flaw, decode_line, encode_line
from tunetop.engine.state import RunState

HEADER = RunStarted(
    run="demo-1",
    preset="demo",
    title="Demo",
    digest="d" * 64,
    fingerprint="f" * 64,
    task="classification",
    estimator="sklearn.linear_model.LogisticRegression",
    scoring="accuracy",
    folds=5,
    train_rows=80,
    test_rows=20,
    features=4,
    workers=2,
    axes=[],
    methods=[MethodPlan("random", "random", "Random", 14)],
)


def started(number: int) -> TrialStarted:
    return TrialStarted(method="random", number=number, params={"alpha": 0.1 / (number + 1), "penalty": "l1"})


def finished(number: int) -> TrialFinished:
    scores = [0.9 + fold / 100 + number / 10_000 for fold in range(5)]
    return TrialFinished(
        method="random",
        number=number,
        params={"alpha": 0.1 / (number + 1), "penalty": "l1"},
        state="done",
        scores=scores,
        fit_seconds=[0.125 + fold / 1000 for fold in range(5)],
        score_seconds=[0.001] * 5,
        warnings={"lbfgs failed to converge": 2} if number % 3 == 0 else {},
    )


def sixty_events() -> list[AnyEvent]:
    events: list[AnyEvent] = [HEADER, MethodStarted(method="random")]
    for number in range(14):
        events += [started(number), FoldStarted(method="random", number=number, folds=[0, 1])]
        events += [
            FoldFinished(method="random", number=number, fold=0, score=0.5, fit_seconds=0.1, score_seconds=0.01),
            finished(number),
        ]
    events += [MethodFinished(method="random", state="done", best=3, test_score=0.95), RunFinished(state="done")]
    assert len(events) == 60
    return events


def write(path: Path, events: list[AnyEvent]) -> list[Record]:
    journal = Journal.create(path)
    records = [journal.append(event) for event in events]
    journal.close()
    return records


def put(path: Path, data: bytes) -> None:
    """Replace a file's content in place; truncating it to nothing first would wait for the disk each time."""
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        file.write(data)
        file.truncate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


# -- writing and reading back ----------------------------------------------------------------------------------------


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


# -- recovery --------------------------------------------------------------------------------------------------------


def test_cut_at_any_byte_a_journal_gives_its_exact_prefix_and_goes_on(tmp_path: Path, path: Path) -> None:
    records = write(path, sixty_events())
    data = path.read_bytes()
    ends = [position + 1 for position, byte in enumerate(data) if byte == 10]
    cut = tmp_path / "cut" / "journal.jsonl"
    cut.parent.mkdir()
    torn_file = cut.parent / "torn.bin"
    disk = NoSync()
    for size in range(len(data) + 1):
        whole = sum(end <= size for end in ends)
        torn = data[ends[whole - 1] if whole else 0 : size]
        put(cut, data[:size])
        contents = read(cut)
        assert contents.records == records[:whole]
        assert bool(contents.damage) == (bool(torn) or whole == 0)
        if whole == 0:
            with pytest.raises(JournalDamaged, match="header"):
                Journal.open(cut, disk=disk)
            assert cut.read_bytes() == data[:size]
            continue
        journal = Journal.open(cut, disk=disk)
        assert bool(journal.recovered) == bool(torn)
        assert journal.next_number == whole
        again = journal.append(finished(99))
        journal.close()
        after = read(cut)
        assert after.records == [*records[:whole], again]
        assert after.damage == ""
        assert (torn_file.read_bytes() if torn_file.exists() else b"") == torn
        torn_file.unlink(missing_ok=True)


class NoSync(Disk):
    """A disk on which thousands of journals are written for their contents alone."""

    def sync(self, fd: int) -> None:
        pass


def test_no_flipped_bit_of_any_line_is_accepted(path: Path) -> None:
    write(path, sixty_events())
    accepted, flips = 0, 0
    for line in path.read_bytes().splitlines():
        assert isinstance(decode_line(line), Record)
        for position in range(len(line)):
            for bit in range(8):
                flipped = bytearray(line)
                flipped[position] ^= 1 << bit
                # a flip may make a line feed: then a reader sees two lines
                parts = bytes(flipped).split(b"\n")
                accepted += any(isinstance(decode_line(part), Record) for part in parts)
                flips += 1
    assert flips > 50_000
    assert accepted == 0


def test_no_flipped_bit_of_a_journal_goes_unnoticed(tmp_path: Path, path: Path) -> None:
    records = write(path, sixty_events())
    data = path.read_bytes()
    last_line = data.rindex(b"\n", 0, len(data) - 1) + 1
    damaged = tmp_path / "damaged" / "journal.jsonl"
    damaged.parent.mkdir()
    feeds = [position for position, byte in enumerate(data) if byte == 10]
    # every bit of every line feed, and one bit of every other byte, the bits in turn
    flips = [(position, bit) for position in feeds for bit in range(8)]
    flips += [(position, position % 8) for position in range(len(data)) if data[position] != 10]
    for position, bit in flips:
        flipped = bytearray(data)
        flipped[position] ^= 1 << bit
        put(damaged, bytes(flipped))
        contents = read(damaged)
        assert contents.damage
        assert all(record == records[record.n] for record in contents.records)
        assert len(contents.records) >= 58
        # without the feed before it, the last line makes one torn end with the line before
        if position >= last_line - 1:
            journal = Journal.open(damaged, disk=NoSync())
            last_good = 58 if position >= last_line else 57
            assert f"after record {last_good} were no record" in journal.recovered
            assert journal.next_number == last_good + 1
            journal.close()
        else:
            with pytest.raises(JournalDamaged):
                Journal.open(damaged, disk=NoSync())
            assert damaged.read_bytes() == bytes(flipped)


def test_the_torn_end_is_kept_aside_and_added_to(path: Path) -> None:
    write(path, [HEADER, started(0)])
    for garbage in (b"1234abcd {half", b"\x00" * 4096 + b"\nmore\n"):
        with path.open("ab") as file:
            file.write(garbage)
        journal = Journal.open(path)
        assert f"{len(garbage)} bytes after record 1 were no record" in journal.recovered
        journal.close()
    torn = path.with_name("torn.bin")
    assert torn.read_bytes() == b"1234abcd {half" + b"\x00" * 4096 + b"\nmore\n"
    assert torn.stat().st_mode & 0o777 == 0o600
    assert read(path).damage == ""


def test_damage_before_the_end_refuses_to_go_on_but_shows_the_rest(path: Path) -> None:
    records = write(path, sixty_events())
    lines = path.read_bytes().splitlines(keepends=True)
    lines[16] = lines[16].replace(b"random", b"rundom")
    path.write_bytes(b"".join(lines))
    contents = read(path)
    assert contents.records == records[:16] + records[17:]
    assert contents.damage == f"line 17 (byte {len(b''.join(lines[:16]))}) is damaged: its checksum does not fit"
    with pytest.raises(JournalDamaged, match=r"line 17 .* cannot be resumed; attach"):
        Journal.open(path)
    assert path.read_bytes() == b"".join(lines)


@pytest.mark.parametrize(
    ("change", "damage"),
    [
        (lambda lines: lines[:3] + lines[4:], r"line 4 \(byte \d+\): records 3 to 3 are missing"),
        (lambda lines: lines[:3] + lines[2:], r"line 4 \(byte \d+\): record 2 comes a second time"),
        (lambda lines: lines[1:], "the header .* is missing"),
        (lambda lines: [b"garbage\n", *lines[1:]], "line 1 .* damaged.*header .* is missing"),
    ],
    ids=["a gap", "a repeat", "no header", "a damaged header"],
)
def test_missing_and_repeated_records_are_damage(
    path: Path, change: Callable[[list[bytes]], list[bytes]], damage: str
) -> None:
    write(path, sixty_events())
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    contents = read(path)
    numbers = [record.n for record in contents.records]
    assert len(numbers) >= 59
    assert numbers == sorted(set(numbers))
    with pytest.raises(JournalDamaged, match=damage):
        Journal.open(path)
    state = RunState()
    state.apply_all(contents.records)
    assert state.finished_trials == 14


def with_checksum(payload: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(payload), payload)


def test_a_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    write(path, [HEADER, started(0)])
    newer = with_checksum(b'{"v":2,"n":2,"t":1e10,"event":{"event":"teleported"}}')
    with path.open("ab") as file:
        file.write(newer + b"torn")
    data = path.read_bytes()
    assert [record.n for record in read(path).records] == [0, 1]
    assert "newer tunetop (format 2" in read(path).damage
    with pytest.raises(JournalTooNew, match="newer tunetop"):
        Journal.open(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"[]",
        b'{"v":1,"n":2,"t":1.0,"event":{"event":"teleported"}}',
        b'{"v":0,"n":2,"t":1.0,"event":{"event":"run_unpaused"}}',
        b'{"v":1,"n":2,"t":1.0,"event":{"event":"run_finished","state":"exploded"}}',
        b'{"v":1,"n":2,"t":1.0,"event":{"event":"run_paused","reason":"\xff"}}',
        b"[" * 100_000,
    ],
)
def test_a_whole_line_that_is_not_understood_is_never_cut_off(path: Path, payload: bytes) -> None:
    write(path, [HEADER, started(0)])
    with path.open("ab") as file:
        file.write(with_checksum(payload))
    data = path.read_bytes()
    assert [record.n for record in read(path).records] == [0, 1]
    with pytest.raises(JournalDamaged, match="line 3"):
        Journal.open(path)
    assert path.read_bytes() == data


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"no journal at all\n", b"\x00" * 3_000_000])
def test_a_file_without_a_header_cannot_be_gone_on_with(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read(path).records == []
    assert read(path).damage
    with pytest.raises(JournalDamaged, match="no header"):
        Journal.open(path)
    assert path.read_bytes() == content


def test_a_missing_journal_and_a_device_in_its_place_are_told_apart(path: Path) -> None:
    assert read(path).damage == "there is no journal"
    with pytest.raises(JournalDamaged, match="there is no journal"):
        Journal.open(path)
    os.mkfifo(path)
    assert read(path).damage == "it is not a plain file"


@given(st.binary(max_size=400))
def test_no_garbage_is_ever_a_record(data: bytes) -> None:
    assert isinstance(decode_line(data), Flaw)
    assert isinstance(decode_line(with_checksum(data)[:-1]), Flaw)


# -- a disk that fails -----------------------------------------------------------------------------------------------


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
                with pytest.raises(JournalFull):
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
    with pytest.raises(JournalBroken, match="half a record"):
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
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_journal import HEADER, finished, read
from tunetop.engine.journal import Journal, JournalFull

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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["40", "3", "41"], done.stderr
    contents = read(path)
    assert contents.damage == ""
    assert [record.n for record in contents.records] == list(range(41))


def test_a_process_killed_while_writing_leaves_every_record_that_it_acknowledged(path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_journal import HEADER, finished
from tunetop.engine.journal import Journal

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


# -- following -------------------------------------------------------------------------------------------------------


def test_a_follower_gets_each_record_once_as_it_is_appended(path: Path) -> None:
    follower = Follower(path)
    assert follower.poll() == []
    journal = Journal.create(path)
    assert follower.poll() == []
    for event in sixty_events():
        record = journal.append(event)
        assert follower.poll() == [record]
        assert follower.poll() == []
    assert not follower.restarts
    assert follower.damage == ""


def test_a_follower_waits_for_the_end_of_a_line(path: Path, tmp_path: Path) -> None:
    records = write(tmp_path / "whole", sixty_events()[:4])
    data = (tmp_path / "whole").read_bytes()
    follower = Follower(path)
    got: list[Record] = []
    with path.open("wb", buffering=0) as file:
        for byte in data:
            file.write(bytes([byte]))
            got += follower.poll()
            assert follower.damage == ""
            assert not follower.restarted
    assert got == records


@pytest.mark.parametrize("limit", [1, 7, 60, 1000])
def test_a_follower_may_be_asked_for_a_few_at_a_time(path: Path, limit: int) -> None:
    records = write(path, sixty_events())
    follower = Follower(path)
    got: list[Record] = []
    while some := follower.poll(limit):
        assert len(some) <= limit
        got += some
    assert got == records
    assert follower.torn_bytes == 0


def test_a_follower_keeps_its_place_when_a_torn_end_is_cut_off_and_the_run_goes_on(path: Path) -> None:
    write(path, sixty_events()[:4])
    with path.open("ab") as file:
        file.write(b"00000000 {torn}\n12345678 {half a li")
    follower = Follower(path)
    assert len(follower.poll()) == 4
    assert follower.damage.startswith("line 5 ")
    assert follower.torn_bytes == 35
    journal = Journal.open(path)
    assert follower.poll() == []
    assert follower.damage == ""
    record = journal.append(finished(1))
    assert follower.poll() == [record]
    assert not follower.restarts


def test_a_follower_starts_again_when_the_file_shrinks(path: Path) -> None:
    records = write(path, sixty_events())
    data = path.read_bytes()
    follower = Follower(path)
    follower.poll()
    os.truncate(path, data.index(b"\n", len(data) // 2) + 1)
    again = follower.poll()
    assert follower.restarted
    assert follower.restarts == 1
    assert again == records[: len(again)]
    assert 10 < len(again) < 50
    path.write_bytes(data)
    assert follower.poll() == records[len(again) :]
    assert not follower.restarted
    os.truncate(path, 0)
    assert follower.poll() == []
    assert follower.restarted


@pytest.mark.parametrize("read_before", range(1, 13))
@pytest.mark.parametrize("way", ["another file in its place", "rewritten"])
def test_a_follower_starts_again_when_another_journal_is_there(
    path: Path, tmp_path: Path, read_before: int, way: str
) -> None:
    write(path, sixty_events()[:read_before])
    follower = Follower(path)
    follower.poll()
    # the same events to the letter, but at another time
    other = write(tmp_path / "other", sixty_events())
    if way == "rewritten":
        put(path, (tmp_path / "other").read_bytes())
    else:
        os.replace(tmp_path / "other", path)
    assert follower.poll() == other
    assert follower.restarted


def test_a_follower_goes_on_when_a_longer_copy_of_its_journal_arrives(path: Path, tmp_path: Path) -> None:
    records = write(tmp_path / "far away", sixty_events())
    data = (tmp_path / "far away").read_bytes()
    follower = Follower(path)
    got: list[Record] = []
    for size in (0, 2000, 9000, len(data)):
        (tmp_path / "arriving").write_bytes(data[:size])
        os.replace(tmp_path / "arriving", path)
        got += follower.poll()
    assert got == records
    assert not follower.restarts


def test_a_follower_outlives_the_file(path: Path) -> None:
    records = write(path, sixty_events()[:10])
    data = path.read_bytes()
    follower = Follower(path)
    follower.poll()
    path.unlink()
    assert follower.poll() == []
    path.write_bytes(data[: data.index(b"\n") + 1])
    assert follower.poll() == records[:1]
    assert follower.restarted


def test_a_follower_tells_of_damage_once_it_is_certain(path: Path) -> None:
    records = write(path, sixty_events())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]) + b"garbage\n")
    follower = Follower(path)
    assert follower.poll() == records[:5]
    with path.open("ab") as file:
        file.write(b"".join(lines[6:]))
    assert follower.poll() == records[6:]
    assert follower.damage.startswith("line 6 ")
    assert not follower.restarts


def test_a_line_longer_than_a_block_is_read_whole(path: Path) -> None:
    event = TrialFinished(method="random", number=0, params={}, state="done", predictions="p" * 5_000_000)
    write(path, [HEADER, event, started(1)])
    assert [record.event for record in read(path).records] == [HEADER, event, started(1)]
    follower = Follower(path)
    assert sum(len(follower.poll(1)) for _ in range(4)) == 3


def test_a_hundred_thousand_trials_are_read_in_seconds_and_modest_memory(path: Path) -> None:
    with path.open("wb") as file:
        file.write(encode_line(Record(1, 0, 0.0, HEADER)))
        for number in range(100_000):
            file.write(encode_line(Record(1, 2 * number + 1, float(number), started(number))))
            file.write(encode_line(Record(1, 2 * number + 2, float(number), finished(number))))
    code = f"""
import time
from tunetop.engine.journal import read
before = time.process_time()
contents = read({str(path)!r})
seconds = time.process_time() - before
memory = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(len(contents.records), contents.damage or "whole", seconds, int(memory) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    count, damage, seconds, megabytes = done.stdout.split()
    assert (count, damage) == ("200001", "whole"), done.stderr
    # about 0.7 s of CPU and 250 MB; the bounds leave room for a slow and busy machine
    assert float(seconds) < 4
    assert float(megabytes) < 400


def test_events_keep_every_field_through_the_journal(path: Path) -> None:
    event: Any = msgspec.structs.replace(
        finished(0), reused=("random", 3), manual=True, attempt=2, error="e", details="d\n\x1b", predictions="x"
    )
    write(path, [HEADER, event])
    assert read(path).records[1].event == event
