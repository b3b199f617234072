"""Screens in place of another: while the window is too small, and while a run is made ready."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult

from ...engine.text import clean
from ..render.lines import says
from ..widgets.pane import Row, line
from .base import PaneScreen
from .host import Host

SMALLEST = (60, 16)
"""Columns and rows below which a screen asks for a larger window."""


class SmallScreen(PaneScreen[None], where="starting"):
    """Asks for a larger window; the app takes it away again."""

    def compose(self) -> ComposeResult:
        yield from self.panes()

    def _rows(self, width: int) -> list[Row]:
        size = self.app.size
        wanted = f"{SMALLEST[0]}x{SMALLEST[1]}"
        text = f"A larger window, please: {wanted} at least. This one has {size.width}x{size.height}."
        return [Row(text) for text in says(text, width, max(size.height, 1), self.look)]


class StartingScreen(PaneScreen[None]):
    """Says that it is going to begin."""

    def __init__(self, host: Host, title: str) -> None:
        super().__init__(host)
        self._title = clean(title, 80)

    def head(self) -> tuple[Text, Text]:
        return line(" ", (self._title, self.look.accent_style)), line()

    def _rows(self, width: int) -> list[Row]:
        height = max(self.app.size.height - 4, 1)
        return [Row(text) for text in says("Loading data, starting workers …", width, height, self.look)]
