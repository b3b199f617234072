"""Runs on disk for tests: folders with a journal of a few made events."""

from __future__ import annotations

import msgspec
from made_journal import HEADER
from tunetop.engine.events import AnyEvent, MethodPlan, RunStarted, TrialFinished
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.run_folder import RunFolder

BASELINE = [MethodPlan("baseline", "baseline", "Baseline", 1), MethodPlan("random", "random", "Random", 3)]


def header(run: str = "demo-1") -> RunStarted:
    return msgspec.structs.replace(HEADER, run=run, folds=2, methods=BASELINE)


def trial(method: str, number: int, *scores: float) -> TrialFinished:
    state = "done" if scores else "failed"
    error = "" if scores else "no convergence"
    return TrialFinished(method=method, number=number, params={}, state=state, scores=list(scores), error=error)


FOUR_TRIALS: list[AnyEvent] = [
    trial("baseline", 0, 0.8, 0.8),
    trial("random", 0, 0.7, 0.9),
    trial("random", 1, 0.9, 0.9),
    trial("random", 2),
]


def write(folder: RunFolder, events: list[AnyEvent], at: float = 1000.0) -> None:
    """Append events, the first of them at the time `at`, each a second after the one before."""
    times = iter(range(100))
    clock = lambda: at + next(times)  # noqa: E731
    journal = Journal.open(folder.journal, clock=clock) if folder.journal.exists() else None
    journal = journal or Journal.create(folder.journal, clock=clock)
    for event in events:
        journal.append(event)
    journal.close()
