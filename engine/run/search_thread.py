"""A search in a thread of its own, which does nothing but ask and tell, one instruction at a time.

Between two tells it is always asked until it waits or has no more, so what it proposes never depends on how fast
results come in.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..events import Point
from ..search.base import Extendable, Partial, Search, Wait
from ..search.manual import Manual


@dataclass(frozen=True)
class Proposals:
    """What came of an instruction: points in order, and whether the search waits, has ended, or broke down."""

    points: list[Point | Partial]
    waits: bool = False
    ended: bool = False
    error: BaseException | None = None


@dataclass(frozen=True)
class _Instruction:
    """What to do: take what more there is, tell a result, ask so many times."""

    asks: int
    tell: tuple[int, Point, float] | None = None
    more: Sequence[Point | int] = ()


class SearchThread:
    """The thread of one search; `make` is called on it, with its first instruction. It ends with `close`."""

    def __init__(self, make: Callable[[], Search]) -> None:
        self._make = make
        self._instructions: queue.SimpleQueue[_Instruction | None] = queue.SimpleQueue()

    def start(self, name: str, post: Callable[[Proposals], None]) -> None:
        """Begin; what comes of an instruction is given to `post`, on the thread."""
        threading.Thread(target=self._work, args=(post,), name=name, daemon=True).start()

    def instruct(
        self, asks: int, tell: tuple[int, Point, float] | None = None, more: Sequence[Point | int] = ()
    ) -> None:
        """Have the search take `more` to do, then be told the result of a trial, then be asked up to `asks` times."""
        self._instructions.put(_Instruction(asks, tell, more))

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
    if instruction.tell is not None:
        search.tell(*instruction.tell)
    for _ in range(instruction.asks):
        point = search.ask()
        if point is None or isinstance(point, Wait):
            return Proposals(points, waits=point is not None, ended=point is None)
        points.append(point)
    return Proposals(points)


def _give_more(search: Search, more: Point | int) -> None:
    if isinstance(more, int):
        if not isinstance(search, Extendable):
            raise TypeError(f"{type(search).__name__} has no budget to raise")
        search.extend(more)
    elif isinstance(search, Manual):
        search.add(more)
