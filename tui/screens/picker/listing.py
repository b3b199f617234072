"""What the picker has to offer: presets, what their data holds, and past runs, read in threads as it becomes needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ....engine.errors import UsageError, told
from ....engine.text import clean
from .presets import Draft, Entry, entries

if TYPE_CHECKING:
    from ....engine.problem.problem import Card
    from ....engine.record.store import RunEntry
    from ..host import Host

MOST_RUNS = 100
"""Runs in the list, at most: the newest."""

LIVE = ("new", "running", "paused", "stopping")


class Listing:
    """Presets and runs. `changed` is called, in the thread that draws, when more is known."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self.entries: list[Entry] = []
        self.runs: list[RunEntry] = []
        self.runs_total = 0
        self.drafts: dict[Path, Draft | str] = {}
        """Parsed presets by file, or the whole message of what is wrong with one."""
        self.cards: dict[str, Card | str] = {}
        """What is known of presets' data, by digest, or why it cannot be read."""
        self.reading = False
        """True while runs are being summed up."""
        self._host = host
        self._changed = changed
        self._reading_data = False
        self._wanted: Draft | None = None
        self._table: Path | None = None
        """The table that is wanted first."""

    @property
    def live(self) -> bool:
        """True if one of the runs is going."""
        return any(run.phase in LIVE for run in self.runs)

    @property
    def counted(self) -> str:
        """How many presets, tables and runs there are, in words."""
        tables = sum(entry.table for entry in self.entries)
        numbers = {"preset": len(self.entries) - tables, "table": tables, "run": self.runs_total}
        parts = [
            f"{number} {what}{'s' * (number != 1)}" for what, number in numbers.items() if number or what != "table"
        ]
        return "  ".join(parts)

    def read_titles(self) -> None:
        """Read what can be read at once: the presets' titles."""
        self.entries = entries(self._host.presets_folder)

    def read_anew(self) -> None:
        """Read presets and runs from disk again."""
        self.read_titles()
        self.cards.clear()
        self.read_presets()

    def read_presets(self) -> None:
        """Parse all presets, then sum up the runs."""
        wanted = [entry for entry in self.entries if not entry.table]
        tables = [entry for entry in self.entries if entry.table]

        def work() -> dict[Path, Draft | str]:
            return {entry.path: _opened(entry) for entry in wanted}

        def then(drafts: dict[Path, Draft | str]) -> None:
            self._presets_read(drafts)
            self._read_tables(tables)

        self._host.background.start(work, then, self._not_read, "presets")

    def _read_tables(self, tables: list[Entry]) -> None:
        """Make presets of tables, one after the other, since that takes longer than to read presets; see `want`."""
        if not tables:
            return
        entry = next((one for one in tables if one.path == self._table), tables[0])

        def then(draft: Draft | str) -> None:
            self.drafts[entry.path] = draft
            entry.problem = entry.problem or ("broken" if isinstance(draft, str) else "")
            self._changed()
            self._read_tables([one for one in tables if one is not entry])

        self._host.background.start(lambda: _opened(entry), then, self._not_read, "tables")

    def draft_of(self, entry: Entry | None) -> Draft | None:
        """Return an entry's preset, None where it is not read yet, or has something wrong with it."""
        draft = self.drafts.get(entry.path) if entry is not None else None
        return draft if isinstance(draft, Draft) else None

    def want(self, entry: Entry | None) -> None:
        """Take the table that the cursor is on as the next one to be read."""
        self._table = entry.path if entry is not None else None

    def _presets_read(self, drafts: dict[Path, Draft | str]) -> None:
        for entry in self.entries:
            found = drafts.get(entry.path)
            if isinstance(found, Draft):
                entry.title = found.preset.title
            elif found is not None and not entry.problem:
                entry.problem = "broken"
        self.drafts = drafts
        self._changed()
        self.list_runs()

    def _not_read(self, error: Exception) -> None:
        self.reading = False
        self._host.say(f"Not read: {error}", "error")

    def list_runs(self) -> None:
        """Sum up the newest runs, unless that is going on already."""
        if self.reading:
            return
        self.reading = True

        def work() -> tuple[int, list[RunEntry]]:
            from ....engine.record.store import run_entry

            folders = self._host.store.list()
            return len(folders), [run_entry(folder) for folder in folders[:MOST_RUNS]]

        self._host.background.start(work, self._runs_listed, self._not_read, "runs")

    def _runs_listed(self, found: tuple[int, list[RunEntry]]) -> None:
        self.reading = False
        if found != (self.runs_total, self.runs):
            self.runs_total, self.runs = found
            self._changed()

    def read_data(self, draft: Draft | None) -> None:
        """Read a preset's data, one preset at a time: of those asked for meanwhile only the last one follows."""
        self._wanted = draft
        if draft is None or self._reading_data or draft.preset.digest in self.cards:
            return
        self._reading_data = True
        preset, options, digest = draft.preset, self._host.options, draft.preset.digest

        def work() -> Card:
            from ....engine.problem.problem import load_problem

            return (load_problem(preset, options.allowed) if options else load_problem(preset)).card

        def then(card: Card | str) -> None:
            self._reading_data = False
            self.cards[digest] = card
            self._changed()
            self.read_data(self._wanted)

        self._host.background.start(work, then, lambda error: then(clean(error, 600)), "data")


def _opened(entry: Entry) -> Draft | str:
    try:
        return entry.open()
    except UsageError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever a table holds, the others are still to be read
        return told(error)
