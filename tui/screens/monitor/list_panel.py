"""The monitor's list: a run's methods and its trials, or its failures, with the filter that narrows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical

from ....engine.state import RunState, TrialState
from ....engine.text import clean
from ...keys import keys_for
from ...trials.fields import SCORE, fields
from ...trials.filter import Filter, parse
from ...trials.terms import FilterError
from ...widgets.failures_panel import FailuresPanel
from ...widgets.filter_entry import FilterEntry
from ...widgets.line_block import look_of
from ...widgets.methods_panel import MethodsPanel
from ...widgets.tabs import Tab, TabRule
from ...widgets.trial_table import TrialTable
from .layout import Arrangement, Panel

if TYPE_CHECKING:
    from ...settings import Settings
    from ...trials.rows import Rows
    from ..host import Host

_FOLLOWS = ("newest", "best", "none")
_FILTER_KEYS = {name for key in keys_for("monitor") if key.action == "list.filter" for name in key.keys}
_TRIALS = Tab("1", "trials", "trials")


class Monitor(Protocol):
    """What the parts of the monitor ask of the whole."""

    host: Host
    panel: Panel

    @property
    def state(self) -> RunState:
        """What is known of the run now."""
        ...

    def choose_panel(self, key: str) -> None:
        """Show the panel of a key."""

    def paint_rules(self) -> None:
        """Paint the rules with what is said about the list."""

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed."""

    def turn(self, azimuth: int, elevation: int) -> bool:
        """Turn the view where it is meant and can be; else the list is moved in."""
        ...


