"""The places of a cluster as the run sees them: which tasks each one has, and which of those it really does."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .base import Answer
from .bridge import Place
from .task import FoldTask

READY = 1
"""Tasks that lie ready at a place, for each that it does."""

STILL = 1.0
"""Seconds without an answer after which folds are long enough for what lies ready to be moved to idle places."""

VANISHED = 3
"""A task is given up once so many of its places have vanished while it was done there."""

_FULL = 10.0
"""Seconds for which a thread that was found at other people's work is given nothing more, while others are idle."""


@dataclass(eq=False)
class Given:
    """A task, and how it went with it so far."""

    task: FoldTask
    answer: Callable[[Answer], None]
    timeout: float | None
    vanished: int = 0
    begun: float | None = None
    """When it began to be done at its place, as far as can be known from here: None while it lies ready."""

    @property
    def suspect(self) -> bool:
        """Whether it is given up with its next place, which is why nothing else may be done there."""
        return self.vanished >= VANISHED - 1


class FarPlace:
    """A far worker and the tasks that it has, in order; the first `size` of them are being done."""

    def __init__(self, told: Place) -> None:
        self.told, self.size = told, 0
        self.tasks: OrderedDict[int, Given] = OrderedDict()
        self.held_up: set[int] = set()
        """Tasks that should be being done, and were not when it was asked."""
        self.full = 0
        """How many of its threads other people have, as was found when a task was taken back from it."""
        self._full_since = 0.0
        self.gone = False
        self.kept = False
        """Whether it is for a suspect: it is given nothing more, and once it has nothing, that one."""

    @property
    def takes(self) -> bool:
        """Whether it has room for one more task, be it to lie ready."""
        return not (self.gone or self.kept) and len(self.tasks) < (self.size - self.full) * (1 + READY)

    @property
    def has_suspect(self) -> bool:
        """Whether what it does, and that alone, is a suspect."""
        return self.kept and any(given.suspect for given in self.tasks.values())

    def begin_next(self) -> None:
        """Note which of its tasks are being done."""
        now = time.monotonic()
        for given in itertools.islice(self.tasks.values(), self.size):
            given.begun = given.begun or now

    def note_doing(self, numbers: list[int]) -> None:
        """Note which tasks it really does: some may wait for other people's; those just given may be on their way."""
        long_ago = time.monotonic() - STILL
        first = list(itertools.islice(self.tasks.items(), self.size))
        self.held_up = {n for n, given in first if n not in numbers and (given.begun or 0.0) < long_ago}
        for number in self.held_up:
            self.tasks[number].begun = None

    def note_taken(self, number: int) -> None:
        """Note that a task goes elsewhere: where it was held up, another one would be too."""
        if number in self.held_up:
            self.held_up.discard(number)
            self.full, self._full_since = min(self.full + 1, self.size), time.monotonic()

    def try_again(self) -> bool:
        """Return whether it is time to see if other people's work there is over."""
        if not self.full or time.monotonic() - self._full_since < _FULL:
            return False
        self.full = 0
        return True

    @property
    def behind(self) -> list[int]:
        """Its tasks that others could do at once."""
        return [number for at, number in enumerate(self.tasks) if at >= self.size or number in self.held_up]
