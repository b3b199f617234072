"""The spool of a watched search's folds: one file a process, appended to, in the run's folder.

A fold of any process appends a frame (6 µs) and goes on; whoever records the search reads all files. A frame is the
payload's length and CRC-32, four bytes each, and the payload in MessagePack: numbers come back to the last bit, NaN
included, and a killed process leaves whole frames. The files stay with the run: from them it is gone on with.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from zlib import crc32

import msgspec

from ..files import open_private

FOLDER = "folds"
"""The folder of these files in a run's folder."""

HOLD = "hold"
"""The file that tells folds to wait, or not to begin: see `Hold`."""

_HEAD = struct.Struct("<II")
_LARGEST = 1 << 24


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a fold says: it begins, it has ended with a result, or it was left out.

    `result` is what scikit-learn's `_fit_and_score` returns, in plain numbers and text; `key` names what was fitted.
    """

    kind: Literal["begin", "end", "raised", "left"]
    number: int
    fold: int
    at: float
    key: str = ""
    result: dict[str, Any] | None = None
    reused: bool = False


class Hold(msgspec.Struct, frozen=True):
    """What the person at a terminal asked for: "pause", or "stop" with the one trial that may still be finished."""

    what: Literal["pause", "stop"]
    only: int | None = None


_files: dict[tuple[int, str], int] = {}
_lock = threading.Lock()
_decoder = msgspec.msgpack.Decoder(Said)


def say(folder: str, said: Said) -> None:
    """Append to this process's file in a run's folder of folds. Raises OSError where that cannot be."""
    payload = msgspec.msgpack.encode(said)
    frame = _HEAD.pack(len(payload), crc32(payload)) + payload
    fd = _file(folder)
    written = os.write(fd, frame)
    if written != len(frame):
        # no room for the rest: the torn frame must not hide those that come after it
        with _lock:
            _files.pop((os.getpid(), folder), None)
        os.close(fd)
        raise OSError(28, "there was no room for the whole record", folder)


def _file(folder: str) -> int:
    key = (os.getpid(), folder)
    fd = _files.get(key)
    if fd is None:
        with _lock:
            fd = _files.get(key)
            if fd is None:
                path = os.path.join(folder, f"{key[0]}-{os.urandom(4).hex()}.folds")
                fd = _files[key] = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
    return fd


def let_go(folder: str) -> None:
    """Close this process's file in that folder, if it has one."""
    with _lock:
        fd = _files.pop((os.getpid(), folder), None)
    if fd is not None:
        os.close(fd)


class SpoolReader:
    """Reads all files of a folder of folds as they grow."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._positions: dict[str, int] = {}

    def poll(self) -> list[Said]:
        """Return what was said since the last poll, in order within each process."""
        found: list[Said] = []
        try:
            names = [entry.name for entry in os.scandir(self._folder) if entry.name.endswith(".folds")]
        except FileNotFoundError:
            return found
        for name in names:
            found += self._new_in(name)
        return found

    def _new_in(self, name: str) -> Iterator[Said]:
        path, position = self._folder / name, self._positions.get(name, 0)
        if os.stat(path, follow_symlinks=False).st_size <= position:
            return
        with open(path, "rb", buffering=0) as file:
            file.seek(position)
            data = file.read()
        whole, used = _frames(data)
        self._positions[name] = position + used
        yield from whole


def _frames(data: bytes) -> tuple[list[Said], int]:
    """Return the whole frames at the beginning of `data`, and how many bytes they take."""
    found: list[Said] = []
    place = 0
    while place + _HEAD.size <= len(data):
        size, checksum = _HEAD.unpack_from(data, place)
        end = place + _HEAD.size + size
        payload = data[place + _HEAD.size : end]
        if size > _LARGEST or len(payload) < size or crc32(payload) != checksum:
            break
        try:
            found.append(_decoder.decode(payload))
        except msgspec.MsgspecError:
            break
        place = end
    return found, place


def hold(folder: str) -> Hold | None:
    """Return what folds of that folder are asked to do instead of beginning; None: begin."""
    path = os.path.join(folder, HOLD)
    # every fold asks, and hardly ever is there one: an exception would take five times as long
    if not os.access(path, os.F_OK):
        return None
    try:
        with open(path, "rb") as file:
            return msgspec.json.decode(file.read(), type=Hold)
    except (OSError, msgspec.MsgspecError):
        return None


def kept_folds(run: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """Return the results of all folds that a recorded run has, by the key of what was fitted."""
    return {
        said.key: said.result
        for said in SpoolReader(Path(run) / FOLDER).poll()
        if said.kind == "end" and said.key and said.result is not None
    }
