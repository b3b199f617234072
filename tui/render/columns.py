"""Tables as plain text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

_TEXTS = [
    "method",
    "best parameters",
    "run",
    "state",
    "preset",
    "title",
    "what",
    "source",
    "kind",
    "key",
    "estimator",
    "metric",
]
"""Headings of columns that hold text."""


def columns(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows in aligned columns, numbers to the right, two spaces between."""
    widths = [max(cell_len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        parts: list[str] = []
        for heading, cell, width in zip(headings, cells, widths, strict=True):
            room = " " * (width - cell_len(cell))
            parts.append(cell + room if heading in _TEXTS else room + cell)
        return "  ".join(parts).rstrip()

    return "\n".join([line(headings), *(line(row) for row in rows)])
