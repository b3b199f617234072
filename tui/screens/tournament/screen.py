"""A race: methods by mean rank over seeds, their curves, the seeds, and what the tests say, live."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ....engine.state import RunState
from ....engine.text import clean
from ...keys import bindings_for
from ...sessions.tournament import TournamentSession
from ...views.tournament_curves import By
from ...widgets.pane import Pane, Row
from ...widgets.tabs import Tab, TabRule
from ..host import Host
from ..paced_screen import PacedScreen
from .head import banner, head_rows
from .rows import method_rows, seed_rows, under_way, verdict_rows

PANELS = ("curves", "seeds", "tests")
"""In the order of their keys; a large window shows all of them, a small one one at a time."""

WIDE, TALL = 120, 30
"""Columns and rows from which on all panels are shown."""


class TournamentScreen(PacedScreen):
    """Watches a race, its own or another process's, live or over."""

    where: ClassVar[str] = "race"
    STEP, THIN_STEP = 0.25, 0.8
    BINDINGS = bindings_for("race")
    DEFAULT_CSS = """
    TournamentScreen { layout: vertical; }
    TournamentScreen #head { height: 2; }
    TournamentScreen #body { height: 1fr; layout: vertical; }
    TournamentScreen #left, TournamentScreen #right { height: 1fr; width: 1fr; }
    TournamentScreen #left.-short { height: auto; }
    TournamentScreen TabRule { height: 1; width: 1fr; }
    TournamentScreen #curves { margin-left: 1; }
    TournamentScreen.-side-by-side #body { layout: horizontal; }
    TournamentScreen.-side-by-side #right { border-left: solid $border; }
    TournamentScreen.-side-by-side.-ascii #right { border-left: ascii $border; }
    """

    def __init__(self, host: Host, session: TournamentSession) -> None:
        super().__init__(host)
        self.session = session
        self.panel = PANELS[0]
        self.by: By = "trial"
        self._summing = False
        self._followed: int | None = None
        self._arranged: tuple[Any, ...] | None = None

    # -- parts -------------------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Return head, body and foot."""
        yield self._pane("head", self._head_rows)
        yield TabRule(id="rule")
        with Container(id="body"):
            with Vertical(id="left"):
                yield self._pane("methods", self._method_rows)
                yield TabRule(id="tabs")
                yield self._pane("seeds", self._seed_rows, active=True)
            with Vertical(id="right"):
                yield TabRule(id="curves-rule")
                yield self._pane("curves", self._curve_rows)
                yield TabRule(id="tests-rule")
                yield self._pane("tests", self._verdict_rows)
        yield self._pane("foot", self._foot_rows, "foot")

    def panes(self) -> Iterable[Pane]:
        """Return the panes that the body is made of."""
        return self.query("#body Pane").results(Pane)

    @property
    def active(self) -> Pane:
        """The pane that the keys move in: the seeds, or the tests while they alone are shown."""
        return self.query_one("#tests" if self.panel == "tests" and not self.wide else "#seeds", Pane)

    @property
    def wide(self) -> bool:
        """True if there is room for all panels."""
        return self.size.width >= WIDE and self.size.height >= TALL

    @property
    def latest(self) -> RunState | None:
        """The state of the seed under way, or of the one that is done and not in the comparison yet."""
        fresh = [state for seed, state in self.session.feed.done.items() if seed not in self.session.summed]
        return self.session.feed.live or next(reversed(fresh), None)

    # -- painting ----------------------------------------------------------------------------------------------------

    def refresh_news(self) -> None:
        """Paint what is new, now or as soon as the line can take it."""
        self._sum_up()
        self.paint_after(0.0)

    def paint(self, *, at_once: bool = False) -> None:
        """Paint everything that changed."""
        if not self.in_view:
            return
        self.painting()
        self._arrange()
        self._follow()
        self.reload()
        self._paint_rules()

    def refresh_clock(self) -> None:
        """Let clocks move on."""
        if self.in_view:
            self.query_one("#head", Pane).reload()

    def restyle(self) -> None:
        """Draw everything anew, as after a change of theme."""
        super().restyle()
        self._arranged = None
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

    def _follow(self) -> None:
        """Keep the cursor on the seed under way until it is moved."""
        feed, seeds = self.session.feed, self.query_one("#seeds", Pane)
        newest = feed.current if feed.current is not None else next(reversed(feed.feeds), None)
        following = self._followed is None or seeds.cursor == ("seed", self._followed)
        if newest is not None and newest != self._followed and following:
            self._followed = newest
            seeds.reload()
            seeds.choose(("seed", newest))

    def _sum_up(self) -> None:
        """Compare the methods anew once another seed is done."""
        feed, session = self.session.feed, self.session
        done = feed.done
        if self._summing or feed.behind or not done or tuple(done) == session.summed:
            return
        self._summing = True

        def work() -> dict[str, Any]:
            from ....engine.tournament.compare import summarise

            return summarise(done)

        def then(summary: dict[str, Any]) -> None:
            self._summing = False
            session.compared(summary, tuple(done))
            self.refresh_news()

        def failed(error: Exception) -> None:
            self.host.say(f"The methods could not be compared: {type(error).__name__}: {error}", "error")

        self.host.background.start(work, then, failed, "race")

    def _arrange(self) -> None:
        """Show, hide and size the parts where anything about that changed."""
        wide, panel = self.wide, self.panel
        methods = max(len(self.session.feed.plan.methods), 1) + 1
        lines = 3 if banner(self.session) else 2
        arranged = (wide, panel, methods, lines, self.size.height, self.look.unicode)
        if arranged == self._arranged:
            return
        self._arranged = arranged
        self.set_class(wide, "-side-by-side")
        self.set_class(not self.look.unicode, "-ascii")
        shown = {name: wide or panel == name for name in PANELS}
        self.query_one("#head").styles.height = lines
        self.query_one("#methods").styles.height = min(methods, max(self.size.height // 3, 3))
        self.query_one("#left").set_class(not shown["seeds"], "-short")
        self.query_one("#right").display = shown["curves"] or shown["tests"]
        for name, visible in shown.items():
            self.query_one(f"#{name}").display = visible
        for name in ("curves", "tests"):
            self.query_one(f"#{name}-rule").display = wide
        pairs = max(len(self.session.feed.plan.methods) * (len(self.session.feed.plan.methods) - 1) // 2, 1)
        # two lines a pair, and the note; curves keep the larger part
        self.query_one("#tests").styles.height = min(2 * pairs + 3, self.size.height // 3) if wide else "1fr"
        self.call_after_refresh(self.paint)

    def _paint_rules(self) -> None:
        by = f"median, quartiles by {'fit seconds' if self.by == 'seconds' else 'trial'}"
        seeds = f"{len(self.session.feed.done)} of {len(self.session.feed.plan.seeds)} done"
        self.query_one("#rule", TabRule).draw([], None, "")
        tabs = self.query_one("#tabs", TabRule)
        if self.wide:
            tabs.draw([Tab("", "seeds")], None, seeds)
            self.query_one("#curves-rule", TabRule).draw([Tab("", "curves")], None, by)
            self.query_one("#tests-rule", TabRule).draw([Tab("", "tests")], None, "Wilcoxon, Holm")
            return
        note = {"curves": by, "seeds": seeds, "tests": "Wilcoxon, Holm"}[self.panel]
        tabs.draw(
            [Tab(str(place), name) for place, name in enumerate(PANELS, 1)], str(PANELS.index(self.panel) + 1), note
        )

    # -- what it says ------------------------------------------------------------------------------------------------

    def _head_rows(self, width: int) -> list[Row]:
        return head_rows(self.session, self.look, width, time.time())

    def _method_rows(self, width: int) -> list[Row]:
        live = self.latest if self.session.phase in ("starting", "running", "stopping") else None
        return method_rows(self.session.summary, live, self.session.feed.plan.methods, self.look, width)

    def _seed_rows(self, width: int) -> list[Row]:
        return seed_rows(self.session.feed, self.look, width, time.time())

    def _verdict_rows(self, width: int) -> list[Row]:
        plan = self.session.feed.plan
        return verdict_rows(self.session.summary, plan.methods, len(plan.seeds), self.look, width)

    def _curve_rows(self, width: int) -> list[Row]:
        from ....engine.tournament.compare import course_of
        from ...views.tournament_curves import draw

        height = self.query_one("#curves", Pane).size.height
        if width < 20 or height < 4:
            return []
        feed = self.session.feed
        live = {method.name: course_of(method) for method in under_way(self.latest)}
        states = [*feed.done.values(), *([feed.live] if feed.live is not None else [])]
        base = next((state.baseline for state in states if state.baseline is not None), None)
        level = base.mean if base is not None else None
        lines = draw(self.session.summary, live, self.by, width, height, self.look, baseline=level)
        return [Row(text) for text in lines]

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_open_seed(self) -> None:
        """The run of the seed under the cursor."""
        cursor = self.query_one("#seeds", Pane).cursor
        if isinstance(cursor, tuple):
            self.host.open_seed(cursor[1])

    def action_view_option(self) -> None:
        """Curves by trial, or by fit seconds."""
        self.by = "seconds" if self.by == "trial" else "trial"
        self.choose_panel("curves")

    def action_panel(self, key: Any) -> None:
        """Choose a panel by its key."""
        self.choose_panel(PANELS[int(key) - 1])

    def action_next_part(self) -> None:
        """The next panel."""
        self.choose_panel(PANELS[(PANELS.index(self.panel) + 1) % len(PANELS)])

    def choose_panel(self, name: str) -> None:
        """Show a panel."""
        self.panel = name
        self.query_one("#tests", Pane).set_active(name == "tests")
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
