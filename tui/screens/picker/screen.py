"""The picker: presets and past runs at the left, everything about the one under the cursor at the right.

It paints from file names and titles alone. Parsing, reading data and summing up runs follow in threads, so that
scikit-learn is not imported before the first paint.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text

from ....engine.text import clean
from ...keys import bindings_for
from ...render.lines import fit
from ...widgets.pane import Pane, Row, line, sides
from ..base import PaneScreen
from ..host import Host
from .presets import Draft, Entry
from .runs import LIVE, Shelf

if TYPE_CHECKING:
    from textual import events

    from ....engine.record.store import RunEntry

REFRESH_LIVE = 5.0
"""Seconds between two looks at runs that are going."""


class PickerScreen(PaneScreen[None]):
    """Choose a preset, its methods and their budgets, or a run to look at."""

    where: ClassVar[str] = "picker"
    BINDINGS = bindings_for("picker")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._text = ""
        self._typing = False
        self._in_card = False
        self._problem = ""

    @cached_property
    def shelf(self) -> Shelf:
        """Presets and runs, as far as they are known."""
        host = self.host
        return Shelf(
            host.presets_folder,
            host.store,
            host.options,
            host.background,
            self._changed,
            lambda text: host.say(text, "error"),
        )

    def _changed(self) -> None:
        self.reload()
        self.shelf.read_data(self._draft())

    # -- layout ------------------------------------------------------------------------------------------------------

    def head(self) -> tuple[Text, Text]:
        """Return the name and how much there is."""
        presets, runs = len(self.shelf.entries), self.shelf.runs_total
        counted = f"{presets} preset{'s' * (presets != 1)}  {runs} run{'s' * (runs != 1)} "
        left = line(" ", ("tunetop", self.look.accent_style))
        if self._typing:
            left = line(left, "   / ", self._text, ("_", self.look.accent_style))
            return left, line(("enter keeps it, esc clears it ", self.look.dim_style))
        if self._text:
            left = line(left, (f"   / {self._text}", self.look.dim_style))
        return left, line((counted, self.look.dim_style))

    def panes(self) -> Iterable[Pane]:
        """Return list and card."""
        self.shelf.read_titles()
        yield self._pane("list", self._list_rows, active=True, marks=True)
        yield self._pane("card", self._card_rows)

    @property
    def active(self) -> Pane:
        """The list, or the card when its methods are being changed."""
        return self.query_one("#card" if self._in_card else "#list", Pane)

    def on_mount(self) -> None:
        """Read what takes longer, after the first paint."""
        self.call_after_refresh(self.shelf.read_presets)
        self.set_interval(REFRESH_LIVE, self._look_at_live_runs)

    def on_screen_resume(self) -> None:
        """A run may have been added meanwhile."""
        if self.shelf.drafts:
            self.shelf.list_runs()

    def _look_at_live_runs(self) -> None:
        if self.is_current and self.shelf.live:
            self.shelf.list_runs()

    # -- the list ----------------------------------------------------------------------------------------------------

    def _list_rows(self, width: int) -> list[Row]:
        look = self.look
        wanted = self._text.lower()
        shown = [e for e in self.shelf.entries if wanted in f"{e.title} {e.reference}".lower()]
        rows = [self._entry_row(entry, width) for entry in shown]
        if not rows:
            rows = [Row(line(("   no preset", look.dim_style)))]
        runs = [run for run in self.shelf.runs if wanted in f"{run.id} {run.title} {run.phase}".lower()]
        rows += [Row(line()), Row(line(("   RECENT RUNS", look.dim_style)))]
        if not runs:
            rows.append(Row(line(("   none yet" if not wanted else "   no run", look.dim_style))))
        return [*rows, *(self._run_row(run, width) for run in runs)]

    def _entry_row(self, entry: Entry, width: int) -> Row:
        look = self.look
        if entry.problem:
            right = line((f"{look.cross} {entry.problem} ", look.fore(look.bad)))
        elif entry.shipped:
            right = line()
        else:
            right = line(("./ ", look.dim_style))
        return Row(sides(line("   ", entry.title), right, width), ("preset", entry.path))

    def _run_row(self, run: RunEntry, width: int) -> Row:
        from ...render.numbers import count, score
        from .card import phase_mark

        mark, style = phase_mark(run.phase, self.look)
        going = run.phase in LIVE and run.planned_trials
        trials = f"{run.finished_trials}/{run.planned_trials}" if going else count(run.finished_trials)
        # in a narrow list the count matters while a run is going, the name ever after
        numbers = f"{trials:>7} {score(run.best):>7} " if going or width >= 40 else f"{score(run.best):>7} "
        name = _shortened(clean(run.id, 60), max(width - 6 - len(numbers), 6))
        return Row(line("   ", (mark, style), " ", name, " ", (numbers, self.look.dim_style)), ("run", run.id))

    # -- the card ----------------------------------------------------------------------------------------------------

    def _card_rows(self, width: int) -> list[Row]:
        from . import card

        width = min(width - 1, 96)
        look, kind, _ = self.look, *self._chosen()
        if kind == "run" and (run := self._run()) is not None:
            return card.run_rows(run, look, width)
        entry = self._entry()
        if entry is None:
            return []
        draft = self.shelf.drafts.get(entry.path)
        if isinstance(draft, str):
            return card.problem_rows(entry.title, draft, look, width)
        if draft is None:
            return [Row(line(entry.title))]
        past = [run for run in self.shelf.runs if run.preset == draft.preset.name]
        roomy = self.app.size.height >= 30
        data = self.shelf.cards.get(draft.preset.digest)
        rows = card.preset_rows(entry, draft, data, past, look, width, roomy=roomy)
        if self._problem:
            from ...render.lines import wrapped

            bad = look.fore(look.bad)
            rows += [Row(line()), *(Row(line((part, bad))) for part in wrapped(f"{look.cross} {self._problem}", width))]
        return rows

    def _chosen(self) -> tuple[str, Any]:
        chosen = self.query_one("#list", Pane).cursor
        if isinstance(chosen, tuple) and len(chosen) == 2:
            return str(chosen[0]), chosen[1]
        return "", None

    def _entry(self) -> Entry | None:
        kind, path = self._chosen()
        return next((entry for entry in self.shelf.entries if kind == "preset" and entry.path == path), None)

    def _run(self) -> RunEntry | None:
        kind, name = self._chosen()
        return next((run for run in self.shelf.runs if kind == "run" and run.id == name), None)

    def _draft(self) -> Draft | None:
        entry = self._entry()
        draft = self.shelf.drafts.get(entry.path) if entry else None
        return draft if isinstance(draft, Draft) else None

    def on_pane_moved(self, event: Pane.Moved) -> None:
        """Show the card of what the cursor came to."""
        if event.pane.id == "list":
            self._problem = ""
            self.query_one("#card", Pane).top = 0
            self.query_one("#card", Pane).restyle()
            self.shelf.read_data(self._draft())

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """A click chooses; on a method's box it switches it; a second click on the list starts or opens."""
        self._enter_card(event.pane.id == "card")
        if event.pane.id == "card" and event.x < 8:
            self.action_toggle_method()
        elif event.pane.id == "list" and event.again:
            self.action_start()

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_start(self) -> None:
        """Start the preset under the cursor as it is set up, or open the run."""
        if self._run() is not None:
            self.action_open_run()
            return
        draft = self._draft()
        if draft is None:
            return
        if not draft.on:
            self.host.say("No method is switched on.", "warning")
            return
        self._problem = ""
        self.host.say(f"Starting {draft.preset.title} …")
        self.host.start(draft.resolved, methods=draft.on, together=draft.together)

    def tell_problem(self, message: str) -> bool:
        """Say on the card why the run could not start."""
        self._problem = clean(message, 1500)
        self.query_one("#card", Pane).reload()
        return True

    def action_open_run(self) -> None:
        """Open the run under the cursor, or the latest one."""
        run = self._run() or (self.shelf.runs[0] if self.shelf.runs else None)
        if run is None:
            self.host.say("There is no run yet.")
            return
        from ....engine.record.run_folder import RunFolder

        self.host.open_run(RunFolder(run.path))

    def action_resume(self) -> None:
        """Go on with the run under the cursor."""
        run = self._run()
        if run is None or run.phase not in ("stopped", "interrupted"):
            self.host.say("Only a stopped or interrupted run can go on: put the cursor on one.")
            return
        from ....engine.record.run_folder import RunFolder

        self.host.say(f"Going on with {run.id} …")
        self.host.resume(RunFolder(run.path))

    def action_next_part(self) -> None:
        """Between the list and the methods of the card."""
        self._enter_card(not self._in_card)

    def _enter_card(self, enter: bool) -> None:
        enter = enter and self._draft() is not None
        if enter != self._in_card:
            self.active.set_active(False)
            self._in_card = enter
            self.active.set_active(True)

    def _method(self) -> str | None:
        chosen = self.query_one("#card", Pane).cursor
        return str(chosen[1]) if isinstance(chosen, tuple) and chosen[0] == "method" else None

    def action_toggle_method(self) -> None:
        """Switch the method under the cursor on or off."""
        self._change_method(lambda draft, name: draft.toggle(name))

    def action_more(self) -> None:
        """A larger budget."""
        self._change_budget(1)

    def action_less(self) -> None:
        """A smaller budget."""
        self._change_budget(-1)

    def _change_budget(self, direction: int) -> None:
        def change(draft: Draft, name: str) -> None:
            if not draft.change_budget(name, direction):
                self.host.say(f"{name} tries what the preset lists: it has no budget to change.")

        self._change_method(change)

    def _change_method(self, change: Any) -> None:
        draft, name = self._draft(), self._method()
        if draft is None or name is None:
            return
        if not self._in_card:
            # the first press shows which method it is about
            self._enter_card(True)
            return
        change(draft, name)
        self.query_one("#card", Pane).reload()

    def action_toggle_together(self) -> None:
        """Methods in turn, or all together."""
        if (draft := self._draft()) is not None:
            draft.together = not draft.together
            self.query_one("#card", Pane).reload()

    def action_reload(self) -> None:
        """Read presets and runs from disk again."""
        self._problem = ""
        self.shelf.read_titles()
        self.shelf.cards.clear()
        self.shelf.read_presets()

    def action_back(self) -> None:
        """Leave the methods, or clear the filter."""
        if self._in_card:
            self._enter_card(False)
        elif self._text:
            self._narrow("")

    # -- filter ------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Ask for a text that presets and runs must contain; it is typed at the head."""
        self._enter_card(False)
        self._typing = True
        self.query_one("#head", Pane).reload()

    def on_key(self, event: events.Key) -> None:
        """Take what is typed for the filter, from the very key that opens it, however fast the keys come."""
        if not self._typing and event.character != "/":
            return
        event.stop()
        event.prevent_default()
        if not self._typing:
            self.action_filter()
        elif event.key in ("enter", "escape"):
            self._typing = False
            self._narrow(self._text if event.key == "enter" else "")
        elif event.key in ("backspace", "ctrl+h"):
            self._narrow(self._text[:-1])
        elif event.key == "ctrl+u":
            self._narrow("")
        elif event.character is not None and event.is_printable:
            self._narrow(clean(self._text + event.character, 40) if event.character != " " else f"{self._text} ")

    def on_paste(self, event: events.Paste) -> None:
        """Take pasted text for the filter."""
        if self._typing:
            event.stop()
            self._narrow(clean(self._text + event.text, 40))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Allow nothing else while a filter is typed."""
        return not self._typing or None

    def _narrow(self, text: str) -> None:
        self._text = text
        self.query_one("#head", Pane).reload()
        chosen = self.query_one("#list", Pane)
        before = chosen.cursor
        chosen.restyle()
        if chosen.cursor != before:
            self.query_one("#card", Pane).restyle()
            self.shelf.read_data(self._draft())


def _shortened(name: str, width: int) -> str:
    """Return a run's name in so many cells; where it is cut, its number stays."""
    stem, dash, number = name.rpartition("-")
    if len(name) <= width or not dash or len(number) > width - 4:
        return fit(name, width)
    return f"{stem[: width - len(number) - 2]}…-{number}"
