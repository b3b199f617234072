"""The life with one cluster while it is there: its workers made ready one by one, tasks given and awaited.

What Dask and Ray have in common. Everything goes by name: what is sent is a pickle that calls a function of `far`. Data
goes to each host once, by messages. A kind of cluster adds who is there, how to speak to one, and how to have it work.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import pickle
import platform
import secrets
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..text import clean
from . import far, versions
from .bridge import FarKit, Found, News, Place, ago
from .far_worker import FarWorker, all_held_since
from .mapped import look

LOOK = 0.2
"""Seconds between looks at who is there."""

_TOUCH = far.LEASE / 4
"""Seconds between words to each post."""

_PATIENCE = 10.0
"""Seconds that a worker may take for a word."""

_SILENCE = 3.0
"""Seconds without an answer after which the scheduler is said to be silent."""

_PAUSE = 1.0
_READY = 120.0
"""Seconds that a post may take to be ready."""

_AGAIN, _WITHIN = 3, 60.0
"""A place is given up whose post ends so many times within so many seconds."""


class Session(ABC):
    """The life with one scheduler, or head: `who` in what is said of it."""

    who = "scheduler"

    def __init__(self, address: str, kit: FarKit, news: News) -> None:
        self._address, self._kit, self._news = address, kit, news
        self._workers: dict[str, FarWorker] = {}
        self._refused: dict[str, str] = {}
        """Addresses that are not used, each with the reason, which names the host."""
        self._futures: dict[int, tuple[str, Awaitable[far.Said]]] = {}
        self._hosts: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: asyncio.Task[dict[str, int]] | None = None
        self._heard_at = time.monotonic()
        self._told: Any = None
        self._empty_since: float | None = time.monotonic()

    # -- what each kind of cluster has of its own ----------------------------------------------------------------------

    @property
    @abstractmethod
    def lives(self) -> bool:
        """Whether the cluster is still there."""

    @abstractmethod
    async def _members(self) -> dict[str, int]:
        """Return the addresses of all workers, each with how many tasks it does at a time."""

    async def _reached(self, address: str, size: int) -> None:  # noqa: B027 - most need nothing
        """Do what must be done before a worker can be spoken to."""

    @abstractmethod
    async def _said(self, address: str, call: bytes) -> Any:
        """Have a worker unpickle a call at once, beside its tasks; return what comes of it, an exception too."""

    @abstractmethod
    def _given(self, address: str, number: int, task: bytes, timeout: float | None) -> Awaitable[far.Said]:
        """Have a worker do a task, once and nowhere else; raises whatever is said of a lost one."""

    @abstractmethod
    async def _cancelled(self, address: str, number: int, given: Any) -> None:
        """Give up a task that was given."""

    @abstractmethod
    async def _stopped(self, call: bytes, seconds: float) -> None:
        """Have all workers unpickle a last call, within so many seconds, and let go of the cluster."""

    @abstractmethod
    async def shut(self) -> None:
        """Let go of a cluster that may be gone."""

    # -- who is there --------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """See who is there, and let those that are new be made ready."""
        now = time.monotonic()
        if self._asked is None:
            self._asked = asyncio.ensure_future(self._members())
        await asyncio.wait({self._asked}, timeout=LOOK)
        if self._asked.done():
            asked, self._asked = self._asked, None
            if asked.exception() is not None:
                return  # the connection says so itself
            self._heard_at = now
            self._compare(asked.result())
        self._touch(now)
        self._tell(now)

    def _compare(self, threads: dict[str, int]) -> None:
        for address in [address for address in self._workers if address not in threads]:
            self._lose(address)
            del self._workers[address]
        for address in [address for address in self._refused if address not in threads]:
            del self._refused[address]
        for address, size in threads.items():
            if address not in self._workers and address not in self._refused and size:
                self._workers[address] = FarWorker(size)
                self._make(address)

    def _tell(self, now: float) -> None:
        """Tell of places where they have changed, and of what is wrong."""
        found = self._tell_places()
        self._empty_since = None if found.places else self._empty_since or now
        if now - self._heard_at > _SILENCE:
            self._news.trouble(f"the {self.who} does not answer, since {ago(self._heard_at)}")
        elif self._empty_since is not None and now - self._empty_since > 1:
            what = "getting its workers ready" if found.coming else f"no worker at {self._address}: waiting"
            self._news.trouble(f"{what}, since {ago(self._empty_since)}")
        elif self._empty_since is None:
            since = all_held_since(self._workers.values())
            waits = f"every worker at {self._address} has other work, or is paused: waiting, since "
            self._news.trouble(waits + ago(since) if since is not None else "")

    def _tell_places(self) -> Found:
        places = tuple(worker.place for worker in self._workers.values() if worker.place is not None)
        refused = tuple(sorted(set(self._refused.values())))
        found = Found(places, refused, len(self._workers) - len(places))
        if found != self._told:
            self._told = found
            self._news.places(found)
        return found

    def _touch(self, now: float) -> None:
        for address, worker in self._workers.items():
            if worker.place is not None and (worker.is_stuck(now) or now - worker.touched > _TOUCH):
                worker.touched = now
                self._spawn(self._check(address))

    async def _check(self, address: str) -> None:
        """Keep a post alive; where it has died unasked, let it be started anew."""
        doing: list[int] = []
        try:
            said = await self._call(address, far.status, self._kit.name)
            reason, ill, doing = said["reason"], bool(said["reason"]), said["doing"]
        except _Refused as refusal:
            reason, ill = "" if refusal.silent else str(refusal), True
        worker = self._workers.get(address)
        if worker is None or worker.place is None:
            return
        if ill:
            self._unmake(address, reason)
        else:
            worker.note_doing(doing)
            self._news.doing(address, doing)

    # -- making a place ------------------------------------------------------------------------------------------------

    def _make(self, address: str) -> None:
        self._spawn(self._made(address))

    async def _made(self, address: str) -> None:
        """Make a worker ready: ask for its versions, see that its host has the data, start its post."""
        worker, host, kit = self._workers[address], _host_of(address), self._kit
        try:
            await self._reached(address, worker.size)
            found = await self._call(address, far.probe, kit.name, tuple(kit.versions))
            host = clean(found["host"], 200)
            if reason := versions.refusal(host, kit.versions, found["versions"]):
                raise _Refused(reason, final=True)
            async with self._hosts.setdefault(host, asyncio.Lock()):
                await self._furnish(address)
            await self._look(address, host)
            await self._call(address, far.start, kit.name, worker.size, kit.allowed)
            kernel = await self._hello(address, host)
            if self._workers.get(address) is worker:
                worker.place, worker.touched = Place(address, host, worker.size, kernel), time.monotonic()
        except OSError as error:  # of a file here, which no other host will get either
            del self._workers[address]
            self._refused[address] = f"{host}: its data cannot be read: {error}"
        except _Refused as refusal:
            if self._workers.get(address) is not worker:
                return
            if refusal.final:
                del self._workers[address]
                self._refused[address] = str(refusal)
                self._tell_places()
            else:
                await asyncio.sleep(_PAUSE)
                self._unmake(address, "" if refusal.silent else str(refusal))

    async def _furnish(self, address: str) -> None:
        """Send the data to a worker's host, where that does not have it."""
        kit = self._kit
        if (await self._call(address, far.probe, kit.name, ()))["data"]:
            return
        transfer = secrets.token_hex(8)
        for name, content, start, last in kit.pieces():
            await self._call(address, far.receive, kit.name, transfer, name, content, start, last)

    async def _look(self, address: str, host: str) -> None:
        """See that a worker's host has the file that is mapped there: that takes as long as reading it."""
        while (mapped := self._kit.mapped) is not None:
            if (wrong := await self._call(address, look, self._kit.name, mapped)) == "":
                return
            if wrong is not None:
                raise _Refused(f"{host}: {wrong} (data.shared): copy it there, and start that worker anew", final=True)
            await asyncio.sleep(LOOK)

    async def _hello(self, address: str, host: str) -> str:
        until = time.monotonic() + _READY
        while time.monotonic() < until:
            said = await self._call(address, far.status, self._kit.name)
            if said["reason"]:
                raise _Refused(f"{host}: {said['reason']}")
            if said["kernel"] is not None:
                return said["kernel"]
            await asyncio.sleep(LOOK)
        raise _Refused(f"{host}: its post was not ready within {_READY:g} s", final=True)

    def _unmake(self, address: str, reason: str) -> None:
        """Make a place ready once more; after some times in vain it is not used. Without a `reason`, it was silent."""
        worker = self._workers.get(address)
        if worker is None:
            return
        host = worker.place.host if worker.place is not None else _host_of(address)
        self._lose(address)
        now = time.monotonic()
        worker.ends = [end for end in worker.ends if now - end < _WITHIN] + [now] * bool(reason)
        if len(worker.ends) >= _AGAIN:
            del self._workers[address]
            self._refused[address] = reason if host in reason else f"{host}: {reason}"
        else:
            worker.place = None
            self._make(address)
        self._tell_places()

    async def _call(self, address: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have a worker call a function at once, beside its tasks."""
        payload = called(function, *arguments)
        try:
            said = await asyncio.wait_for(self._said(address, payload), _PATIENCE)
        except Exception as error:  # noqa: BLE001 - whatever a broken line throws
            raise _Refused(f"{_host_of(address)} does not answer: {type(error).__name__}", silent=True) from None
        if isinstance(said, ImportError | AttributeError):
            reason = await _lack(lambda call: self._said(address, call), self._kit.versions)
            raise _Refused(reason or f"{_host_of(address)}: {type(said).__name__}: {said}", final=True)
        if isinstance(said, BaseException):
            raise _Refused(f"{_host_of(address)}: {type(said).__name__}: {said}")
        return said

    # -- tasks ---------------------------------------------------------------------------------------------------------

    def begin(self, address: str, number: int, task: bytes, timeout: float | None) -> None:
        """Have a worker do a task."""
        worker = self._workers.get(address)
        if worker is None or worker.place is None:
            return  # as was told already: its tasks go to others
        given = self._given(address, number, task, timeout)
        worker.numbers.add(number)
        worker.moved = time.monotonic()
        self._futures[number] = address, given
        self._spawn(self._awaited(address, number, given))

    async def _awaited(self, address: str, number: int, given: Awaitable[far.Said]) -> None:
        try:
            how, said = await given
        except Exception as error:  # noqa: BLE001 - deaths, cancellation, and whatever else is said of a lost task
            how, said = far.GONE, f"{type(error).__name__}: {error}"
        if self._futures.pop(number, None) is None:
            return  # it was given up
        worker = self._workers.get(address)
        if worker is not None:
            worker.numbers.discard(number)
            worker.moved, worker.held = time.monotonic(), None
        if how == far.DONE and isinstance(said, bytes):
            self._news.answered(number, said)
            return
        if how == far.LATE:
            self._news.late(number)
        # whatever else it was given goes to others, until it has shown that it is well
        self._unmake(address, str(said) or "a fold did not keep to its timeout")

    def cancel(self, number: int) -> None:
        """Give a task up."""
        if (given := self._futures.pop(number, None)) is not None:
            address, future = given
            if address in self._workers:
                self._workers[address].numbers.discard(number)
            self._spawn(self._cancelled(address, number, future))

    def _lose(self, address: str) -> None:
        """Give up what a worker had, which is no place any more."""
        worker = self._workers[address]
        for number in sorted(worker.numbers):
            self.cancel(number)
        worker.numbers.clear()

    def lose_all(self) -> None:
        """Give up what this scheduler was given."""
        self._futures.clear()
        self._news.places(Found(away=True))
        for task in self._tasks:
            task.cancel()

    async def leave(self, seconds: float, rest: bool) -> None:
        """End what the posts do, and if they may not `rest` the posts."""
        for task in list(self._tasks):
            task.cancel()
        for number, (address, given) in self._futures.items():
            self._spawn(self._cancelled(address, number, given))
        await self._stopped(called(far.stop, self._kit.name, rest), seconds)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Refused(Exception):
    """A worker cannot be used: for good if `final`, or as long as it is `silent`."""

    def __init__(self, reason: str, *, final: bool = False, silent: bool = False) -> None:
        super().__init__(reason)
        self.final, self.silent = final, silent


class _Call:
    """A call that is made where it is unpickled."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self._call = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


def called(function: Callable[..., Any], *arguments: Any) -> bytes:
    """Return the pickle that calls a function, by its name, where it is unpickled."""
    return pickle.dumps(_Call(function, arguments), protocol=4)


async def _lack(said: Callable[[bytes], Awaitable[Any]], here: Mapping[str, str]) -> str:
    """Return what is not the same at a worker that does not know what it is asked for, by what any Python can tell."""
    asked = called(socket.gethostname), called(platform.python_version), called(importlib.metadata.version, "tunetop")
    told = await asyncio.gather(*map(said, asked), return_exceptions=True)
    host, python, own = ("" if isinstance(one, BaseException) else clean(one, 200) for one in told)
    there = {"Python": ".".join(python.split(".")[:2]), "tunetop": own}
    return versions.refusal(host, {package: here[package] for package in there}, there)


def _host_of(address: str) -> str:
    return address.partition("://")[2].rpartition(":")[0] or address
