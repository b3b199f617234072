"""The contract of a source: records of a run that come as they are asked for, wherever they are read from."""

from __future__ import annotations

from typing import Protocol

from ..events import Point, Record


class Writer(Protocol):
    """Writes into another program's storage what a person asks for; for a thread. Raises UsageError in words."""

    def enqueue(self, point: Point) -> None:
        """Have the search try a point next."""

    def fail(self, number: int) -> None:
        """End a running trial as failed."""


class Source(Protocol):
    """Gives a run's records, oldest first, each once. It never writes, and never raises for what it reads.

    Whoever folds the records begins anew when `restarts` has gone up: what was read before is void then.
    """

    id: str
    """What is read, for people: a run's name, a path, an address."""

    @property
    def writer(self) -> Writer | None:
        """What a person may ask of the search, where its storage takes anything."""
        ...

    @property
    def behind(self) -> bool:
        """True while there is more than was read."""
        ...

    @property
    def alive(self) -> bool | None:
        """Whether somebody still goes on with the run; None where that cannot be told."""
        ...

    @property
    def trouble(self) -> str:
        """What keeps whoever makes the run, or this reader, from going on just now; empty: nothing."""
        ...

    @property
    def damage(self) -> str:
        """What is wrong with what was read; empty: nothing."""
        ...

    @property
    def restarts(self) -> int:
        """How often what was read before became void."""
        ...

    def poll(self, patience: float) -> list[Record]:
        """Return what is new, reading for about so many seconds at most."""
        ...
