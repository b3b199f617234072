"""A journal is read as it grows, shrinks, is replaced or damaged, without a lock."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_journal import HEADER, fail_once, finished, put, sixty_events, started, write
from tunetop.engine.events import Record, TrialFinished
from tunetop.engine.record import follow
from tunetop.engine.record.follow import Follower
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.lines import encode_line
from whole_journal import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


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
    # also by less than its last line
    os.truncate(path, len(data) - 1)
    assert follower.poll() == records[:-1]
    assert follower.restarted
    path.write_bytes(data)
    assert follower.poll() == records[-1:]
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


@pytest.mark.parametrize("limit", [None, 7])
def test_a_follower_loses_and_repeats_nothing_when_a_read_fails(
    path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None
) -> None:
    records = write(path, sixty_events())
    monkeypatch.setattr(follow, "_BLOCK", 500)
    for at in range(1, 40):
        fail_once(monkeypatch, at)
        follower, told = Follower(path), 0
        got: list[Record] = []
        for _ in range(20):
            got += follower.poll(limit)
            told += bool(follower.damage)
        assert got == records, at
        assert told <= 1
        assert (follower.damage, follower.restarts) == ("", 0)


def test_a_follower_keeps_its_place_when_a_read_fails_in_the_middle_of_a_torn_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "_BLOCK", 500)
    for at in range(1, 20):
        path = tmp_path / f"{at}.jsonl"
        records = write(path, sixty_events()[:4])
        with path.open("ab") as file:
            file.write(b"garbage\n" * 300)
        fail_once(monkeypatch, at)
        follower = Follower(path)
        got = follower.poll()
        fail_once(monkeypatch, 0)
        journal = Journal.open(path)
        records.append(journal.append(finished(1)))
        journal.close()
        got += follower.poll()
        assert got == records, at
        assert (follower.damage, follower.restarts) == ("", 0)


def test_who_reads_a_journal_once_is_told_that_it_was_not_read_to_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = write(path, sixty_events())
    monkeypatch.setattr(follow, "_BLOCK", 500)
    fail_once(monkeypatch, 9)
    contents = read(path)
    assert contents.damage == f"cannot be read: {os.strerror(errno.EIO)}"
    assert contents.records == records[: len(contents.records)]
    assert 0 < len(contents.records) < 60


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
from tunetop.engine.record.follow import Follower, collector_paused, damage_at_rest
before = time.process_time()
follower = Follower({str(path)!r})
with collector_paused():
    records = follower.poll()
seconds = time.process_time() - before
memory = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(len(records), damage_at_rest(follower) or "whole", seconds, int(memory) / 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    count, damage, seconds, megabytes = done.stdout.split()
    assert (count, damage) == ("200001", "whole"), done.stderr
    # about 0.7 s of CPU and 250 MB; the bounds leave room for a slow and busy machine
    assert float(seconds) < 4
    assert float(megabytes) < 400
