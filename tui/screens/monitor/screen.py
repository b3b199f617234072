"""The monitor: what runs, every trial of it, and views of them, live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container

from ....engine.state import RunState
from ...keys import Key
from ...views.catalog import VIEWS
from ...widgets.header import Header
from ...widgets.pane import Pane
from ...widgets.tabs import TabRule
from ...widgets.view_panel import ViewPanel
from ..base import KeyScreen
from ..host import Host
from ..hosts import HostsScreen
from ..pacer import Pacer
from .layout import Panel, arrangement, foot
from .list_panel import ListPanel
from .steering import Steering
from .views_panel import ViewsPanel

if TYPE_CHECKING:
    from ...sessions.base import Session

SUMMARY_STEP = 0.4
"""Seconds between two repaints of head, methods and rules, at least."""

STEP, THIN_STEP = 0.18, 0.45
"""Seconds between two repaints, at least: locally, and over a thin line."""

MOST_METHODS = 8
"""Rows that the methods take, at most."""


class MonitorScreen(KeyScreen[None], where="monitor"):
    """Watches a run, its own or another process's: arranges and paces a list and views, and says which is meant."""

    DEFAULT_CSS = """
    MonitorScreen { layout: vertical; }
    MonitorScreen Header { height: 2; }
    MonitorScreen #body { height: 1fr; layout: vertical; }
    MonitorScreen.-side-by-side #views { layout: vertical; }
    MonitorScreen.-side-by-side #second { margin-left: 1; }
    MonitorScreen.-side-by-side #body { layout: horizontal; }
    MonitorScreen.-side-by-side #left { min-width: 68; height: 1fr; }
    MonitorScreen.-side-by-side #right { border-left: solid $border; height: 1fr; }
    MonitorScreen.-side-by-side.-ascii #right { border-left: ascii $border; }
    MonitorScreen #filter {
        height: 1; width: 1fr; border: none; padding: 0 1; background: $panel;
    }
    MonitorScreen #filter:focus { border: none; background-tint: $foreground 0%; }
    """

    def __init__(self, host: Host, session: Session) -> None:
        super().__init__(host)
        self.session = session
        self.pacer = Pacer(self, STEP, THIN_STEP)
        self.panel: Panel = "trials"
        self.fill = False
        self.frozen_at: int | None = None
        self._arranged: tuple[Any, ...] | None = None
        self._summed_at = -1e9
        self._summed: tuple[Any, ...] = ()
        self._footed: list[Key] = []
        self.header = Header(id="header")
        self.list = ListPanel(self)
        self.views = ViewsPanel(self)
        steering = Steering(host, session, lambda: self.list.trial)
        self.parts = {"list": self.list, "view": self.views, "run": steering}
        self.clock: Callable[[], float] = time.time
        """Seconds since the epoch."""

    def compose(self) -> ComposeResult:
        """Return head, body and foot."""
        yield self.header
        with Container(id="body"):
            yield self.list
            yield self.views
        yield self.list.entry
        yield self._pane("foot", self._foot_rows, "foot")

    def on_mount(self) -> None:
        """Take up remembered choices."""
        chosen = self.host.remembered
        if chosen.view in VIEWS:
            self.views.view.choose(chosen.view)
        self.list.recall(chosen)

    @property
    def state(self) -> RunState:
        """What is known of the run now."""
        return self.session.state

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed; `at_once`, as after a key, without waiting for views to pay."""
        if not self.in_view:
            return
        now, state = self.pacer.painting(), self.state
        self.views.suit(state)
        self._arrange()
        again = [self._paint_summary(now, at_once)]
        if self.session.catching_up:
            # trials and views only once they are all there
            pass
        elif self.frozen_at is None:
            again.append(self.list.table.update(state) if self.list.table.display else 0.0)
            again += self.views.offer(state, thin=self.pacer.thin, at_once=at_once)
        elif at_once:
            # rows stay; a view that is asked for shows the present
            self.list.table.repaint()
            self.views.paint_asked_for(state)
            self.paint_rules()
        if later := [wait for wait in again if wait > 0]:
            self.pacer.paint_after(min(later))

    def _paint_summary(self, now: float, at_once: bool) -> float:
        """Paint what sums the trials up, unless that was done just now; return after how many seconds to do it."""
        key = (self.state.phase, self.session.damage, self.session.trouble)
        wait = self._summed_at + SUMMARY_STEP - now
        if wait > 0 and not at_once and key == self._summed:
            return wait
        self._summed_at, self._summed = now, key
        self._paint_head()
        if self.frozen_at is None:
            self.list.paint_summary(self.state)
            self.paint_rules()
        return 0.0

    def _paint_head(self) -> None:
        frozen = None if self.frozen_at is None else len(self.state.trials) - self.frozen_at
        self.header.take(self.session, frozen)
        lines = 3 if self.header.banner(self.state, self.clock()) else 2
        if self.header.styles.height is None or self.header.styles.height.value != lines:
            self.header.styles.height = lines
        self.header.draw(self.state, self.clock())
        if (keys := self.foot()) != self._footed:
            self._footed = keys
            self.query_one("#foot", Pane).reload()

    def paint_rules(self) -> None:
        """Paint the rules with the panels' names, and what is said about the list."""
        now = arrangement(*self.size, self.panel, self.fill)
        self.list.paint_rule(now, self.views.names(), self.views.chosen.key)
        self.views.paint_rules(now)

    def foot(self) -> list[Key]:
        view, frozen = self.views.view, self.frozen_at is not None
        steers = self.session.controls is not None
        return foot(self.state, self.panel, view.view, view.options, frozen=frozen, steers=steers)

    def refresh_news(self) -> None:
        self.pacer.paint_after()

    def refresh_clock(self) -> None:
        if self.in_view:
            self.header.draw(self.state, self.clock())

    def restyle(self) -> None:
        super().restyle()
        self._arranged = None
        self.call_after_refresh(self.paint, at_once=True)

    def _arrange(self) -> None:
        """Show, hide and size the parts where anything about that changed."""
        now = arrangement(*self.size, self.panel, self.fill)
        rows = min(max(len(self.state.methods), 1), MOST_METHODS, max(self.size.height // 4, 2))
        if (now, rows, self.look.unicode) == self._arranged:
            return
        self._arranged = (now, rows, self.look.unicode)
        self.set_class(now.mode == "wide", "-side-by-side")
        self.set_class(not self.look.unicode, "-ascii")
        self.list.show_as(now, rows, fill=self.fill)
        self.views.show_as(now)
        self.call_after_refresh(self.paint, at_once=True)

    def choose_panel(self, key: str) -> None:
        """Show the panel of a key: 1 the trials, 0 the failures, from 2 on the views."""
        view = next((view for view in VIEWS.values() if view.key == key), None)
        if view is None:
            self.panel = "failures" if key == "0" else "trials"
        elif view.applies(self.state):
            self.panel = "view"
            self.views.view.choose(view.name)
            self.host.remember(view=view.name)
        else:
            self.host.say(view.why)
        self.paint(at_once=True)

    def action_panel(self, key: Any) -> None:
        self.choose_panel(str(key))

    def action_failures(self) -> None:
        self.choose_panel("1" if self.panel == "failures" else "0")

    def action_step_view(self, step: int) -> None:
        self.choose_panel(self.views.step(step))

    def action_fill(self) -> None:
        """Let the panel fill the screen, and back."""
        self.fill = not self.fill
        self.paint(at_once=True)

    def action_freeze(self) -> None:
        """Hold the display still, or let it go on."""
        self.frozen_at = None if self.frozen_at is not None else len(self.state.trials)
        self.paint(at_once=True)

    def action_next_part(self) -> None:
        """Between the trials and the view."""
        self.panel = "view" if self.panel != "view" else "trials"
        self.paint(at_once=True)

    def turn(self, azimuth: int, elevation: int) -> bool:
        """Turn the view where it is meant and can be; else the list is moved in."""
        return self.panel == "view" and self.views.action_turn(azimuth, elevation)

    def action_turn(self, steps: int) -> None:
        if not self.turn(steps, 0):
            self.list.table.shift(steps)

    def action_back(self) -> None:
        """Leave the filter, the full screen, a panel, or the run, whichever is nearest."""
        if self.list.leave_filter():
            return
        if self.fill:
            self.action_fill()
        elif self.list.clear_filter():
            return
        elif self.panel == "failures":
            self.choose_panel("1")
        else:
            self.host.sessions.leave_run()

    def on_key(self, event: events.Key) -> None:
        """Leave keys to the filter from the moment that it is asked for."""
        self.list.claim(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow nothing but leaving while a filter is typed."""
        return action == "back" or not self.list.entry.display

    @on(events.Resize)
    @on(events.ScreenResume)
    def _arrange_anew(self) -> None:
        """Arrange the parts for the size, and catch up with what came while another screen was on top."""
        self.call_after_refresh(self.paint, at_once=True)

    def action_hosts(self) -> None:
        self.app.push_screen(HostsScreen(self.host, self.session))

    @on(ViewPanel.Chosen)
    def _view_chosen(self, message: ViewPanel.Chosen) -> None:
        self.choose_panel(VIEWS[message.view].key)

    @on(TabRule.Chosen)
    def _tab(self, message: TabRule.Chosen) -> None:
        self.choose_panel(message.key)
