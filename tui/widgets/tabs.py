"""A rule with the panels' names on it: which one is shown, and what is special about it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.message import Message

from ..render.lines import fit, width_of
from ..render.look import plain
from .line_block import LineBlock, look_of


class TabRule(LineBlock):
    """`─ 1 trials ─ 2 map ─ … ──── newest ▾ ─`: a click on a name chooses the panel."""

    class Chosen(Message):
        """A panel's name was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._places: list[tuple[int, int, str]] = []
        self._basis: tuple[object, ...] = ()

    def draw(self, tabs: Sequence[tuple[str, str]], chosen: str | None, note: str, *, lit: bool = True) -> None:
        """Draw the rule with (key, name) tabs, the chosen one lit, and a note at the right end."""
        self.draws_with(lambda: self.draw(tabs, chosen, note, lit=lit))
        look, width = look_of(self), self.size.width
        basis = (tuple(tabs), chosen, note, lit, id(look), width)
        if basis == self._basis:
            return
        self._basis = basis
        note = fit(note, min(width_of(note), max(width // 2, 8)))
        room = width - (width_of(note) + 4 if note else 0)
        line = Text(no_wrap=True, end="")
        self._places = []
        names, tight = self._shortened(tabs, chosen, room)
        for key, name in names:
            label = f"{key} {name}".strip()
            line.append(" " if tight else f"{look.rule} ", look.dim_style)
            self._places.append((line.cell_len, line.cell_len + width_of(label), key))
            strong = look.accent_style if lit else look.fore(look.text, bold=True)
            line.append(label if look.unicode else plain(label), strong if key == chosen else look.dim_style)
            line.append("" if tight else " ")
        line.append(" " if tight else "")
        line.append(look.rule * max(room - line.cell_len, 0), look.dim_style)
        if note:
            line.append(f" {note if look.unicode else plain(note)} ", look.fore(look.text))
            line.append(look.rule * max(width - line.cell_len, 0), look.dim_style)
        line.truncate(width, pad=True)
        self.show([line])

    @staticmethod
    def _shortened(
        tabs: Sequence[tuple[str, str]], chosen: str | None, room: int
    ) -> tuple[list[tuple[str, str]], bool]:
        """Return the tabs with names as long as there is room for, and whether they must stand close together."""

        def needed(named: Sequence[tuple[str, str]], apart: int) -> int:
            return sum(width_of(f"{key} {name}".strip()) + apart for key, name in named) + 1

        for length, apart in ((20, 3), (20, 1), (7, 1), (5, 1), (4, 1), (3, 1)):
            shorter = [(key, name if key == chosen else name[:length]) for key, name in tabs]
            if needed(shorter, apart) <= room:
                return shorter, apart == 1
        return [(key, name if key == chosen else "") for key, name in tabs], True

    def on_click(self, event: events.Click) -> None:
        """Choose the panel whose name was clicked."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(key))
