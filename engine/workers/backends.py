"""Where folds can run: a name, and what makes workers there. A further backend is one more row."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Callable
from pathlib import Path

from ..errors import TunetopError, UsageError, choose, found
from .base import Kit, Workers
from .bridge import scheduler_of
from .local import LocalWorkers
from .remote import RemoteWorkers

LOCAL = "local"

BACKENDS: dict[str, Callable[[Kit], Workers]] = {
    LOCAL: LocalWorkers,
    "dask": RemoteWorkers,
    "ray": RemoteWorkers,
}

_PORT = r"0*([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"

_ADDRESSES = {
    "dask": rf"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):{_PORT}|file:.+",
    "ray": "ray:auto",
}
"""The backends of clusters -> what addresses look like."""

ALLOWED_ADDRESSES = (
    "tcp://HOST:PORT, tls://HOST:PORT or file:SCHEDULER.json (Dask), ray:auto on a node of a cluster (Ray)"
)

_OPEN_LINE = "nothing asks at {} who is there: whoever reaches it may run code on its hosts; {} asks"

_LIBRARIES = {"dask": "distributed", "ray": "ray"}


def make_workers(backend: str, kit: Kit) -> Workers:
    """Return workers of a backend; raise `UsageError` where there is none of that name."""
    if backend not in BACKENDS:
        hint = choose(backend, list(BACKENDS))
        raise UsageError(f"there is no backend {backend!r}; there is {', '.join(BACKENDS)}. {hint}".strip())
    return BACKENDS[backend](kit)


def backend_of(cluster: str) -> str:
    """Return the backend for a cluster's address, "" standing for none.

    Raises `UsageError` where it is no address, `TunetopError` where what speaks with such a cluster is not installed.
    """
    if not cluster:
        return LOCAL
    for backend, form in _ADDRESSES.items():
        if re.fullmatch(form, cluster):
            if importlib.util.find_spec(_LIBRARIES[backend]) is None:
                raise TunetopError(f"--cluster needs {_LIBRARIES[backend]}: pip install 'tunetop[{backend}]'")
            return backend
    raise UsageError(f"--cluster: {found(cluster)}; allowed: {ALLOWED_ADDRESSES}")


def open_line(cluster: str) -> str:
    """Return the note about a cluster where anybody who reaches it may run code; "" where something asks on the way."""
    asks = "RAY_AUTH_MODE=token" if cluster == "ray:auto" else "tls://"
    return _OPEN_LINE.format(cluster, asks) if _is_open(cluster) else ""


def _is_open(cluster: str) -> bool:
    if cluster == "ray:auto":
        return not _asks_for_token()
    with contextlib.suppress(OSError, ValueError):
        cluster = scheduler_of(cluster)
    if not cluster.startswith("tcp://"):
        return False
    host = cluster.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    return not (host in ("localhost", "::1") or host.startswith("127."))


def _asks_for_token() -> bool:
    """Tell whether Ray asks: by its setting, and without one where there is a token."""
    told = os.environ.get
    if mode := told("RAY_AUTH_MODE"):
        return mode.lower() == "token"
    file = told("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    return bool(told("RAY_AUTH_TOKEN")) or Path(file).is_file()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1
