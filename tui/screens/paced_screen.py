"""Screens that paint a running search: news are coalesced, and painted as the line can take them (debounce)."""

from __future__ import annotations

import time
from typing import ClassVar

from textual.timer import Timer

from .base import PaneScreen
from .host import Host


class PacedScreen(PaneScreen[None]):
    """Paints what is new at most every `STEP` seconds, and on a thin line when the byte budget allows.

    However often there is news, one repaint at most is waited for. `painting` is told at the beginning of each.
    """

    STEP: ClassVar[float]
    THIN_STEP: ClassVar[float]
    """Seconds between two repaints, at least: locally, and over a thin line."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._timer: Timer | None = None
        self._painted_at = -1e9

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed; `at_once`, as after a key."""
        raise NotImplementedError

    @property
    def in_view(self) -> bool:
        """True while it can be painted."""
        # an app that is just being left mounts its last screen without composing it
        return self.is_mounted and self.is_current and bool(self.children)

    @property
    def thin(self) -> bool:
        """True on a line where bytes count."""
        return self.host.pace.thin

    def refresh_news(self) -> None:
        """Paint what is new, now or as soon as the line can take it."""
        self.paint_after(0.0)

    def paint_after(self, wait: float) -> None:
        """Paint after so many seconds, or later where that would be too soon after the last repaint."""
        if not self.in_view:
            return
        soonest = self._painted_at + (self.THIN_STEP if self.thin else self.STEP) - time.monotonic()
        wait = max(wait, soonest, self.host.pace.wait())
        if wait <= 0.005:
            self.paint()
        elif self._timer is None:
            self._timer = self.set_timer(wait, self._paint_at_last)

    def _paint_at_last(self) -> None:
        self._timer = None
        self.paint_after(0.0)

    def painting(self) -> float:
        """Note that it is being painted, and return when, in seconds of a clock that never goes back."""
        self._painted_at = time.monotonic()
        return self._painted_at
