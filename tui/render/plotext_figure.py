"""The one place where plotext draws: a figure in, cells on a canvas out.

plotext 6 has a single figure for the whole process and clips it to the terminal, unless told otherwise; what it builds
is a string of glyphs and colour codes. So there is one function here that owns the figure while it draws, behind a
lock, and reads the string back into cells. Colours do not pass through plotext: each style gets the number of a
palette colour, an ink, and the number read back gives the style, so that a look without colours needs no second way.

Importing plotext takes 0.2 s and more, most of it for its documentation: it is imported at the first drawing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from rich.style import Style

from .lines import Canvas

Ink = Callable[[Style], Any]
"""Gives plotext's pixel for a style."""

Compose = Callable[[Any, Any, Ink], None]
"""Draws with plotext: gets the module, its figure (empty, without colours, of the size asked for) and the inks."""

_LOCK = Lock()
_FIRST, _LAST = 16, 255
"""Palette numbers that plotext writes as they are; those below 16 have names of their own."""

_CODES = re.compile(r"\x1b\[([0-9;]*)m")
_FOREGROUND = re.compile(r"(?:^|;)38;5;([0-9]+)(?:;|$)")


def missing() -> str:
    """Return why plotext cannot draw here, in its own words; nothing where it can.

    It is partly C++, built for the system when it is installed; where that failed, importing it raises.
    """
    try:
        import plotext  # noqa: F401
    except ImportError as error:
        return str(error) or "plotext is not installed."
    return ""


def plot_onto(canvas: Canvas, left: int, top: int, width: int, height: int, compose: Compose) -> None:
    """Draw with plotext into `width` x `height` cells of the canvas from (left, top) on; blanks leave what is there.

    plotext must be there (see `missing`).
    """
    import plotext

    styles: dict[Style, int] = {}

    def ink(style: Style) -> Any:
        number = styles.setdefault(style, _FIRST + len(styles))
        if number > _LAST:
            raise ValueError(f"A figure has at most {_LAST - _FIRST + 1} styles.")
        return plotext.pixel(foreground=number)

    with _LOCK:
        figure = plotext.figure
        plotext.terminal.limit(False, False)
        figure.clear()
        figure.theme("colorless")
        figure.canvas("default")
        figure.plot_size(width, height)
        compose(plotext, figure, ink)
        built = figure.build().string()
        figure.clear()
    by_number = {number: style for style, number in styles.items()}
    for row, line in enumerate(built.split("\n")[:height]):
        if 0 <= top + row < canvas.height:
            _write(canvas, left, top + row, width, line, by_number)


def _write(canvas: Canvas, left: int, row: int, width: int, line: str, styles: dict[int, Style]) -> None:
    column, style = 0, Style.null()
    # text and codes alternate, text first
    for index, part in enumerate(_CODES.split(line)):
        if index % 2:
            # a background, which plotext sets apart, changes nothing; only a reset ends an ink
            found = _FOREGROUND.search(part)
            style = (
                styles.get(int(found[1]), Style.null()) if found else style if part.startswith("48") else Style.null()
            )
            continue
        for glyph in part:
            if glyph != " " and column < width and left + column < canvas.width:
                canvas.dot(left + column, row, glyph, style)
            column += 1
