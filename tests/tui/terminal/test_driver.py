"""Keys as they come from a terminal: lone escapes, longer keys, and letters whose bytes come apart."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

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
