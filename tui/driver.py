"""Reading keys from the terminal, with an escape answered at once.

Whether an escape was the key or begins a longer one shows only after a moment without more. textual's driver looks
every tenth of a second whether that moment has passed; this one looks when it has.
"""

from __future__ import annotations

import codecs
import os
import select
import time

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

_IDLE = 0.1
"""Seconds between two looks whether the app has ended."""


class PromptDriver(LinuxDriver):
    """textual's driver for terminals, with a reading of its own."""

    def run_input_thread(self) -> None:
        """Read what is typed and hand it on, until the app ends."""
        parser = XTermParser(self._debug)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        open_until = 0.0
        while not self.exit_event.is_set():
            wait = _IDLE if time.monotonic() >= open_until else constants.ESCAPE_DELAY / 4
            if select.select([self.fileno], [], [], wait)[0]:
                data = os.read(self.fileno, 4096)
                if not data:
                    # the terminal is gone: who watches for that will say so
                    self.exit_event.wait(_IDLE)
                text = decoder.decode(data)
                if "\x1b" in text:
                    open_until = time.monotonic() + 2 * constants.ESCAPE_DELAY
                if text:
                    for event in parser.feed(text):
                        self.process_message(event)
            for event in parser.tick():
                self.process_message(event)
