"""What is shown while a run is made ready: data is loaded and workers start."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from ...engine.text import clean
from ..render.lines import says
from .base import PaneScreen
from .pane import Pane, Row, line


class StartingScreen(PaneScreen[None]):
    """Says that it is going to begin."""

    where = "starting"

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = clean(title, 80)

    def head(self) -> tuple[Text, Text]:
        """Return the run's title."""
        return line(" ", (self._title, self.look.accent_style)), line()

    def panes(self) -> Iterable[Pane]:
        """Return the one pane."""
        yield self._pane("main", self._rows)

    def _rows(self, width: int) -> list[Row]:
        height = max(self.app.size.height - 4, 1)
        return [Row(text) for text in says("Loading data, starting workers …", width, height, self.look)]
