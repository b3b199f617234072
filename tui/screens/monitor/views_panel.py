"""The monitor's views: the one that was chosen, and beside or under it a second one where there is room."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ....engine.state import RunState
from ....engine.text import clean
from ...render.picture import to_ansi, to_svg, to_text
from ...views.catalog import VIEWS, View, view_for, views_for
from ...widgets.line_block import look_of
from ...widgets.tabs import Tab, TabRule
from ...widgets.view_panel import ViewPanel
from .layout import Arrangement
from .list_panel import Monitor

SECOND_VIEWS = ("trajectory", "heatmap")


class ViewsPanel(Vertical):
    """The views under the rule with their names; keys change the first one."""

    DEFAULT_CSS = """
    ViewsPanel { height: 2fr; width: 1fr; }
    ViewsPanel TabRule { height: 1; width: 1fr; }
    ViewsPanel ViewPanel { height: 1fr; width: 1fr; margin-left: 1; }
    ViewsPanel #views { height: 1fr; layout: horizontal; }
    ViewsPanel #second { margin-left: 2; }
    """

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(id="right")
        self._monitor = monitor
        self.tabs, self.second_tabs = TabRule(id="view-tabs"), TabRule(id="second-tabs")
        self.view = ViewPanel(next(iter(VIEWS)), id="view")
        self.second = ViewPanel(SECOND_VIEWS[0], id="second")

    def compose(self) -> ComposeResult:
        """Return its parts, top to bottom."""
        yield self.tabs
        with Container(id="views"):
            yield from (self.view, self.second_tabs, self.second)

    @property
    def chosen(self) -> View:
        """The view that keys change."""
        return VIEWS[self.view.view]

    def show_as(self, now: Arrangement) -> None:
        """Show what is to be shown."""
        self.display = now.view
        self.tabs.display = now.mode != "single"
        self.second.display = now.second
        # side by side, the views share one rule
        self.second_tabs.display = now.second and now.mode == "wide"

    def names(self) -> list[Tab]:
        """Return the views that mean something for this run."""
        return [Tab(view.key, view.title, view.short) for view in views_for(self._monitor.state)]

    def paint_rules(self, now: Arrangement) -> None:
        """Paint the rules with the views' names."""
        if now.mode == "single":
            return
        self.tabs.draw(self.names(), self.chosen.key, "", lit=self._monitor.panel == "view")
        if now.second:
            # not the same view twice
            self.second.choose(next(name for name in SECOND_VIEWS if name != self.view.view))
            second = VIEWS[self.second.view]
            self.second_tabs.draw([Tab(second.key, second.title, second.short)], None, "")

    def offer(self, state: RunState, *, thin: bool, at_once: bool) -> list[float]:
        """Draw what is new where it pays; return for each view after how many seconds to offer it again (0: no)."""
        return [view.offer(state, thin=thin, at_once=at_once) for view in (self.view, self.second)]

    def paint_asked_for(self, state: RunState) -> None:
        """Draw those for which something else was chosen since they were drawn."""
        for view in (self.view, self.second):
            if view.display and view.asked_for():
                view.draw(state)

    def step(self, step: int) -> str:
        """Return the key of the next view, or of the one before; of the chosen one while it is not shown."""
        there = views_for(self._monitor.state)
        place = [view.name for view in there].index(self.view.view) + (step if self.display else 0)
        return there[place % len(there)].key

    def suit(self, state: RunState) -> None:
        """Show another view where what is remembered of another run means nothing for this one."""
        self.view.choose(view_for(state, self.view.view).name)

    def action_turn(self, azimuth: int, elevation: int) -> bool:
        """Turn a 3D view by so many steps; False if none is shown."""
        if not self.display or not self.view.turns:
            return False
        self.view.turn(azimuth, elevation)
        self._monitor.paint(at_once=True)
        return True

    def action_step_axes(self, step: int) -> None:
        self.view.step_axes(self._monitor.state, step)
        self._monitor.paint(at_once=True)

    def action_view_method(self) -> None:
        """Which method the view shows."""
        self.view.step_method(self._monitor.state)
        self._monitor.paint(at_once=True)

    def action_view_option(self) -> None:
        """The view's other form."""
        if not self.view.step_option(self._monitor.state):
            self._monitor.host.say(
                f"{self.view.title} has no other form; the path has three, the map an overlay over a grid."
            )
        self._monitor.paint(at_once=True)

    def action_save_view(self) -> None:
        """Save pictures of the view: SVG, text with colours, and plain text."""
        if not self.display:
            self._monitor.choose_panel(self.chosen.key)
        state, look = self._monitor.state, look_of(self)
        self.view.draw(state)
        lines, name = list(self.view.lines), f"view-{self.view.view}"
        # as text, shades stand for colours
        bare = self.chosen.draw(state, self.view.options, *self.view.size, look.with_colors("none"))
        title = clean(state.info.title if state.info else "")
        self._monitor.host.outputs.save(
            lambda: {
                f"{name}.svg": to_svg(lines, title, look),
                f"{name}.ansi": to_ansi(lines, look),
                f"{name}.txt": to_text(bare),
            }
        )
