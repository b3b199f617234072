"""A rule with the panels' names on it: which one is shown, and what is special about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text
from textual import events
from textual.message import Message

from ..render.lines import fit, width_of
from .line_block import LineBlock, look_of


class Tab(NamedTuple):
    """A panel's key and name; `short` is its name where room is short, if it has another one then."""

    key: str
    name: str
    short: str = ""


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

    def forget(self) -> None:
        """Hold nothing for drawn any more: a rule may have been drawn for a new size before it was told of it."""
        self._basis = ()
        super().forget()

    def draw(self, tabs: Sequence[Tab], chosen: str | None, note: str, *, lit: bool = True) -> None:
        """Draw the rule with tabs, the chosen one lit, and a note at the right end."""
        self.draws_with(lambda: self.draw(tabs, chosen, note, lit=lit))
        look, width = look_of(self), self.size.width
        basis = (tuple(tabs), chosen, note, lit, id(look), width)
        if basis == self._basis:
            return
        self._basis = basis
        # at the least, every key and the chosen name are there
        least = sum(width_of(tab.key + tab.name if tab.key == chosen else tab.key) + 2 for tab in tabs)
        note = fit(note, min(width_of(note), max(width - least - 6, 8)))
        room = width - (width_of(note) + 4 if note else 0)
        line = Text(no_wrap=True, end="")
        self._places = []
        names, tight = self._named(tabs, chosen, room)
        for key, name in names:
            label = f"{key} {name}".strip()
            line.append(" " if tight else f"{look.rule} ", look.dim_style)
            self._places.append((line.cell_len, line.cell_len + width_of(label), key))
            strong = look.accent_style if lit else look.fore(look.text, bold=True)
            line.append(look.glyph(label), strong if key == chosen else look.dim_style)
            line.append("" if tight else " ")
        line.append(" " if tight else "")
        line.append(look.rule * max(room - line.cell_len, 0), look.dim_style)
        if note:
            line.append(f" {look.glyph(note)} ", look.fore(look.text))
            line.append(look.rule * max(width - line.cell_len, 0), look.dim_style)
        line.truncate(width, pad=True)
        self.show([line])

    @staticmethod
    def _named(tabs: Sequence[Tab], chosen: str | None, room: int) -> tuple[list[tuple[str, str]], bool]:
        """Return the tabs with names as long as there is room for, and whether they must stand close together."""
        full = [(tab.key, tab.name) for tab in tabs]
        short = [(tab.key, tab.short or tab.name) for tab in tabs]
        shorter = [tab[:2] if tab.key == chosen else least for tab, least in zip(tabs, short, strict=True)]
        for named, apart in ((full, 3), (full, 1), (shorter, 1), (short, 1)):
            if sum(width_of(f"{key} {name}".strip()) + apart for key, name in named) < room:
                return named, apart == 1
        return [(tab.key, tab.name if tab.key == chosen else "") for tab in tabs], True

    def on_click(self, event: events.Click) -> None:
        """Choose the panel whose name was clicked."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(key))
