"""Panes: lines of styled text that scroll, with a cursor where rows can be chosen.

All screens but the monitor are made of them. A pane draws from strips that it keeps, moves its cursor by repainting two
rows, and after new text repaints only rows that differ: on a thin line that is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ..render.lines import wrapped
from ..render.look import Look


class Row(NamedTuple):
    """One line; with a `key` the cursor can stand on it."""

    text: Text
    key: Hashable | None = None


Build = Callable[[int], Sequence[Row]]
"""Makes a pane's rows for a width in cells."""


class Pane(Widget, can_focus=False):
    """Rows of text. The screen decides which pane has the cursor (`active`) and moves it.

    Rows that can be chosen begin with two blanks: the cursor's mark goes on the second one. With `marks` the mark stays
    while another pane is active.
    """

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, pane: Pane) -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> Pane:
            """The pane that it happened in."""
            return self.pane

    class Clicked(Message):
        """A row was clicked that the cursor stands on now; `x` is the column, `again` tells of a second click."""

        def __init__(self, pane: Pane, x: int, again: bool) -> None:
            super().__init__()
            self.pane, self.x, self.again = pane, x, again

        @property
        def control(self) -> Pane:
            """The pane that it happened in."""
            return self.pane

    def __init__(
        self,
        build: Build,
        *,
        look: Callable[[], Look],
        id: str | None = None,
        active: bool = False,
        marks: bool = False,
    ) -> None:
        super().__init__(id=id)
        self._marks = marks
        self._build = build
        self._get_look = look
        self.rows: list[Row] = []
        self.top = 0
        self.cursor: Hashable | None = None
        self.active = active
        self._drawn: dict[tuple[int, bool, bool], Strip] = {}
        self._width = -1

    def reload(self) -> None:
        """Make the rows anew and repaint those that changed; the cursor stays on its key, or else near its place."""
        width = self.size.width
        if not width:
            return
        before, index = self.rows, self._index()
        self.rows = list(self._build(width))
        if self._overflows():
            # two cells less: a blank, and where one is in the text
            self.rows = list(self._build(width - 2))
        if self.cursor is not None and self._index() is None:
            self.cursor = None
            self._choose_near(index or 0)
        elif self.cursor is None:
            self._choose_near(0)
        self._drawn.clear()
        self._width = width
        old_top = self.top
        self._clamp()
        if self.top != old_top or self._overflows() or len(before) > self.size.height:
            self.refresh()
            return
        count = max(len(before), len(self.rows))
        changed = [y for y in range(count) if y >= len(before) or y >= len(self.rows) or before[y] != self.rows[y]]
        if changed:
            self.refresh(*(Region(0, y - self.top, width, 1) for y in changed))

    def restyle(self) -> None:
        """Make everything anew, as after a change of theme."""
        self.rows = []
        self.reload()
        self.refresh()

    def _overflows(self) -> bool:
        return len(self.rows) > self.size.height

    def _index(self) -> int | None:
        if self.cursor is None:
            return None
        return next((index for index, row in enumerate(self.rows) if row.key == self.cursor), None)

    def _choose_near(self, index: int) -> None:
        keys = [(abs(i - index), i) for i, row in enumerate(self.rows) if row.key is not None]
        if keys:
            self.cursor = self.rows[min(keys)[1]].key

    def choose(self, key: Hashable) -> None:
        """Put the cursor on the row of that key, if there is one."""
        if key == self.cursor or not any(row.key == key for row in self.rows):
            return
        self._refresh_cursor()
        self.cursor = key
        self._reveal()
        self._refresh_cursor()
        self.post_message(self.Moved(self))

    def set_active(self, active: bool) -> None:
        """Give the pane the cursor, or take it away."""
        if active != self.active:
            self.active = active
            self._reveal()
            self._refresh_cursor()

    def move(self, steps: int) -> None:
        """Move the cursor by so many rows that it can stand on; without such rows, scroll."""
        keys = [index for index, row in enumerate(self.rows) if row.key is not None]
        if not keys:
            self._scroll(steps)
            return
        index = self._index()
        place = keys.index(index) if index in keys else 0
        goal = min(max(place + steps, 0), len(keys) - 1)
        if goal == place and abs(steps) == 1:
            # at the first or last choice the rest of the text still has to be reached
            self._scroll(steps)
            return
        self.choose(self.rows[keys[goal]].key)

    @property
    def page(self) -> int:
        """Number of rows that a page moves by."""
        return max(self.size.height - 2, 1)

    def move_to_end(self, last: bool) -> None:
        """Move to the first or the last row."""
        self.move(len(self.rows) if last else -len(self.rows))
        self._scroll(len(self.rows) if last else -len(self.rows))

    def _scroll(self, lines: int) -> None:
        before = self.top
        self.top += lines
        self._clamp()
        if self.top != before:
            self.refresh()

    def _clamp(self) -> None:
        self.top = max(min(self.top, len(self.rows) - self.size.height), 0)

    def _reveal(self) -> None:
        index = self._index()
        if index is None or not self.active:
            return
        before = self.top
        # headings above the first choice come into view with it
        first = index if any(row.key is not None for row in self.rows[:index]) else 0
        if first < self.top:
            self.top = first
        elif index >= self.top + self.size.height:
            self.top = index - self.size.height + 1
        if self.top != before:
            self.refresh()

    def _refresh_cursor(self) -> None:
        index = self._index()
        if index is not None and 0 <= index - self.top < self.size.height:
            self.refresh(Region(0, index - self.top, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return line `y` of what is visible."""
        if self._width != self.size.width:
            self.reload()
        width, index = self.size.width, y + self.top
        style = self.rich_style
        if not 0 <= index < len(self.rows):
            return Strip.blank(width, style)
        at_cursor = self.cursor is not None and self.rows[index].key == self.cursor
        marked = at_cursor and (self.active or self._marks)
        strip = self._drawn.get((index, marked, self.active))
        if strip is None:
            strip = self._drawn[index, marked, self.active] = self._draw(index, marked, width)
        if self._overflows():
            strip = Strip.join([strip.crop(0, width - 1), self._thumb(y)])
        return strip.apply_style(style)

    def _draw(self, index: int, marked: bool, width: int) -> Strip:
        look, text = self._get_look(), self.rows[index].text
        strip = Strip(list(_indented(text.render(self.app.console), look)))
        strip = strip.adjust_cell_length(width)
        if not marked:
            return strip
        mark = Segment(look.pointer, look.accent_style if self.active else look.dim_style)
        strip = Strip.join([strip.crop(0, 1), Strip([mark]), strip.crop(2)])
        if not self.active:
            return strip
        return strip.apply_style(Style(bgcolor=look.panel, bold=True) if look.coloured else Style(bold=True))

    def _thumb(self, y: int) -> Strip:
        look = self._get_look()
        height, total = self.size.height, len(self.rows)
        size = max(height * height // total, 1)
        start = round(self.top / max(total - height, 1) * (height - size))
        on = start <= y < start + size
        return Strip([Segment(look.glyph("┃" if on else "│"), look.dim_style)])

    def on_resize(self) -> None:
        """Make the rows for the new width."""
        self._drawn.clear()
        self.reload()
        self._reveal()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        index = event.y + self.top
        if 0 <= index < len(self.rows) and (key := self.rows[index].key) is not None:
            again = key == self.cursor and self.active
            self.choose(key)
            self.post_message(self.Clicked(self, event.x, again))

    def on_mouse_scroll_down(self) -> None:
        """Scroll by three lines."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll by three lines."""
        self._scroll(-3)


def _indented(segments: Iterable[Segment], look: Look) -> Iterator[Segment]:
    """Yield segments as the terminal can show them, leading blanks apart: some viewers of SVG drop those of a text."""
    for part, style, _ in segments:
        text = look.glyph(part)
        bare = text.lstrip(" ")
        if bare and len(bare) < len(text):
            yield Segment(" " * (len(text) - len(bare)), style)
        yield Segment(bare or text, style)


def line(*parts: str | Text | tuple[str, Style | str], width: int | None = None) -> Text:
    """Return one line of text from plain and styled parts, none of them read as markup; cut to `width` cells."""
    text = Text(no_wrap=True, end="")
    for part in parts:
        if isinstance(part, str | Text):
            text.append(part)
        else:
            text.append(part[0], part[1])
    return text if width is None else cut(text, width)


def cut(text: Text, width: int) -> Text:
    """Return the text, cut in place to `width` cells where it is longer."""
    if text.cell_len > width:
        text.truncate(width, overflow="ellipsis")
    return text


def sides(left: Text, right: Text, width: int) -> Text:
    """Return one line of `width` cells with something at either end; the left is cut when there is no room for both."""
    room = width - right.cell_len
    if room < 4:
        left.truncate(width, overflow="ellipsis")
        return left
    left = left.copy()
    left.truncate(room - 1, overflow="ellipsis", pad=True)
    left.append(" ")
    left.append_text(right)
    return left


def hanging(lead: Text, text: str, room: int, style: Style | str = "") -> list[Row]:
    """Return a text wrapped in `room` cells behind what leads it, further lines below the first."""
    first, *rest = wrapped(text, room) or [""]
    below = " " * lead.cell_len
    return [Row(line(lead, (first, style))), *(Row(line(below, (part, style))) for part in rest)]


def rule(look: Look, width: int) -> Text:
    """Return a horizontal rule."""
    return line((look.rule * width, look.dim_style))
