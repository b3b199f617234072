"""Folds on a cluster that somebody runs: the same interface as `local`, over the bridge.

A place is a far worker; it takes as many tasks as it has room for, and as many again to lie ready. A task whose place
vanishes goes to another one at no charge, a few times; before the last of them alone, so that it and nothing beside it
is what the place dies of. Nothing of the cluster's own libraries is imported here.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import ahead, versions, warm, wire
from .base import Answer, Kit, Lost, Unready, Where
from .bridge import FarKit, Found, ago
from .modules import copy_modules
from .places import READY, STILL, VANISHED, FarPlace, Given
from .shared import FILES, Shared, write_shared
from .task import FoldTask

if TYPE_CHECKING:
    from ..problem.problem import Problem

_LAG = 0.02
_MOST_LAG = 0.2
"""Seconds between tasks: as it is taken before any is measured, and the most that is believed."""

_MUTE = 3.0
"""Seconds without a word, of which it has several a second, after which a bridge stands still."""

_AGAIN = (0.5, 2.0, 5.0, 10.0)
"""Seconds before a bridge is begun anew: after its first end, the second, and so on."""


class RemoteWorkers:
    """Workers on a cluster; see `base.Workers`."""

    def __init__(self, kit: Kit) -> None:
        self.lag = _LAG
        self._answered_at = time.monotonic()
        self.trouble = ""
        self.unready = ""
        self._kit = kit
        self.where, self.size = Where(), 0
        self._lock = threading.RLock()
        self._quiet = threading.Condition(self._lock)
        self._changed: Callable[[], None] = lambda: None
        self._places: dict[str, FarPlace] = {}
        self._free: deque[FarPlace] = deque()
        self._spare: deque[FarPlace] = deque()
        """Places once for each task that they would do at once, and once for each that would lie ready there."""
        self._queue: deque[Given] = deque()
        self._suspects: deque[Given] = deque()
        """Tasks that wait for a place of their own."""
        self._kept: list[FarPlace] = []
        """The places for those."""
        self._numbers: dict[int, FarPlace] = {}
        self._serial = 0
        self._excluded: dict[str, str] = {}
        """Addresses whose workers cannot be made ready for this preset, each with the host and the reason."""
        self._found = Found(away=True)
        self._orders: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._closing = False
        self._threads: list[threading.Thread] = []

    # -- what the run sees ---------------------------------------------------------------------------------------------

    def listen(self, changed: Callable[[], None]) -> None:
        """Have `changed` called at each change; see `base.Workers.listen`."""
        self._changed = changed
        changed()

    def prepare(self, problem: Problem) -> None:
        """Write what hosts are to get, and begin to look for them; see `base.Workers.prepare`."""
        # the search thinks in this process, beside whatever else does
        warm.limit_threads()
        work = self._kit.work
        mapped = write_shared(Shared.of(problem), work, problem.preset.data.shared)
        files = {name: str(work / name) for name in FILES if (work / name).is_file()}
        files["preset.toml"] = str(self._kit.preset_file)
        files |= copy_modules(problem.preset.code, self._kit.allowed, work / "code")
        self._far = FarKit(secrets.token_hex(8), files, self._kit.allowed, versions.wanted(), mapped)
        self._threads = [threading.Thread(target=self._speak, name="bridge", daemon=True)]
        self._threads[0].start()

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        """Have `task` done; see `base.Workers.submit`."""
        given = Given(task, answer, timeout)
        with self._lock:
            if not self.unready:
                return self._give(given)
        answer(Unready(self.unready))
        return ""

    def close(self, *, at_once: bool = False) -> None:
        """End the workers: after their running tasks, or at once; what no place has is left unanswered."""
        with self._lock:
            while not at_once and self._numbers and not self.unready:
                self._quiet.wait()
            self._closing = True
            self._orders.put(None)
        for thread in self._threads:
            thread.join()

    # -- places and tasks; all of it under the lock --------------------------------------------------------------------

    def _give(self, given: Given) -> str:
        """Give a task to a place that has room, and return its host; else let it wait."""
        place = self._next_place()
        if place is None:
            self._queue.append(given)
            return ""
        return self._hand(place, given)

    def _hand(self, place: FarPlace, given: Given) -> str:
        self._serial += 1
        given.begun = None
        place.tasks[self._serial] = given
        place.begin_next()
        self._numbers[self._serial] = place
        self._orders.put(("begin", place.told.address, self._serial, pickle.dumps(given.task), given.timeout))
        return place.told.host

    def _next_place(self) -> FarPlace | None:
        for places in (self._free, self._spare):
            while places:
                place = places.popleft()
                if place.takes:
                    return place
        return None

    def _offer_all(self, place: FarPlace, threads: int) -> None:
        self._free.extend([place] * threads)
        self._spare.extend([place] * threads * READY)

    def _give_waiting(self) -> None:
        if self._suspects or self._kept:
            self._give_suspects()
        while self._queue and (self._free or self._spare):
            given = self._queue.popleft()
            if not self._give(given):
                self._queue.rotate(1)  # it is at the end now, and was the first
                return

    def _give_suspects(self) -> None:
        """Give each task that its next place may die of to one that has nothing else, and is given nothing beside."""
        wanted = len(self._suspects) - sum(not place.has_suspect for place in self._kept)
        others = [place for place in self._places.values() if place.size and not place.kept]
        for place in sorted(others, key=lambda place: len(place.tasks))[: max(wanted, 0)]:
            place.kept = True
            self._kept.append(place)
        for place in [place for place in self._kept if not place.tasks]:
            if self._suspects:
                self._hand(place, self._suspects.popleft())
            else:
                self._kept.remove(place)
                place.kept = False
                self._offer_all(place, place.size)

    def _wait(self, given: Given) -> None:
        """Let a task that had a place wait for another one, before all others."""
        (self._suspects if given.suspect else self._queue).appendleft(given)

    def _even_out(self) -> None:
        """Let places that have nothing to do take what lies ready behind tasks elsewhere (work stealing)."""
        room = sum(place.size - place.full for place in self._places.values() if not place.tasks)
        if self._queue or not room:
            return
        behind = [number for place in self._places.values() if not place.has_suspect for number in place.behind]
        for number in behind[:room]:
            self._numbers[number].note_taken(number)
            if (taken := self._taken(number)) is not None:
                self._orders.put(("cancel", number))
                self._queue.append(taken[1])
        self._give_waiting()

    def _taken(self, number: int) -> tuple[FarPlace, Given] | None:
        """Take a task off its place; None if it is no longer there."""
        place = self._numbers.pop(number, None)
        if place is None:
            return None
        given = place.tasks.pop(number)
        place.begin_next()
        if not place.gone:
            (self._free if len(place.tasks) < place.size else self._spare).append(place)
        self._quiet.notify_all()
        return place, given

    # -- news of the cluster -------------------------------------------------------------------------------------------

    def _take_places(self, found: Found) -> None:
        with self._lock:
            self._found = found
            told = {place.address: place for place in found.places if place.address not in self._excluded}
            for address in [a for a, place in self._places.items() if told.get(a) != place.told]:
                self._forget(self._places.pop(address), found.away)
            for address in [address for address in told if address not in self._places]:
                self._places[address] = FarPlace(told[address])
            left = self._kit.size or sum(place.told.size for place in self._places.values())
            left -= sum(place.size for place in self._places.values())
            for place in self._places.values():
                more = max(min(place.told.size - place.size, left), 0)
                left -= more
                place.size += more
                self._offer_all(place, more)
            self._describe()
            self._give_waiting()
            self._even_out()

    def _describe(self) -> None:
        hosts: dict[str, int] = {}
        kernels: dict[str, str] = {}
        for place in self._places.values():
            if place.size:
                hosts[place.told.host] = hosts.get(place.told.host, 0) + place.size
                kernels[place.told.host] = place.told.kernel
        self.size = sum(hosts.values())
        refused = sorted({*self._found.refused, *self._excluded.values()})
        self.where = Where(hosts, kernels, tuple(refused))
        if refused and not (self._places or self._found.coming or self._found.away):
            self._give_up("; ".join(refused[:3]))
        self._changed()

    def _give_up(self, reason: str) -> None:
        self.unready = reason
        waiting = [*self._suspects, *self._queue]
        self._suspects.clear()
        self._queue.clear()
        for given in waiting:
            given.answer(Unready(reason))
        self._quiet.notify_all()

    def _forget(self, place: FarPlace, away: bool) -> None:
        place.gone = True
        if place.kept:
            self._kept.remove(place)
        for number, given in list(place.tasks.items()):
            given.vanished += not away and given.begun is not None
            self._take_back(number)

    def _take_back(self, number: int) -> None:
        """Let another place do a task whose place is gone; if that happens to it often, it may be its own doing."""
        if (taken := self._taken(number)) is None:
            return
        _, given = taken
        if given.vanished >= VANISHED:
            given.answer(Lost(f"{given.vanished} far workers vanished while they did it"))
        elif self.unready:
            given.answer(Unready(self.unready))
        else:
            self._wait(given)

    def _take_doing(self, address: str, numbers: list[int]) -> None:
        with self._lock:
            if (place := self._places.get(address)) is not None:
                place.note_doing(numbers)
                if place.try_again():
                    self._offer_all(place, place.size)
                    self._give_waiting()
                self._even_out()

    def _take_late(self, number: int) -> None:
        with self._lock:
            taken = self._taken(number)
        if taken is not None:
            given = taken[1]
            what = "fold" if given.task.folds else "refit"
            reason = f"the {what} took longer than its timeout of {given.timeout:g} s"
            given.answer(Lost(reason, timed_out=True))

    def _take_answer(self, number: int, letter: bytes) -> None:
        answer = wire.decode(letter)
        with self._lock:
            self._answered_at = time.monotonic()
            if (taken := self._taken(number)) is None:
                return
            place, given = taken
            if isinstance(answer, Unready):
                self._exclude(place, answer.reason, given)
                return
            self._measure(given, answer)
            self._give_waiting()
        if isinstance(answer, list):
            answer = [replace(result, host=place.told.host) for result in answer]
        given.answer(answer)

    def _exclude(self, place: FarPlace, reason: str, given: Given) -> None:
        """Do without a worker that cannot be made ready for this preset: a module is missing there."""
        address, host = place.told.address, place.told.host
        self._excluded[address] = f"{host}: {reason}"
        self._wait(given)
        self._take_places(self._found)

    def _measure(self, given: Given, answer: Answer) -> None:
        """Learn how long a task is on its way, beside the time that it takes."""
        if isinstance(answer, list) and given.begun is not None:
            seconds = sum(result.fit_seconds + result.score_seconds for result in answer)
            lag = min(max(time.monotonic() - given.begun - seconds, 0.0), _MOST_LAG)
            self.lag = 0.9 * self.lag + 0.1 * lag

    # -- the bridge: one thread hears it, one speaks to it -------------------------------------------------------------

    def _speak(self) -> None:
        """Keep a bridge, a new one whenever it dies, until the run is over."""
        ends = 0
        while not self._closing:
            began = time.monotonic()
            with contextlib.closing(ahead.bridge_to(self._kit.address)) as bridge:
                hearing = threading.Thread(target=self._hear, args=(bridge,), name="bridge-news", daemon=True)
                hearing.start()
                with contextlib.suppress(OSError):
                    bridge.orders.send((self._far, str(self._kit.log)))
                    while (order := self._orders.get()) is not None:
                        bridge.orders.send(order)
                    bridge.orders.send(None)
                hearing.join(10.0)
            if not self._closing:
                ends = 0 if time.monotonic() - began > 60 else ends
                self._say("the process that speaks with the cluster has ended: beginning it anew")
                time.sleep(_AGAIN[min(ends, len(_AGAIN) - 1)])
                ends += 1

    def _hear(self, bridge: ahead.BridgeProcess) -> None:
        """Take what a bridge says, until it ends; one that says nothing any more is ended with the run."""
        heard: float | None = None
        takers: dict[str, Callable[..., None]] = {
            "places": self._take_places,
            "doing": self._take_doing,
            "answered": self._take_answer,
            "late": self._take_late,
            "trouble": self._say,
        }
        with contextlib.suppress(EOFError, OSError):
            while True:
                if bridge.news.poll(STILL / 2):
                    word, *rest = bridge.news.recv()
                    takers[word](*rest)
                    heard = time.monotonic()
                elif heard is None or time.monotonic() - heard > _MUTE:
                    if self._closing:
                        bridge.kill()
                    elif heard is not None:
                        self._say(f"the process that speaks with the cluster does not answer, since {ago(heard)}")
                with self._lock:
                    if time.monotonic() - self._answered_at > STILL:
                        self._even_out()
        if not self._closing:
            self._take_places(Found(away=True))
            # whoever speaks to it waits for orders, and has one more that nobody hears
            self._orders.put(("cancel", -1))

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._changed()