class ListPanel(Vertical):
    """Methods and table, the failures in its place, and the filter line, which the screen shows at its foot."""

    DEFAULT_CSS = """
    ListPanel { height: 3fr; width: 1fr; }
    ListPanel.-short { height: auto; }
    ListPanel TabRule, ListPanel MethodsPanel { height: 1; width: 1fr; }
    ListPanel TrialTable, ListPanel FailuresPanel { height: 1fr; width: 1fr; }
    """

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(id="left")
        self._monitor = monitor
        self._before = Filter()
        self.rule, self.tabs = TabRule(id="rule"), TabRule(id="tabs")
        self.methods = MethodsPanel(id="methods")
        self.table = TrialTable(id="table")
        self.failures = FailuresPanel(id="failures")
        self.entry = FilterEntry(self.typed, self.take_filter, id="filter")
        self.entry.display = False

    def compose(self) -> ComposeResult:
        """Return its lines, top to bottom."""
        yield from (self.rule, self.methods, self.tabs, self.table, self.failures)

    def recall(self, chosen: Settings) -> None:
        """Take up remembered choices."""
        self.table.follow = chosen.follow
        self.table.hidden = frozenset(chosen.hidden_columns)
        self.table.rows.choose(sort=chosen.sort, reverse=chosen.reverse)

    @property
    def trial(self) -> TrialState | None:
        """The trial under the cursor; among failures, the first that failed for the reason."""
        return self.failures.example if self.failures.display else self.table.trial

    def show_as(self, now: Arrangement, rows: int, *, fill: bool) -> None:
        """Show what is to be shown, with so many rows of methods."""
        there = now.trials or now.failures
        self.display = now.methods or there or not fill
        self.set_class(not there, "-short")
        self.methods.display, self.methods.styles.height = now.methods, rows
        self.table.display, self.failures.display = now.trials, now.failures

    def paint_summary(self, state: RunState) -> None:
        """Paint methods and failures."""
        if self.methods.display:
            self.methods.draw(state)
        if self.failures.display:
            self.failures.draw(state)

    def paint_rule(self, now: Arrangement, views: list[Tab], view: str) -> None:
        """Paint the rule with its name, and those of the views where they stand in its place; `view` is one's key."""
        state, panel, look = self._monitor.state, self._monitor.panel, look_of(self)
        failed = state.failed_trials
        lost = [Tab("0", f"failed {failed}", f"{look.cross}{failed}")] if failed or panel == "failures" else []
        self.rule.draw([], None, "")
        if now.mode == "single":
            chosen = {"trials": "1", "failures": "0", "view": view}[panel]
            self.tabs.draw([_TRIALS, *views, *lost], chosen, self._note() if panel == "trials" else "")
        else:
            chosen = "0" if panel == "failures" else "1"
            self.tabs.draw([_TRIALS, *lost], chosen, self._note(), lit=panel != "view")

    def _note(self) -> str:
        """Return what is special about the list of trials: filter, order, what is followed."""
        look, rows, state = look_of(self), self.table.rows, self._monitor.state
        total, shown, wide = len(state.trials), len(rows), self.screen.size.width >= 100
        parts: list[str] = []
        if not rows.filter.empty:
            parts = [clean(rows.filter.text, 60), f"{shown:,} of {total:,}"]
        elif wide:
            parts = [f"{total:,}"]
        if wide or (rows.reverse and rows.by_arrival):
            # elsewhere the arrow in the table's head must do
            parts.append(f"{_sort_name(state, rows)} {look.down if rows.descending else look.up}")
        if self.table.follow == "best" or (self.table.follow == "newest" and not rows.by_arrival):
            parts.append(f"follows {self.table.follow}")
        elif self.table.follow == "none":
            parts.append(f"{look.pointer} {self.table.cursor + 1:,}" if shown else "")
        return f" {look.separator} ".join(part for part in parts if part)

    def action_move(self, rows: int, pages: int = 0) -> None:
        if pages or not self._monitor.turn(0, -rows):
            self._move(rows + pages * self.table.page)

    def action_move_to_end(self, last: bool) -> None:
        self._move(10**9 if last else -(10**9))

    def _move(self, steps: int) -> None:
        if self.failures.display:
            self.failures.move(steps)
        else:
            self.table.move(steps)
            self._monitor.paint_rules()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.table.next_sort()
        self._remember_order()

    def action_reverse(self) -> None:
        """Turn the order around."""
        self.table.turn_around()
        self._remember_order()

    def _remember_order(self) -> None:
        self._monitor.paint_rules()
        self._monitor.host.remember(sort=self.table.rows.sort, reverse=self.table.rows.reverse)

    def action_follow(self) -> None:
        """Follow the newest, the best, or nothing."""
        follow = _FOLLOWS[(_FOLLOWS.index(self.table.follow) + 1) % len(_FOLLOWS)]
        self.table.choose_follow(follow)
        self._monitor.paint_rules()
        self._monitor.host.remember(follow=follow)

    def action_columns(self) -> None:
        """Choose the columns of the trials."""

        def chosen(hidden: frozenset[str]) -> None:
            self.table.hidden = hidden
            self.table.repaint()
            self._monitor.host.remember(hidden_columns=sorted(hidden))

        self._monitor.host.open_columns(fields(self._monitor.state), self.table.hidden, chosen)

    def action_open_trial(self) -> None:
        if (trial := self.trial) is not None:
            self._monitor.host.open_trial(trial.key)

    @on(TrialTable.Opened)
    @on(FailuresPanel.Opened)
    def _opened(self) -> None:
        self.action_open_trial()

    @on(TrialTable.Chosen)
    def _chosen(self) -> None:
        if self._monitor.panel != "trials":
            self._monitor.choose_panel("1")
        self._monitor.paint_rules()

    def action_filter(self) -> None:
        """Let a filter be typed; the table follows every keystroke that makes sense."""
        if self._monitor.panel != "trials":
            self._monitor.choose_panel("1")
        self._before = self.table.rows.filter
        self.entry.value = self._before.text
        self.entry.display = True
        self.screen.set_focus(self.entry)

    def claim(self, event: events.Key) -> None:
        """Leave keys to the filter from the moment that it is asked for, also those that were typed ahead."""
        if self.entry.display:
            self.entry.claim(event)
        elif event.character in _FILTER_KEYS:
            # not by its binding: that would act only after the keys behind it were given away
            event.stop()
            event.prevent_default()
            self.action_filter()

    def typed(self, text: str) -> None:
        """Follow what is typed."""
        harmless = clean(text, 300)
        if harmless != text.strip():
            self.entry.value = harmless
            return
        if not self.entry.display:
            return
        try:
            self.table.choose_filter(parse(harmless, self._monitor.state))
        except FilterError as error:
            # half a word is no mistake yet: the last filter that made sense stays
            self.tabs.draw([_TRIALS], "1", clean(error, 200))
            return
        self._monitor.paint_rules()

    def take_filter(self, text: str) -> None:
        """Keep a filter that was typed to its end, or say what is wrong with it."""
        try:
            self.table.choose_filter(parse(clean(text, 300), self._monitor.state))
        except FilterError as error:
            self._monitor.host.say(str(error), "error", title="Filter")
            return
        self._close()

    def _close(self) -> None:
        self.entry.display = False
        self.screen.set_focus(None)
        self._monitor.paint(at_once=True)

    def leave_filter(self) -> bool:
        """Leave the line that the filter is typed in, with the filter as it was before; False where none is typed."""
        if not self.entry.display:
            return False
        self.table.choose_filter(self._before)
        self._close()
        return True

    def clear_filter(self) -> bool:
        """Show all trials again; False if they are shown."""
        if self.table.rows.filter.empty:
            return False
        self.table.choose_filter(Filter())
        self._monitor.paint(at_once=True)
        return True


def _sort_name(state: RunState, rows: Rows) -> str:
    """Return what trials are sorted by, in a word."""
    field = rows.sorted_by
    if field is None:
        return "newest" if rows.descending else "oldest"
    if field.key == SCORE.key:
        return clean(state.info.scoring if state.info else "score", 20)
    return clean(field.filter_term or field.title, 24)
