"""The small interface behind which folds run: in processes of this machine, later elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .task import FoldResult, FoldTask, RefitResult


@dataclass(frozen=True)
class Lost:
    """A task whose worker did not live to answer it.

    `reason` says what happened in words; `timed_out` tells a fold that took too long from a worker that died.
    """

    reason: str
    timed_out: bool = False


@dataclass(frozen=True)
class Unready:
    """No worker can be made, so this task was not begun, and no later one will be: the run has to end."""

    reason: str


Answer = list[FoldResult] | RefitResult | Lost | Unready


class Workers(Protocol):
    """Processes that do tasks."""

    size: int
    """How many tasks run at the same time."""

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> None:
        """Have `task` done; `answer` is called once, on a thread of the workers' own, and must return soon.

        `timeout` is in seconds a fold.
        """
        ...

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once, with tasks left unanswered."""
        ...
