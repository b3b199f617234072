"""Lines finer than cells: two by four dots in each cell, drawn as Braille; in ASCII by how full the cell is."""

from __future__ import annotations

from typing import Any

import numpy as np
from rich.style import Style

from .lines import Canvas
from .look import Look

_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


class Dots:
    """A raster of dots over `width` x `height` cells.

    A cell belongs to the highest level drawn in it, in colour and in dots: what lies below is hidden, not mixed.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._bits = np.zeros((height, width), dtype=np.int64)
        self._level = np.full((height, width), -1, dtype=np.int64)

    def plot(self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], level: int) -> None:
        """Set dots at (x, y), in dots from the top left, over those of lower levels; what lies outside is clipped."""
        inside = (x >= 0) & (x < 2 * self.width) & (y >= 0) & (y < 4 * self.height)
        x, y = x[inside], y[inside]
        rows, columns = y // 4, x // 2
        lower = self._level[rows, columns] < level
        self._bits[rows[lower], columns[lower]] = 0
        self._level[rows[lower], columns[lower]] = level
        visible = self._level[rows, columns] == level
        np.bitwise_or.at(self._bits, (rows[visible], columns[visible]), _BITS[y % 4, x % 2][visible])

    def onto(
        self, canvas: Canvas, look: Look, left: int, top: int, levels: int = 1, style: Style | None = None
    ) -> None:
        """Write the cells that have dots, levels 0 to levels - 1 in the colours of the ramp, or all in one style."""
        styles = [style or look.point_style((level + 0.5) / levels) for level in range(levels)]
        for row, column in np.argwhere(self._bits).tolist():
            bits = int(self._bits[row, column])
            glyph = chr(0x2800 + bits) if look.unicode else ".:"[bits.bit_count() > 3]
            canvas.dot(left + column, top + row, glyph, styles[int(self._level[row, column])])
