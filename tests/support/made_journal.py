"""Journals for tests: a short run's events, and what they are written with."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import pytest
from tunetop.engine.events import (
    AnyEvent,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Record,
    RunFinished,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.record.journal import Disk, Journal

os_pread = os.pread

HEADER = RunStarted(
    run="demo-1",
    preset="demo",
    title="Demo",
    digest="d" * 64,
    fingerprint="f" * 64,
    task="classification",
    estimator="sklearn.linear_model.LogisticRegression",
    scoring="accuracy",
    folds=5,
    train_rows=80,
    test_rows=20,
    features=4,
    workers=2,
    axes=[],
    methods=[MethodPlan("random", "random", "Random", 14)],
)


def started(number: int) -> TrialStarted:
    return TrialStarted(method="random", number=number, params={"alpha": 0.1 / (number + 1), "penalty": "l1"})


def finished(number: int) -> TrialFinished:
    scores = [0.9 + fold / 100 + number / 10_000 for fold in range(5)]
    return TrialFinished(
        method="random",
        number=number,
        params={"alpha": 0.1 / (number + 1), "penalty": "l1"},
        state="done",
        scores=scores,
        fit_seconds=[0.125 + fold / 1000 for fold in range(5)],
        score_seconds=[0.001] * 5,
        warnings={"lbfgs failed to converge": 2} if number % 3 == 0 else {},
    )


def sixty_events() -> list[AnyEvent]:
    events = life_of(14)
    assert len(events) == 60
    return events


def life_of(trials: int) -> list[AnyEvent]:
    """Return what a journal says of a method with so many trials, from its beginning to its end."""
    events: list[AnyEvent] = [HEADER, MethodStarted(method="random")]
    for number in range(trials):
        events += [started(number), FoldStarted(method="random", number=number, folds=[0, 1])]
        events += [
            FoldFinished(method="random", number=number, fold=0, score=0.5, fit_seconds=0.1, score_seconds=0.01),
            finished(number),
        ]
    events += [MethodFinished(method="random", state="done", best=3, test_score=0.95), RunFinished(state="done")]
    return events


def write(path: Path, events: list[AnyEvent]) -> list[Record]:
    journal = Journal.create(path)
    records = [journal.append(event) for event in events]
    journal.close()
    return records


def put(path: Path, data: bytes) -> None:
    """Replace a file's content in place; truncating it to nothing first would wait for the disk each time."""
    with path.open("r+b" if path.exists() else "wb", buffering=0) as file:
        file.write(data)
        file.truncate()


class NoSync(Disk):
    """A disk on which thousands of journals are written for their contents alone."""

    def sync(self, fd: int) -> None:
        pass


def fail_once(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the `at`-th read of any file fail, as a network's file system does now and then."""
    calls = itertools.count(1)

    def read(fd: int, size: int, position: int) -> bytes:
        if next(calls) == at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return os_pread(fd, size, position)

    monkeypatch.setattr(os, "pread", read)
