"""A cluster's worker as the bridge knows it: its place, its tasks, and whether it is at any of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .bridge import Place

STUCK = 1.5
"""Seconds without an answer after which a worker with tasks is asked what it does: others may have come first."""


@dataclass
class FarWorker:
    """A worker of the cluster's, by its address."""

    size: int
    place: Place | None = None
    """What is told of it once it is ready."""
    ends: list[float] = field(default_factory=list)
    """When its post has ended unasked."""
    touched: float = 0.0
    moved: float = 0.0
    """When it was last given a task, or answered one."""
    numbers: set[int] = field(default_factory=set)
    """Tasks that it was given."""
    held: float | None = None
    """Since when it is at none of them, as it said: it has somebody else's work, or is paused."""

    def is_stuck(self, now: float) -> bool:
        """Tell whether it has tasks, and is to be asked what it does, be it again."""
        asked = now - STUCK if self.held is not None else self.moved
        return bool(self.numbers) and self.moved < now - STUCK and self.touched < asked

    def note_doing(self, numbers: list[int]) -> None:
        """Note what it is at; what was given just now may be on its way."""
        if numbers or not self.numbers:
            self.held = None
        elif self.moved < self.touched - STUCK:
            self.held = self.held or self.moved


def all_held_since(workers: Iterable[FarWorker]) -> float | None:
    """Return since when all workers with tasks are at none of them; None where there are no such, or one is."""
    held = [worker.held for worker in workers if worker.numbers]
    since = [at for at in held if at is not None]
    return max(since) if since and len(since) == len(held) else None
