"""The small interface behind which folds run: in processes of this machine, later elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .task import FoldResult, FoldTask, RefitResult

if TYPE_CHECKING:
    from ..problem.problem import Problem


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


@dataclass(frozen=True)
class Kit:
    """What workers are made from."""

    size: int
    """How many tasks are to run at the same time."""
    work: Path
    """A folder of the run for whatever they keep on disk; it is removed at the run's end."""
    preset_file: Path
    allowed: tuple[str, ...]
    """Modules that the preset may name."""


class Workers(Protocol):
    """Processes that do tasks: a backend. It is made at no cost, from a `Kit`; nothing runs before `prepare`."""

    size: int
    """How many tasks run at the same time."""

    def prepare(self, problem: Problem) -> None:
        """Put the problem where the workers find it, and begin to make them; called once, before any task.

        Raises OSError where there is no room; then nothing runs, and `close` need not be called.
        """
        ...

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> None:
        """Have `task` done; `answer` is called once, on a thread of the workers' own, and must return soon.

        `timeout` is in seconds a fold.
        """
        ...

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once, with tasks left unanswered."""
        ...
