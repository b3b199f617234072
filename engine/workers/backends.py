"""Where folds can run: a name, and what makes workers there. A further backend is one more row."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..errors import UsageError, choose
from .base import Kit, Workers
from .local import LocalWorkers

LOCAL = "local"

BACKENDS: dict[str, Callable[[Kit], Workers]] = {LOCAL: LocalWorkers}


def make_workers(backend: str, kit: Kit) -> Workers:
    """Return workers of a backend; raise `UsageError` where there is none of that name."""
    if backend not in BACKENDS:
        hint = choose(backend, list(BACKENDS))
        raise UsageError(f"there is no backend {backend!r}; there is {', '.join(BACKENDS)}. {hint}".strip())
    return BACKENDS[backend](kit)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
