"""How one trial looks in the table, and the table's head."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ...engine.state import TrialState
from ...engine.text import clean
from ..render.lines import fit, width_of
from ..trials.field import PLAIN, Drawing
from ..trials.fields import SCORE
from .table_layout import TableLayout


@dataclass(frozen=True)
class RowStyle:
    """What all rows share: what cells are drawn by, the columns, and the width of the whole row."""

    drawing: Drawing
    layout: TableLayout
    width: int


def head(row: RowStyle, sort: str, descending: bool) -> Strip:
    """Return the line with the columns' titles; the one sorted by carries an arrow."""
    look, layout = row.drawing.look, row.layout
    params = [column for column in layout.columns if column.field.axis is not None]
    parts: list[Segment] = [Segment(" ", PLAIN)]
    for index, column in enumerate(layout.columns):
        if index:
            parts.append(Segment(" " * layout.gap, PLAIN))
        title = column.field.title
        if params and column is params[0] and layout.before:
            title = f"<{layout.before} {title}"
        if params and column is params[-1] and layout.after:
            title = fit(title, max(min(width_of(title), column.width - len(str(layout.after)) - 2), 1))
            title += f" {layout.after}>"
        chosen = column.field.key == sort
        if chosen:
            title = fit(title, min(width_of(title), column.width - 1)) + (look.down if descending else look.up)
        style = look.accent_style if chosen else look.dim_style
        parts.append(_segment(row, title, column.width, style, left=column.field.side == "left"))
    return Strip(parts).adjust_cell_length(row.width)


def line(row: RowStyle, trial: TrialState, best: bool) -> Strip:
    """Return a trial's line, `width` cells, without the cursor's mark."""
    layout, look = row.layout, row.drawing.look
    parts: list[Segment] = [Segment(" ", PLAIN)]
    used = 1
    for index, column in enumerate(layout.columns):
        field, width = column.field, column.width
        if index:
            parts.append(Segment(" " * layout.gap, PLAIN))
            used += layout.gap
        if trial.phase == "failed" and field.key == SCORE.key:
            # the reason takes the room of the numbers that a failed trial does not have
            reason = f"{look.cross} {clean(trial.error) or 'failed'}"
            parts.append(_segment(row, reason, row.width - used, look.fore(look.bad), left=True))
            break
        pieces = field.text(row.drawing, trial, width, best)
        for text, style in pieces:
            cells = width if len(pieces) == 1 else width_of(text)
            parts.append(_segment(row, text, cells, style, left=field.side == "left"))
        used += width
    return Strip(parts).adjust_cell_length(row.width)


def _segment(row: RowStyle, text: str, width: int, style: Style, *, left: bool) -> Segment:
    cells = fit(text, max(width, 0), "left" if left else "right")
    return Segment(row.drawing.look.glyph(cells), style)
