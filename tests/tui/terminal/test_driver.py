"""Keys as they come from a terminal: lone escapes, longer keys, and letters whose bytes come apart."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from running import wait_until
from textual import events
from tunetop.tui.terminal.driver import PromptDriver


class Typed(PromptDriver):
    """A driver that reads from a pipe and keeps what it reads."""

    def __init__(self, descriptor: int) -> None:
        self.fileno, self._debug = descriptor, False
        self.exit_event = threading.Event()
        self.keys: list[str] = []

    def process_message(self, message: object) -> None:
        assert isinstance(message, events.Key)
        self.keys.append(message.character or message.key)


@pytest.fixture
def typed() -> Iterator[tuple[Typed, int]]:
    reader, writer = os.pipe()
    driver = Typed(reader)
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    yield driver, writer
    driver.exit_event.set()
    thread.join()
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize(
    ("pieces", "keys"),
    [
        ([b"\x1b"], ["\x1b"]),
        ([b"\x1b", b"j"], ["\x1b", "j"]),
        ([b"\x1b[A"], ["up"]),
        ([b"j\x1b[6~k"], ["j", "pagedown", "k"]),
        ([b"\xc3", b"\xa4"], ["ä"]),
        ([b"\xff", b"j"], ["�", "j"]),
    ],
)
def test_keys_come_whole_however_their_bytes_come(
    typed: tuple[Typed, int], pieces: list[bytes], keys: list[str]
) -> None:
    driver, writer = typed
    for number, piece in enumerate(pieces):
        os.write(writer, piece)
        if piece == b"\x1b":
            wait_until(lambda number=number: len(driver.keys) > number)
    wait_until(lambda: len(driver.keys) >= len(keys))
    assert driver.keys == keys


def test_a_terminal_that_is_gone_is_not_read_over_and_over(
    typed: tuple[Typed, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, _ = typed
    read, reads = os.read, []
    monkeypatch.setattr(os, "read", lambda *given: reads.append(given) or read(*given))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), driver.fileno)
    wait_until(lambda: reads)
    driver.exit_event.wait(0.4)
    assert len(reads) <= 10
    assert not driver.keys


class Resized(PromptDriver):
    """A driver whose window changes its size while the change before is told: signals come when they like."""

    def __init__(self, sizes: list[tuple[int, int]]) -> None:
        self._loop, self._in_band_window_resize = asyncio.get_running_loop(), False
        self.sizes, self.now, self.told = sizes, (0, 0), []
        self._app: Any = SimpleNamespace(post_message=lambda event: self.told.append(tuple(event.size)))

    def _get_terminal_size(self) -> tuple[int, int]:
        read = self.now
        if self.sizes:
            self.change()
        return read

    def change(self) -> None:
        """Change the size, of which the system tells by a signal; its handler runs before whatever is going on."""
        self.now = self.sizes.pop(0)
        self._resized()


async def test_the_size_told_last_is_the_windows() -> None:
    driver = Resized([(181, 23), (100, 30), (120, 36)])
    driver.change()
    for _ in range(10):
        await asyncio.sleep(0)
    assert driver.now == (120, 36)
    assert driver.told == [(181, 23), (100, 30), (120, 36)]
