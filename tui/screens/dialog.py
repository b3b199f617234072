"""Dialogs: a small window over a screen, with a title, rows to choose among or fill in, and a note below them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType

from ..render.lines import wrapped
from ..render.look import Look
from ..widgets.pane import Pane, Row, cut, line, rule, sides
from .base import PaneScreen
from .host import Host

WIDTH = 76
"""Cells that a dialog takes where there are so many."""

SIDES = 2
"""Blank cells on either side of its text."""

CARET = Style(reverse=True)
"""How the place looks where typed text goes."""


class ModalPaneScreen(ModalScreen[ScreenResultType], PaneScreen[ScreenResultType]):
    """A screen of panes over another one, which keeps its keys to itself."""

    def __init__(self, host: Host) -> None:
        # past that of `ModalScreen`, which knows no host and does no more than the property below
        PaneScreen.__init__(self, host)

    @property
    def is_modal(self) -> bool:
        """True: keys of what is below do nothing."""
        return True

    def action_close(self) -> None:
        self.dismiss(None)


class Dialog(ModalPaneScreen[ScreenResultType]):
    """As high as what it shows; where the window is lower than that, the rows scroll."""

    DEFAULT_CSS = f"""
    Dialog .dialog {{
        width: {WIDTH}; max-width: 100%; height: auto; max-height: 100%; background: $panel; padding: 1 {SIDES};
    }}
    Dialog .dialog.-low {{ padding: 0 {SIDES}; }}
    """

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield self._pane("title", self.title_rows)
            yield self._pane("main", self.rows, active=True)
            yield self._pane("note", self.note_rows)

    def title_rows(self, width: int) -> Sequence[Row]:
        """Return what stands above the rows."""
        raise NotImplementedError

    def rows(self, width: int) -> Sequence[Row]:
        """Return the rows."""
        raise NotImplementedError

    def note_rows(self, width: int) -> Sequence[Row]:
        """Return what stands below the rows: always as many lines, so that nothing moves."""
        return []

    def update(self) -> None:
        """Show what has changed."""
        self._take_room()
        self.reload()

    def on_mount(self) -> None:
        """Take the room that the rows need."""
        self._take_room()

    def on_resize(self) -> None:
        """Take it anew."""
        self._take_room()

    def _take_room(self) -> None:
        panes = {pane.id: pane for pane in self.query(Pane)}
        # before they are there, or when they are taken down one by one, over which the window may still change
        if not panes.keys() >= {"title", "main", "note"} or not self.size.width:
            return
        width = min(self.size.width, WIDTH) - 2 * SIDES
        low = self.size.height < 22
        self.query_one(".dialog").set_class(low, "-low")
        title, note = len(self.title_rows(width)), len(self.note_rows(width))
        room = self.size.height - title - note - (0 if low else 2)
        for name, height in (("title", title), ("main", min(len(self.rows(width)), room)), ("note", note)):
            pane = panes[name]
            if pane.styles.height is None or pane.styles.height.value != height:
                pane.styles.height = height


class Question(Dialog[ScreenResultType]):
    """Is answered by the key of a row: of the one under the cursor, or that is clicked, or by a key of its own."""

    def action_choose(self) -> None:
        self.action_answer(self.active.cursor)

    def action_answer(self, answer: Any) -> None:
        self.dismiss(answer)

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Take the answer that was clicked."""
        self.action_choose()


def headline(title: str, about: str, look: Look, width: int) -> list[Row]:
    """Return a dialog's title over a rule, with what it is about at the right."""
    left, right = line((f" {title}", Style(bold=True))), line((f"{about} ", look.dim_style))
    return [Row(sides(left, right, width)), Row(rule(look, width))]


def said(text: str, style: Style, width: int, lines: int = 2) -> list[Row]:
    """Return a message in exactly so many lines."""
    parts = wrapped(text, max(width - 4, 8))
    if len(parts) > lines:
        parts = [*parts[: lines - 1], " ".join(parts[lines - 1 :])]
    return [Row(line("   ", (part, style), width=width)) for part in (*parts, *[""] * lines)[:lines]]


def keys_line(keys: Iterable[tuple[str, str]], look: Look, width: int) -> Row:
    """Return the line that says what keys do here."""
    text = line(" ")
    for key, what in keys:
        text.append_text(line("  ", (key, look.accent_style), (f" {what}", look.dim_style)))
    return Row(cut(text, width))
