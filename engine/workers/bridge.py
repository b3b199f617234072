"""The bridge: a process between a run and its cluster, in which the cluster's own client lives.

Those clients write where they like, take signals, and may end their process; here that costs the run a new bridge and
nothing else. A cluster is one class with the members of `Cluster`, and a row in `CLUSTERS` (`ahead`).
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from ..text import clean, elided
from . import warm
from .ahead import CLUSTERS
from .mapped import Mapped

PIECE = 1 << 24
"""Bytes of data that are sent at once."""


@dataclass(frozen=True)
class FarKit:
    """What far workers are made from."""

    name: str
    """One no other run has."""
    files: dict[str, str]
    """What each host gets: the name there -> the path here."""
    allowed: tuple[str, ...]
    versions: dict[str, str]
    """What every host has to have: see `versions`."""
    mapped: Mapped | None = None
    """A file that every host has to have as well: it is not sent."""

    def pieces(self) -> Any:
        """Yield the files in pieces: name, content, where in the file it begins, and whether it is the last of all."""
        names = list(self.files)
        for name in names:
            with open(self.files[name], "rb") as file:
                start, content = 0, file.read(PIECE)
                while True:
                    following = file.read(PIECE)
                    yield name, content, start, name == names[-1] and not following
                    if not following:
                        break
                    start, content = start + len(content), following


def scheduler_of(address: str) -> str:
    """Return the address of Dask's scheduler, which a file may tell: raise OSError or ValueError where it does not."""
    kind, _, path = address.partition(":")
    if kind != "file":
        return address
    with open(path, encoding="utf-8") as file:
        content = file.read()
    with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):
        if (told := json.loads(content)["address"]).startswith(("tcp://", "tls://")):
            return told
    raise ValueError(
        f"{elided(clean(path, 1000), 70)} tells no scheduler's address, tcp://HOST:PORT or tls://HOST:PORT"
    )


@dataclass(frozen=True)
class Place:
    """A worker of the cluster that takes tasks: so many at a time."""

    address: str
    host: str
    size: int
    kernel: str = ""


@dataclass(frozen=True)
class Found:
    """All places there are, why others are refused, a line each with its host, and how many are being made ready."""

    places: tuple[Place, ...] = ()
    refused: tuple[str, ...] = ()
    coming: int = 0
    away: bool = False
    """Whether the cluster itself is not there: what its places did is nobody's fault."""


class News(Protocol):
    """Who hears from a cluster; may be called on any thread."""

    def places(self, found: Found) -> None:
        """Take what places there are now; what others had is to be given to these, without another word."""

    def doing(self, address: str, numbers: list[int]) -> None:
        """Take what a place is at: whatever else it was given waits there, maybe for somebody else's work."""

    def answered(self, number: int, letter: bytes) -> None:
        """Take the answer to a task: see `wire`."""

    def late(self, number: int) -> None:
        """Take it that a fold did not keep to its timeout, nor did its place to ending it."""

    def trouble(self, trouble: str) -> None:
        """Take what keeps the cluster from working; empty: nothing any more."""


class Cluster(Protocol):
    """A cluster that somebody runs. Its members return at once; what comes of them is told to `News`."""

    def connect(self, address: str, kit: FarKit) -> None:
        """Begin to look for workers, and make each of them ready; go on with it, whatever happens to the cluster."""

    def begin(self, address: str, number: int, task: bytes, timeout: float | None) -> None:
        """Have a place do a task; where that was told to be gone, nothing is done."""

    def cancel(self, number: int) -> None:
        """Give a task up, with no word about it."""

    def close(self, seconds: float, *, rest: bool) -> None:
        """End all that was made, within so many seconds; this alone waits.

        What may `rest` may stay for a minute, for another run soon after this one.
        """


def ago(since: float) -> str:
    """Return how long ago something was, for reading."""
    return f"{time.monotonic() - since:.0f} s"


_FAREWELL = 1.5
"""Seconds for taking leave of all hosts: nothing may be left there two seconds after a run was killed."""


class _Teller:
    """News on their way to the run."""

    def __init__(self, outlet: Connection) -> None:
        self._outlet, self._lock = outlet, threading.Lock()

    def places(self, found: Found) -> None:
        self._tell("places", found)

    def doing(self, address: str, numbers: list[int]) -> None:
        self._tell("doing", address, numbers)

    def answered(self, number: int, letter: bytes) -> None:
        self._tell("answered", number, letter)

    def late(self, number: int) -> None:
        self._tell("late", number)

    def trouble(self, trouble: str) -> None:
        self._tell("trouble", trouble)

    def _tell(self, *words: Any) -> None:
        # that the run is gone is noticed where it is read from
        with self._lock, contextlib.suppress(OSError):
            self._outlet.send(words)


def main(descriptors: str) -> None:
    """Be a bridge, with the descriptors of its two pipes."""
    inlet, outlet = warm.pipes_of(descriptors)
    cluster: Cluster | None = None
    told = False
    try:
        address = inlet.recv()
        with contextlib.suppress(Exception):
            _class_for(address)  # what is wrong with it is told below, where somebody can read it
        kit, log = inlet.recv()
        _write_to(log)
        cluster = _class_for(address)(_Teller(outlet))
        cluster.connect(address, kit)
        while (order := inlet.recv()) is not None:
            word, *rest = order
            (cluster.begin if word == "begin" else cluster.cancel)(*rest)
        told = True
    except (EOFError, OSError):
        pass
    finally:
        if cluster is not None:
            cluster.close(_FAREWELL, rest=told)
    os._exit(0)


def _class_for(address: str) -> Callable[[News], Cluster]:
    module, _, name = CLUSTERS[address.partition(":")[0]].partition(":")
    return getattr(importlib.import_module(f".{module}", __package__), name)


def _write_to(log: str) -> None:
    """Have whatever is printed here go into a run's log."""
    with open(log, "ab", buffering=0) as file:
        for output in (1, 2):
            os.dup2(file.fileno(), output)
