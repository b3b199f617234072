"""The monitor: what runs, every trial of it, and views of them, live."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ....engine.state import RunState
from ....engine.text import clean
from ...keys import Key, bindings_for
from ...trials.fields import SCORE
from ...views.catalog import VIEWS, view_for, views_for
from ...widgets.failures_panel import FailuresPanel
from ...widgets.filter_entry import FilterEntry
from ...widgets.header import Header
from ...widgets.methods_panel import MethodsPanel
from ...widgets.pane import Pane
from ...widgets.tabs import Tab, TabRule
from ...widgets.trial_table import TrialTable
from ...widgets.view_panel import ViewPanel
from ..host import Host
from .filter import MonitorFilter
from .layout import Arrangement, Panel, arrangement, foot

if TYPE_CHECKING:
    from ...sessions.base import Session
    from ...trials.rows import Rows

SUMMARY_STEP = 0.4
"""Seconds between two repaints of head, methods and rules, at least."""

MOST_METHODS = 8
"""Rows that the methods take, at most."""

SECOND_VIEWS = ("trajectory", "heatmap")


class MonitorScreen(MonitorFilter):
    """Watches a run, its own or another process's, and asks things of it where `session.controls` allows."""

    where = "monitor"
    STEP, THIN_STEP = 0.18, 0.45
    BINDINGS = bindings_for("monitor")
    DEFAULT_CSS = """
    MonitorScreen { layout: vertical; }
    MonitorScreen Header { height: 2; }
    MonitorScreen #body { height: 1fr; layout: vertical; }
    MonitorScreen #left, MonitorScreen #right { height: 1fr; width: 1fr; }
    MonitorScreen #left { height: 3fr; }
    MonitorScreen #right { height: 2fr; }
    MonitorScreen #left.-short { height: auto; }
    MonitorScreen MethodsPanel, MonitorScreen TabRule { height: 1; width: 1fr; }
    MonitorScreen TrialTable, MonitorScreen ViewPanel, MonitorScreen FailuresPanel { height: 1fr; width: 1fr; }
    MonitorScreen ViewPanel { margin-left: 1; }
    MonitorScreen #views { height: 1fr; layout: horizontal; }
    MonitorScreen.-side-by-side #views { layout: vertical; }
    MonitorScreen #second { margin-left: 2; }
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
        self.panel: Panel = "trials"
        self.fill = False
        self.frozen_at: int | None = None
        self._arranged: tuple[Any, ...] | None = None
        self._summed_at = -1e9
        self._summed: tuple[Any, ...] = ()
        self._footed: list[Key] = []
        self.header = Header(id="header")
        self.methods = MethodsPanel(id="methods")
        self.table = TrialTable(id="table")
        self.failures = FailuresPanel(id="failures")
        self.view = ViewPanel(next(iter(VIEWS)), id="view")
        self.second = ViewPanel(SECOND_VIEWS[0], id="second")
        self.entry = FilterEntry(self.take_filter, id="filter")
        self.entry.display = False
        self.clock: Callable[[], float] = time.time
        """Seconds since the epoch."""

    # -- parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Return head, body and foot."""
        yield self.header
        with Container(id="body"):
            with Vertical(id="left"):
                yield TabRule(id="rule")
                yield self.methods
                yield TabRule(id="tabs")
                yield self.table
                yield self.failures
            with Vertical(id="right"):
                yield TabRule(id="view-tabs")
                with Container(id="views"):
                    yield self.view
                    yield TabRule(id="second-tabs")
                    yield self.second
        yield self.entry
        yield self._pane("foot", self._foot_rows, "foot")

    def on_mount(self) -> None:
        """Take up remembered choices."""
        self._recall()

    def _recall(self) -> None:
        chosen = self.host.remembered
        if chosen.view in VIEWS:
            self.view.choose(chosen.view)
        self.table.follow = chosen.follow
        self.table.hidden = frozenset(chosen.hidden_columns)
        self.table.rows.choose(sort=chosen.sort, reverse=chosen.reverse)

    @property
    def state(self) -> RunState:
        """What is known of the run now."""
        return self.session.state

    # -- painting ----------------------------------------------------------------------------------------------------

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed; `at_once`, as after a key, without waiting for views to pay."""
        if not self.in_view:
            return
        now = self.painting()
        state = self.state
        # what is remembered of another run may mean nothing here
        self.view.choose(view_for(state, self.view.view).name)
        self._arrange()
        again = [self._paint_summary(now, at_once)]
        if self.session.catching_up:
            # trials and views only once they are all there
            pass
        elif self.frozen_at is None:
            again.append(self.table.update(state) if self.table.display else 0.0)
            again += [view.offer(state, thin=self.thin, at_once=at_once) for view in (self.view, self.second)]
        elif at_once:
            self._paint_frozen()
        if later := [wait for wait in again if wait > 0]:
            self.paint_after(min(later))

    def _paint_summary(self, now: float, at_once: bool) -> float:
        """Paint what sums the trials up, unless that was done just now; return after how many seconds to do it."""
        key = (self.state.phase, self.session.damage, self.session.trouble)
        wait = self._summed_at + SUMMARY_STEP - now
        if wait > 0 and not at_once and key == self._summed:
            return wait
        self._summed_at, self._summed = now, key
        self._paint_head()
        if self.frozen_at is None:
            if self.methods.display:
                self.methods.draw(self.state)
            if self.failures.display:
                self.failures.draw(self.state)
            self.paint_rules()
        return 0.0

    def _paint_frozen(self) -> None:
        """Answer a key while the display is frozen: rows stay, a view that is asked for shows the present."""
        self.table.repaint()
        for view in (self.view, self.second):
            if view.display and view.asked_for():
                view.draw(self.state)
        self.paint_rules()

    def _paint_head(self) -> None:
        self.header.damage = self.session.damage
        self.header.trouble = self.session.trouble
        self.header.controlled = self.session.controls is not None
        self.header.frozen = None if self.frozen_at is None else len(self.state.trials) - self.frozen_at
        lines = 3 if self.header.banner(self.state) else 2
        if self.header.styles.height is None or self.header.styles.height.value != lines:
            self.header.styles.height = lines
        self.header.draw(self.state, self.clock())
        if (keys := self.foot()) != self._footed:
            self._footed = keys
            self.query_one("#foot", Pane).reload()

    def foot(self) -> list[Key]:
        """Return the keys that matter for what one looks at."""
        return foot(
            self.state,
            self.panel,
            self.view.view,
            self.view.options,
            frozen=self.frozen_at is not None,
            steers=self.session.controls is not None,
        )

    def tick(self, now: float) -> None:
        """Let clock, ages and the time to go move on; `now` is in seconds since the epoch."""
        if self.in_view:
            self.header.draw(self.state, now)

    def refresh_clock(self) -> None:
        """Let the clock move on."""
        self.tick(self.clock())

    def restyle(self) -> None:
        """Draw everything anew, as after a change of theme."""
        super().restyle()
        self._arranged = None
        self.call_after_refresh(self.paint, at_once=True)

    # -- arrangement -------------------------------------------------------------------------------------------------

    def shown(self) -> Arrangement:
        """Return what is shown at the present size."""
        return arrangement(self.size.width, self.size.height, self.panel, self.fill)

    def _arrange(self) -> None:
        """Show, hide and size the parts where anything about that changed."""
        now = self.shown()
        rows = min(max(len(self.state.methods), 1), MOST_METHODS, max(self.size.height // 4, 2))
        if (now, rows, self.look.unicode) == self._arranged:
            return
        self._arranged = (now, rows, self.look.unicode)
        side_by_side = now.mode == "wide"
        self.set_class(side_by_side, "-side-by-side")
        self.set_class(not self.look.unicode, "-ascii")
        list_shown = now.trials or now.failures
        left = self.query_one("#left")
        left.display = now.methods or list_shown or not self.fill
        left.set_class(not list_shown, "-short")
        self.query_one("#right").display = now.view
        self.methods.display = now.methods
        self.methods.styles.height = rows
        self.table.display, self.failures.display = now.trials, now.failures
        self.query_one("#view-tabs").display = now.mode != "single"
        self.second.display = now.second
        # side by side, the views share one rule
        self.query_one("#second-tabs").display = now.second and side_by_side
        self.call_after_refresh(self.paint, at_once=True)

    def paint_rules(self) -> None:
        """Paint the rules with the panels' names, and what is said about the list."""
        now = self.shown()
        names = [_TRIALS, *(Tab(view.key, view.title, view.short) for view in views_for(self.state))]
        note = self._note()
        self.query_one("#rule", TabRule).draw([], None, "")
        view_key = VIEWS[self.view.view].key
        failed = self.state.failed_trials
        lost = (
            [Tab("0", f"failed {failed}", f"{self.look.cross}{failed}")] if failed or self.panel == "failures" else []
        )
        if now.mode == "single":
            chosen = {"trials": "1", "failures": "0", "view": view_key}[self.panel]
            self.query_one("#tabs", TabRule).draw([*names, *lost], chosen, note if self.panel == "trials" else "")
            return
        chosen = "0" if self.panel == "failures" else "1"
        self.query_one("#tabs", TabRule).draw([names[0], *lost], chosen, note, lit=self.panel != "view")
        self.query_one("#view-tabs", TabRule).draw(names[1:], view_key, "", lit=self.panel == "view")
        if now.second:
            # not the same view twice
            self.second.choose(next(name for name in SECOND_VIEWS if name != self.view.view))
            second = VIEWS[self.second.view]
            self.query_one("#second-tabs", TabRule).draw([Tab(second.key, second.title, second.short)], None, "")

    def _note(self) -> str:
        """Return what is special about the list of trials: filter, order, what is followed."""
        look, rows = self.look, self.table.rows
        total, shown = len(self.state.trials), len(rows)
        parts: list[str] = []
        if not rows.filter.empty:
            parts = [clean(rows.filter.text, 60), f"{shown:,} of {total:,}"]
        elif self.size.width >= 100:
            parts = [f"{total:,}"]
        if self.size.width >= 100 or (rows.reverse and rows.by_arrival):
            # elsewhere the arrow in the table's head must do
            parts.append(f"{_sort_name(self.state, rows)} {look.down if rows.descending else look.up}")
        if self.table.follow == "best" or (self.table.follow == "newest" and not rows.by_arrival):
            parts.append(f"follows {self.table.follow}")
        elif self.table.follow == "none":
            parts.append(f"{look.pointer} {self.table.cursor + 1:,}" if shown else "")
        return f" {look.separator} ".join(part for part in parts if part)

    # -- textual -----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Arrange the parts anew."""
        self.call_after_refresh(self.paint, at_once=True)

    def on_screen_resume(self) -> None:
        """Catch up with what came while another screen was on top."""
        self.call_after_refresh(self.paint, at_once=True)

    @on(TrialTable.Opened)
    @on(FailuresPanel.Opened)
    def _opened(self) -> None:
        self.action_open_trial()

    @on(TrialTable.Chosen)
    def _chosen(self) -> None:
        if self.panel != "trials":
            self.choose_panel("1")
        self.paint_rules()

    @on(ViewPanel.Chosen)
    def _view_chosen(self, message: ViewPanel.Chosen) -> None:
        self.choose_panel(VIEWS[message.view].key)

    @on(TabRule.Chosen)
    def _tab(self, message: TabRule.Chosen) -> None:
        self.choose_panel(message.key)


_TRIALS = Tab("1", "trials", "trials")


def _sort_name(state: RunState, rows: Rows) -> str:
    """Return what trials are sorted by, in a word."""
    field = rows.sorted_by
    if field is None:
        return "newest" if rows.descending else "oldest"
    if field.key == SCORE.key:
        return clean(state.info.scoring if state.info else "score", 20)
    return clean(field.filter_term or field.title, 24)
