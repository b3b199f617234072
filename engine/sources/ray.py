"""A Ray Tune experiment, live or finished, read from its files: iterations as steps, errors with their reason.

Ray keeps no direction unless it was told one, and a killed driver leaves its trials running for ever: what is guessed
is called a guess, and the driver's process tells whether anybody still goes on.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..events import (
    AnyEvent,
    AxesKnown,
    MethodExtended,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Record,
    RunFinished,
    RunResumed,
    StepsReported,
    TrialFinished,
    TrialStarted,
)
from ..record.lines import VERSION
from ..text import clean, clean_block
from .header import watched_header
from .points import GrowingAxes, Labels
from .ray_files import (
    Experiment,
    TrialRow,
    error_of,
    find_experiment,
    lives,
    made_at,
    numbers_of,
    parsed,
    point_of,
    read_json,
    state_of,
    trial_of,
)
from .ray_metric import leading

__all__ = ["METHOD", "RayExperiment", "find_experiment"]

METHOD = "tune"

_LISTED = 0.1
"""Seconds between two looks for new trials."""
_MOST_METRICS = 20
_BLOCK = 4 << 20


class _Trial:
    """One trial as its folder tells of it."""

    def __init__(self, number: int, name: str) -> None:
        self.number, self.name = number, name
        self.folders: list[Path] = []
        self.params: Any = None
        self.position = 0
        self.reports: list[tuple[int, float]] = []
        self.told = 0
        self.last: dict[str, float] = {}
        self.iterations = 0
        self.seconds = 0.0
        self.started: float | None = None
        self.ended: float | None = None
        self.announced = self.over = self.done = False


class RayExperiment:
    """One experiment, as a source."""

    def __init__(
        self, experiment: Experiment, *, metric: str | None = None, mode: str | None = None, planned: int | None = None
    ) -> None:
        """Look into the experiment. Raises UsageError for a mode that is none."""
        if mode not in (None, "min", "max"):
            raise UsageError(f"--mode: found {clean(mode, 40)!r}; allowed: min, max")
        self.id = clean(experiment.name, 80)
        self.behind = True
        self.writer = None
        self.trouble = ""
        self.damage = ""
        self.restarts = 0
        self.metrics: list[str] = []
        """The metrics that trials report, in order."""
        self._experiment, self._metric, self._mode, self._planned = experiment, metric, mode, planned
        self._labels = Labels()
        self._axes = GrowingAxes()
        self._trials: dict[str, _Trial] = {}
        self._next, self._last = 0, 0.0
        self._begun = self._ended = self._grown = False
        self._listed, self._state_time = -_LISTED, -1.0
        self._rows: list[TrialRow] = []
        self._told_plan: int | None = None
        self._pending: list[tuple[_Trial, int, dict[str, float]]] = []
        """Reports that wait for it to be known which of their numbers leads."""

    @property
    def alive(self) -> bool | None:
        """Whether the driver still lives; None where its session is not on this machine."""
        driver = self._experiment.driver
        return lives(driver) if driver is not None else None

    def close(self) -> None:
        """Let go of the files: none is held open."""

    def poll(self, patience: float) -> list[Record]:
        """Return what is new, reading for about so many seconds at most."""
        until = time.monotonic() + patience
        try:
            self._look()
            self.trouble = ""
            return self._read(until)
        except OSError as error:
            self.trouble = f"cannot be read: {clean(error.strerror or error)}"
            return []

    # -- reading -----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Know the trials that there are: their folders, and what the state file says."""
        now = time.monotonic()
        if now - self._listed < _LISTED:
            return
        self._listed = now
        for folder in self._experiment.folders:
            if folder.is_dir():
                for entry in os.scandir(folder):
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                        self._know(entry.name, folder / entry.name)
        changed, runner, rows = self._state()
        if not changed:
            return
        self._rows = rows
        if self._metric is None and isinstance(runner.get("_metric"), str):
            self._metric = runner["_metric"]
        for row in rows:
            name = os.path.basename(row.folder.rstrip("/"))
            trial = self._trials.get(name)
            if trial is not None:
                trial.params = trial.params or row.params
                trial.started = row.started if row.started is not None else trial.started

    def _state(self) -> tuple[bool, dict[str, Any], list[TrialRow]]:
        newest = max(
            (p.stat().st_mtime for f in self._experiment.folders for p in f.glob("experiment_state-*.json")),
            default=0.0,
        )
        if newest == self._state_time:
            return False, {}, []
        at, runner, rows = state_of(self._experiment.folders)
        if not rows and self._rows:
            # caught while it is being written
            return False, {}, []
        self._state_time = at
        return True, runner, rows

    def _know(self, name: str, folder: Path) -> None:
        trial = self._trials.get(name)
        if trial is None:
            found = trial_of(name)
            if found is None and not (folder / "params.json").exists():
                return
            taken = {one.number for one in self._trials.values()}
            number = found[1] if found is not None else len(taken)
            while number in taken:
                number += 1
            trial = self._trials[name] = _Trial(number, name)
        if folder not in trial.folders:
            trial.folders.append(folder)

    def _read(self, until: float) -> list[Record]:
        news: list[tuple[float, AnyEvent]] = []
        self.behind = False
        for trial in list(self._trials.values()):
            if not trial.over:
                self._reports_of(trial)
            if time.monotonic() >= until:
                self.behind = True
                break
        if not self._begun and not self._may_begin():
            return []
        records = [] if self._begun else self._begin()
        for trial in self._trials.values():
            if not trial.over:
                news += self._of(trial)
        news += self._plan_and_end()
        news.sort(key=lambda one: one[0])
        if self._grown:
            self._grown = False
            records.append(self._record(self._last, AxesKnown(axes=self._axes.axes)))
        return [*records, *(self._record(at, event) for at, event in news)]

    def _reports_of(self, trial: _Trial) -> None:
        if trial.params is None:
            found = (read_json(folder / "params.json") for folder in trial.folders)
            trial.params = next((one for one in found if isinstance(one, Mapping)), None)
        for folder in trial.folders:
            file = folder / "result.json"
            try:
                size = file.stat().st_size
            except FileNotFoundError:
                continue
            if size > trial.position:
                self._lines_of(trial, file)
            return

    def _lines_of(self, trial: _Trial, file: Path) -> None:
        with open(file, "rb") as stream:
            stream.seek(trial.position)
            data = stream.read(_BLOCK)
        whole = data[: data.rfind(b"\n") + 1]
        if len(data) == _BLOCK:
            self.behind = True
        trial.position += len(whole)
        for line in whole.splitlines():
            report = parsed(line)
            if isinstance(report, Mapping):
                self._take(trial, report)

    def _take(self, trial: _Trial, report: Mapping[str, Any]) -> None:
        numbers = numbers_of(report)
        for name in numbers:
            if name not in self.metrics and len(self.metrics) < _MOST_METRICS:
                self.metrics.append(name)
        iteration = report.get("training_iteration")
        trial.iterations = iteration if isinstance(iteration, int) else trial.iterations + 1
        trial.last.update(numbers)
        trial.done = report.get("done") is True
        seconds, at = report.get("time_total_s"), report.get("timestamp")
        trial.seconds = float(seconds) if isinstance(seconds, int | float) and seconds >= 0 else trial.seconds
        if isinstance(at, int | float) and 0 <= at < 2e11:
            trial.ended = float(at)
        trial.reports.append((trial.iterations, math.nan))
        self._pending.append((trial, len(trial.reports) - 1, numbers))

    # -- telling -----------------------------------------------------------------------------------------------------

    def _may_begin(self) -> bool:
        """Tell whether it is known what the experiment measures, or that it will never be."""
        return bool(self._trials) and (
            self._metric is not None or bool(self.metrics) or self.alive is False or self._all_over()
        )

    def _begin(self) -> list[Record]:
        self._begun = True
        lead = leading(self.metrics, self._metric, self._mode, "--metric NAME --mode MODE")
        self._metric, self._mode = lead.name, "min" if lead.way == "minimize" else "max"
        notes = ["Read from the experiment's files; from outside it can be neither stopped nor paused.", *lead.notes]
        header = watched_header(
            self.id,
            scoring=lead.objective.name,
            axes=self._axes.axes,
            methods=[MethodPlan(METHOD, METHOD, "Ray Tune", self._planned)],
            notes=notes,
            pid=self._experiment.driver or 0,
            source="Ray Tune, its files",
            objectives=[lead.objective],
        )
        at = min((trial.started for trial in self._trials.values() if trial.started), default=time.time())
        return [self._record(at, header), self._record(at, MethodStarted(method=METHOD))]

    @property
    def _sign(self) -> float:
        return -1.0 if self._mode == "min" else 1.0

    def _of(self, trial: _Trial) -> list[tuple[float, AnyEvent]]:
        events: list[tuple[float, AnyEvent]] = []
        if not trial.announced and trial.params is not None:
            trial.announced = True
            point = point_of(trial.params, self._labels)
            at = trial.started or made_at(trial.folders[0])
            trial.started = at
            self._grown = self._axes.take(point) or self._grown
            events.append((at, TrialStarted(method=METHOD, number=trial.number, params=point)))
        steps = self._steps_of(trial)
        failure, ended = next((e for f in trial.folders if (e := error_of(f))), None), self._has_ended(trial)
        if failure is not None or ended:
            trial.over = True
            return [*events, (self._when(trial), self._finished(trial, failure))]
        if len(steps) > trial.told and trial.announced:
            fresh, trial.told = steps[trial.told :], len(steps)
            events.append((self._when(trial), StepsReported(method=METHOD, number=trial.number, steps=fresh)))
        return events

    def _when(self, trial: _Trial) -> float:
        """Return when a trial last told something; clocks of other machines may say that this was before its start."""
        return max(trial.ended or self._last or time.time(), trial.started or 0.0)

    def _steps_of(self, trial: _Trial) -> list[tuple[int, float]]:
        if self._pending and self._metric is not None:
            for one, place, numbers in self._pending:
                value = numbers.get(self._metric, math.nan)
                one.reports[place] = (one.reports[place][0], self._sign * value)
            self._pending.clear()
        return [(step, value) for step, value in trial.reports if math.isfinite(value)]

    def _has_ended(self, trial: _Trial) -> bool:
        status = next((r.status for r in self._rows if os.path.basename(r.folder.rstrip("/")) == trial.name), "")
        return trial.done or status in ("TERMINATED", "ERROR")

    def _finished(self, trial: _Trial, failure: tuple[str, str] | None) -> TrialFinished:
        steps = self._steps_of(trial)
        longest = max(one.iterations for one in self._trials.values())
        attributes: dict[str, Any] = {"iterations": trial.iterations}
        if failure is None and trial.iterations < longest:
            attributes["stopped early?"] = True
        common: dict[str, Any] = {
            "method": METHOD,
            "number": trial.number,
            "params": point_of(trial.params or {}, self._labels),
            "fit_seconds": [trial.seconds],
            "steps": steps,
            "attributes": attributes,
        }
        score = trial.last.get(self._metric or "")
        if failure is not None:
            return TrialFinished(state="failed", error=failure[0], details=clean_block(failure[1], 6000), **common)
        if not trial.reports:
            # the experiment ended before it came to this one
            return TrialFinished(state="raced", **common)
        if score is None or not math.isfinite(score):
            return TrialFinished(state="failed", error=f"it reported no finite {self._metric}", **common)
        others = {name: [value] for name, value in trial.last.items() if name != self._metric and math.isfinite(value)}
        kept = dict(list(others.items())[:_MOST_METRICS])
        return TrialFinished(state="done", scores=[self._sign * score], others=kept, **common)

    def _all_over(self) -> bool:
        rows = {row.status for row in self._rows}
        return bool(self._rows) and rows <= {"TERMINATED", "ERROR"} and len(self._rows) >= len(self._trials)

    def _plan_and_end(self) -> list[tuple[float, AnyEvent]]:
        now = max(time.time(), self._last)
        events: list[tuple[float, AnyEvent]] = []
        waiting = sum(row.status == "PENDING" for row in self._rows)
        seen = max(len(self._rows), len(self._trials)) if waiting else None
        if self._planned is None and seen is not None and seen != self._told_plan:
            self._told_plan = seen
            events.append((now, MethodExtended(plan=MethodPlan(METHOD, METHOD, "Ray Tune", None, None, seen))))
            events.append((now, MethodStarted(method=METHOD)))
        over = self._all_over() and all(trial.over for trial in self._trials.values())
        if over and not self._ended:
            self._ended = True
            at = max((trial.ended or 0.0 for trial in self._trials.values()), default=now)
            events += [(at, MethodFinished(method=METHOD, state="done")), (at, RunFinished(state="done"))]
        elif self._ended and not over:
            self._ended = False
            events += [(now, RunResumed(workers=1)), (now, MethodStarted(method=METHOD))]
        return events

    def _record(self, at: float, event: AnyEvent) -> Record:
        number, self._next = self._next, self._next + 1
        self._last = max(self._last, at)
        return Record(v=VERSION, n=number, t=at, event=event)
