"""A journal loses nothing that was acknowledged, and nothing that was changed is accepted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_journal import HEADER, NoSync, fail_once, finished, life_of, put, sixty_events, started, write
from tunetop.engine.events import Record
from tunetop.engine.record import follow
from tunetop.engine.record.journal import Journal, JournalDamaged, JournalError, JournalTooNew
from tunetop.engine.record.lines import Flaw, decode_line
from tunetop.engine.state import RunState
from whole_journal import read


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_cut_at_any_byte_a_journal_gives_its_exact_prefix_and_goes_on(tmp_path: Path, path: Path) -> None:
    # each byte of each kind of record; the longer the journal, the more often each of its lines is read
    records = write(path, life_of(5))
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
    records = write(path, life_of(5))
    last = len(records) - 1
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
        assert len(contents.records) >= last - 1
        # without the feed before it, the last line makes one torn end with the line before
        if position >= last_line - 1:
            journal = Journal.open(damaged, disk=NoSync())
            last_good = last - 1 if position >= last_line else last - 2
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
        (lambda lines: lines[1:], r"the header .* is missing\. It cannot be resumed; attach shows what is left"),
        (
            lambda lines: [b"garbage\n", *lines[1:]],
            "line 1 .* damaged.*header .* is missing.*attach shows",
        ),
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


@settings(max_examples=80)
@given(st.binary(max_size=400))
def test_no_garbage_is_ever_a_record(data: bytes) -> None:
    assert isinstance(decode_line(data), Flaw)
    assert isinstance(decode_line(with_checksum(data)[:-1]), Flaw)


def test_a_read_that_fails_cuts_nothing_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = write(path, sixty_events())
    data = path.read_bytes()
    monkeypatch.setattr(follow, "_BLOCK", 500)
    refusals: list[JournalError] = []
    for at in range(1, 60):
        fail_once(monkeypatch, at)
        got: list[Record] = []
        try:
            Journal.open(path, take=got.extend).close()
        except JournalError as error:
            refusals.append(error)
        else:
            assert got == records
        assert path.read_bytes() == data, at
        assert not path.with_name("torn.bin").exists()
    assert 2 <= len(refusals) < 59
    assert {str(error) for error in refusals} == {f"{path}: cannot be read: {os.strerror(errno.EIO)}"}
    assert {error.exit_code for error in refusals} == {1}
