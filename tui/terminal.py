"""The terminal: what it can show, what a thin line to it asks for, and what happens when it goes away.

A terminal can vanish in many ways: a closed window, a killed ssh, a line that stalls and then breaks. The run must not
notice. Reads from a vanished terminal return at once for ever, writes fail or block; so on the first sign of loss the
standard descriptors are pointed elsewhere, and the screen is let go while the engine's threads go on.
"""

from __future__ import annotations

import contextlib
import locale
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

Colors = Literal["truecolor", "256", "16", "none"]


@dataclass(frozen=True)
class Terminal:
    """What is known of the terminal before anything is drawn; `refusal` says why a screen cannot be, if so."""

    interactive: bool
    refusal: str = ""
    thin: bool = False
    colors: Colors = "truecolor"
    unicode: bool = True


def inspect(environ: Mapping[str, str] = os.environ, *, ssh: bool | None = None) -> Terminal:
    """Return what the environment and the standard streams tell of the terminal."""
    interactive = sys.stdin is not None and sys.stdout is not None and sys.stdin.isatty() and sys.stdout.isatty()
    term = environ.get("TERM", "")
    refusal = ""
    if term in ("dumb", ""):
        refusal = f"TERM={term or '(not set)'} cannot show a screen: use --headless"
    thin = ssh if ssh is not None else bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return Terminal(interactive, refusal, thin, _colors(environ, term), _unicode(environ))


def _colors(environ: Mapping[str, str], term: str) -> Colors:
    if environ.get("NO_COLOR"):
        return "none"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return "truecolor"
    if "256" in term or term.startswith(("xterm-kitty", "alacritty", "wezterm", "foot", "tmux", "screen")):
        return "256"
    return "16"


def _unicode(environ: Mapping[str, str]) -> bool:
    encoding = locale.getpreferredencoding(False) if environ is os.environ else environ.get("LANG", "")
    return "utf" in encoding.lower()


def prepare(terminal: Terminal) -> None:
    """Set what textual reads from the environment when it is imported."""
    if terminal.thin:
        os.environ.setdefault("TEXTUAL_FPS", "15")
        os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    systems = {"truecolor": "truecolor", "256": "256", "16": "standard", "none": "256"}
    os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", systems[terminal.colors])


class LossGuard:
    """Watches for the loss of the terminal while a screen runs.

    `on_loss` is called once, on a thread of the guard's own, after the standard descriptors were pointed away.
    SIGHUP and a hang-up of standard input are losses; SIGTERM asks to let the screen go and is handed to `on_term`.
    """

    def __init__(self, on_loss: Callable[[], None], on_term: Callable[[], None]) -> None:
        self.lost = threading.Event()
        self._on_loss, self._on_term = on_loss, on_term
        self._wake, self._wakened = os.pipe()
        self._ended = False
        self._silent = os.pipe()

    def install(self) -> None:
        """Begin to watch; to be called on the main thread."""
        # signal.signal handlers run even while the event loop is blocked in a write; asyncio's would not
        signal.signal(signal.SIGHUP, lambda *_: self._note(b"h"))
        signal.signal(signal.SIGTERM, lambda *_: self._note(b"t"))
        threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()

    def end(self) -> None:
        """Stop watching: the screen has gone in good order."""
        self._ended = True
        self._note(b"e")

    def _note(self, sign: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wakened, sign)

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        # only the hang-up is of interest: what a person types is read elsewhere
        poll.register(0, 0)
        while not self._ended:
            for descriptor, happened in poll.poll():
                if descriptor == self._wake:
                    signs = os.read(self._wake, 64)
                    if b"t" in signs:
                        self._on_term()
                    if b"h" in signs:
                        self._lose()
                        poll.unregister(0)
                elif happened & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
                    poll.unregister(0)
                    self._lose()

    def _lose(self) -> None:
        if self.lost.is_set() or self._ended:
            return
        point_away(self._silent[0])
        self.lost.set()
        self._on_loss()


def point_away(silent: int) -> None:
    """Point standard input at a pipe that never delivers (`silent`), output and errors at nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 0)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
