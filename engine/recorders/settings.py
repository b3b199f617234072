"""Settings that searches are watched with, and who watches just now."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..text import clean


class Settings(NamedTuple):
    """What searches are watched with; it travels to the processes that make searches inside of folds."""

    runs_dir: str = ""
    resume: tuple[str, ...] = ()
    quiet: bool = False
    enter: Callable[[Settings], contextlib.AbstractContextManager[Any]] | None = None
    """Begins to watch with these settings: for a process that nobody has set up for that yet."""


class Watching(Protocol):
    """Somebody who watches."""

    settings: Settings
    asked: bool
    """True once anything that can be watched was met."""


watching: list[Watching] = []
"""Those who watch in this process, the last one to come last."""

entered: ContextVar[tuple[Watching, ...]] = ContextVar("tunetop_entered", default=())
"""Those whose `with` this thread or asynchronous task is in, the innermost last."""

_saying = threading.Lock()


def current() -> Watching | None:
    """Return who watches here: the innermost `with`, else the one who came last; None where nobody does."""
    here = next((one for one in reversed(entered.get()) if one in watching), None)
    found = here if here is not None else watching[-1] if watching else None
    if found is not None:
        found.asked = True
    return found


_told = ""


def announce_to(path: str) -> None:
    """Have what is announced appended to a file, that of whoever began this program to watch it."""
    global _told
    _told = path


def announce(kind: str, what: str) -> None:
    """Tell whoever began this program something, in one line, where somebody did."""
    if not _told:
        return
    line = f"{kind} {' '.join(what.split())}\n" if kind != "run" else f"{kind} {what}\n"
    with contextlib.suppress(OSError):
        fd = os.open(_told, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            os.write(fd, line.encode("utf-8", "backslashreplace"))
        finally:
            os.close(fd)


def say(text: str, settings: Settings) -> None:
    """Say one line to whoever runs the program, on stderr; a problem also to whoever began it."""
    if text.startswith("not "):
        announce("problem", clean(text, 400))
    if settings.quiet:
        return
    try:
        with _saying:
            print(f"tunetop: {clean(text, 400)}", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        # a program without a stderr is watched all the same
        return


class Recording(Protocol):
    """What records one search; `lost` is True where that is given up."""

    settings: Settings
    lost: bool


def quietly(method: Callable[..., None]) -> Callable[..., None]:
    """Keep what goes wrong in the recording from the search: it is not recorded any more then."""

    @wraps(method)
    def quiet(self: Recording, *args: Any, **facts: Any) -> None:
        if self.lost:
            return
        try:
            method(self, *args, **facts)
        except Exception as error:  # noqa: BLE001 - watching never changes what a search finds
            self.lost = True
            say(f"not recorded any more: {type(error).__name__}: {error}", self.settings)

    return quiet


def say_where(run: Path, settings: Settings) -> None:
    """Say how a run is seen in a terminal: by its name, or by its path where runs are kept in another folder."""
    name = shlex.quote(str(run.absolute())) if settings.runs_dir else run.name
    say(f"watching; in a terminal: tunetop attach {name}", settings)


def runs_dir_of(settings: Settings) -> Path | None:
    """Return the folder of runs that was asked for, None for the usual one."""
    return Path(settings.runs_dir) if settings.runs_dir else None
