"""Pacing of screens that show a running search: news are coalesced and painted as the line takes them (debounce)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from .base import KeyScreen


class Pacer:
    """Has a screen paint what is new at most every `step` seconds, and on a thin line when the byte budget allows.

    However often there is news, one repaint at most is waited for. `painting` is told at the beginning of each.
    """

    def __init__(self, screen: KeyScreen[None], step: float, thin_step: float) -> None:
        self._screen = screen
        self._steps = step, thin_step
        self._painted_at = -1e9
        self.waiting: Timer | None = None
        """The repaint that is waited for."""

    @property
    def thin(self) -> bool:
        """True on a line where bytes count."""
        return self._screen.host.pace.thin

    def paint_after(self, wait: float = 0.0) -> None:
        """Paint after so many seconds, or later where that would be too soon after the last repaint."""
        if not self._screen.in_view:
            return
        soonest = self._painted_at + self._steps[self.thin] - time.monotonic()
        wait = max(wait, soonest, self._screen.host.pace.wait())
        if wait <= 0.005:
            self._screen.paint()
        elif self.waiting is None:
            self.waiting = self._screen.set_timer(wait, self._paint_at_last)

    def _paint_at_last(self) -> None:
        self.waiting = None
        self.paint_after()

    def painting(self) -> float:
        """Note that it is being painted, and return when, in seconds of a clock that never goes back."""
        self._painted_at = time.monotonic()
        return self._painted_at
