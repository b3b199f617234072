"""The terminal as the screen sees it: keys answered at once, and a process that may be stopped and go on at any time.

Whether an escape was the key or begins a longer one shows only after a moment without more. textual's driver looks
every tenth of a second whether that moment has passed; this one looks when it has.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from textual import constants, events
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.geometry import Size

from .tty import in_foreground

_IDLE = 0.1
"""Seconds between two looks whether the app has ended."""


class PromptDriver(LinuxDriver):
    """textual's driver for terminals, with a reading and a way to be stopped of its own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # not standard error, as textual would have it: that one people send into a file
        self._file: Any = sys.__stdout__

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

    def start_application_mode(self) -> None:
        """Take the terminal, and tell its size from the event loop whenever that changes.

        textual reads the size in the signal's handler. One that has read it and is interrupted by the next tells the
        older size last, and the screen stays that way: seen once in 300 storms of resizes.
        """
        super().start_application_mode()
        signal.signal(signal.SIGWINCH, self._resized)

    def _resized(self, *_: object) -> None:
        self._soon(self._tell_size)

    def _tell_size(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(events.Resize(size, size))

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._soon(self._go_on)

    def _soon(self, what: Callable[[], None]) -> None:
        """Do something in the event loop: a signal may come in the midst of a write, which would wait for itself."""
        self._loop.call_soon_threadsafe(what)

    def _suspend(self) -> None:
        """Give the terminal back, and stop."""
        if not self._must_signal_resume:
            self._must_signal_resume = True
            self.suspend_application_mode()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _go_on(self) -> None:
        """Take the terminal again, if it is there and this process's to use."""
        if not os.isatty(self.fileno) or not self._app.is_running:
            return
        if not in_foreground():
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if not self._must_signal_resume:
            # SIGSTOP comes without a warning: nobody knows what the terminal shows, and in which mode it is
            self._must_signal_resume = True
            self.suspend_application_mode()
        self.start_application_mode()

    def close(self) -> None:
        """Let the writing thread end; with the app itself, signals to stop and to go on mean what they always mean."""
        super().close()
        if not self._app.is_running:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            signal.signal(signal.SIGCONT, signal.SIG_DFL)
