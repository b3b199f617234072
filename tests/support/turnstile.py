"""Fits that go on only as far as a test lets them, so that what it does meanwhile is never too late."""

from __future__ import annotations

import os
from pathlib import Path

from running import LONG, TREE, wait_until

TREES = ("sklearn.tree.DecisionTreeClassifier", "failing_estimators.Slow")


class Turnstile:
    """A file that lets as many fits through as it has bytes: see `failing_estimators.Turned`."""

    def __init__(self, folder: Path, fits: int = 0) -> None:
        self.path = folder / "turnstile"
        self._arrived = folder / "turnstile.arrived"
        self.path.touch()
        self.let(fits)

    def text(self, preset: str = TREE) -> str:
        """Return a preset of trees with fits that go through here."""
        for tree in TREES:
            preset = preset.replace(f'"{tree}"', '"failing_estimators.Turned"')
        return preset.replace("random_state = 0", f'random_state = 0, turnstile = "{self.path}"')

    def wait(self, fits: int) -> None:
        """Wait until so many fits stand here."""
        wait_until(lambda: self._arrived.exists() and self._arrived.stat().st_size >= self._let + fits, LONG)

    def let(self, fits: int) -> None:
        """Let so many fits through, of all that ever came."""
        self._let = fits
        os.truncate(self.path, fits)

    def let_one(self) -> None:
        """Let one more through, if somebody stands here."""
        if self._arrived.exists() and self._arrived.stat().st_size > self._let:
            self.let(self._let + 1)

    def shut(self, more: int) -> None:
        """Let so many more through than have come by now, while none comes."""
        self.let(self._arrived.stat().st_size + more)

    def open(self) -> None:
        """Let everybody through from now on."""
        os.truncate(self.path, 1 << 30)
