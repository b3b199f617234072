"""Only cells that changed are sent to the terminal.

textual repaints the spans of lines that a widget calls dirty, from the widget's left edge on, and says every colour
anew for every piece of text. Over a thin line that is most of the traffic. `DiffApp` compares each update of textual's
with what the terminal shows (`Frame`), and sends the difference.

This leans on three names inside textual 8.2 (`App._display`, `LayoutUpdate`, `ChopsUpdate`), which the tests pin down.
"""

from __future__ import annotations

from typing import Generic

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App, ReturnType
from textual.screen import Screen

from .driver import PromptDriver
from .frame_rate import ByteBudget
from .screen_buffer import Cell, Frame


class _Lean(CompositorUpdate):
    """An update of textual's that, when it is written, becomes the difference to what the terminal shows."""

    def __init__(self, app: DiffApp, update: LayoutUpdate | ChopsUpdate) -> None:
        self._app, self._update = app, update

    def render_segments(self, console: Console) -> str:
        text = self._app.difference(self._update, console)
        self._app.pace.spent(len(text.encode()))
        return text


class DiffApp(App[ReturnType], Generic[ReturnType]):
    """An app that sends only what changed on the screen, and counts it (`pace`)."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, driver_class=PromptDriver, **named)  # type: ignore[arg-type]
        self.pace = ByteBudget()
        self._frame: Frame | None = None

    def _display(self, screen: Screen, renderable: RenderableType | None) -> None:
        if isinstance(renderable, LayoutUpdate | ChopsUpdate) and not self.is_inline:
            renderable = _Lean(self, renderable)  # type: ignore[assignment]
        super()._display(screen, renderable)

    def difference(self, update: LayoutUpdate | ChopsUpdate, console: Console) -> str:
        """Return what turns the terminal's picture into the one after the update."""
        system = console._color_system or ColorSystem.TRUECOLOR
        if self._frame is None or self._frame.pens.system is not system:
            self._frame = Frame(system)
        frame = self._frame
        frame.resize(*self.size)
        rows = _rows_of_layout(update, frame) if isinstance(update, LayoutUpdate) else _rows_of_chops(update, frame)
        return frame.update(rows)

    def repaint(self) -> None:
        """Send the whole screen again, whatever the terminal is believed to show."""
        if self._frame is not None:
            self._frame.forget()
        self.screen.refresh()

    def on_mount(self) -> None:
        """After the app was suspended the terminal shows who knows what."""
        self.app_resume_signal.subscribe(self, lambda _: self.repaint(), immediate=True)

    def on_resize(self, event: events.Resize) -> None:
        """A terminal that changes its size may have rearranged what it shows."""
        if self._frame is not None:
            self._frame.forget()


def _rows_of_layout(update: LayoutUpdate, frame: Frame) -> dict[int, list[Cell]]:
    rows: dict[int, list[Cell]] = {}
    for y, strips in enumerate(update.strips, update.region.y):
        if y < frame.height:
            row = frame.row(y)
            _put(row, update.region.x, frame.cells([segment for strip in strips for segment in strip]))
            rows[y] = row
    return rows


def _rows_of_chops(update: ChopsUpdate, frame: Frame) -> dict[int, list[Cell]]:
    rows: dict[int, list[Cell]] = {}
    for y, start, end in update.spans:
        if y >= frame.height:
            continue
        row = rows.get(y) or frame.row(y)
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x <= end and stop > start:
                _put(row, x, frame.cells_of(strip))
        rows[y] = row
    return rows


def _put(row: list[Cell], x: int, cells: list[Cell]) -> None:
    width = len(row)
    row[x : x + len(cells)] = cells[: max(width - x, 0)]
    del row[width:]
