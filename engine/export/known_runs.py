"""Runs from their folders as they are compared: with their presets, where those are still there."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..record.run_folder import RunFolder, header, load_state, preset_text
from ..record.store import Store
from ..text import clean
from ..verdict.side_by_side import Known

MOST = 1000
"""Runs on a leaderboard, at most: the newest."""


def known_run(folder: RunFolder) -> Known:
    """Return a run; raise `UsageError` where nothing is known of it yet."""
    state, _ = load_state(folder)
    if state.info is None:
        raise UsageError(f"{clean(folder.id)}: nothing is known of this run yet")
    return Known(folder.id, state, _document(folder))


def _document(folder: RunFolder) -> dict[str, Any] | None:
    try:
        return tomllib.loads(preset_text(folder).removeprefix("\ufeff")) or None
    except (ValueError, RecursionError):
        return None  # it is compared without


def runs_on_the_data_of(run: Known, store: Store) -> list[Known]:
    """Return the runs in the runs folder whose data and scorer are a run's own, itself among them.

    Raises `UsageError` for a search of another program that did not tell of its data.
    """
    info = run.state.info
    assert info is not None
    if not info.fingerprint:
        raise UsageError(
            f"{clean(run.name)}: nobody knows on which data this search is; name the runs to compare it with"
        )
    folders: Sequence[RunFolder] = store.list()[:MOST]
    found = []
    for folder in folders:
        first = header(folder)
        alike = first is not None and (first.fingerprint, first.scoring) == (info.fingerprint, info.scoring)
        if alike and first is not None and first.metric == info.metric:
            found.append(known_run(folder))
    return found if run.name in {one.name for one in found} else [*found, run]
