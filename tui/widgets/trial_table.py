"""The live table of trials: any number of them, of which only the visible ones are ever drawn."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Literal

import numpy as np
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.strip import Strip

from ...engine.state import RunState, TrialState
from ...engine.text import clean
from ...engine.trials.scales import ScoreRange, score_range
from ..render.look import Look
from ..trials.field import Drawing, Room
from ..trials.fields import fields
from ..trials.filter import Filter
from ..trials.rows import ARRIVAL, Rows
from .line_block import Lines, look_of, to_strip
from .table_layout import TableLayout, table_layout
from .trial_line import RowStyle, head, line

Follow = Literal["newest", "best", "none"]

_KEPT = 600
"""Drawn rows that are kept."""

_SCALE_SAMPLE = 400
"""Trials from which the scale of the fold strips is taken, at most."""


class TrialTable(Lines):
    """One row a trial. `update` takes in what is new; everything else moves the cursor or changes the order."""

    class Opened(Message):
        """A trial was double-clicked."""

    class Chosen(Message):
        """Cursor, order or follow mode changed by the mouse."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows = Rows()
        self.state = RunState()
        self.follow: Follow = "newest"
        self.top = 0
        self.cursor = 0
        self.first_param = 0
        self.hidden: frozenset[str] = frozenset()
        """Keys of columns that are left out."""
        self._place: int | None = None
        self._style: RowStyle | None = None
        self._drawn: OrderedDict[int, tuple[int, bool, Strip]] = OrderedDict()
        self._head: tuple[object, Strip] | None = None
        self._laid: tuple[object, TableLayout] | None = None
        self._scaled_at = 0
        self._fold_range = self._mean_range = ScoreRange(0.0, 1.0)
        self._basis: tuple[object, ...] = ()

    @property
    def trial(self) -> TrialState | None:
        """The trial under the cursor."""
        place = self._place
        return self.state.trials[place] if place is not None and place < len(self.state.trials) else None

    @property
    def page(self) -> int:
        """Number of rows that are visible at once."""
        return max(self.size.height - 1, 1)

    def update(self, state: RunState) -> float:
        """Take in what is new, repaint rows that changed; return in how many seconds to be asked again (0: no need)."""
        self.state = state
        if self.rows.update(state):
            self._restore_cursor()
        self._rescale()
        self.repaint()
        return self.rows.stale_for

    def _restore_cursor(self) -> None:
        total = len(self.rows)
        place = self._place
        if self.follow == "newest":
            place = self.rows.newest()
        elif self.follow == "best" and self.state.best is not None:
            place = self.state.best.order
        row = None if place is None else self.rows.row_of(place)
        if row is None:
            # the filter took the trial away: stay near where it was
            row = min(self.cursor, max(total - 1, 0))
        elif self.follow == "none" and (self.top or self.rows.by_arrival):
            # what is being read stays where it is; only the top of a ranking goes on showing its top
            self.top += row - self.cursor
        self.cursor = row
        self._place = int(self.rows.order[row]) if total else None
        if self.follow == "newest" and self.rows.by_arrival and self.rows.descending:
            self.top = 0
        if self.follow != "none":
            self._reveal()
        self._clamp()

    def _rescale(self) -> None:
        finished = self.state.finished_trials
        if finished < self._scaled_at:
            self._scaled_at = 0
        if finished < max(self._scaled_at * 2, 1):
            return
        # at every doubling only: a moving scale would repaint every row
        trials = [trial for trial in self.state.trials if trial.mean is not None]
        sample = trials[:: max(len(trials) // _SCALE_SAMPLE, 1)]
        folds = score_range(np.array([score for trial in sample for score in trial.known_scores], dtype=float))
        means = score_range(np.array([trial.mean for trial in sample], dtype=float))
        self._scaled_at = finished if trials else 0
        if folds is not None and means is not None:
            self._fold_range, self._mean_range = folds, means

    def choose_filter(self, chosen: Filter) -> None:
        """Show only the trials that pass."""
        self._choose(filter=chosen)

    def choose_sort(self, key: str) -> None:
        """Sort by a column; by the one sorted by already, the other way round."""
        self._choose(sort=key, reverse=key == self.rows.sort and not self.rows.reverse)

    def next_sort(self) -> None:
        """Sort by the next column."""
        keys = self.rows.sortable()
        place = keys.index(self.rows.sort) if self.rows.sort in keys else 0
        self._choose(sort=keys[(place + 1) % len(keys)])

    def turn_around(self) -> None:
        """Turn the order around."""
        self._choose(reverse=not self.rows.reverse)

    def _choose(self, **what: object) -> None:
        self.rows.choose(**what)  # type: ignore[arg-type]
        self.rows.update(self.state)
        if "sort" in what:
            # the newest comes first in order of arrival only; elsewhere following it would mean jumping about
            self.follow = "newest" if what["sort"] == ARRIVAL else "none"
        if self.follow == "none" and "filter" not in what:
            # a new order is looked at from its top
            self.cursor = self.top = 0
            self._place = int(self.rows.order[0]) if len(self.rows) else None
        self._restore_cursor()
        self._reveal()
        self.repaint()

    def choose_follow(self, follow: Follow) -> None:
        """Keep the cursor on the newest trial, on the best, or on the one it is on."""
        self.follow = follow
        self._restore_cursor()
        self._reveal()
        self.repaint()

    def move(self, steps: int) -> None:
        """Move the cursor by so many rows; it no longer follows anything."""
        self.go_to_row(self.cursor + steps)

    def go_to_row(self, row: int) -> None:
        """Put the cursor on a row, or on the nearest there is."""
        total = len(self.rows)
        if not total:
            return
        self.follow = "none"
        self.cursor = min(max(row, 0), total - 1)
        self._place = int(self.rows.order[self.cursor])
        self._reveal()
        self.repaint()

    def shift(self, steps: int) -> None:
        """Move the window over the hyperparameters, where not all of them fit."""
        layout = self._layout()
        if (steps > 0 and layout.after) or (steps < 0 and layout.before):
            self.first_param = max(layout.before + steps, 0)
            self.repaint()

    def repaint(self) -> None:
        """Compare the visible rows with those on the screen, and refresh the ones that differ."""
        width, height = self.size
        if not width or not height or not self.is_mounted:
            return
        self._restyle()
        self.put([self._visible(y) for y in range(height)])

    def _visible(self, y: int) -> Strip:
        assert self._style is not None
        if y == 0:
            basis = (id(self._style), self.rows.sort, self.rows.descending)
            if self._head is None or self._head[0] != basis:
                self._head = (basis, head(self._style, self.rows.sort, self.rows.descending))
            return self._head[1]
        row = self.top + y - 1
        if row < len(self.rows):
            return self._row(row)
        if y == 2 and not len(self.rows):
            return to_strip(
                Text("  " + self._why_empty(), self._style.drawing.look.dim_style), self.size.width, self.app.console
            )
        return Strip.blank(self.size.width)

    def _row(self, row: int) -> Strip:
        assert self._style is not None
        place = int(self.rows.order[row])
        trial = self.state.trials[place]
        best = trial is self.state.best
        kept = self._drawn.get(place)
        if kept is not None and kept[0] == trial.revision and kept[1] == best:
            strip = kept[2]
            self._drawn.move_to_end(place)
        else:
            strip = line(self._style, trial, best)
            self._drawn[place] = (trial.revision, best, strip)
            if len(self._drawn) > _KEPT:
                self._drawn.popitem(last=False)
        return _marked(strip, self._style.drawing.look) if row == self.cursor else strip

    def _why_empty(self) -> str:
        if not self.rows.filter.empty and self.state.trials:
            return f"no trial passes {clean(self.rows.filter.text, 80)}"
        return "no trials yet" if not self.state.ended else "no trials"

    def _restyle(self) -> None:
        """Make the style that rows share anew where anything it depends on changed."""
        state, look = self.state, look_of(self)
        base = state.baseline
        layout = self._layout()
        basis = (look, layout, id(state), base and base.mean, self._fold_range, self._mean_range, self.size.width)
        if basis != self._basis or self._style is None:
            self._basis = basis
            self._drawn.clear()
            drawing = Drawing(look, state, state.folds, self._fold_range, self._mean_range)
            self._style = RowStyle(drawing, layout, self.size.width)

    def _layout(self) -> TableLayout:
        state, info = self.state, self.state.info
        most = max((len(method.trials) for method in state.methods.values()), default=0)
        room = Room(self.size.width - 1, tuple(state.methods), info.folds if info else 5, most)
        basis = (fields(state), replace(room, trials=len(str(most))), self.first_param, self.hidden)
        if self._laid is None or self._laid[0] != basis:
            self._laid = (basis, table_layout(basis[0], room, first=self.first_param, hidden=self.hidden))
        return self._laid[1]

    def _clamp(self) -> None:
        self.top = max(min(self.top, len(self.rows) - self.page), 0)

    def _reveal(self) -> None:
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.page:
            self.top = self.cursor - self.page + 1
        self._clamp()

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self.forget()
        self._reveal()
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Choose the row that was clicked, or sort by the column whose title was."""
        if event.y == 0:
            for start, column in zip(self._layout().starts(), self._layout().columns, strict=True):
                if start <= event.x < start + column.width and column.field.sortable:
                    self.choose_sort(column.field.key)
                    self.post_message(self.Chosen())
        elif self.top + event.y - 1 < len(self.rows):
            self.go_to_row(self.top + event.y - 1)
            self.post_message(self.Opened() if event.chain == 2 else self.Chosen())

    def on_mouse_scroll_down(self) -> None:
        """Scroll by three rows."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll by three rows."""
        self._scroll(-3)

    def _scroll(self, rows: int) -> None:
        self.follow = "none"
        self.top += rows
        self._clamp()
        self.repaint()
        self.post_message(self.Chosen())


def _marked(strip: Strip, look: Look) -> Strip:
    if not look.coloured:
        behind = Style(reverse=True)
    elif look.panel == look.background:
        # of sixteen colours none is just a little lighter
        behind = Style(underline=True)
    else:
        behind = Style(bgcolor=look.panel)
    pointer = Strip([Segment(look.pointer, look.accent_style)])
    return Strip.join([pointer, strip.crop(1, strip.cell_length)]).apply_style(behind)
