"""What there is to watch: studies, experiments and watched runs, those that somebody is at work on marked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from ...engine.errors import TunetopError, told
from ...engine.text import clean
from ..render.lines import fit, width_of
from ..render.numbers import age
from ..widgets.pane import Pane, Row, line
from .base import PaneScreen
from .host import Host

EVERY = 3.0
"""Seconds between two looks at what there is."""


@dataclass(frozen=True)
class Choice:
    """One thing to watch; texts as they come, `changed` in seconds since the epoch. `open` shows it."""

    name: str
    kind: str
    what: str
    live: bool
    changed: float
    open: Callable[[Host], None]


class WatchPickerScreen(PaneScreen[None], where="watch"):
    """Lists what `find` returns, which is asked again and again in a thread."""

    has_cursor = True

    def __init__(self, host: Host, find: Callable[[], Sequence[Choice]]) -> None:
        super().__init__(host)
        self._find = find
        self._looking = False
        self._found: list[Choice] | None = None

    def head(self) -> tuple[Text, Text]:
        """Return the title, and how many there are."""
        found = self._found
        live = sum(choice.live for choice in found or ())
        count = "looking …" if found is None else f"{len(found)} found, {live} live"
        return line((" What to watch", Style(bold=True))), line((count + " ", self.look.dim_style))

    def on_mount(self) -> None:
        """Look for what there is, now and again."""
        self._look()
        self.set_interval(EVERY, self._look)

    def _look(self) -> None:
        if self._looking or not self.is_current:
            return
        self._looking = True
        self.host.background.start(self._find, self._take, self._not_found, "watch")

    def _take(self, found: Sequence[Choice]) -> None:
        self._looking = False
        self._found = sorted(found, key=lambda choice: (not choice.live, -choice.changed))
        if self.is_mounted:
            self.reload()

    def _not_found(self, error: Exception) -> None:
        self._looking = False
        self.host.say(f"Not found out: {told(error)}", "error")

    def _rows(self, width: int) -> list[Row]:
        look, found = self.look, self._found
        if not found:
            words = "Looking for studies and experiments …" if found is None else NOTHING
            return [Row(line()), *(Row(line(f"   {part}")) for part in words.split("\n"))]
        names = min(max(width_of(clean(choice.name, 60)) for choice in found), max(width // 3, 12))
        kinds = min(max(width_of(clean(choice.kind, 30)) for choice in found), 18)
        rows: list[Row] = []
        for choice in found:
            mark = (look.dot, look.fore(look.good)) if choice.live else " "
            ago = age(time.time() - choice.changed) if choice.changed else ""
            room = max(width - names - kinds - 21, 8)
            cells = (fit(clean(choice.name, 60), names), (fit(clean(choice.kind, 30), kinds), look.dim_style))
            what = fit(clean(choice.what, 200), room)
            when = (fit(ago, 10, "right"), look.dim_style)
            text = line("   ", mark, " ", cells[0], "  ", cells[1], "  ", what, "  ", when, width=width)
            # a study keeps its place under the cursor while its numbers move
            rows.append(Row(text, (choice.name, choice.kind, choice.what.partition(" (")[0])))
        return rows

    def action_open(self) -> None:
        """Watch what is under the cursor."""
        cursor = self.active.cursor
        keys = [row.key for row in self.active.rows]
        if self._found and cursor in keys:
            try:
                self._found[keys.index(cursor)].open(self.host)
            except (TunetopError, OSError) as error:
                self.host.say(told(error), "error")

    def action_look_again(self) -> None:
        self._look()

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Watch what is clicked twice."""
        if event.again:
            self.action_open()


NOTHING = (
    "There is nothing to watch here.\n\n"
    "tunetop watch -- python train.py   a program's scikit-learn and Optuna searches\n"
    "tunetop watch FILE                 an Optuna study: SQLite or journal file\n"
    "tunetop watch EXPERIMENT           a Ray Tune experiment, by name or folder"
)
