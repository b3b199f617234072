"""The panels of a race: methods over seeds, curves, and what the tests say; all at once, or one at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ....engine.state import RunState
from ....engine.tournament.compare import course_of
from ...sessions.tournament import TournamentSession
from ...views.steps import By
from ...widgets.line_block import look_of
from ...widgets.pane import Pane, Row
from ...widgets.tabs import Tab, TabRule
from .rows import method_rows, seed_rows, under_way, verdict_rows

PANELS = ("curves", "seeds", "tests")
"""In the order of their keys; a large window shows all of them, a small one one at a time."""

WIDE, TALL = 120, 30
"""Columns and rows from which on all panels are shown."""


class Panels(Container):
    """Everything between head and foot; `pane` makes a pane of a name by what gives its rows."""

    DEFAULT_CSS = """
    Panels { height: 1fr; layout: vertical; }
    Panels #left, Panels #right { height: 1fr; width: 1fr; }
    Panels #left.-short { height: auto; }
    Panels TabRule { height: 1; width: 1fr; }
    Panels #curves { margin-left: 1; }
    Panels.-side-by-side { layout: horizontal; }
    Panels.-side-by-side #right { border-left: solid $border; }
    Panels.-side-by-side.-ascii #right { border-left: ascii $border; }
    """

    def __init__(self, session: TournamentSession, pane: Callable[..., Pane]) -> None:
        super().__init__(id="body")
        self._session = session
        self.panel = PANELS[0]
        self.by: By = "trial"
        self._arranged: tuple[Any, ...] | None = None
        self._followed: int | None = None
        self.methods = pane("methods", self._method_rows)
        self.seeds = pane(
            "seeds", lambda width: seed_rows(session.feed, look_of(self), width, time.time()), active=True
        )
        self.curves = pane("curves", self._curve_rows)
        self.tests = pane("tests", self._verdict_rows)
        self.tabs = TabRule(id="tabs")
        self.rules = {name: TabRule(id=f"{name}-rule") for name in ("curves", "tests")}

    def compose(self) -> ComposeResult:
        """Return both sides."""
        with Vertical(id="left"):
            yield from (self.methods, self.tabs, self.seeds)
        with Vertical(id="right"):
            yield from (self.rules["curves"], self.curves, self.rules["tests"], self.tests)

    @property
    def wide(self) -> bool:
        """True if there is room for all panels."""
        return self.screen.size.width >= WIDE and self.screen.size.height >= TALL

    @property
    def active(self) -> Pane:
        """The pane that the keys move in: the seeds, or the tests while they alone are shown."""
        return self.tests if self.panel == "tests" and not self.wide else self.seeds

    def choose(self, name: str) -> None:
        """Show a panel."""
        self.panel = name
        self.tests.set_active(name == "tests")

    def forget(self) -> None:
        """Arrange everything anew at the next look, as after a change of theme."""
        self._arranged = None

    def show_as_fits(self) -> bool:
        """Show, hide and size the panels; return False where nothing about that changed."""
        wide, height, unicode = self.wide, self.screen.size.height, look_of(self).unicode
        methods = len(self._session.feed.plan.methods)
        arranged = (wide, self.panel, methods, height, unicode)
        if arranged == self._arranged:
            return False
        self._arranged = arranged
        self.set_class(wide, "-side-by-side")
        self.set_class(not unicode, "-ascii")
        shown = {name: wide or self.panel == name for name in PANELS}
        self.methods.styles.height = min(max(methods, 1) + 1, max(height // 3, 3))
        self.query_one("#left").set_class(not shown["seeds"], "-short")
        self.query_one("#right").display = shown["curves"] or shown["tests"]
        for name, pane in (("curves", self.curves), ("seeds", self.seeds), ("tests", self.tests)):
            pane.display = shown[name]
        for rule in self.rules.values():
            rule.display = wide
        # two lines a pair, and the note; curves keep the larger part
        pairs = max(methods * (methods - 1) // 2, 1)
        self.tests.styles.height = min(2 * pairs + 3, height // 3) if wide else "1fr"
        return True

    def follow(self) -> None:
        """Keep the cursor on the seed under way until it is moved."""
        feed = self._session.feed
        newest = feed.current if feed.current is not None else next(reversed(feed.feeds), None)
        following = self._followed is None or self.seeds.cursor == ("seed", self._followed)
        if newest is not None and newest != self._followed and following:
            self._followed = newest
            self.seeds.reload()
            self.seeds.choose(("seed", newest))

    def paint_rules(self) -> None:
        """Paint the rules with the panels' names."""
        feed = self._session.feed
        notes = {
            "curves": f"median, quartiles by {'fit seconds' if self.by == 'seconds' else 'trial'}",
            "seeds": f"{len(feed.done)} of {len(feed.plan.seeds)} done",
            "tests": "Wilcoxon, Holm",
        }
        if self.wide:
            self.tabs.draw([Tab("", "seeds")], None, notes["seeds"])
            for name, rule in self.rules.items():
                rule.draw([Tab("", name)], None, notes[name])
            return
        tabs = [Tab(str(place), name) for place, name in enumerate(PANELS, 1)]
        self.tabs.draw(tabs, str(PANELS.index(self.panel) + 1), notes[self.panel])

    @property
    def latest(self) -> RunState | None:
        """The state of the seed under way, or of the one that is done and not in the comparison yet."""
        fresh = [state for seed, state in self._session.feed.done.items() if seed not in self._session.summed]
        return self._session.feed.live or next(reversed(fresh), None)

    def _method_rows(self, width: int) -> list[Row]:
        live = self.latest if self._session.phase in ("starting", "running", "stopping") else None
        return method_rows(self._session.summary, live, self._session.feed.plan.methods, look_of(self), width)

    def _verdict_rows(self, width: int) -> list[Row]:
        plan = self._session.feed.plan
        return verdict_rows(self._session.summary, plan.methods, len(plan.seeds), look_of(self), width)

    def _curve_rows(self, width: int) -> list[Row]:
        from ...views.tournament_curves import draw

        height = self.curves.size.height
        if width < 20 or height < 4:
            return []
        feed = self._session.feed
        live = {method.name: course_of(method) for method in under_way(self.latest)}
        states = [*feed.done.values(), *([feed.live] if feed.live is not None else [])]
        base = next((state.baseline for state in states if state.baseline is not None), None)
        level = base.mean if base is not None else None
        summary = self._session.summary
        curves = [
            (row.method, row.by_trial if self.by == "trial" else row.by_seconds)
            for row in (summary.methods if summary is not None else ())
        ]
        lines = draw(curves, live, self.by, width, height, look_of(self), baseline=level)
        return [Row(text) for text in lines]
