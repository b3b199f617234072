"""What the monitor's keys do; the table of keys is `tui/keys.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ....engine.errors import TunetopError, told
from ....engine.state import RunState, TrialState
from ....engine.text import clean
from ...render.picture import to_ansi, to_svg, to_text
from ...trials.fields import fields
from ...trials.filter import Filter
from ...views.catalog import VIEWS, views_for
from ..paced_screen import PacedScreen

if TYPE_CHECKING:
    from ...sessions.base import Controls, Session
    from ...widgets.failures_panel import FailuresPanel
    from ...widgets.filter_entry import FilterEntry
    from ...widgets.trial_table import TrialTable
    from ...widgets.view_panel import ViewPanel
    from .layout import Arrangement, Panel

_FOLLOWS = ("newest", "best", "none")


class MonitorActions(PacedScreen):
    """One `action_…` a key; `MonitorScreen` has the parts that they act on."""

    session: Session
    table: TrialTable
    failures: FailuresPanel
    view: ViewPanel
    second: ViewPanel
    entry: FilterEntry
    panel: Panel
    fill: bool
    frozen_at: int | None

    if TYPE_CHECKING:

        @property
        def state(self) -> RunState:
            """What is known of the run now."""
            ...

        def shown(self) -> Arrangement:
            """Return what is shown at the present size."""
            ...

        def open_filter(self) -> None:
            """Let a filter be typed."""

        def close_filter(self, *, keep: bool) -> None:
            """Leave the line that the filter is typed in."""

        def paint_rules(self) -> None:
            """Paint the rules with what is said about the list."""

    # -- the list ----------------------------------------------------------------------------------------------------

    def _move(self, steps: int) -> None:
        shown = self.shown()
        if self.panel == "view" and self.view.turns and abs(steps) == 1:
            self._turn(0, -steps)
        elif shown.failures:
            self.failures.move(steps)
        else:
            self.table.move(steps)
            self.paint_rules()

    def action_move_down(self) -> None:
        """One row down."""
        self._move(1)

    def action_move_up(self) -> None:
        """One row up."""
        self._move(-1)

    def action_page_down(self) -> None:
        """One page down."""
        self._move(self.table.page)

    def action_page_up(self) -> None:
        """One page up."""
        self._move(-self.table.page)

    def action_move_first(self) -> None:
        """To the first row."""
        self._move(-(10**9))

    def action_move_last(self) -> None:
        """To the last row."""
        self._move(10**9)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self.table.next_sort()
        self._remember_order()

    def action_reverse(self) -> None:
        """Turn the order around."""
        self.table.turn_around()
        self._remember_order()

    def _remember_order(self) -> None:
        self.paint_rules()
        self._remember(sort=self.table.rows.sort, reverse=self.table.rows.reverse)

    def _remember(self, **values: Any) -> None:
        self.host.remember(**values)

    def action_follow(self) -> None:
        """Follow the newest, the best, or nothing."""
        place = _FOLLOWS.index(self.table.follow)
        follow = _FOLLOWS[(place + 1) % len(_FOLLOWS)]
        self.table.choose_follow(follow)
        self.paint_rules()
        self._remember(follow=follow)

    def action_columns(self) -> None:
        """Choose the columns of the trials."""

        def chosen(hidden: frozenset[str]) -> None:
            self.table.hidden = hidden
            self.table.repaint()
            self._remember(hidden_columns=sorted(hidden))

        self.host.open_columns(fields(self.state), self.table.hidden, chosen)

    def action_freeze(self) -> None:
        """Hold the display still, or let it go on."""
        self.frozen_at = None if self.frozen_at is not None else len(self.state.trials)
        self.paint(at_once=True)

    def action_filter(self) -> None:
        """Type a filter."""
        if self.panel != "trials":
            self.choose_panel("1")
        self.open_filter()

    def action_open_trial(self) -> None:
        """Show the trial under the cursor; among the failures, list those that failed for the same reason."""
        if (trial := self._under_cursor()) is not None:
            self.host.open_trial(trial.key)

    def _under_cursor(self) -> TrialState | None:
        return self.failures.example if self.shown().failures else self.table.trial

    # -- panels and views --------------------------------------------------------------------------------------------

    def choose_panel(self, key: str) -> None:
        """Show the panel of a key: 1 the trials, 0 the failures, from 2 on the views."""
        view = next((view for view in VIEWS.values() if view.key == key), None)
        if view is None:
            self.panel = "failures" if key == "0" else "trials"
        elif view.applies(self.state):
            self.panel = "view"
            self.view.choose(view.name)
            self._remember(view=view.name)
        else:
            self.host.say(view.why)
        self.paint(at_once=True)

    def action_panel(self, key: Any) -> None:
        """Choose a panel."""
        self.choose_panel(str(key))

    def action_failures(self) -> None:
        """Show the failed trials, or the trials again."""
        self.choose_panel("1" if self.panel == "failures" else "0")

    def _step_view(self, step: int) -> None:
        names = [view.name for view in views_for(self.state)]
        place = names.index(self.view.view) + (step if self.shown().view else 0)
        self.choose_panel(VIEWS[names[place % len(names)]].key)

    def action_next_view(self) -> None:
        """The next view."""
        self._step_view(1)

    def action_previous_view(self) -> None:
        """The view before."""
        self._step_view(-1)

    def action_fill(self) -> None:
        """Let the panel fill the screen, and back."""
        self.fill = not self.fill
        self.paint(at_once=True)

    def action_next_part(self) -> None:
        """Between the trials and the view."""
        self.panel = "view" if self.panel != "view" else "trials"
        self.paint(at_once=True)

    def action_next_axes(self) -> None:
        """The next hyperparameters in the view."""
        self.view.step_axes(self.state, 1)
        self.paint(at_once=True)

    def action_previous_axes(self) -> None:
        """The hyperparameters before."""
        self.view.step_axes(self.state, -1)
        self.paint(at_once=True)

    def action_view_method(self) -> None:
        """Which method the view shows."""
        self.view.step_method(self.state)
        self.paint(at_once=True)

    def action_view_option(self) -> None:
        """The view's other form."""
        if not self.view.step_option(self.state):
            self.host.say(f"{self.view.title} has no other form; the path has three, the map an overlay over a grid.")
        self.paint(at_once=True)

    def _turn(self, azimuth: float, elevation: float) -> None:
        if self.shown().view and self.view.turns and (self.panel == "view" or not azimuth):
            self.view.turn(azimuth, elevation)
            self.paint(at_once=True)
        elif azimuth:
            self.table.shift(1 if azimuth > 0 else -1)

    def action_turn_left(self) -> None:
        """Turn the view left, or move the columns."""
        self._turn(-1, 0)

    def action_turn_right(self) -> None:
        """Turn the view right, or move the columns."""
        self._turn(1, 0)

    def action_tilt_up(self) -> None:
        """Tilt the view up."""
        self._turn(0, 1)

    def action_tilt_down(self) -> None:
        """Tilt the view down."""
        self._turn(0, -1)

    def action_save_view(self) -> None:
        """Save pictures of the view: SVG, text with colours, and plain text."""
        if not self.shown().view:
            self.choose_panel(VIEWS[self.view.view].key)
        self.view.draw(self.state)
        lines, look, name = list(self.view.lines), self.look, f"view-{self.view.view}"
        # as text, shades stand for colours
        bare = VIEWS[self.view.view].draw(self.state, self.view.options, *self.view.size, look.with_colors("none"))
        title = clean(self.state.info.title if self.state.info else "")
        self.host.save(
            lambda: {
                f"{name}.svg": to_svg(lines, title, look),
                f"{name}.ansi": to_ansi(lines, look),
                f"{name}.txt": to_text(bare),
            }
        )

    # -- the run -----------------------------------------------------------------------------------------------------

    def _ask(self, what: Callable[[Controls], None], said: str = "") -> None:
        """Ask something of the run, and say so, or why it cannot be asked."""
        controls = self.session.controls
        if controls is None:
            self.host.say(self.session.refusal("steer"))
        elif self.state.ended:
            self.host.say("The run has ended.")
        else:
            try:
                what(controls)
            except (TunetopError, OSError) as error:
                self.host.say(told(error), "error")
            else:
                if said:
                    self.host.say(said)

    def action_pause(self) -> None:
        """Begin no new folds, or go on."""
        paused = self.state.phase == "paused"
        self._ask(lambda controls: controls.unpause() if paused else controls.pause())

    def action_stop(self) -> None:
        """Stop the run: orderly, and at once when it is stopping already."""
        if self.state.phase == "stopping":
            self._ask(lambda controls: controls.stop_now())
        else:
            said = "Stopping: running folds finish, then the summary is written. x again stops at once."
            self._ask(lambda controls: controls.stop(), said)

    def action_skip(self) -> None:
        """End the running method early."""
        running = [method.name for method in self.state.methods.values() if method.phase == "running"]
        trial = self.table.trial
        # together, several methods run: the one under the cursor is meant
        name = trial.method if trial is not None and trial.method in running else running[0] if running else None
        if name is None:
            self.host.say("No method is running.")
        else:
            self._ask(lambda controls: controls.skip(name), f"{clean(name)} ends after its running folds.")

    def action_add_trials(self) -> None:
        """Ask how many more trials a method is to get, the one under the cursor first."""
        trial = self._under_cursor()
        self.host.ask_for_trials(trial.method if trial is not None else None)

    def action_add_by_hand(self) -> None:
        """Ask for a trial, filled in as the one under the cursor."""
        self.host.ask_for_trial(self._under_cursor())

    def action_compare(self) -> None:
        """Show the comparison of the methods."""
        self.host.open_comparison()

    def action_export(self) -> None:
        """Write the export files."""
        self.host.export()

    def action_copy_best(self) -> None:
        """Copy the best parameters as a Python dict."""
        best = self.state.best
        if best is None:
            self.host.say("No trial has a score yet.")
        else:
            self.host.copy_parameters(best)

    def action_back(self) -> None:
        """Leave the filter, the full screen, a panel, or the run, whichever is nearest."""
        if self.entry.display:
            self.close_filter(keep=False)
        elif self.fill:
            self.action_fill()
        elif not self.table.rows.filter.empty:
            self.table.choose_filter(Filter())
            self.paint(at_once=True)
        elif self.panel == "failures":
            self.choose_panel("1")
        else:
            self.host.leave_run()
