"""What is shown while the window is too small for anything else."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult

from ..render.lines import says
from .base import PaneScreen
from .pane import Pane, Row

SMALLEST = (60, 16)
"""Columns and rows below which a screen asks for a larger window."""


class SmallScreen(PaneScreen[None]):
    """Asks for a larger window; the app takes it away again."""

    def compose(self) -> ComposeResult:
        """Return the one pane."""
        yield from self.panes()

    def panes(self) -> Iterable[Pane]:
        """Return the one pane."""
        yield self._pane("main", self._rows)

    def _rows(self, width: int) -> list[Row]:
        size = self.app.size
        wanted = f"{SMALLEST[0]}x{SMALLEST[1]}"
        text = f"A larger window, please: {wanted} at least. This one has {size.width}x{size.height}."
        return [Row(text) for text in says(text, width, max(size.height, 1), self.look)]
