"""Which columns the table of trials shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.style import Style
from textual.app import ComposeResult

from ..render.lines import fit, width_of
from ..trials.field import Field
from ..widgets.pane import Pane, Row, line
from .dialog import ModalPaneScreen
from .host import Host


class ColumnsScreen(ModalPaneScreen[None], where="columns"):
    """Switches columns on and off; `chosen` is told the keys of the hidden ones at every change."""

    def __init__(
        self, host: Host, fields: Sequence[Field], hidden: frozenset[str], chosen: Callable[[frozenset[str]], None]
    ) -> None:
        super().__init__(host)
        self._names = {field.key: field.name or field.title for field in fields if field.hideable}
        self.hidden = hidden
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        pane = self._pane("main", self._rows, active=True)
        pane.styles.height = min(len(self._names) + 6, max(self.app.size.height - 2, 6))
        yield pane

    def _rows(self, width: int) -> list[Row]:
        look = self.look
        rows = [Row(line(("  Columns of the trials", Style(bold=True)))), Row(line())]
        for key, name in self._names.items():
            box = "[ ]" if key in self.hidden else "[x]"
            text = look.glyph(fit(name, min(width_of(name), width - 8)))
            rows.append(Row(line("   ", (box, look.accent_style), " ", text), key))
        keys = "  ".join(f"{press} {what}" for press, what in (("space", "on or off"), ("a", "all"), ("esc", "done")))
        return [*rows, Row(line()), Row(line(("  " + keys, look.dim_style)))]

    def _choose(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden
        self._chosen(hidden)
        self.reload()

    def action_toggle_column(self) -> None:
        if self.active.cursor is not None:
            self._choose(self.hidden ^ {str(self.active.cursor)})

    def action_show_all(self) -> None:
        self._choose(self.hidden - self._names.keys())

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Switch the column that was clicked."""
        self.action_toggle_column()
