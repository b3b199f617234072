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
import termios
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Literal

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
    streams = (sys.stdin, sys.stdout)
    interactive = all(stream is not None and stream.isatty() for stream in streams) and in_foreground()
    term = environ.get("TERM", "")
    refusal = ""
    if term in ("dumb", ""):
        refusal = f"TERM={term or '(not set)'} cannot show a screen: use --headless"
    thin = ssh if ssh is not None else bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    return Terminal(interactive, refusal, thin, _colors(environ, term), _unicode(environ))


def in_foreground(terminal: int = 0) -> bool:
    """Tell whether the terminal is this process's to use: one begun with `&` would be stopped for painting on it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True


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
    else:
        # how long to wait whether an escape begins a longer key: on a line without delay, hardly at all
        os.environ.setdefault("ESCDELAY", "25")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    systems = {"truecolor": "truecolor", "256": "256", "16": "standard", "none": "256"}
    os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", systems[terminal.colors])


class _Found:
    """The terminal as it was found, to be left so even where nothing can be waited for."""

    _LEAVE = (
        b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[m"
    )
    """No reports of mouse, paste and focus, long lines wrapped, plain keys, the screen from before, the cursor."""

    def __init__(self) -> None:
        self._terminal = -1
        # a system need not tell a terminal's name
        with contextlib.suppress(OSError):
            # opened once more: what holds for this descriptor alone disturbs nobody who shares the others
            self._terminal = os.open(os.ttyname(0), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            self._mode = termios.tcgetattr(self._terminal)

    def leave(self) -> None:
        """Put the terminal back, if it is still there and this process's to use; once."""
        terminal, self._terminal = self._terminal, -1
        if terminal < 0:
            return
        with contextlib.suppress(OSError, termios.error):
            if in_foreground(terminal):
                # a terminal that has stalled takes no words, but its mode can be set
                termios.tcsetattr(terminal, termios.TCSANOW, self._mode)
                os.write(terminal, self._LEAVE)
        os.close(terminal)


class LossGuard:
    """Watches for the loss of the terminal while a screen runs.

    SIGHUP and a hang-up of standard input are losses: the standard descriptors are pointed away, then `on_loss` is
    called, once. SIGTERM asks to let the screen go (`on_term`), SIGINT to stop (`on_interrupt`). All are called on a
    thread of the guard's own, so they come through even while the event loop is blocked in a write.
    """

    def __init__(
        self, on_loss: Callable[[], None], on_term: Callable[[], None], on_interrupt: Callable[[], None]
    ) -> None:
        self.lost = threading.Event()
        self._on_loss = on_loss
        self._asked = {ord("t"): on_term, ord("i"): on_interrupt}
        self._wake, self._wakened = os.pipe()
        self._silent = os.pipe()
        self._found = _Found()

    def install(self) -> None:
        """Begin to watch; to be called on the main thread. The guard stays until the process ends."""
        # signal.signal handlers run even while the event loop is blocked in a write; asyncio's would not
        signal.signal(signal.SIGHUP, lambda *_: self._note(b"h"))
        signal.signal(signal.SIGTERM, lambda *_: self._note(b"t"))
        signal.signal(signal.SIGINT, lambda *_: self._note(b"i"))
        threading.Thread(target=self._watch, name="terminal-watch", daemon=True).start()

    def leave_terminal(self) -> None:
        """Put the terminal back as it was found, as far as that goes without waiting for it."""
        self._found.leave()

    def _note(self, sign: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wakened, sign)

    def _watch(self) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        # only the hang-up is of interest: what a person types is read elsewhere
        poll.register(0, 0)
        watched = True
        while True:
            lost = False
            for descriptor, happened in poll.poll():
                if descriptor == self._wake:
                    for sign in os.read(self._wake, 64):
                        lost = lost or sign == ord("h")
                        if (asked := self._asked.get(sign)) is not None:
                            asked()
                elif happened & (select.POLLHUP | select.POLLERR):
                    lost = True
                else:
                    # a system that cannot poll terminals; there SIGHUP must do
                    poll.unregister(0)
                    watched = False
            if lost and not self.lost.is_set():
                if watched:
                    poll.unregister(0)
                point_away(self._silent[0])
                # SIGHUP alone does not mean that it is gone
                self.leave_terminal()
                self.lost.set()
                self._on_loss()


def fill_descriptors() -> None:
    """Point standard descriptors that are closed at nothing, or else files that are opened later would become them."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # the lowest number that is free, which is this one
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            stream = os.fdopen(number, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def point_away(silent: int) -> None:
    """Point standard input at a pipe that never delivers (`silent`), output and errors at nothing."""
    os.dup2(silent, 0)
    for descriptor in (1, 2):
        _silence(descriptor)


def _silence(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class _Lasting:
    """A stream whose reader may go away: what is written after that goes nowhere, and nobody is troubled."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with self._shielded():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._shielded():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _shielded(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            # below Python's buffers, so that what still lies in them has somewhere to go
            _silence(self._stream.fileno())


@contextlib.contextmanager
def lasting_output() -> Iterator[None]:
    """Let the block print whatever becomes of the terminal or pipe that it prints to."""
    out: Any = _Lasting(sys.stdout)
    err: Any = _Lasting(sys.stderr)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        yield
