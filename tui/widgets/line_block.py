"""A block of lines that repaints only those that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


def to_strip(text: Text, width: int, console: Console) -> Strip:
    """Return a line of text as a strip of exactly `width` cells."""
    segments = [Segment(part.text, part.style) for part in text.render(console) if part.text and part.text != "\n"]
    return Strip(segments).adjust_cell_length(width)


class LineBlock(Widget, can_focus=False):
    """Base of the monitor's small widgets: `show` takes all lines, and repaints those that differ from before."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._strips: list[Strip] = []
        self._again: Callable[[], None] | None = None

    def draws_with(self, again: Callable[[], None]) -> None:
        """Note how to draw the same once more, for another size."""
        self._again = again

    def on_resize(self) -> None:
        """Draw for the new size."""
        if self._again is not None:
            self._strips = []
            self._again()
            self.refresh()

    @property
    def texts(self) -> list[str]:
        """What the lines say, without their looks."""
        return [strip.text for strip in self._strips]

    def show(self, lines: Sequence[Text]) -> int:
        """Take the lines, and repaint those that changed; return how many did."""
        width = self.size.width
        return self.show_strips([to_strip(line, width, self.app.console) for line in lines])

    def show_strips(self, strips: list[Strip]) -> int:
        """Take the lines as strips, and repaint those that changed; return how many did."""
        before, self._strips = self._strips, strips
        rows = range(max(len(before), len(strips)))
        changed = [y for y in rows if y >= len(before) or y >= len(strips) or not same(before[y], strips[y])]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))
        return len(changed)

    def render_line(self, y: int) -> Strip:
        """Return line `y`, on the widget's background."""
        if y < len(self._strips):
            return self._strips[y].apply_style(self.rich_style)
        return Strip.blank(self.size.width, self.rich_style)


def same(one: Strip, other: Strip) -> bool:
    """Tell whether two strips look the same."""
    return one is other or list(one) == list(other)


def look_of(widget: Widget) -> Any:
    """Return the look of the app that a widget belongs to."""
    return widget.app.look  # type: ignore[attr-defined]
