"""What a terminal shows, cell by cell, and the shortest way from one picture to the next.

The difference is cursor moves, the few colour codes that change from one cell to the next, and characters. Rows that
moved as a whole, as in a table that follows the newest trial, are moved by the terminal itself (insert and delete line
within a scroll region, as vi does).
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from itertools import repeat

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ...engine.text import is_harmless

_ATTRIBUTES = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21", "51", "52", "53")
_SHOWS_ON_BLANKS = {"4", "5", "6", "7", "9", "21", "51", "52", "53"}
_DOUBTFUL = re.compile(
    "[^\\x20-\\x7e\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u2010-\u2027\u2190-\u21ff\u2500-\u25fc\u2800-\u28ff]"
)
"""Characters that may take another room than one cell."""

_KEPT = 500
"""Strips whose cells are kept."""

_GAP = 4
"""Unchanged cells between two changes that are sent along, because jumping over them costs as much."""


class Pen:
    """How a cell is drawn, as terminal codes: attributes, foreground, background, link."""

    __slots__ = ("attributes", "background", "blank", "foreground", "link")

    def __init__(self, attributes: frozenset[str], foreground: str, background: str, link: str = "") -> None:
        self.attributes = attributes
        self.foreground = foreground
        self.background = background
        self.link = link
        self.blank: Pen = self
        """The pen of a blank cell that looks the same."""


Cell = tuple[str, Pen]
"""A character and its pen; the second cell of a wide character holds an empty string."""

_UNKNOWN = Pen(frozenset(), "", "")
_LOST: Cell = ("?", _UNKNOWN)
"""A cell whose content on the terminal is not known: equal to no other."""


class Pens:
    """Pens by style, so that equal looks are one object, and the codes that lead from one pen to the next."""

    def __init__(self, system: ColorSystem) -> None:
        self.system = system
        self._by_style: dict[Style | None, Pen] = {}
        self._by_codes: dict[tuple[frozenset[str], str, str, str], Pen] = {}
        self._changes: dict[tuple[Pen, Pen], str] = {}
        self.plain = self._pen(frozenset(), "", "", "")

    def of(self, style: Style | None) -> Pen:
        """Return the pen of a style."""
        pen = self._by_style.get(style)
        if pen is None:
            if len(self._by_style) > 4096:
                self._by_style.clear()
            pen = self._by_style[style] = self._made(style)
        return pen

    def _made(self, style: Style | None) -> Pen:
        if not style:
            return self.plain
        bits = style._attributes & style._set_attributes
        attributes = frozenset(code for place, code in enumerate(_ATTRIBUTES) if bits & (1 << place))
        foreground = ";".join(style.color.downgrade(self.system).get_ansi_codes()) if style.color else ""
        background = ";".join(style.bgcolor.downgrade(self.system).get_ansi_codes(False)) if style.bgcolor else ""
        return self._pen(
            attributes,
            "" if foreground == "39" else foreground,
            "" if background == "49" else background,
            style.link or "",
        )

    def _pen(self, attributes: frozenset[str], foreground: str, background: str, link: str) -> Pen:
        codes = (attributes, foreground, background, link)
        pen = self._by_codes.get(codes)
        if pen is None:
            pen = self._by_codes[codes] = Pen(*codes)
            if not attributes & _SHOWS_ON_BLANKS and not link and (attributes or foreground):
                pen.blank = self._pen(frozenset(), "", background, "")
        return pen

    def change(self, old: Pen, new: Pen) -> str:
        """Return the shortest codes that turn the terminal from one pen to another."""
        if old is new:
            return ""
        found = self._changes.get((old, new))
        if found is None:
            found = self._changes[old, new] = _change(old, new)
        return found


def _change(old: Pen, new: Pen) -> str:
    link = f"\x1b]8;;{new.link}\x1b\\" if old.link != new.link else ""
    afresh = ["0", *sorted(new.attributes), *filter(None, (new.foreground, new.background))]
    ways = [";".join(afresh) if len(afresh) > 1 else ""]
    if old.attributes <= new.attributes:
        steps = sorted(new.attributes - old.attributes)
        if old.foreground != new.foreground:
            steps.append(new.foreground or "39")
        if old.background != new.background:
            steps.append(new.background or "49")
        if not steps:
            return link
        ways.append(";".join(steps))
    return f"{link}\x1b[{min(ways, key=len)}m"


class Frame:
    """What the terminal shows, row by row, as far as it is known."""

    def __init__(self, system: ColorSystem) -> None:
        self.pens = Pens(system)
        self.width = self.height = 0
        self._rows: list[list[Cell]] = []
        self._kept: OrderedDict[int, tuple[Strip, list[Cell]]] = OrderedDict()

    def forget(self) -> None:
        """Take nothing for known any more: what is painted next is sent whole."""
        self._rows = [[_LOST] * self.width for _ in range(self.height)]

    def resize(self, width: int, height: int) -> None:
        """Take note of the terminal's size; a new size means that nothing is known."""
        if (width, height) != (self.width, self.height):
            self.width, self.height = width, height
            self.forget()

    def cells_of(self, strip: Strip) -> list[Cell]:
        """Return the cells of a strip; strips that widgets keep are taken apart once."""
        kept = self._kept.get(id(strip))
        if kept is not None and kept[0] is strip:
            return kept[1]
        cells = self.cells(strip)
        # holding the strip keeps its id from being given to another one
        self._kept[id(strip)] = (strip, cells)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return cells

    def cells(self, segments: Iterable[Segment]) -> list[Cell]:
        """Return the cells of a piece of a line."""
        cells: list[Cell] = []
        for text, style, control in segments:
            if control or not text:
                continue
            if not (text.isascii() and text.isprintable()):
                text = _disarmed(text)
            pen = self.pens.of(style)
            if text.isspace():
                cells.extend(repeat((" ", pen.blank), len(text)))
            elif text.isascii() or _narrow(text):
                if pen.blank is pen or " " not in text:
                    cells.extend(zip(text, repeat(pen), strict=False))
                else:
                    blank = (" ", pen.blank)
                    cells.extend([blank if character == " " else (character, pen) for character in text])
            else:
                _extend_wide(cells, text, pen)
        return cells

    def update(self, changed: dict[int, list[Cell]]) -> str:
        """Return what to send so that the terminal shows those rows, and take them for shown.

        `changed` has whole rows, `width` cells each, by row number.
        """
        rows = self._rows
        changed = {y: row for y, row in changed.items() if 0 <= y < self.height and row != rows[y]}
        if not changed:
            return ""
        writer = _Writer(self.pens)
        if move := _move(rows, changed):
            self._apply(move, writer, changed)
        for y in sorted(changed):
            writer.row(y, rows[y], changed[y])
            rows[y] = changed[y]
        return writer.text()

    def row(self, y: int) -> list[Cell]:
        """Return a copy of what row y shows."""
        return list(self._rows[y])

    def _apply(self, move: tuple[int, int, int], writer: _Writer, changed: dict[int, list[Cell]]) -> None:
        top, bottom, by = move
        rows = self._rows
        before = rows[top : bottom + 1]
        lost = [[_LOST] * self.width for _ in range(abs(by))]
        after = [*lost, *before[:-by]] if by > 0 else [*before[-by:], *lost]
        for y, row in enumerate(before, top):
            # a row that nobody called dirty is moved along, and must be put back where it differs
            changed.setdefault(y, row)
        rows[top : bottom + 1] = after
        writer.scroll(top, bottom, by)


