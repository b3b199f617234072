"""The journal's line format, and the judging of lines one after the other.

A line is `<crc32 of the json, 8 hex digits> <json of a Record>` and a line feed. It is accepted only byte for byte: the
checksum in lower case, one space, and the running number that follows the line before.
"""

from __future__ import annotations

from typing import Literal
from zlib import crc32

import msgspec

from ..events import Record, RunStarted

VERSION = 1
"""The format written, and the newest one read."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; more than any record takes, so that a file of garbage is not read into memory whole."""

_FLAWS_TOLD = 3
_MARK = 64

_decoder = msgspec.json.Decoder(Record)


class Flaw(msgspec.Struct, frozen=True):
    """Why a line is no record: `torn` its bytes are wrong; `newer` or `foreign` they are whole but not understood."""

    kind: Literal["torn", "newer", "foreign"]
    text: str


class _VersionOnly(msgspec.Struct):
    v: int


_version_decoder = msgspec.json.Decoder(_VersionOnly)
_TORN = Flaw("torn", "its checksum does not fit")


def encode_line(record: Record) -> bytes:
    """Return the record's line. Raises ValueError for a record that could not be read back as it is."""
    try:
        payload = msgspec.json.encode(record)
        known = _decoder.decode(payload)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(record.event).__name__} cannot be kept in a journal: {error}") from error
    # JSON has no NaN and no infinity: they would come back as null
    if b"null" in payload and known != record:
        raise ValueError(f"{type(record.event).__name__} cannot be kept in a journal: it holds a non-finite number")
    if len(payload) > LONGEST_LINE - 10:
        raise ValueError(f"{type(record.event).__name__} cannot be kept in a journal: {len(payload):,} bytes")
    return b"%08x %b\n" % (crc32(payload), payload)


def decode_line(line: bytes) -> Record | Flaw:
    """Return the record of a line, given without its line feed, or what is wrong with it."""
    payload = line[9:]
    if line[:9] != b"%08x " % crc32(payload):
        return _TORN
    try:
        record = _decoder.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _explain(payload)
    return record if record.v == VERSION else _explain(payload)


def _explain(payload: bytes) -> Flaw:
    try:
        version = _version_decoder.decode(payload).v
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Flaw("foreign", "it holds no record")
    if version > VERSION:
        return Flaw("newer", f"written by a newer tunetop (format {version}, this one reads {VERSION})")
    return Flaw("foreign", "it holds a record that this tunetop does not know")


class Scan:
    """A journal judged line by line, in blocks. Positions are in bytes from the file's start.

    `good_bytes` is the end of the last line whose checksum fits, `position` where judging goes on. Torn lines are
    pending until a good one follows: only then is the damage certain, for a torn end may still be cut off.
    """

    def __init__(self) -> None:
        self.position = 0
        self.good_bytes = 0
        self.next_number = 0
        self.has_header = False
        self.last_time = 0.0
        self.newer = ""
        self.mark = b""
        self.mark_position = 0
        """Where the last good line begins, and its first bytes (checksum, number, time): to know the file again."""
        self.pending: list[tuple[int, int]] = []
        """Line number and position of torn lines with no good one after them (yet)."""
        self.flaw_count = 0
        self._flaws: list[str] = []
        self._line = 0
        self._good_line = 0

    def rewind(self) -> None:
        """Judge again from the end of the last good line: what came after it may have changed."""
        self.position = self.good_bytes
        self.pending.clear()
        self._line = self._good_line

    def skip(self, size: int) -> None:
        """Count `size` bytes as one torn line: too many of them had no line feed."""
        self._line += 1
        self.pending.append((self._line, self.position))
        self.position += size

    def take(self, lines: list[bytes], limit: int) -> list[Record]:
        """Judge at most `limit` whole lines, given without their line feeds from `position` on; return the records."""
        records: list[Record] = []
        count, done = min(len(lines), limit), 0
        while done < count:
            in_order = self._take_in_order(lines, done, count)
            records += in_order
            done += len(in_order)
            if done < count:
                self._take_one(lines[done], records)
                done += 1
        return records

    def _take_in_order(self, lines: list[bytes], start: int, end: int) -> list[Record]:
        """Take lines as long as each is whole and follows the one before: nearly all of them, so this is quick."""
        records: list[Record] = []
        number = self.next_number
        if self.pending or number == 0:
            return records
        for place in range(start, end):
            found = decode_line(lines[place])
            if type(found) is not Record or found.n != number:
                break
            number += 1
            records.append(found)
        if records:
            taken = lines[start : start + len(records)]
            self.position += sum(map(len, taken)) + len(taken)
            self._line += len(taken)
            self.next_number, self.last_time = number, records[-1].t
            self._note_good(taken[-1])
        return records

    def _take_one(self, line: bytes, records: list[Record]) -> None:
        start = self.position
        self.position += len(line) + 1
        self._line += 1
        found = decode_line(line)
        if found is _TORN:
            self.pending.append((self._line, start))
            return
        self._take_odd(found, start, records)
        self._note_good(line)

    def _note_good(self, line: bytes) -> None:
        self.good_bytes, self._good_line = self.position, self._line
        self.mark, self.mark_position = line[:_MARK], self.position - len(line) - 1

    @property
    def damage(self) -> str:
        """What is wrong in front of `good_bytes`; empty when nothing is."""
        more = self.flaw_count - len(self._flaws)
        return "; ".join([*self._flaws, *([f"and {more} more"] if more else [])])

    def _take_odd(self, found: Record | Flaw, start: int, records: list[Record]) -> None:
        """Take a line that is whole, but the first one, or out of order, or not understood, or after torn ones."""
        was_torn = bool(self.pending)
        for line, position in self.pending:
            self._note(f"line {line} (byte {position}) is damaged: {_TORN.text}")
        self.pending.clear()
        if isinstance(found, Flaw):
            self.newer = self.newer or (found.text if found.kind == "newer" else "")
            self._note(f"line {self._line} (byte {start}): {found.text}")
            self.next_number += 1
            return
        if found.n < self.next_number:
            self._note(f"line {self._line} (byte {start}): record {found.n} comes a second time")
            return
        if found.n > self.next_number and not was_torn:
            self._note(f"line {self._line} (byte {start}): records {self.next_number} to {found.n - 1} are missing")
        if self.next_number == 0:
            self.has_header = found.n == 0 and isinstance(found.event, RunStarted)
            if not self.has_header:
                self._note("the header (RunStarted) is missing")
        self.next_number = found.n + 1
        self.last_time = found.t
        records.append(found)

    def _note(self, text: str) -> None:
        self.flaw_count += 1
        if len(self._flaws) < _FLAWS_TOLD:
            self._flaws.append(text)
