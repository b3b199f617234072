"""Widgets made of lines: what they have drawn they keep, and they repaint only lines that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ..render.look import Look


def to_strip(text: Text, width: int, console: Console) -> Strip:
    """Return a line of text as a strip of exactly `width` cells."""
    # rich forgets the style of a text as a whole where no part of it has one of its own
    base = None if text.spans or not text.style else console.get_style(text.style)
    segments = [
        Segment(part.text, part.style or base) for part in text.render(console) if part.text and part.text != "\n"
    ]
    return Strip(segments).adjust_cell_length(width)


def same(one: Strip, other: Strip) -> bool:
    """Tell whether two strips look the same."""
    return one is other or list(one) == list(other)


def look_of(widget: Widget) -> Look:
    """Return the look of the app that a widget belongs to."""
    return widget.app.look  # type: ignore[attr-defined]


class Lines(Widget, can_focus=False):
    """Base of the monitor's widgets: `put` takes what is to be seen, line by line.

    They have neither borders nor padding, so what they draw goes to the compositor as it is.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []
        self._base = Style.null()
        self._base_of: object = None
        self._behind = Color(0, 0, 0)
        self._finished: dict[int, tuple[Strip, Strip]] = {}
        self._finished_with: object = None

    @property
    def texts(self) -> list[str]:
        """What the lines say, without their looks."""
        return [strip.text for strip in self._strips]

    def put(self, strips: list[Strip]) -> int:
        """Take the lines, and repaint those that changed; return how many did."""
        before, self._strips = self._strips, strips
        rows = range(max(len(before), len(strips)))
        changed = [y for y in rows if y >= len(before) or y >= len(strips) or not same(before[y], strips[y])]
        if changed:
            width = self.size.width
            self.refresh(*(Region(0, y, width, 1) for y in changed))
        return len(changed)

    def forget(self) -> None:
        """Hold nothing for drawn any more, as after a change of size."""
        self._strips = []
        self.refresh()

    def base(self) -> Style:
        """Return the widget's own foreground and background."""
        # textual works them out anew at every refresh; they change with the theme only
        theme = (self.app.theme, id(look_of(self)))
        if theme != self._base_of:
            self._base, self._base_of = self.rich_style, theme
            self._behind = self.background_colors[1]
        return self._base

    def render_line(self, y: int) -> Strip:
        """Return line `y`, on the widget's background."""
        if y < len(self._strips):
            return self._strips[y].apply_style(self.base())
        return Strip.blank(self.size.width, self.base())

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of a region."""
        base, filters = self.base(), self.get_line_filters()
        if (base, filters) != self._finished_with:
            self._finished_with = (base, filters)
            self._finished.clear()
        strips = [self._finish(y, base, filters) for y in crop.line_range]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _finish(self, y: int, base: Style, filters: Sequence[LineFilter]) -> Strip:
        raw = self._strips[y] if y < len(self._strips) else None
        kept = self._finished.get(y)
        if raw is not None and kept is not None and kept[0] is raw:
            return kept[1]
        strip = raw.apply_style(base) if raw is not None else Strip.blank(self.size.width, base)
        for line_filter in filters:
            strip = strip.apply_filter(line_filter, self._behind)
        if raw is not None:
            self._finished[y] = (raw, strip)
        return strip


class LineBlock(Lines):
    """Lines of text; a subclass draws them with `show`, and says with `draws_with` how to do so for another size."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Text] = []
        self._again: Callable[[], None] | None = None

    def draws_with(self, again: Callable[[], None]) -> None:
        """Note how to draw the same once more, for another size."""
        self._again = again

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._lines = []
        self.forget()
        if self._again is not None:
            self._again()

    def show(self, lines: Sequence[Text]) -> int:
        """Take the lines, and repaint those that changed; return how many did."""
        width, console = self.size.width, self.app.console
        before, kept = self._lines, self._strips
        strips = [
            kept[y]
            if y < len(before) and y < len(kept) and before[y] == line and before[y].style == line.style
            else to_strip(line, width, console)
            for y, line in enumerate(lines)
        ]
        self._lines = list(lines)
        return self.put(strips)
