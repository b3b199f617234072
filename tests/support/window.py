"""A terminal window around a warm program: it can be read, left unread, typed into and closed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyte
from warm_process import Program, Warmed

LOOK = 0.03
"""Seconds between two looks at the screen."""


class Window:
    """`tunetop ARGUMENTS` in a terminal of its own."""

    def __init__(self, warmed: Warmed, *arguments: str | Path, columns: int = 80, rows: int = 24, **options: Any):
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._lock = threading.Lock()
        self._reading = threading.Event()
        self._reading.set()
        self.closed = False
        self.sent = bytearray()
        """All that has come from the program."""
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._found = termios.tcgetattr(slave)
        self.program: Program = warmed.start(*arguments, tty=os.ttyname(slave), **options)
        self._slave = slave
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        # never for long inside a read: that would keep a closed window's terminal open
        while not self.closed:
            if not self._reading.wait(0.1) or not select.select([self._master], [], [], 0.1)[0]:
                continue
            data = os.read(self._master, 65536)
            with self._lock:
                self.sent += data
                self._stream.feed(data)

    def stall(self) -> None:
        """Read nothing any more, as a line that has stalled."""
        self._reading.clear()

    def block(self) -> None:
        """Read nothing any more, until the program waits for that."""
        self.stall()
        # the terminal takes some ten thousand bytes, and textual's queue thirty writes more
        place = Path(f"/proc/{self.program.pid}/task/{self.program.pid}/wchan")
        looks = 0
        for _ in range(int(300.0 / LOOK)):
            self.type("\x0c")
            time.sleep(LOOK)
            # the event loop sleeps in a poll, unless it is in a write
            looks = looks + 1 if "futex" in place.read_text() else 0
            if looks == 10:
                return
        raise AssertionError("the program never waits")

    def go_on(self) -> None:
        """Read again."""
        self._reading.set()

    def close(self) -> None:
        """Close the window: the terminal is gone."""
        if not self.closed:
            self.closed = True
            self._reader.join()
            os.close(self._slave)
            os.close(self._master)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def text(self) -> str:
        """Return what the screen shows."""
        with self._lock:
            return "\n".join(self.screen.display)

    def left_behind(self) -> list[str]:
        """Return what of the terminal is not as the program has found it."""
        with self._lock:
            modes = set(self.screen.mode)
            hidden = self.screen.cursor.hidden
        kept = {"alternate screen": 1049, "mouse": 1000, "mouse moves": 1003, "focus": 1004, "paste": 2004}
        left = [name for name, number in kept.items() if number << 5 in modes]
        if hidden:
            left.append("no cursor")
        if termios.tcgetattr(self._slave) != self._found:
            left.append("raw mode")
        return left

    def wait_for(self, what: str | Callable[[str], Any], seconds: float = 300.0) -> str:
        """Wait until the screen shows a text or passes a check; return the screen."""
        # seconds of pauses: a machine that stands still takes none of them away
        for _ in range(int(seconds / LOOK) + 1):
            text = self.text()
            if what in text if isinstance(what, str) else what(text):
                return text
            time.sleep(LOOK)
        raise AssertionError(f"never saw {what!r} on\n{self.text()}")
