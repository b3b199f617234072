"""What `tunetop watch` alone offers on its screen: what is found here, and the runs that searches have become."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...engine.record.run_folder import RunFolder
from ...engine.record.store import RunEntry, Store, run_entry
from ...engine.sources.find import source_of
from ...engine.sources.here import MOST, Found, found_here, studies_in
from ..screens.host import Host
from ..screens.watch_picker import Choice
from ..sessions.source import SourceSession

LIVE = ("running", "paused", "stopping")


def choices(place: Path, source: str | None, store: Store, options: dict[str, Any]) -> Callable[[], list[Choice]]:
    """Return what finds the choices: all there is in a folder and among the runs, or the studies of one file.

    `source` is what was typed for the file; `options` are those of `source_of`.
    """

    def of_source(one: Found) -> Choice:
        def show(host: Host) -> None:
            host.sessions.open_run(SourceSession(lambda: source_of(one.source, study=one.study, **options)))

        return Choice(one.source, one.kind, one.what, one.live, one.changed, show)

    def find() -> list[Choice]:
        if source is not None:
            return [of_source(one) for one in studies_in(place, source)]
        # runs that other programs' searches have become have no preset
        watched = [entry for entry in map(run_entry, store.list()[:MOST]) if not entry.preset]
        return [*map(of_source, found_here(place)), *map(_of_run, watched)]

    return find


def _of_run(entry: RunEntry) -> Choice:
    folder = RunFolder(entry.path)
    what = f"{entry.title} ({entry.finished_trials} trials, {entry.phase})"
    ended = (entry.started_at or 0.0) + entry.seconds
    return Choice(
        entry.id, "watched run", what, entry.phase in LIVE, ended, lambda host: host.sessions.open_run(folder)
    )