def _disarmed(text: str) -> str:
    """Return text without what a terminal would obey: whoever made it should have cleaned it, and has forgotten to."""
    if is_harmless(text) and "\n" not in text:
        return text
    return "".join([c if is_harmless(c) and c != "\n" else "?" * cell_len(c) for c in text])


def _narrow(text: str) -> bool:
    """Tell whether every character takes one cell; those that nobody doubts are passed over."""
    return all(cell_len(character) == 1 for character in set(_DOUBTFUL.findall(text)))


def _extend_wide(cells: list[Cell], text: str, pen: Pen) -> None:
    for character in text:
        width = cell_len(character)
        if width == 0:
            if cells:
                before, its_pen = cells[-1]
                cells[-1] = (before + character, its_pen)
            continue
        cells.append((" ", pen.blank) if character == " " else (character, pen))
        if width == 2:
            cells.append(("", pen))


def _move(rows: Sequence[list[Cell]], changed: dict[int, list[Cell]]) -> tuple[int, int, int] | None:
    """Return (first row, last row, by how many rows down) where moving rows spares much, else None."""
    if len(changed) < 3:
        return None
    first, last = min(changed), max(changed)
    places: dict[str, list[int]] = {}
    for y in range(first, last + 1):
        text = _text(rows[y])
        if text.strip():
            places.setdefault(text, []).append(y)
    votes: Counter[int] = Counter()
    pairs: dict[int, list[int]] = {}
    for y, row in changed.items():
        for source in places.get(_text(row), ()):
            if source != y:
                votes[y - source] += 1
                pairs.setdefault(y - source, []).extend((y, source))
    if not votes:
        return None
    by, count = max(votes.items(), key=lambda vote: (vote[1], -abs(vote[0])))
    top, bottom = min(pairs[by]), max(pairs[by])
    # as many rows again as it moves are blanked and sent anew
    return (top, bottom, by) if count >= 2 and count > (bottom - top + 1 - abs(by)) / 2 else None


