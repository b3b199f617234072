"""The picker's list: presets and runs, narrowed by a text that is typed at the head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from ....engine.text import clean
from ...render.lines import fit
from ...render.look import Look
from ...widgets.pane import Row, line, sides
from .listing import LIVE
from .presets import Entry

if TYPE_CHECKING:
    from textual import events

    from ....engine.record.store import RunEntry

_LONGEST = 40
"""Characters of the text, at most."""


class ListFilter:
    """The text that what is listed must contain; `typing` while keys go into it."""

    def __init__(self) -> None:
        self.text = ""
        self.typing = False

    def shown(self, look: Look) -> Text:
        """Return it for the head; nothing where there is none."""
        if self.typing:
            return line("   / ", self.text, ("_", look.accent_style))
        return line((f"   / {self.text}", look.dim_style)) if self.text else line()

    def takes(self, event: events.Key) -> bool:
        """Take a key while it is typed; False where the key is another's."""
        if not self.typing:
            return False
        event.stop()
        event.prevent_default()
        if event.key in ("enter", "escape"):
            self.typing = False
            self.text = self.text if event.key == "enter" else ""
        elif event.key in ("backspace", "ctrl+h"):
            self.text = self.text[:-1]
        elif event.key == "ctrl+u":
            self.text = ""
        elif event.character == " ":
            self.text += " "
        elif event.character is not None and event.is_printable:
            self.text = clean(self.text + event.character, _LONGEST)
        return True

    def takes_pasted(self, event: events.Paste) -> bool:
        """Take pasted text while it is typed."""
        if self.typing:
            event.stop()
            self.text = clean(self.text + event.text, _LONGEST)
        return self.typing


def list_rows(
    entries: Sequence[Entry], runs: Sequence[RunEntry], text: str, look: Look, width: int, marked: Collection[str] = ()
) -> list[Row]:
    """Return the presets and runs that contain a text, whatever its case; `marked` are ids of runs."""
    wanted = text.lower()
    titles = Counter(one.title for one in entries)
    found = [one for one in entries if wanted in f"{one.title} {one.reference}".lower()]
    rows = [_entry_row(one, look, width, named=titles[one.title] > 1) for one in found]
    if not rows:
        rows = [Row(line(("   no preset", look.dim_style)))]
    shown = [run for run in runs if wanted in f"{run.id} {run.title} {run.phase}".lower()]
    rows += [Row(line()), Row(line(("   RECENT RUNS", look.dim_style)))]
    if not shown:
        rows.append(Row(line(("   none yet" if not wanted else "   no run", look.dim_style))))
    return [*rows, *(_run_row(run, look, width, marked=run.id in marked) for run in shown)]


def _entry_row(entry: Entry, look: Look, width: int, *, named: bool) -> Row:
    """Return a preset's line; `named`: others have its title, so that its file tells which it is."""
    if entry.problem:
        right = line((f"{look.cross} {entry.problem} ", look.fore(look.bad)))
    else:
        name = clean(entry.reference, 40) if named else ""
        right = line((f"{'' if entry.shipped else './'}{name} ".lstrip(), look.dim_style))
    return Row(sides(line("   ", entry.title), right, width), ("preset", entry.path))


def _run_row(run: RunEntry, look: Look, width: int, *, marked: bool) -> Row:
    from ...render.numbers import count, score

    mark, style = look.phase_mark(run.phase)
    going = run.phase in LIVE and run.planned_trials
    trials = f"{run.finished_trials}/{run.planned_trials}" if going else count(run.finished_trials)
    # in a narrow list the count matters while a run is going, the name ever after
    numbers = f"{trials:>7} {score(run.best):>7} " if going or width >= 40 else f"{score(run.best):>7} "
    name = _shortened(clean(run.id, 60), max(width - 6 - len(numbers), 6))
    chosen = (f"  {look.glyph('◆')}", look.accent_style) if marked else "   "
    return Row(line(chosen, (mark, style), " ", name, " ", (numbers, look.dim_style)), ("run", run.id))


def _shortened(name: str, width: int) -> str:
    """Return a run's name in so many cells; where it is cut, its number stays."""
    stem, dash, number = name.rpartition("-")
    if len(name) <= width or not dash or len(number) > width - 4:
        return fit(name, width)
    return f"{stem[: width - len(number) - 2]}…-{number}"
