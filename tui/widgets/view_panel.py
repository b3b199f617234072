"""A view of the run: a heatmap, a trajectory, or any other of `VIEWS`, drawn anew only when it pays."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from rich.text import Text
from textual.message import Message
from textual.timer import Timer

from ...engine.events import BASELINE
from ...engine.state import RunState
from ..views.catalog import VIEWS
from ..views.options import ViewOptions, next_axes
from .line_block import LineBlock, look_of

TURN = 15.0
"""Degrees by which a key turns a 3D view."""

INTERVAL, THIN_INTERVAL = 0.5, 1.5
"""Seconds between two drawings, at least: locally, and over a thin line."""

_SLOW = 0.025
"""Seconds of drawing from which on a key is answered before the view is drawn."""

_PER_TRIAL = 5e-7
"""Seconds of drawing to expect for each trial, before a view was ever drawn."""

_RESIZE_PAUSE = 0.15
"""Seconds between two drawings while the window changes its size."""

_SHARE = 80
"""Drawing may take this part of the time, one in so many."""


class ViewPanel(LineBlock):
    """Shows one view; hidden ones draw nothing."""

    class Chosen(Message):
        """The view was clicked."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(self, view: str, *, id: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(id=id)
        self.view = view
        self.options = ViewOptions()
        self.lines: list[Text] = []
        """What is shown, for pictures."""
        self._clock = clock
        self._drawn_at = -1e9
        self._costs: dict[str, float] = {}
        self._resizing: Timer | None = None
        self._basis: tuple[object, ...] | None = None

    @property
    def title(self) -> str:
        """The name of the view."""
        return VIEWS[self.view].title

    def offer(self, state: RunState, *, thin: bool = False, at_once: bool = False) -> float:
        """Draw what is new, unless that was done just now; return after how many seconds to offer it again (0: no).

        `at_once` is for what a person waits for.
        """
        width, height = self.size
        if not self.display or not width or not height or self._basis == self._current(state):
            return 0.0
        if at_once and self._costs.get(self.view, len(state.trials) * _PER_TRIAL) < _SLOW:
            self.draw(state)
            return 0.0
        if at_once:
            # the rest of the screen answers the key first
            self.call_after_refresh(self._draw_asked_for, state)
            return 0.0
        pause = max(THIN_INTERVAL if thin else INTERVAL, self._costs.get(self.view, 0.0) * _SHARE)
        wait = self._drawn_at + min(pause, 5.0) - self._clock()
        if wait > 0:
            return wait
        self.draw(state)
        return 0.0

    def on_resize(self) -> None:
        """Draw for the new size; while sizes follow one another quickly, only for the last one."""
        self._lines = []
        self.forget()
        wait = self._drawn_at + _RESIZE_PAUSE - self._clock()
        if wait <= 0:
            self._draw_again()
        elif self._resizing is None:
            self._resizing = self.set_timer(wait, self._draw_again)

    def on_click(self) -> None:
        """Tell that this view is meant."""
        self.post_message(self.Chosen(self.view))

    def _draw_again(self) -> None:
        self._resizing = None
        if self._again is not None:
            self._again()

    def _draw_asked_for(self, state: RunState) -> None:
        if self._basis != self._current(state):
            self.draw(state)

    def draw(self, state: RunState) -> None:
        """Draw now; only what changed is sent."""
        width, height = self.size
        self.draws_with(lambda: self.draw(state))
        if width < 20 or height < 4:
            self.show([])
            return
        began = self._clock()
        self._basis = self._current(state)
        self.lines = VIEWS[self.view].draw(state, self.options, width, height, look_of(self))
        self.show(self.lines)
        self._drawn_at = self._clock()
        self._costs[self.view] = self._drawn_at - began

    def asked_for(self) -> bool:
        """True if another view, other options or another size were chosen since the last drawing."""
        return self._basis is None or self._basis[2:] != self._choices()

    def _current(self, state: RunState) -> tuple[object, ...]:
        return id(state), state.revision, *self._choices()

    def _choices(self) -> tuple[object, ...]:
        return self.size, self.view, self.options, id(look_of(self))

    def choose(self, view: str) -> None:
        """Show another view; the options stay."""
        self.view = view

    def step_axes(self, state: RunState, step: int) -> None:
        """Take the next hyperparameters."""
        self.options = next_axes(state, self.options, step, VIEWS[self.view].uses_axes)

    def step_method(self, state: RunState) -> None:
        """Show the next method alone; after the last one all again."""
        names: list[str | None] = [None, *(name for name in state.methods if name != BASELINE)]
        place = names.index(self.options.method) if self.options.method in names else 0
        self.options = replace(self.options, method=names[(place + 1) % len(names)])

    def step_option(self, state: RunState) -> bool:
        """Take the view's next form; return False if there is no other."""
        form = VIEWS[self.view].next_form(state, self.options)
        if form is not None:
            self.options = form.change(self.options)
        return form is not None

    def turn(self, azimuth: float = 0.0, elevation: float = 0.0) -> None:
        """Turn a 3D view by so many steps."""
        options = self.options
        self.options = replace(
            options,
            azimuth=(options.azimuth + azimuth * TURN) % 360,
            elevation=min(max(options.elevation + elevation * TURN, 0.0), 90.0),
        )

    @property
    def turns(self) -> bool:
        """True if the view can be turned."""
        return VIEWS[self.view].turns
