"""Work beside the screen: in daemon threads, its results picked up by the screen's own timer.

A thread never calls into the screen: `call_from_thread` would block for good on a terminal that has stalled. It leaves
its result here, and `Background.settle` hands it over in the thread that draws.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Background:
    """Work given away, and what became of it."""

    def __init__(self) -> None:
        self._settled: deque[Callable[[], Any]] = deque()
        self._lock = threading.Lock()
        self._going = 0

    @property
    def idle(self) -> bool:
        """True when nothing is under way and every result was handed over."""
        return self._going == 0

    def start(
        self,
        work: Callable[[], Result],
        then: Callable[[Result], Any],
        failed: Callable[[Exception], Any],
        name: str = "background",
    ) -> None:
        """Do `work` in a thread; a later `settle` calls `then` with its result, or `failed` with its exception."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  whatever it is, it is told to who asked for the work
                trouble = error
                self._settled.append(lambda: failed(trouble))
            else:
                self._settled.append(lambda: then(result))

        with self._lock:
            self._going += 1
        threading.Thread(target=run, name=f"tunetop-{name}", daemon=True).start()

    def settle(self) -> bool:
        """Hand over what has become ready; return True if there was anything."""
        settled = False
        while self._settled:
            hand_over = self._settled.popleft()
            with self._lock:
                self._going -= 1
            settled = True
            hand_over()
        return settled
