"""Commands to a running run, from any terminal of its owner: lines appended to a file in the run's folder.

What a command looks like is written and read here alone: `Command` and `parse`.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Literal

import msgspec

from ..errors import StoreError
from ..events import Point
from ..files import open_private

Word = Literal["stop", "stop-now", "pause", "unpause", "skip", "add-trials", "add"]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_COMMAND = re.compile(
    r"(?P<word>stop|stop-now|pause|unpause)"
    rf"|(?P<skip>skip):(?P<skipped>{_NAME})"
    rf"|(?P<more>add-trials):(?P<method>{_NAME})=(?P<number>[0-9]{{1,9}})"
    r"|(?P<add>add):(?P<point>[^\x00-\x1f\x7f]{1,60000})"
)
_LARGEST_READ = 1 << 20


class Command(msgspec.Struct, frozen=True):
    """One command: `skip` and `add-trials` have a method, `add-trials` a number of trials, `add` a point as JSON."""

    word: Word
    method: str = ""
    number: int = 0
    json: str = ""

    def __str__(self) -> str:
        rest = {"skip": self.method, "add-trials": f"{self.method}={self.number}", "add": self.json}
        return f"{self.word}:{rest[self.word]}" if self.word in rest else self.word

    @property
    def point(self) -> Point:
        """The point that is to be added; raises `msgspec.MsgspecError` where it is none."""
        return msgspec.json.decode(self.json, type=Point)


def add(point: Point) -> Command:
    """Return the command that adds a trial by hand."""
    return Command("add", json=msgspec.json.encode(point).decode())


def parse(text: str) -> Command | None:
    """Return the command that a line holds, None where it holds none."""
    found = _COMMAND.fullmatch(text)
    if found is None:
        return None
    if found["skip"]:
        return Command("skip", found["skipped"])
    if found["more"]:
        return Command("add-trials", found["method"], int(found["number"]))
    if found["add"]:
        return Command("add", json=found["point"])
    return msgspec.convert({"word": found["word"]}, Command)


class NotOwner(StoreError):
    """Only who started a run may command it."""


def send(folder: Path, command: Command | str) -> None:
    """Append a command for the process that runs `folder`.

    Raises ValueError for an unknown command, NotOwner when the folder belongs to somebody else.
    """
    line = str(command)
    if parse(line) is None:
        raise ValueError(f"no such command: {line[:80]!r}")
    if (uid := os.stat(folder).st_uid) != os.geteuid():
        raise NotOwner(f"{folder} belongs to user {uid}: only its owner may stop, pause or change this run")
    fd = open_private(folder / "control", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(fd, line.encode("utf-8", "backslashreplace") + b"\n")
    finally:
        os.close(fd)


class Inbox:
    """The running process's end: commands that arrive from its making on. One `stat` a poll while there are none."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "control"
        self._position = 0
        self._inode = 0
        try:
            status = os.stat(self._path, follow_symlinks=False)
        except FileNotFoundError:
            return
        self._position, self._inode = status.st_size, status.st_ino

    def poll(self) -> list[Command]:
        """Return the commands that came in since the last poll, in order; lines that are no command are passed over.

        A file that is not this user's own plain file, or cannot be read just now, is not read.
        """
        try:
            return self._poll()
        except FileNotFoundError:
            self._position = 0
            return []
        except OSError:
            # a file system that is away for a while must not end a run that could go on
            return []

    def _poll(self) -> list[Command]:
        status = os.stat(self._path, follow_symlinks=False)
        if status.st_ino != self._inode or status.st_size < self._position:
            self._position, self._inode = 0, status.st_ino
        if status.st_size == self._position:
            return []
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return []
        block = self._read()
        end = block.rfind(b"\n") + 1
        if end == 0 and len(block) == _LARGEST_READ:
            end = len(block)
        self._position += end
        lines = block[:end].decode("utf-8", "replace").split("\n")
        return [command for line in lines if (command := parse(line)) is not None]

    def _read(self) -> bytes:
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return os.pread(fd, _LARGEST_READ, self._position)
        finally:
            os.close(fd)
