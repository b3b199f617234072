"""How much may be sent to the terminal, and when.

One token bucket for the whole screen: what was really written is taken out, time fills it up. Painting waits until
there is something in it. Locally it never runs dry; over a thin line it turns a flood of trials into one calm
repaint after another, each as soon as the line can take it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

THIN_RATE = 3500.0
"""Bytes a second over a thin line, in the long run."""

THIN_BURST = 7000.0
"""Bytes that may be sent at once after a quiet while."""


class ByteBudget:
    """A token bucket over bytes; `rate` None means that there is no need to hold back."""

    def __init__(
        self, rate: float | None = None, burst: float = THIN_BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.burst = burst
        self.total = 0
        """All bytes sent so far."""
        self._clock = clock
        self._level = burst
        self._at = clock()

    @property
    def thin(self) -> bool:
        """True on a line where bytes count."""
        return self.rate is not None

    def use_thin_line(self) -> None:
        """Hold back from now on."""
        self.rate = THIN_RATE

    def spent(self, size: int) -> None:
        """Note that so many bytes were sent."""
        self.total += size
        if self.rate is not None:
            self._fill()
            # a full repaint must not silence the screen for long
            self._level = max(self._level - size, -self.burst)

    def wait(self) -> float:
        """Return for how many seconds to hold back before the next repaint: 0 when there is room."""
        if self.rate is None:
            return 0.0
        self._fill()
        return 0.0 if self._level >= 0 else -self._level / self.rate

    def _fill(self) -> None:
        assert self.rate is not None
        now = self._clock()
        self._level = min(self._level + (now - self._at) * self.rate, self.burst)
        self._at = now
