"""Lines of exact width: the arithmetic of terminal cells, and the canvas that views draw on.

A view returns `height` texts of exactly `width` cells each. Whatever comes from outside (names, labels) is cleaned here
as well, so that no view can forget it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Span, Text

from ...engine.text import clean
from .look import Look

Align = Literal["left", "right", "center"]

BLANK = Style.null()


def width_of(text: str) -> int:
    """Return how many terminal cells a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, align: Align = "left") -> str:
    """Return `text` in exactly `width` cells: blanks on the side away from `align`, an ellipsis where it is cut."""
    if width <= 0:
        return ""
    cells = width_of(text)
    if cells > width:
        return set_cell_size(text, width - 1) + "…"
    if align == "left":
        return text + " " * (width - cells)
    if align == "right":
        return " " * (width - cells) + text
    left = (width - cells) // 2
    return " " * left + text + " " * (width - cells - left)


@lru_cache(maxsize=4096)
def _split(text: str) -> tuple[tuple[str, int], ...]:
    """Return the characters of a text with their widths; marks that combine go with the character before them."""
    if text.isascii():
        return tuple((character, 1) for character in text)
    cells: list[tuple[str, int]] = []
    for character in text:
        width = cell_len(character)
        if width:
            cells.append((character, width))
        elif cells and len(cells[-1][0]) < 3:
            # an accent or two belong to a letter; a tower of them belongs nowhere
            cells[-1] = (cells[-1][0] + character, cells[-1][1])
    return tuple(cells)


class Canvas:
    """A grid of cells that texts are written on; what lies outside is clipped, what is written later lies on top."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._wide = False
        self._glyphs = [[" "] * width for _ in range(height)]
        self._styles: list[list[Style]] = [[BLANK] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, style: Style | None = None) -> int:
        """Write a cleaned text from cell (x, y) on; return the column after it. A wide character never spills over."""
        if not 0 <= y < self.height:
            return x + width_of(text)
        glyphs, styles = self._glyphs[y], self._styles[y]
        style = style or BLANK
        for character, cells in _split(text):
            if x >= 0 and x + cells <= self.width:
                self._unpair(y, x, cells)
                glyphs[x], styles[x] = character, style
                if cells == 2:
                    self._wide = True
                    glyphs[x + 1], styles[x + 1] = "", style
            x += cells
        return x

    def _unpair(self, y: int, x: int, cells: int) -> None:
        glyphs = self._glyphs[y]
        if glyphs[x] == "" and x:
            glyphs[x - 1] = " "
        if x + cells < self.width and glyphs[x + cells] == "":
            glyphs[x + cells] = " "

    def dot(self, x: int, y: int, glyph: str, style: Style) -> None:
        """Write one glyph of one cell, which must lie on the canvas: the quick way for many of them."""
        if self._wide:
            self._unpair(y, x, 1)
        self._glyphs[y][x] = glyph
        self._styles[y][x] = style

    def put_right(self, x: int, y: int, text: str, style: Style | None = None) -> None:
        """Write a text so that it ends before column x."""
        self.put(x - width_of(text), y, text, style)

    def free(self, x: int, y: int) -> bool:
        """Tell whether a cell lies on the canvas and nothing was written there."""
        return 0 <= y < self.height and 0 <= x < self.width and self._glyphs[y][x] == " "

    def lines(self, look: Look) -> list[Text]:
        """Return the canvas as texts, in ASCII where the look asks for it; neighbours of one style become one span."""
        return [_line(glyphs, styles, look) for glyphs, styles in zip(self._glyphs, self._styles, strict=True)]


def _line(glyphs: list[str], styles: list[Style], look: Look) -> Text:
    parts: list[str] = []
    spans: list[Span] = []
    start = offset = 0
    last = len(glyphs)
    while start < last:
        style = styles[start]
        end = start + 1
        while end < last and styles[end] is style:
            end += 1
        part = "".join(glyphs[start:end])
        part = look.glyph(part)
        parts.append(part)
        if style is not BLANK:
            spans.append(Span(offset, offset + len(part), style))
        offset += len(part)
        start = end
    return Text("".join(parts), spans=spans, no_wrap=True, end="")


def says(sentence: str, width: int, height: int, look: Look) -> list[Text]:
    """Return a view that has nothing to draw: one sentence in the middle, wrapped where it must be."""
    canvas = Canvas(width, height)
    rows = wrapped(clean(sentence, 400), max(width - 4, 8))
    top = max((height - len(rows)) // 2, 0)
    for index, row in enumerate(rows):
        canvas.put(0, top + index, fit(row, width, "center"), look.dim_style)
    return canvas.lines(look)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text broken at blanks into lines of at most `width` cells; a longer word is cut."""
    rows: list[str] = []
    for word in text.split():
        if rows and width_of(rows[-1]) + 1 + width_of(word) <= width:
            rows[-1] += " " + word
        else:
            rows.append(word if width_of(word) <= width else fit(word, width))
    return rows
