"""Which trials the table lists, and in which order: sorting, filtering, and finding a trial's row again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.state import RunState
from ...engine.trials.arrays import RACED, columns
from .field import Field
from .fields import FIELDS, SCORE, fields
from .filter import Filter

Places = np.ndarray[Any, np.dtype[np.intp]]

ARRIVAL = ""
"""The name of the order of arrival."""

_PATIENCE = 20
"""Sorting anew may take this part of the time, one in so many, where it takes any time worth mentioning."""

_CHEAP = 0.003
"""Seconds not worth mentioning."""


class Rows:
    """The rows of the table: `order` holds the trials' places in order of arrival, in display order.

    By default the newest comes first. Other orders put unknown numbers last, and leave ties in order of arrival.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.fields: dict[str, Field] = {one.key: one for one in FIELDS}
        """The columns of the run, by their keys."""
        self.filter = Filter()
        self.sort = ARRIVAL
        self.reverse = False
        self.order: Places = np.empty(0, dtype=np.intp)
        self.stale_for = 0.0
        """Seconds until rows that are already known will be listed, 0 when all are."""
        self._clock = clock
        self._sorted_at = -1e9
        self._cost = 0.0
        self._dirty = True
        self._taken: tuple[RunState, int] | None = None

    def __len__(self) -> int:
        return len(self.order)

    @property
    def descending(self) -> bool:
        """True if the largest comes first."""
        field = self.sorted_by
        return (field is None or field.descending) != self.reverse

    @property
    def sorted_by(self) -> Field | None:
        """The column that trials are sorted by; None in order of arrival."""
        return self.fields.get(self.sort)

    @property
    def by_arrival(self) -> bool:
        """True in order of arrival, also because the run has no column to sort by that was asked for."""
        return self.sorted_by is None

    def choose(self, *, sort: str | None = None, reverse: bool | None = None, filter: Filter | None = None) -> None:
        """Change order or filter; the rows follow at the next `update`, without delay."""
        if sort is not None:
            self.sort, self.reverse = sort, False
        if reverse is not None:
            self.reverse = reverse
        if filter is not None:
            self.filter = filter
        self._dirty = True
        self._sorted_at = -1e9

    def update(self, state: RunState) -> bool:
        """Take in what is new; return True if the rows may have moved.

        Sorting a hundred thousand rows takes some milliseconds, so it is put off where it would come too often; see
        `stale_for`.
        """
        version = columns(state).version
        if self._taken is None or self._taken[0] is not state:
            self._sorted_at = -1e9
        self._dirty = self._dirty or self._taken != (state, version)
        self._taken = state, version
        self.stale_for = 0.0
        if not self._dirty:
            return False
        began = self._clock()
        pause = min(self._cost * _PATIENCE, 1.0) if self._cost > _CHEAP else 0.0
        wait = self._sorted_at + pause - began
        if wait > 0:
            self.stale_for = wait
            return False
        self.order = self._listed(state)
        self._dirty = False
        self._sorted_at = self._clock()
        self._cost = self._sorted_at - began
        return True

    def _listed(self, state: RunState) -> Places:
        cols = columns(state)
        self.fields = {one.key: one for one in fields(state)}
        places: Places = np.arange(cols.size, dtype=np.intp)
        if not self.filter.empty:
            places = np.flatnonzero(self.filter.mask(cols, state))
        field = self.sorted_by
        if field is None:
            return places[::-1] if self.descending else places
        keys = field.value(cols, state)[places]
        if self.descending:
            keys = -keys
        raced = cols.phase[places] == RACED
        if field.key == SCORE.key and raced.any():
            # what a trial was reckoned at, or scored with few resources, does not beat a score
            return places[np.lexsort((keys, raced, np.isnan(keys)))]
        return places[np.argsort(keys, kind="stable")]

    def row_of(self, place: int) -> int | None:
        """Return the row that lists a trial, by its place in order of arrival; None if the filter leaves it out."""
        size = len(self.order)
        if self.by_arrival and self.filter.empty:
            row = size - 1 - place if self.descending else place
            return row if 0 <= row < size else None
        found = np.flatnonzero(self.order == place)
        return int(found[0]) if len(found) else None

    def newest(self) -> int | None:
        """Return the place of the newest trial that is listed."""
        if not len(self.order):
            return None
        if self.by_arrival:
            return int(self.order[0] if self.descending else self.order[-1])
        return int(self.order.max())

    def sortable(self) -> list[str]:
        """Return the names of the orders, as the sort key goes through them."""
        rest = [key for key, field in self.fields.items() if field.sortable and key != SCORE.key]
        # hyperparameters stand between columns, and come before them here
        return [ARRIVAL, SCORE.key, *sorted(rest, key=lambda key: self.fields[key].axis is None)]
