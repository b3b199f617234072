"""A race: methods by mean rank over seeds, their curves, the seeds, and what the tests say, live."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult

from ....engine.text import clean
from ....engine.tournament.compare import tournament_summary
from ...sessions.tournament import TournamentSession
from ...widgets.pane import Pane, Row
from ...widgets.tabs import TabRule
from ..base import PaneScreen
from ..host import Host
from ..pacer import Pacer
from .head import banner, head_rows
from .panels import PANELS, Panels

if TYPE_CHECKING:
    from ....engine.verdict.over_seeds import TournamentSummary

STEP, THIN_STEP = 0.25, 0.8
"""Seconds between two repaints, at least: locally, and over a thin line."""


class TournamentScreen(PaneScreen[None], where="race"):
    """Watches a race, its own or another process's, live or over."""

    DEFAULT_CSS = """
    TournamentScreen { layout: vertical; }
    TournamentScreen #head { height: 2; }
    TournamentScreen #rule { height: 1; width: 1fr; }
    """

    def __init__(self, host: Host, session: TournamentSession) -> None:
        super().__init__(host)
        self.session = session
        self.pacer = Pacer(self, STEP, THIN_STEP)
        self.panels = Panels(session, self._pane)
        self._summing = False
        self._head_lines = 0

    def compose(self) -> ComposeResult:
        yield self._pane("head", self._head_rows)
        yield TabRule(id="rule")
        yield self.panels
        yield self._pane("foot", self._foot_rows, "foot")

    @property
    def active(self) -> Pane:
        return self.panels.active

    def refresh_news(self) -> None:
        self._sum_up()
        self.pacer.paint_after()

    def paint(self, *, at_once: bool = False) -> None:
        if not self.in_view:
            return
        self.pacer.painting()
        lines = 3 if banner(self.session) else 2
        if self.panels.show_as_fits() or lines != self._head_lines:
            self._head_lines = self.query_one("#head").styles.height = lines
            self.call_after_refresh(self.paint)
        self.panels.follow()
        self.reload()
        self.query_one("#rule", TabRule).draw([], None, "")
        self.panels.paint_rules()

    def refresh_clock(self) -> None:
        if self.in_view:
            self.query_one("#head", Pane).reload()

    def restyle(self) -> None:
        super().restyle()
        self.panels.forget()
        self.paint()

    def on_mount(self) -> None:
        """Paint what there is."""
        self.call_after_refresh(self.refresh_news)

    def on_resize(self) -> None:
        """Arrange the panels anew."""
        self.call_after_refresh(self.paint)

    def on_screen_resume(self) -> None:
        """Catch up with what came while another screen was on top."""
        self.call_after_refresh(self.refresh_news)

    def _sum_up(self) -> None:
        """Compare the methods anew once another seed is done."""
        feed, session = self.session.feed, self.session
        done = feed.done
        if self._summing or feed.behind or not done or tuple(done) == session.summed:
            return
        self._summing = True

        def work() -> TournamentSummary:
            return tournament_summary(done)

        def then(summary: TournamentSummary) -> None:
            self._summing = False
            session.compared(summary, tuple(done))
            self.refresh_news()

        def failed(error: Exception) -> None:
            self.host.say(f"The methods could not be compared: {type(error).__name__}: {error}", "error")

        self.host.background.start(work, then, failed, "race")

    def _head_rows(self, width: int) -> list[Row]:
        return head_rows(self.session, self.look, width, time.time())

    def action_open_seed(self) -> None:
        """The run of the seed under the cursor."""
        cursor = self.panels.seeds.cursor
        if isinstance(cursor, tuple):
            self.host.sessions.open_seed(cursor[1])

    def action_view_option(self) -> None:
        """Curves by trial, or by fit seconds."""
        self.panels.by = "seconds" if self.panels.by == "trial" else "trial"
        self.choose_panel("curves")

    def action_panel(self, key: Any) -> None:
        self.choose_panel(PANELS[int(key) - 1])

    def action_next_part(self) -> None:
        self.choose_panel(PANELS[(PANELS.index(self.panels.panel) + 1) % len(PANELS)])

    def choose_panel(self, name: str) -> None:
        """Show a panel."""
        self.panels.choose(name)
        self.paint()

    def action_stop(self) -> None:
        """Stop the race: orderly, and at once when it is stopping already."""
        controls = self.session.controls
        if controls is None:
            self.host.say("This screen only watches; tunetop stop ends the run under way, and with it the race.")
        elif not self.session.going:
            self.host.say("The race has ended.")
        elif self.session.phase == "stopping":
            controls.stop_now()
        else:
            controls.stop()
            self.host.say("Stopping: running folds finish, then the files are written. x again stops at once.")

    def action_export(self) -> None:
        """Say where the files are."""
        plan, folder = self.session.feed.plan, self.session.folder.path
        files = [path.name for path in sorted(folder.glob("race.*"))]
        if not files:
            self.host.say(f"{clean(folder)}: race.json, race.md and race.csv come with the second seed.")
            return
        also = f"; copies in {clean(plan.to, 200)}" if plan.to else ""
        self.host.say(f"{clean(folder, 300)}: {', '.join(files)}{also}", title="The files are in")

    @on(Pane.Clicked)
    def _clicked(self, message: Pane.Clicked) -> None:
        if message.again and message.pane.id == "seeds":
            self.action_open_seed()

    @on(TabRule.Chosen)
    def _tab(self, message: TabRule.Chosen) -> None:
        if message.key:
            self.action_panel(message.key)
