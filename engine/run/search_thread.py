"""A search in a thread of its own, which does nothing but ask and tell, one instruction at a time.

Between two tells it is always asked until it waits or has no more, so what it proposes never depends on how fast
results come in, nor on how many of them it is told by one instruction.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..events import Point
from ..search.base import Extendable, Outcome, Partial, Search, Several, Wait
from ..search.manual import Manual

Told = tuple[int, Point, Outcome | float]
"""A result as a search is told of it: the trial's number, its point, its score or all that came of it."""


@dataclass(frozen=True)
class Proposals:
    """What came of an instruction: points in order, and whether the search waits, has ended, or broke down."""

    points: list[Point | Partial]
    waits: bool = False
    ended: bool = False
    error: BaseException | None = None
    untold: Sequence[Told] = ()
    """Results that it was not told of, for it has ended before."""


@dataclass(frozen=True)
class _Instruction:
    """What to do: take what more there is, ask as often as there is room, and with each result told there is more."""

    room: int
    tells: Sequence[Told] = ()
    more: Sequence[Point | int] = ()


class SearchThread:
    """The thread of one search; `make` is called on it, with its first instruction. It ends with `close`."""

    def __init__(self, make: Callable[[], Search]) -> None:
        self._make = make
        self._instructions: queue.SimpleQueue[_Instruction | None] = queue.SimpleQueue()

    def start(self, name: str, post: Callable[[Proposals], None]) -> None:
        """Begin; what comes of an instruction is given to `post`, on the thread."""
        threading.Thread(target=self._work, args=(post,), name=name, daemon=True).start()

    def instruct(self, room: int, tells: Sequence[Told] = (), more: Sequence[Point | int] = ()) -> None:
        """Have the search take `more` to do, and be asked as often as there is `room`: after each of the results
        that it is told of, there is room for one more. Without results, it is asked at once."""
        self._instructions.put(_Instruction(room, tells, more))

    def close(self) -> None:
        """End the thread, once it is through with its instruction."""
        self._instructions.put(None)

    def _work(self, post: Callable[[Proposals], None]) -> None:
        search: Search | None = None
        while (instruction := self._instructions.get()) is not None:
            points: list[Point | Partial] = []
            try:
                search = search or self._make()
                post(_carried_out(search, instruction, points))
            except BaseException as error:  # noqa: BLE001 - it ends the method, with its reason, not the run
                post(Proposals(points, error=error))


def _carried_out(search: Search, instruction: _Instruction, points: list[Point | Partial]) -> Proposals:
    """Do as instructed; `points` has what was proposed also where the search breaks down over it."""
    for more in instruction.more:
        _give_more(search, more)
    if not instruction.tells:
        return _asked(search, instruction.room, points)
    room, proposals = instruction.room, Proposals(points)
    for place, told in enumerate(instruction.tells):
        _tell(search, *told)
        before = len(points)
        proposals = _asked(search, room + 1, points)
        if proposals.ended:
            return replace(proposals, untold=instruction.tells[place + 1 :])
        room += 1 - (len(points) - before)
    return proposals


def _asked(search: Search, times: int, points: list[Point | Partial]) -> Proposals:
    for _ in range(times):
        point = search.ask()
        if point is None or isinstance(point, Wait):
            return Proposals(points, waits=point is not None, ended=point is None)
        points.append(point)
    return Proposals(points)


def _tell(search: Search, number: int, point: Point, score: Outcome | float) -> None:
    """Tell a search what came of a trial; one that does not learn from several objectives hears of the leading one."""
    if not isinstance(score, Outcome):
        search.tell(number, point, score)
    elif isinstance(search, Several):
        search.tell_all(number, point, score)
    else:
        search.tell(number, point, score.objectives[0])


def _give_more(search: Search, more: Point | int) -> None:
    if isinstance(more, int):
        if not isinstance(search, Extendable):
            raise TypeError(f"{type(search).__name__} has no budget to raise")
        search.extend(more)
    elif isinstance(search, Manual):
        search.add(more)
