"""The base of readers of Optuna's storages: trials as they stand become records, each change once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from ..errors import UsageError
from ..events import AnyEvent, AxesKnown, MethodStarted, Record, StepsReported, TrialStarted, TrialWaiting
from ..record.lines import VERSION
from ..text import clean
from .optuna_write import StudyWriter
from .points import Labels
from .study import METHOD, StudyAxes, StudyFacts, StudyTrial, finished, header_of, signed_steps


class StudyEntry(msgspec.Struct, frozen=True):
    """One study of a storage, for a list: its key there, name, and numbers of trials."""

    key: int
    name: str
    trials: int
    finished: int


class StudyNotFound(UsageError):
    """No study, or more than one, goes by the name that was asked for; the message says which there are."""


def chosen(entries: Sequence[StudyEntry], name: str | None, place: str) -> StudyEntry:
    """Return the study of that name, or the only one. Raises StudyNotFound, with what there is."""
    names = ", ".join(clean(entry.name, 60) for entry in entries[:12]) + (" …" if len(entries) > 12 else "")
    if name is not None:
        found = [entry for entry in entries if entry.name == name]
        if not found:
            there = f"there are {names}" if entries else "it holds none"
            raise StudyNotFound(f"--study: found {clean(name, 60)!r}, which is no study of {place}: {there}")
        return found[0]
    if not entries:
        raise StudyNotFound(f"{place} holds no study yet")
    if len(entries) > 1:
        raise StudyNotFound(f"{place} holds {len(entries)} studies: name one with --study: {names}")
    return entries[0]


class _Known:
    """What was told of a trial that is not through."""

    __slots__ = ("heard", "params", "steps")

    def __init__(self) -> None:
        self.params = -1
        self.steps: dict[int, float] = {}
        self.heard = 0.0


class StudySource:
    """One study as a source, of which a subclass reads the trials; `source` says where from, for people."""

    def __init__(
        self,
        place: str,
        entry: StudyEntry,
        writer: StudyWriter,
        source: str,
        note: str,
        planned: int | None,
        direction: Literal["minimize", "maximize"] | None,
    ) -> None:
        self.id = f"{place}: {clean(entry.name, 80)}"
        self.alive: bool | None = None
        self.behind = True
        self.writer = writer
        self.trouble = self.damage = ""
        self.restarts = 0
        self._study: int | None = entry.key
        self._name = entry.name
        self._teller = StudyTeller(entry.name, source, planned, [note], direction)

    def _restart(self) -> None:
        """Hold what was told for void."""
        self._teller.restart()
        self.restarts += 1


class StudyTeller:
    """Makes records of a study from its trials as they are read, again and again."""

    def __init__(
        self,
        name: str,
        source: str,
        planned: int | None,
        notes: Sequence[str] = (),
        direction: Literal["minimize", "maximize"] | None = None,
    ) -> None:
        """`direction` is which way the leading objective counts, whatever the study says."""
        self.labels = Labels()
        self.axes = StudyAxes(self.labels)
        self.facts: StudyFacts | None = None
        self.done: set[int] = set()
        """Numbers of the trials that are through, and told as such."""
        self._name, self._source, self._planned, self._notes = clean(name, 100), source, planned, list(notes)
        self._direction: Literal["minimize", "maximize"] | None = direction
        self._open: dict[int, _Known] = {}
        self._queued: set[int] = set()
        self._next = 0
        self._begun = False
        self._last = 0.0

    def restart(self) -> None:
        """Begin anew: what was told is void."""
        self.__init__(self._name, self._source, self._planned, self._notes, self._direction)

    def is_other(self, facts: StudyFacts) -> bool:
        """Tell whether a study is another one than was told of: metrics may be named after it was made."""
        return self.facts is not None and facts != self.facts

    def tell(self, trials: Sequence[StudyTrial], facts: StudyFacts, axes_grown: bool) -> list[Record]:
        """Return the records for what is new in these trials, in the order in which it happened."""
        self.facts = facts
        facts, note = self._turned(facts)
        records: list[Record] = []
        news: list[tuple[float, AnyEvent]] = []
        # since when a trial waits Optuna does not keep: what is there at the first look came before it
        now = max((t.ended or t.started or 0.0 for t in trials), default=0.0) if not self._begun else 0.0
        now = now or time.time()
        for trial in trials:
            news += self._of(trial, facts) if trial.state != "WAITING" else self._queue(trial, now)
        news.sort(key=lambda one: one[0])
        if not self._begun:
            self._begun = True
            begun = min((t.started for t in trials if t.started is not None), default=None)
            at = begun if begun is not None else time.time()
            header = header_of(
                facts,
                run=self._name,
                source=self._source,
                axes=self.axes.axes,
                planned=self._planned,
                notes=[*self._notes, *note],
            )
            records += [self._record(at, header), self._record(at, MethodStarted(method=METHOD))]
        elif axes_grown:
            records.append(self._record(news[0][0] if news else time.time(), AxesKnown(axes=self.axes.axes)))
        records += [self._record(at, event) for at, event in news]
        return records

    def _turned(self, facts: StudyFacts) -> tuple[StudyFacts, list[str]]:
        """Return the facts with the direction that was asked for, and what is to be known of that."""
        way = self._direction
        if way is None or facts.directions[0] == way:
            return facts, []
        turned = msgspec.structs.replace(facts, directions=[way, *facts.directions[1:]])
        return turned, [f"The study itself says {facts.directions[0]}; --direction {way} is shown."]

    def _record(self, at: float, event: AnyEvent) -> Record:
        number, self._next = self._next, self._next + 1
        self._last = max(self._last, at)
        return Record(v=VERSION, n=number, t=at, event=event)

    def _queue(self, trial: StudyTrial, now: float) -> list[tuple[float, AnyEvent]]:
        if trial.number in self._queued:
            return []
        self._queued.add(trial.number)
        return [(now, TrialWaiting(method=METHOD, number=trial.number, params=trial.params))]

    def _of(self, trial: StudyTrial, facts: StudyFacts) -> list[tuple[float, AnyEvent]]:
        if trial.number in self.done:
            return []
        self._queued.discard(trial.number)
        if trial.state != "RUNNING":
            self.done.add(trial.number)
            self._open.pop(trial.number, None)
            return [(trial.ended or trial.started or self._last, finished(trial, facts))]
        known = self._open.setdefault(trial.number, _Known())
        began = trial.started or self._last
        events: list[tuple[float, AnyEvent]] = []
        if len(trial.params) != known.params:
            known.params = len(trial.params)
            events.append((began, TrialStarted(method=METHOD, number=trial.number, params=trial.params)))
        reported = dict(signed_steps(trial.steps, facts))
        fresh = [(step, value) for step, value in reported.items() if known.steps.get(step) != value]
        if fresh:
            known.steps = reported
            now = max(time.time(), began)
            events.append((now, StepsReported(method=METHOD, number=trial.number, steps=fresh)))
        if trial.heard is not None and trial.heard > known.heard:
            known.heard = trial.heard
            events.append((max(trial.heard, began), StepsReported(method=METHOD, number=trial.number, steps=[])))
        return events
