"""A drawn view as a file: SVG, text with ANSI colours, or plain text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from html import escape

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from ...engine.text import clean
from .colour import rgb
from .look import Look

_SYSTEMS = {
    "truecolor": ColorSystem.TRUECOLOR,
    "256": ColorSystem.EIGHT_BIT,
    "16": ColorSystem.STANDARD,
    "none": None,
}

CELL_WIDTH, CELL_HEIGHT, FONT_SIZE = 8.4, 18.0, 14.0
"""Size of a terminal cell and of the letters in it, in SVG units."""

_MARGIN, _TITLE_HEIGHT = 14.0, 30.0

# Blocks are drawn as rectangles (x, y, width, height as parts of the cell): a font leaves seams between its letters.
_BLOCKS: dict[str, tuple[float, float, float, float]] = {
    "█": (0, 0, 1, 1),
    "▀": (0, 0, 1, 0.5),
    "▌": (0, 0, 0.5, 1),
    "▐": (0.5, 0, 0.5, 1),
    **{glyph: (0, 1 - part / 8, 1, part / 8) for part, glyph in enumerate("▁▂▃▄▅▆▇", start=1)},
    **{glyph: (0, 0, part / 8, 1) for part, glyph in zip(range(7, 0, -1), "▉▊▋▌▍▎▏", strict=True)},
}
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}

# Braille as well: few monospaced fonts have it. Bit by bit: column and row of the dot, of two and four.
_BRAILLE = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))


def to_svg(lines: Sequence[Text], title: str, look: Look) -> str:
    """Return the lines as an SVG document on the look's background, with the title above them if there is one."""
    paper = look.background if look.coloured else "#ffffff"
    ink = look.text if look.coloured else "#000000"
    cells = max((cell_len(line.plain) for line in lines), default=1)
    top = _MARGIN + (_TITLE_HEIGHT if title else 0)
    width, height = 2 * _MARGIN + cells * CELL_WIDTH, top + len(lines) * CELL_HEIGHT + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f"height=\"{height:g}\" font-family=\"'DejaVu Sans Mono', 'Fira Code', Menlo, Consolas, monospace\" "
        f'font-size="{FONT_SIZE:g}">',
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{paper}"/>',
    ]
    if title:
        baseline = _MARGIN + FONT_SIZE
        parts.append(
            f'<text x="{_MARGIN:g}" y="{baseline:g}" fill="{ink}" font-weight="bold">{_escaped(clean(title))}</text>'
        )
    for row, line in enumerate(lines):
        parts.extend(_row(line, top + row * CELL_HEIGHT, paper, ink, look))
    return "\n".join([*parts, "</svg>\n"])


def _row(line: Text, y: float, paper: str, ink: str, look: Look) -> Iterator[str]:
    theme = TerminalTheme(rgb(paper), rgb(ink), [rgb(ink)] * 8, [rgb(ink)] * 8)
    console = Console(file=io.StringIO(), width=max(cell_len(line.plain), 1), markup=False, highlight=False)
    x = _MARGIN
    for text, style, _ in Segment.filter_control(line.render(console)):
        style = style or Style.null()
        colour = _hex(style.color, ink, theme) if look.coloured else ink
        behind = _hex(style.bgcolor, "", theme) if look.coloured else ""
        width = cell_len(text) * CELL_WIDTH
        if behind:
            yield _rectangle(x, y, width, CELL_HEIGHT, behind)
        yield from _glyphs(text, x, y, colour, style)
        x += width


def _glyphs(text: str, x: float, y: float, colour: str, style: Style) -> Iterator[str]:
    """Yield the shapes of one run of text: neighbours of the same block as one rectangle, letters as text."""
    start = 0
    for end in range(1, len(text) + 1):
        kind = text[start] if _is_drawn(text[start]) else ""
        if end < len(text) and (text[end] == kind if kind else not _is_drawn(text[end])):
            continue
        part = text[start:end]
        width = cell_len(part) * CELL_WIDTH
        if kind in _BLOCKS:
            left, down, wide, high = _BLOCKS[kind]
            each = [(x, width)] if wide == 1 else [(x + index * CELL_WIDTH, CELL_WIDTH) for index in range(len(part))]
            for place, cells in each:
                yield _rectangle(
                    place + left * CELL_WIDTH, y + down * CELL_HEIGHT, wide * cells, high * CELL_HEIGHT, colour
                )
        elif kind in _SHADES:
            yield _rectangle(x, y, width, CELL_HEIGHT, colour, _SHADES[kind])
        elif kind:
            for cell in range(len(part)):
                yield _braille(kind, x + cell * CELL_WIDTH, y, colour)
        elif part.strip():
            weight = ' font-weight="bold"' if style.bold else ""
            opacity = ' opacity="0.6"' if style.dim else ""
            yield (
                f'<text x="{x:g}" y="{y + 0.75 * CELL_HEIGHT:g}" textLength="{width:g}" xml:space="preserve" '
                f'fill="{colour}"{weight}{opacity}>{_escaped(part)}</text>'
            )
        x += width
        start = end


def _escaped(text: str) -> str:
    # two code points that are not characters may be in a string, but not in XML
    return escape(text.replace("\ufffe", "?").replace("\uffff", "?"))


def _is_drawn(character: str) -> bool:
    return character in _BLOCKS or character in _SHADES or 0x2800 <= ord(character) <= 0x28FF


def _braille(glyph: str, x: float, y: float, colour: str) -> str:
    bits = ord(glyph) - 0x2800
    across, down = CELL_WIDTH / 2, CELL_HEIGHT / 4
    path = "".join(
        f"M{x + (column + 0.25) * across:g} {y + (row + 0.25) * down:g}h{across / 2:g}v{across / 2:g}h-{across / 2:g}z"
        for bit, (column, row) in enumerate(_BRAILLE)
        if bits >> bit & 1
    )
    return f'<path d="{path}" fill="{colour}"/>'


def _rectangle(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1) -> str:
    faint = "" if opacity == 1 else f' opacity="{opacity:g}"'
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"{faint} '
        'shape-rendering="crispEdges"/>'
    )


def _hex(colour: Color | None, default: str, theme: TerminalTheme) -> str:
    return default if colour is None or colour.is_default else colour.get_truecolor(theme).hex


def to_ansi(lines: Sequence[Text], look: Look) -> str:
    """Return the lines with ANSI colour codes, as many colours as the look has, a line break after each."""
    console = Console(file=io.StringIO(), width=1000, markup=False, highlight=False)
    rows = []
    for line in lines:
        row = []
        for text, style, _ in Segment.filter_control(line.render(console)):
            codes = _codes(style or Style.null(), look)
            row.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
        rows.append("".join(row) + "\n")
    return "".join(rows)


def _codes(style: Style, look: Look) -> str:
    # not `Style.render`: that keeps the codes of its first call, for however many colours it was
    codes = [code for code, on in (("1", style.bold), ("2", style.dim), ("7", style.reverse)) if on]
    system = _SYSTEMS[look.colors]
    for colour, foreground in ((style.color, True), (style.bgcolor, False)):
        if colour is not None and not colour.is_default and system is not None:
            codes.extend(colour.downgrade(system).get_ansi_codes(foreground))
    return ";".join(codes)


def to_text(lines: Sequence[Text]) -> str:
    """Return the lines without colours, blanks at their ends cut, a line break after each."""
    return "".join(line.plain.rstrip() + "\n" for line in lines)
