"""Commands to a running run, from any terminal of its owner: lines appended to a file in the run's folder."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from ..errors import StoreError
from ..files import open_private

_COMMAND = re.compile(
    r"stop|stop-now|pause|unpause|skip:[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
    r"|add-trials:[A-Za-z0-9][A-Za-z0-9._-]{0,63}=[0-9]{1,9}|add:[^\x00-\x1f\x7f]{1,60000}"
)
_LARGEST_READ = 1 << 20


class NotOwner(StoreError):
    """Only who started a run may command it."""


def is_command(text: str) -> bool:
    """Tell whether `text` is a command: stop, pause, skip:METHOD, add-trials:METHOD=N, add:JSON on one line, …"""
    return _COMMAND.fullmatch(text) is not None


def send(folder: Path, command: str) -> None:
    """Append a command for the process that runs `folder`.

    Raises ValueError for an unknown command, NotOwner when the folder belongs to somebody else.
    """
    if not is_command(command):
        raise ValueError(f"no such command: {command[:80]!r}")
    if (uid := os.stat(folder).st_uid) != os.geteuid():
        raise NotOwner(f"{folder} belongs to user {uid}: only its owner may stop, pause or change this run")
    fd = open_private(folder / "control", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(fd, command.encode("utf-8", "backslashreplace") + b"\n")
    finally:
        os.close(fd)


class ControlReader:
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

    def poll(self) -> list[str]:
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

    def _poll(self) -> list[str]:
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
        return [line for line in lines if is_command(line)]

    def _read(self) -> bytes:
        fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return os.pread(fd, _LARGEST_READ, self._position)
        finally:
            os.close(fd)
