"""The list of keys, made from the one table; how trials are filtered, and what the views show."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text

from ...engine.trials.grammar import GRAMMAR
from ..keys import EVERYWHERE, SCREENS, keys_for
from ..render.lines import fit, width_of
from ..render.look import Look
from ..views.catalog import VIEWS
from ..widgets.pane import Row, hanging, line
from .base import PaneScreen
from .host import Host

_LEFT = 16
"""Cells for keys; what is longer has a line to itself."""


class HelpScreen(PaneScreen[None], where="help"):
    """All keys, those of the screen one came from first; under the monitor's, filter and views."""

    def __init__(self, host: Host, where: str) -> None:
        super().__init__(host)
        self._from = where

    def head(self) -> tuple[Text, Text]:
        return line(" ", ("Help", self.look.accent_style)), line(("tunetop ", self.look.dim_style))

    def _rows(self, width: int) -> list[Row]:
        look = self.look
        first = [where for where in (self._from, EVERYWHERE) if where in SCREENS]
        order = [*first, *(where for where in SCREENS if where not in first)]
        rows: list[Row] = []
        for where in order:
            if keys := keys_for(where):
                rows += _section(SCREENS[where], [(key.all_shown, key.help) for key in keys], look, width)
            if where == "monitor":
                terms = [(term, f"{meaning[0].upper()}{meaning[1:]}.") for term, meaning in GRAMMAR]
                rows += _section("Filter: which trials; terms apart by blanks must all hold", terms, look, width)
                views = [(view.key, f"{view.title}: {view.about}.") for view in VIEWS.values()]
                rows += _section("Views", views, look, width)
        return rows[1:]

    def action_close(self) -> None:
        self.dismiss()


def _section(title: str, entries: Iterable[tuple[str, str]], look: Look, width: int) -> list[Row]:
    """Return a heading and its entries, explanations wrapped beside what they explain."""
    rows = [Row(line()), Row(line(" ", (title.upper(), look.dim_style)))]
    for what, explained in entries:
        shown = look.glyph(what)
        if width_of(shown) > _LEFT:
            rows.append(Row(line("   ", (fit(shown, min(width_of(shown), width - 4)), look.accent_style))))
            shown = ""
        rows += hanging(line("   ", (fit(shown, _LEFT), look.accent_style), " "), explained, max(width - _LEFT - 5, 20))
    return rows
