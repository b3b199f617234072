"""A program that is killed with -9 at a chosen step of putting something on the disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from tunetop.engine.record.journal import Disk

STEPS: tuple[tuple[Any, str], ...] = (
    (os, "mkdir"),
    (os, "fsync"),
    (os, "link"),
    (os, "replace"),
    (os, "unlink"),
    (Disk, "write"),
    (Disk, "sync"),
)
"""What a program reaches its folders with; a journal's own are those of `Disk`."""


def doom(step: str = "", about: str = "", number: int = 1, *, half: bool = False) -> None:
    """Kill this process just before its `number`-th step of that name (any, if empty) whose arguments hold `about`.

    With `half` a write gets half of its bytes out first.
    """
    left = number

    def doomed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= about in f"{arguments}"
            if left == 0:
                if half:
                    *before, data = arguments
                    call(*before, data[: len(data) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return stepped

    for owner, name in STEPS:
        if step in ("", name):
            setattr(owner, name, doomed(name, getattr(owner, name)))
