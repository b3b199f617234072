"""A real program on a real pseudo-terminal: keys in, bytes out, and the screen that a person would see."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

LOOK = 0.005
"""Seconds between two looks at the screen."""

CALM_LOOK = 0.01
"""Seconds between two looks whether the program is calm."""

SSH_SETTINGS = {"TEXTUAL_FPS": "15", "TEXTUAL_ANIMATIONS": "none"}


class Terminal:
    """Runs a program in a terminal of a size, and keeps every byte that it sends, with the time."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 80, rows: int = 24, environment: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.chunks: list[tuple[float, bytes]] = []
        self._lock = threading.Lock()
        self._closed = False
        self._master, slave = pty.openpty()
        self.resize(columns, rows, slave)
        unwanted = ("NO_COLOR", "SSH_CONNECTION", "SSH_TTY", "TMUX", "COLUMNS", "LINES")
        inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # its controlling terminal: so that it hears of changes of size, and of the terminal's end
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=inherited | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | dict(environment or {}),
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._closed:
            try:
                ready, _, _ = select.select([self._master], [], [], 0.2)
                data = os.read(self._master, 65536) if ready else None
            except OSError:
                return
            if data == b"":
                return
            if data:
                with self._lock:
                    self.chunks.append((time.monotonic(), data))
                    self._stream.feed(data)

    # -- what a person does ------------------------------------------------------------------------------------------

    def type(self, keys: str) -> None:
        """Press keys, given as what a terminal sends for them."""
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int, fd: int | None = None) -> None:
        """Change the window's size."""
        fcntl.ioctl(self._master if fd is None else fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if fd is None:
            with self._lock:
                self.screen.resize(rows, columns)

    # -- what a person sees ------------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """Return the screen's lines."""
        with self._lock:
            return list(self.screen.display)

    def cells(self) -> list[list[pyte.screens.Char]]:
        """Return the screen's lines, letter by letter with their colours."""
        with self._lock:
            return [[self.screen.buffer[y][x] for x in range(self.screen.columns)] for y in range(self.screen.lines)]

    def text(self) -> str:
        """Return the whole screen."""
        return "\n".join(self.lines())

    def wait_for(self, what: str | Callable[[str], bool], seconds: float = 300.0) -> float:
        """Wait until the screen shows a text, or passes a check; return when it did, on the monotonic clock."""
        # seconds of pauses: a machine that stands still takes none of them away
        for _ in range(int(seconds / LOOK)):
            text = self.text()
            if what in text if isinstance(what, str) else what(text):
                return time.monotonic()
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(LOOK)
        raise AssertionError(f"never saw {what!r} on\n{self.text()}")

    def quiet(self, seconds: float = 0.4, patience: float = 300.0) -> None:
        """Wait until nothing has come for a while, in which the program wanted nothing to do."""
        calm, had = 0, -1
        for _ in range(int(patience / CALM_LOOK)):
            # so many looks: a machine, or a program, that stands still is not calm
            calm = calm + 1 if had == len(self.chunks) and self._rests() else 0
            if calm * CALM_LOOK >= seconds:
                return
            had = len(self.chunks)
            time.sleep(CALM_LOOK)
        raise AssertionError("the terminal is never quiet")

    def _rests(self) -> bool:
        """Tell whether each of the program's threads sleeps, and none waits for a core."""
        try:
            return all(thread.read_text().rpartition(")")[2].split()[0] == "S" for thread in self._threads())
        except OSError:  # one has just ended
            return False

    def _threads(self) -> list[Path]:
        return [thread / "stat" for thread in Path(f"/proc/{self.process.pid}/task").iterdir()]

    # -- what it cost ------------------------------------------------------------------------------------------------

    def bytes_between(self, start: float, end: float) -> int:
        """Return how many bytes came in a stretch of the monotonic clock."""
        with self._lock:
            return sum(len(data) for at, data in self.chunks if start <= at < end)

    def bytes_per_second(self, start: float, end: float) -> list[int]:
        """Return the bytes of every whole second of a stretch."""
        return [self.bytes_between(start + second, start + second + 1) for second in range(int(end - start))]

    def most_in_a_second(self, start: float, end: float) -> int:
        """Return the bytes of the busiest second, wherever it begins."""
        with self._lock:
            arrived = [(at, len(data)) for at, data in self.chunks if start <= at < end]
        most = total = first = 0
        for at, size in arrived:
            total += size
            while arrived[first][0] <= at - 1:
                total -= arrived[first][1]
                first += 1
            most = max(most, total)
        return most

    def close(self) -> None:
        """End the program."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(300)
        self._closed = True  # others may have it open still
        self._reader.join()
        os.close(self._master)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