def _text(row: Sequence[Cell]) -> str:
    return "".join([cell[0] for cell in row])


class _Writer:
    """Collects what is sent in one update, and knows where cursor and pen stand."""

    def __init__(self, pens: Pens) -> None:
        self._pens = pens
        self._pen = pens.plain
        self._parts: list[str] = []

    def text(self) -> str:
        """Return all of it; the pen is put back, as textual expects."""
        return "".join([*self._parts, self._pens.change(self._pen, self._pens.plain)])

    def scroll(self, top: int, bottom: int, by: int) -> None:
        """Move the rows from `top` to `bottom` down by so many rows (up, if negative)."""
        how = f"{by if by > 1 else ''}L" if by > 0 else f"{-by if by < -1 else ''}M"
        self._parts.append(f"\x1b[{top + 1};{bottom + 1}r\x1b[{top + 1}H\x1b[{how}\x1b[r")

    def row(self, y: int, old: list[Cell], new: list[Cell]) -> None:
        """Write the cells of a row that differ."""
        text = _text(new)
        if len(text) != len(new) or not (text.isascii() or _narrow(text)):
            # terminals disagree about wide characters, so a row that has some is sent whole
            old = [_LOST] * len(new)
        runs = _runs(old, new)
        for index, (start, end) in enumerate(runs):
            self._parts.append(f"\x1b[{start + 1}G" if index else f"\x1b[{y + 1};{start + 1}H")
            self._cells(new, start, end)

    def _cells(self, row: list[Cell], start: int, end: int) -> None:
        parts, change, pen = self._parts, self._pens.change, self._pen
        for character, its_pen in row[start:end]:
            if its_pen is not pen:
                parts.append(change(pen, its_pen))
                pen = its_pen
            parts.append(character)
        self._pen = pen


def _runs(old: list[Cell], new: list[Cell]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for x, (before, now) in enumerate(zip(old, new, strict=True)):
        if before == now or now is _LOST:
            continue
        if runs and x - runs[-1][1] <= _GAP and _one_pen(new, runs[-1][1] - 1, x):
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def _one_pen(row: list[Cell], start: int, end: int) -> bool:
    pen = row[start][1]
    return end - start == 1 or all(row[x][1] is pen for x in range(start, end + 1))
