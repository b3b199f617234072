"""The picker: presets and past runs at the left, everything about the one under the cursor at the right.

It paints from file names and titles alone. Parsing, reading data and summing up runs follow in threads, so that
scikit-learn is not imported before the first paint.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ....engine.text import clean
from ...widgets.pane import Pane, Row, line
from ..base import PaneScreen
from ..host import Host
from .list_rows import ListFilter, list_rows
from .listing import Listing
from .parts import MethodKeys, RunKeys
from .presets import Draft, Entry

if TYPE_CHECKING:
    from textual import events

    from ....engine.record.store import RunEntry

REFRESH_LIVE = 5.0
"""Seconds between two looks at runs that are going."""


def _where(host: Host) -> str:
    """Return what the head says of the cluster that runs are done on."""
    cluster = host.options.cluster if host.options else host.remembered.cluster
    return f"runs on {clean(cluster, 60)}  " if cluster else ""


class PickerScreen(PaneScreen[None], where="picker"):
    """Choose a preset, its methods and their budgets, or a run to look at."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.filter = ListFilter()
        self.listing = Listing(host, self._changed)
        self._in_card = False
        self._problem = ""
        self.methods = MethodKeys(host, self._draft, self._method, lambda: self._enter_card(True), self._changed)
        self.runs = RunKeys(host, self._run, lambda: self.listing.runs)
        self.parts = {"card": self.methods, "run": self.runs}

    def _changed(self) -> None:
        self.reload()
        self.listing.read_data(self._draft())

    def head(self) -> tuple[Text, Text]:
        """Return the name and how much there is."""
        counted = "enter keeps it, esc clears it" if self.filter.typing else _where(self.host) + self.listing.counted
        name = ("tunetop", self.look.accent_style)
        return line(" ", name, self.filter.shown(self.look)), line((f"{counted} ", self.look.dim_style))

    def panes(self) -> Iterable[Pane]:
        self.listing.read_titles()
        yield self._pane("list", self._list_rows, active=True, marks=True)
        yield self._pane("card", self._card_rows)

    @property
    def active(self) -> Pane:
        """The list, or the card when its methods are being changed."""
        return self.query_one("#card" if self._in_card else "#list", Pane)

    def on_mount(self) -> None:
        """Read what takes longer, after the first paint."""
        self.call_after_refresh(self.listing.read_presets)
        self.set_interval(REFRESH_LIVE, self._look_at_live_runs)

    def on_screen_resume(self) -> None:
        """A run may have been added meanwhile."""
        if self.listing.drafts:
            self.listing.list_runs()

    def _look_at_live_runs(self) -> None:
        if self.is_current and self.listing.live:
            self.listing.list_runs()

    def _list_rows(self, width: int) -> list[Row]:
        return list_rows(self.listing.entries, self.listing.runs, self.filter.text, self.look, width, self.runs.marked)

    def _card_rows(self, width: int) -> list[Row]:
        from . import card

        width = min(width - 1, 96)
        if (run := self._run()) is not None:
            return card.run_rows(run, self.look, width)
        entry = self._entry()
        if entry is None:
            return []
        draft = self.listing.drafts.get(entry.path)
        if isinstance(draft, str):
            return card.problem_rows(entry.title, draft, self.look, width, table=entry.table)
        if draft is None:
            return card.waiting_rows(entry, self.look, width)
        past = [run for run in self.listing.runs if run.preset == draft.preset.name]
        data, roomy = self.listing.cards.get(draft.preset.digest), self.app.size.height >= 30
        rows = card.preset_rows(entry, draft, data, past, self.look, width, roomy=roomy)
        return rows + card.trouble_rows(self._problem, self.look, width)

    def _chosen(self) -> tuple[str, Any]:
        chosen = self.query_one("#list", Pane).cursor
        return (str(chosen[0]), chosen[1]) if isinstance(chosen, tuple) and len(chosen) == 2 else ("", None)

    def _entry(self) -> Entry | None:
        kind, path = self._chosen()
        return next((entry for entry in self.listing.entries if kind == "preset" and entry.path == path), None)

    def _run(self) -> RunEntry | None:
        kind, name = self._chosen()
        return next((run for run in self.listing.runs if kind == "run" and run.id == name), None)

    def _draft(self) -> Draft | None:
        return self.listing.draft_of(self._entry())

    def on_pane_moved(self, event: Pane.Moved) -> None:
        """Show the card of what the cursor came to."""
        if event.pane.id == "list":
            self._problem = ""
            self.query_one("#card", Pane).top = 0
            self.query_one("#card", Pane).restyle()
            self.listing.want(self._entry())
            self.listing.read_data(self._draft())

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """A click chooses; on a method's box it switches it; a second click on the list starts or opens."""
        self._enter_card(event.pane.id == "card")
        if event.pane.id == "card" and event.x < 8:
            self.methods.action_toggle_method()
        elif event.pane.id == "list" and event.again:
            self.action_start()

    def action_start(self) -> None:
        """Start the preset under the cursor as it is set up, or open the run."""
        if self._run() is not None:
            self.runs.action_open_run()
        elif self.methods.start():
            self._problem = ""
        elif (entry := self._entry()) is not None and entry.path not in self.listing.drafts:
            self.host.say(f"{entry.title} is still being read.")

    def tell_problem(self, message: str) -> bool:
        self._problem = clean(message, 1500)
        self.query_one("#card", Pane).reload()
        return True

    def action_choose(self) -> None:
        """Switch the method under the cursor on or off, or mark the run under it."""
        run = self._run()
        if run is None or self._in_card:
            self.methods.action_toggle_method()
            return
        self.runs.mark(run)
        self.query_one("#list", Pane).reload()
        self.query_one("#list", Pane).move(1)

    def action_next_part(self) -> None:
        self._enter_card(not self._in_card)

    def _enter_card(self, enter: bool) -> bool:
        """Go over to the card, or back to the list; return False where the cursor is there already."""
        moves = (enter and self._draft() is not None) != self._in_card
        if moves:
            self.active.set_active(False)
            self._in_card = not self._in_card
            self.active.set_active(True)
        return moves

    def _method(self) -> str | None:
        chosen = self.query_one("#card", Pane).cursor
        return str(chosen[1]) if isinstance(chosen, tuple) and chosen[0] == "method" else None

    def action_reload(self) -> None:
        """Read presets and runs from disk again."""
        self._problem = ""
        self.listing.read_anew()

    def action_back(self) -> None:
        """Leave the methods, or clear the filter."""
        if self._in_card:
            self._enter_card(False)
        elif self.filter.text:
            self.filter.text = ""
            self._narrow()

    def action_filter(self) -> None:
        """Ask for a text that presets and runs must contain; it is typed at the head."""
        self._enter_card(False)
        self.filter.typing = True
        self.query_one("#head", Pane).reload()

    def on_key(self, event: events.Key) -> None:
        """Take what is typed for the filter, from the very key that opens it, however fast the keys come."""
        if not self.filter.typing and event.character == "/":
            event.stop()
            event.prevent_default()
            self.action_filter()
        elif self.filter.takes(event):
            self._narrow()

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text for the filter."""
        if self.filter.takes_pasted(event):
            self._narrow()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow nothing else while a filter is typed."""
        return not self.filter.typing or None

    def _narrow(self) -> None:
        self.query_one("#head", Pane).reload()
        chosen = self.query_one("#list", Pane)
        before = chosen.cursor
        chosen.restyle()
        if chosen.cursor != before:
            self.query_one("#card", Pane).restyle()
            self.listing.read_data(self._draft())
