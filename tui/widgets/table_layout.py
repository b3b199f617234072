"""Which columns of the trial table fit a width: the method and the score always do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..render.lines import width_of
from ..trials.field import FOR_ALL, Field, Room

_LONGEST_TITLE = 22


@dataclass(frozen=True)
class Column:
    """One column as it is shown: which, and its width in cells."""

    field: Field
    width: int


@dataclass(frozen=True)
class TableLayout:
    """The columns that are shown, the gap between them, and how many hyperparameters are out of sight either side."""

    columns: tuple[Column, ...]
    gap: int
    before: int = 0
    after: int = 0

    def starts(self) -> list[int]:
        """Return the cell at which each column begins; the first cell of a row belongs to the cursor."""
        x, starts = 1, []
        for column in self.columns:
            starts.append(x)
            x += column.width + self.gap
        return starts

    @property
    def width(self) -> int:
        """Cells of a whole row."""
        return 1 + sum(column.width for column in self.columns) + self.gap * max(len(self.columns) - 1, 0)


def table_layout(fields: Sequence[Field], room: Room, *, first: int = 0, hidden: Collection[str] = ()) -> TableLayout:
    """Return the columns for a width in cells.

    `first` is the hyperparameter to begin with where not all fit; columns whose key is in `hidden` are left out.
    Where room is short, columns leave by their `drop_order`: first those that make room for any hyperparameter, then
    columns move closer together, then hyperparameters leave on the right, and the rest goes only when not even two of
    those fit.
    """
    fields = [field for field in fields if not field.hideable or field.key not in hidden]
    loose, tight = (_with_gap(gap, fields, room, first) for gap in (2, 1))
    return loose if room.width >= 76 and loose.before + loose.after <= tight.before + tight.after else tight


def _with_gap(gap: int, fields: Sequence[Field], room: Room, first: int) -> TableLayout:
    widths = {field.key: field.width(room) for field in fields}
    params = [field for field in fields if field.axis is not None]
    others = [field for field in fields if field.axis is None]
    # of several that are the same sort of thing, the last ones leave first
    leaving = [field for field in reversed(others) if field.drop_order is not None]
    leaving.sort(key=lambda field: field.drop_order or 0)
    left = room.width - 1 - sum(widths[field.key] + gap for field in others) + gap
    for field in leaving:
        order = field.drop_order or 0
        if left < sum(widths[param.key] + gap for param in (params if order <= FOR_ALL else params[:2])):
            others.remove(field)
            left += widths[field.key] + gap
    shown, before, after = _window(params, widths, left, gap, first)
    widths |= _widened(shown, widths, left, gap)
    kept = {field.key for field in (*others, *shown)}
    return TableLayout(tuple(Column(one, widths[one.key]) for one in fields if one.key in kept), gap, before, after)


def _window(
    params: Sequence[Field], widths: dict[str, int], room: int, gap: int, first: int
) -> tuple[list[Field], int, int]:
    """Return the hyperparameters that fit from the `first` on, and how many are out of sight either side."""
    sizes = [widths[param.key] + gap for param in params]
    first = 0 if sum(sizes) <= room else max(min(first, len(params) - 1), 0)
    shown: list[Field] = []
    for param, size in zip(params[first:], sizes[first:], strict=True):
        if room < size:
            break
        room -= size
        shown.append(param)
    return shown, first, len(params) - first - len(shown)


def _widened(params: Sequence[Field], widths: dict[str, int], room: int, gap: int) -> dict[str, int]:
    """Return the widths of hyperparameters once what room is left has gone to their names, the first ones first."""
    spare = max(room - sum(widths[param.key] + gap for param in params), 0)
    wider = {}
    for param in params:
        width = widths[param.key]
        more = min(max(min(width_of(param.title), _LONGEST_TITLE) - width, 0), spare)
        wider[param.key] = width + more
        spare -= more
    return wider
