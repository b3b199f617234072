"""The small interface behind which folds run: in processes of this machine, or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
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
    """How many tasks are to run at the same time; on a cluster at most, and 0: as many as it has room for."""
    work: Path
    """A folder of the run for whatever they keep on disk; it is removed at the run's end."""
    preset_file: Path
    allowed: tuple[str, ...]
    """Modules that the preset may name."""
    address: str = ""
    """Where the cluster is."""
    log: Path = Path(os.devnull)
    """The file for what other people's libraries have to say."""
    code: str = ""
    """The folder of the preset's own modules, where it is not the one that the preset tells."""


@dataclass(frozen=True)
class Where:
    """On which hosts tasks can run just now: host -> how many at a time, and what linear algebra each one uses."""

    hosts: dict[str, int] = field(default_factory=dict)
    kernels: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    """Hosts that cannot be used, each with the reason, a line each."""


HERE = Where()
"""On this machine alone, of which nothing needs to be told."""


class Workers(Protocol):
    """Processes that do tasks: a backend. It is made at no cost, from a `Kit`; nothing runs before `prepare`."""

    size: int
    """How many tasks run at the same time; on a cluster that changes."""
    lag: float
    """About how many seconds a worker stands idle between two tasks unless the second lies ready beside it."""
    where: Where
    """On which hosts tasks run; `HERE` where that is this machine alone."""
    trouble: str
    """What keeps all tasks from being begun just now; empty: nothing."""
    unready: str
    """Why no worker can be made at all, where that is known before any task is answered; empty: nothing."""

    def listen(self, changed: Callable[[], None]) -> None:
        """Have `changed` called, on any thread, whenever one of the fields above may have another value."""

    def prepare(self, problem: Problem) -> None:
        """Put the problem where the workers find it, and begin to make them; called once, before any task.

        Raises OSError where there is no room; then nothing runs, and `close` need not be called.
        """

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        """Have `task` done; `answer` is called once, on a thread of the workers' own, and must return soon.

        `timeout` is in seconds a fold. Returns the host that it was given to; "" where that is this machine, or is not
        known yet.
        """
        ...

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once, with tasks left unanswered."""
