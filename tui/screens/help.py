"""The list of keys, made from the one table."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from ..keys import EVERYWHERE, SCREENS, bindings_for, keys_for
from ..render.lines import fit
from ..render.look import plain
from .base import PaneScreen
from .pane import Pane, Row, line


class HelpScreen(PaneScreen[None]):
    """All keys, those of the screen one came from first."""

    where = "help"
    BINDINGS = bindings_for("help")

    def __init__(self, where: str) -> None:
        super().__init__()
        self._from = where

    def head(self) -> tuple[Text, Text]:
        """Return the title."""
        return line(" ", ("Keys", self.look.accent_style)), line(("tunetop ", self.look.dim_style))

    def panes(self) -> Iterable[Pane]:
        """Return the one pane."""
        yield self._pane("main", self._rows)

    def _rows(self, width: int) -> list[Row]:
        look = self.look
        first = [where for where in (self._from, EVERYWHERE) if where in SCREENS]
        order = [*first, *(where for where in SCREENS if where not in first)]
        rows: list[Row] = []
        for where in order:
            if keys := keys_for(where):
                rows += [Row(line()), Row(line(" ", (SCREENS[where].upper(), look.dim_style)))]
            for key in keys:
                shown = key.all_shown if look.unicode else plain(key.all_shown)
                rows.append(Row(line("   ", (fit(shown, 16), look.accent_style), " ", key.help, width=width)))
        return rows[1:]

    def action_close(self) -> None:
        """Back to where one came from."""
        self.dismiss()
