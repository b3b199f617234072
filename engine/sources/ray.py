"""A Ray Tune experiment, live or finished, read from its files: iterations as steps, errors with their reason.

Ray keeps no direction unless it was told one, and a killed driver leaves its trials running for ever: what is guessed
is called a guess, and the driver's process tells whether anybody still goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
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
    Point,
    Record,
    RunFinished,
    RunResumed,
    StepsReported,
    TrialStarted,
    TrialWaiting,
)
from ..record.lines import VERSION
from ..text import clean
from .header import watched_header
from .json_text import parsed
from .points import GrowingAxes, Labels
from .ray_files import (
    Experiment,
    TrialError,
    TrialRow,
    error_of,
    find_experiment,
    lives,
    made_at,
    mtime,
    newest_state,
    numbers_of,
    point_of,
    read_json,
    state_of,
    trial_of,
)
from .ray_metric import leading
from .ray_trial import METHOD, MOST_METRICS, RayTrial, number_for

__all__ = ["METHOD", "RayExperiment", "find_experiment"]

_LISTED = 0.1
"""Seconds between two looks for new trials."""
_SOUGHT = 2.0
"""Seconds between two looks for a later experiment of the same name."""
_LATE = 2.0
"""Seconds that files of one moment may be apart."""
_BLOCK = 4 << 20


class RayExperiment:
    """One experiment, as a source."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        again: Callable[[], Experiment | None] = lambda: None,
        metric: str | None = None,
        mode: str | None = None,
        planned: int | None = None,
    ) -> None:
        """Look into the experiment, which `again` finds anew. Raises UsageError for a mode that is none."""
        if mode not in (None, "min", "max"):
            raise UsageError(f"--mode: found {clean(mode, 40)!r}; allowed: min, max")
        self.id = clean(experiment.name, 80)
        self.writer = None
        self.trouble = ""
        self.damage = ""
        self.restarts = 0
        self._again, self._planned = again, planned
        self._asked = (metric, mode)
        self._begin_anew(experiment)

    def _begin_anew(self, experiment: Experiment) -> None:
        """Know nothing yet of the experiment."""
        self.behind = True
        self.metrics: list[str] = []
        """The metrics that trials report, in order."""
        self._experiment = experiment
        self._metric, self._mode = self._asked
        self._labels = Labels()
        self._axes = GrowingAxes()
        self._trials: dict[str, RayTrial] = {}
        self._next, self._last = 0, 0.0
        self._begun = self._ended = self._grown = False
        self._listed, self._sought = -_LISTED, time.monotonic()
        self._state: tuple[str, float] = ("", 0.0)
        """The state file that was read, and when it was written."""
        self._rows: dict[str, TrialRow] = {}
        self._tuned: dict[str, None] = {}
        self._earlier: set[str] = set()
        """Folders of trials that an earlier experiment of the same name left."""
        self._told_plan: int | None = None

    @property
    def alive(self) -> bool | None:
        """Whether the driver still lives; None where its session is not on this machine."""
        driver = self._experiment.driver
        return lives(driver) if driver is not None else None

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

    def _look(self) -> None:
        """Know the trials that there are: their folders, and what the state file says."""
        now = time.monotonic()
        if now - self._listed < _LISTED:
            return
        self._listed = now
        self._seek(now)
        self._read_state()
        for place, folder in enumerate(self._experiment.folders):
            if folder.is_dir():
                for entry in os.scandir(folder):
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                        self._know(entry.name, folder, newest=place == 0 and bool(self._experiment.staged))
        for row in self._rows.values():
            if row.status == "PENDING" and row.name not in self._trials and trial_of(row.name) is not None:
                self._trials[row.name] = RayTrial(number_for(row.name, self._trials.values()), row.name)

    def _seek(self, now: float) -> None:
        """Notice an experiment of the same name that began later, in this session or another one."""
        if now - self._sought < _SOUGHT:
            return
        self._sought = now
        found = self._again()
        if found is not None and found.folders[:1] != self._experiment.folders[:1]:
            self._restart(found)

    def _restart(self, experiment: Experiment) -> None:
        self.restarts += 1
        self._begin_anew(experiment)

    def _read_state(self) -> None:
        """Read what the state file says, where it says anything new."""
        file = newest_state(self._experiment.folders)
        if file is None:
            return
        state = (file.name, file.stat().st_mtime)
        if state == self._state:
            return
        runner, rows = state_of(file)
        if not rows and self._rows:
            # caught while it is being written
            return
        self._state = state
        self._rows = {row.name: row for row in rows}
        if any(self._goes_on(trial) for trial in self._trials.values()):
            self._restart(self._experiment)
            # its trials are not to be judged without what it says
            self._read_state()
            return
        for row in rows:
            self._tuned.update(dict.fromkeys(row.tuned))
            if (trial := self._trials.get(row.name)) is not None:
                trial.started = row.started if row.started is not None else trial.started
        if self._metric is None and isinstance(runner.get("_metric"), str):
            self._metric = runner["_metric"]

    def _goes_on(self, trial: RayTrial) -> bool:
        """Tell whether a trial that was told to be over is not, as where an experiment is restored."""
        row = self._rows.get(trial.name)
        return trial.over and row is not None and row.status != trial.over_as and self._state[1] > trial.over_at

    def _know(self, name: str, folder: Path, *, newest: bool) -> None:
        trial = self._trials.get(name)
        if trial is None:
            if trial_of(name) is None and not (folder / name / "params.json").exists():
                return
            if not newest and self._rows and name not in self._rows:
                self._earlier.add(name)
                return
            trial = self._trials[name] = RayTrial(number_for(name, self._trials.values()), name)
            if (row := self._rows.get(name)) is not None:
                trial.started = row.started
        if folder / name not in trial.folders:
            trial.folders.append(folder / name)

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

    def _reports_of(self, trial: RayTrial) -> None:
        if trial.config is None and trial.folders:
            found = (read_json(folder / "params.json") for folder in trial.folders)
            row = self._rows.get(trial.name)
            # Ray makes the folder of a trial that waits, and writes into it once it begins
            begun = row.config if row is not None and row.status != "PENDING" else None
            trial.config = next((one for one in found if isinstance(one, Mapping)), begun)
        for folder in trial.folders:
            file = folder / "result.json"
            try:
                size = file.stat().st_size
            except FileNotFoundError:
                continue
            if size > trial.position:
                self._lines_of(trial, file)
            return

    def _lines_of(self, trial: RayTrial, file: Path) -> None:
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

    def _take(self, trial: RayTrial, report: Mapping[str, Any]) -> None:
        numbers = numbers_of(report)
        for name in numbers:
            if name not in self.metrics and len(self.metrics) < MOST_METRICS:
                self.metrics.append(name)
        trial.attempt += trial.report(report, numbers)

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
        if self._earlier:
            notes.append(f"Trials of earlier experiments of this name are left out: {len(self._earlier)}.")
        ended = [row for row in self._rows.values() if row.status in ("TERMINATED", "ERROR")]
        if elsewhere := sum(row.name not in self._trials for row in ended):
            notes.append(
                f"Trials that ended before it was restored lie where it is stored: {elsewhere}. "
                "Name that folder to see them."
            )
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

    def _of(self, trial: RayTrial) -> list[tuple[float, AnyEvent]]:
        events: list[tuple[float, AnyEvent]] = []
        if self._metric is not None:
            trial.value(self._metric, self._sign)
        row = self._rows.get(trial.name)
        if trial.config is None and row is not None and row.status == "PENDING" and not trial.queued:
            trial.queued = True
            waits = TrialWaiting(method=METHOD, number=trial.number, params=self._point(trial))
            events.append((self._last or time.time(), waits))
        if trial.folders and trial.config is not None and trial.announced <= trial.attempt:
            point = self._point(trial)
            trial.started = trial.started or made_at(trial.folders[0])
            at = self._when(trial) if trial.announced else trial.started
            trial.announced = trial.attempt + 1
            self._grown = self._axes.take(point) or self._grown
            begun = TrialStarted(method=METHOD, number=trial.number, params=point, attempt=trial.announced)
            events.append((at, begun))
        status, failure = self._ended_as(trial)
        if status:
            trial.over, trial.over_as, trial.over_at = True, status, time.time() + _LATE
            longest = max(one.iterations for one in self._trials.values())
            ended = trial.ended_event(self._metric or "", self._sign, self._point(trial), longest, failure)
            return [*events, (self._when(trial), ended)]
        if len(trial.steps) > trial.told and trial.announced:
            steps = StepsReported(method=METHOD, number=trial.number, steps=trial.fresh())
            events.append((self._when(trial), steps))
        return events

    def _point(self, trial: RayTrial) -> Point:
        """Return what the search chose of a trial's configuration; all of it where that is not known."""
        row = self._rows.get(trial.name)
        point = point_of(trial.config or (row.config if row is not None else {}), self._labels)
        return {name: value for name, value in point.items() if name in self._tuned} or point

    def _when(self, trial: RayTrial) -> float:
        """Return when a trial last told something; clocks of other machines may say that this was before its start."""
        return max(trial.ended or self._last or time.time(), trial.started or 0.0)

    def _ended_as(self, trial: RayTrial) -> tuple[str, TrialError | None]:
        """Return the state that Ray has a trial in that has ended, "" for any other, and why it failed."""
        row = self._rows.get(trial.name)
        status = row.status if row is not None else ""
        if status == "TERMINATED" or (trial.done and status != "ERROR"):
            return "TERMINATED", None
        error = next((found for folder in trial.folders if (found := error_of(folder))), None)
        if status == "ERROR":
            return status, error or TrialError("failed without a word", "")
        return ("ERROR", error) if error is not None and self._is_last(trial, error) else ("", None)

    def _is_last(self, trial: RayTrial, error: TrialError) -> bool:
        """Tell whether a failed trial is not begun again, as it may be several times, or by a restored experiment."""
        row = self._rows.get(trial.name)
        if row is not None and (not 0 <= row.retries < error.failures or self._state[1] > error.at + _LATE):
            return False
        return all(mtime(folder / "result.json") <= error.at + _LATE for folder in trial.folders)

    def _all_over(self) -> bool:
        rows = {row.status for row in self._rows.values()}
        return bool(self._rows) and rows <= {"TERMINATED", "ERROR"} and len(self._rows) >= len(self._trials)

    def _plan_and_end(self) -> list[tuple[float, AnyEvent]]:
        now = max(time.time(), self._last)
        events: list[tuple[float, AnyEvent]] = []
        waiting = sum(row.status == "PENDING" for row in self._rows.values())
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
