"""One direction of a worker's line: objects through a pipe, each as its length and its pickle.

Both ends belong to the same program: what comes out is what this very run has put in.
"""

from __future__ import annotations

import os
import pickle
import struct
from typing import Any

_HEAD = struct.Struct("=I")
_LONG = struct.Struct("=Q")
_IS_LONG = 0xFFFF_FFFF

_BLOCK = 1 << 20


class Sender:
    """The end that objects go into; it owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def send(self, message: Any) -> None:
        """Send an object; raise OSError where nobody can read it any more."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        head = _HEAD.pack(len(body)) if len(body) < _IS_LONG else _HEAD.pack(_IS_LONG) + _LONG.pack(len(body))
        left = memoryview(head + body)
        while left:
            left = left[os.write(self._descriptor, left) :]

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self._descriptor)


class Receiver:
    """The end that objects come out of; it owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def receive(self) -> Any:
        """Return the next object; raise EOFError at the end, and whatever unpickling it raises."""
        (size,) = _HEAD.unpack(self._read(_HEAD.size))
        if size == _IS_LONG:
            (size,) = _LONG.unpack(self._read(_LONG.size))
        return pickle.loads(self._read(size))

    def _read(self, size: int) -> bytes | bytearray:
        block = os.read(self._descriptor, min(size, _BLOCK))
        if len(block) == size:
            return block
        whole = bytearray(block)
        while block and len(whole) < size:
            block = os.read(self._descriptor, min(size - len(whole), _BLOCK))
            whole += block
        if len(whole) < size:
            raise EOFError
        return whole

    def close(self) -> None:
        """Let go of the descriptor."""
        os.close(self._descriptor)


def pipe() -> tuple[Receiver, Sender]:
    """Return the two ends of a new pipe."""
    out, into = os.pipe()
    return Receiver(out), Sender(into)
