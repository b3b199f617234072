"""Ray Tune's experiments, recorded from inside: exact times, the number of trials, and a way to stop and to pause.

    tune.RunConfig(callbacks=[Watch.ray()])

The callback travels in the pickle of its tuner as settings alone; what it writes is begun by the process that conducts
the experiment. A fault in here never reaches the experiment.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from ray.tune import Callback  # pyright: ignore[reportMissingImports]

from ..events import (
    AxesKnown,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    Point,
    RunStarted,
    StepsReported,
    TrialStarted,
    TrialWaiting,
)
from ..record.store import Store
from ..sources.header import watched_header
from ..sources.points import GrowingAxes, Labels
from ..sources.ray_files import TrialError, error_of, numbers_of, point_of
from ..sources.ray_metric import Leading, leading
from ..sources.ray_trial import METHOD, RayTrial, number_for
from ..text import clean
from .recorder import LOOK, Asked, Recorder
from .settings import Settings, quietly, runs_dir_of, say_where


class RayWatch(Callback):  # pyright: ignore[reportUntypedBaseClass]
    """Records one experiment. Ray calls it from the one thread of its driver."""

    def __init__(self, settings: Settings, metric: str | None = None, mode: str | None = None) -> None:
        if mode not in (None, "min", "max"):
            raise ValueError(f"mode: found {mode!r}; allowed: 'min', 'max'")
        self.settings, self.lost = settings, False
        self._asked = (metric, mode)
        self._recorder: Recorder | None = None
        self._steering: Asked | None = None
        self._leading: Leading | None = None
        self._labels, self._axes = Labels(), GrowingAxes()
        self._trials: dict[str, RayTrial] = {}
        self._points: dict[int, Point] = {}
        """By the numbers of trials."""
        self._waiting: list[Any] = []
        self._planned: int | None = None
        self._listed = 0
        """Trials of Ray's list that have been looked at."""
        self._looked = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return RayWatch, (self.settings, *self._asked)

    # -- what Ray calls ----------------------------------------------------------------------------------------------

    @quietly
    def setup(self, stop: Any = None, num_samples: Any = None, total_num_samples: Any = None, **info: Any) -> None:
        """Know how many trials there will be, and what leads where the tuner was told."""
        self._planned = total_num_samples if isinstance(total_num_samples, int) and total_num_samples > 0 else None
        told = _told_to_tuner()
        self._asked = (self._asked[0] or told[0], self._asked[1] or told[1])

    @quietly
    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial begins, or begins again."""
        seen = self._seen(trial)
        # what is left of an earlier attempt is what this one begins from, and is told once more
        seen.attempt, seen.announced, seen.told = seen.announced, seen.announced + 1, 0
        point = self._point_of(seen, trial)
        begun = TrialStarted(method=METHOD, number=seen.number, params=point, attempt=seen.announced)
        self._tell(begun, trial=trial)

    @quietly
    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Record a report."""
        seen, numbers = self._seen(trial), numbers_of(result)
        seen.report(result, numbers)
        lead = self._leading or self._begin(list(numbers), trial)
        seen.value(lead.name, lead.sign)
        if fresh := seen.fresh():
            self._tell(StepsReported(method=METHOD, number=seen.number, steps=fresh), trial=trial)

    @quietly
    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial is through."""
        self._finish(trial)

    @quietly
    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial failed, and why."""
        folder = getattr(trial, "local_path", None)
        self._finish(trial, (error_of(Path(folder)) if folder else None) or TrialError("failed without a word", ""))

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Do what was asked for from a terminal: wait, or end the experiment."""
        self._queue(trials)
        self._look()
        while self._steering is not None and not self._steering.go.wait(LOOK) and not self.lost:
            self._look()

    @quietly
    def _queue(self, trials: list[Any]) -> None:
        """Record the trials that have been made and wait for a place."""
        if self._listed == len(trials):
            return
        for trial in trials[self._listed :]:
            if trial.status == "PENDING" and str(trial.trial_id) not in self._trials:
                seen = self._seen(trial)
                point = self._point_of(seen, trial)
                self._tell(TrialWaiting(method=METHOD, number=seen.number, params=point), trial=trial)
        self._listed = len(trials)

    @quietly
    def on_experiment_end(self, trials: list[Any], **info: Any) -> None:
        """Record how it ended."""
        if self._recorder is None:
            self._begin([], trials[0] if trials else None)
        assert self._recorder is not None
        for trial in trials:
            # an experiment that is ended early does not say so of its trials
            if (seen := self._trials.get(str(trial.trial_id))) is not None and seen.steps and not seen.over:
                self._finish(trial)
        self._recorder.tell(MethodFinished(method=METHOD, state="done"))
        self._recorder.close("stopped" if self._stopping else "done")
        self._recorder = self._steering = None

    # -- the run -----------------------------------------------------------------------------------------------------

    @property
    def _stopping(self) -> bool:
        return self._steering is not None and self._steering.stopping

    def _seen(self, trial: Any) -> RayTrial:
        key = str(trial.trial_id)
        if key not in self._trials:
            number = number_for(f"_{key}_", self._trials.values())
            self._trials[key] = RayTrial(number, key)
            self._points[number] = point_of(trial.evaluated_params or trial.config, self._labels)
        return self._trials[key]

    def _point_of(self, seen: RayTrial, trial: Any) -> Point:
        """Return a trial's point, the axes grown to hold it."""
        if self._axes.take(self._points[seen.number]):
            self._tell(AxesKnown(axes=self._axes.axes), trial=trial)
        return self._points[seen.number]

    def _tell(self, *events: Any, trial: Any = None) -> None:
        if self._recorder is None and self._asked[0] is not None:
            self._begin([], trial)
        if self._recorder is None:
            # what leads is known with the first report
            self._waiting += events
        else:
            self._recorder.tell(*events)

    def _begin(self, reported: list[str], trial: Any) -> Leading:
        lead = self._leading = leading(reported, *self._asked, 'Watch.ray(metric="NAME", mode="MODE")')
        stored = getattr(trial, "storage", None)
        name = clean(getattr(stored, "experiment_dir_name", None) or "ray experiment", 80)

        def header(run: str) -> RunStarted:
            version = metadata.version("ray")
            return watched_header(
                run,
                title=name,
                scoring=lead.objective.name,
                axes=self._axes.axes,
                methods=[MethodPlan(METHOD, METHOD, "Ray Tune", self._planned)],
                source=f"Ray Tune {version}",
                versions={"ray": version, "python": sys.version.split()[0]},
                objectives=[lead.objective],
                notes=lead.notes,
            )

        self._recorder = Recorder(Store(runs_dir_of(self.settings)), name, header)
        self._steering = Asked(self._recorder, lambda word: _end_experiment() if word == "stop" else None)
        waiting, self._waiting = self._waiting, []
        self._recorder.tell(MethodStarted(method=METHOD), *waiting)
        say_where(self._recorder.folder.path, self.settings)
        return lead

    def _finish(self, trial: Any, failure: TrialError | None = None) -> None:
        seen = self._seen(trial)
        if seen.over:
            return
        seen.over = True
        lead = self._leading or self._begin([], trial)
        if failure is None and not seen.iterations:
            failure = TrialError(f"it reported no finite {clean(lead.name, 60)}", "")
        longest = math.inf if self._stopping else max(one.iterations for one in self._trials.values())
        self._tell(seen.ended_event(lead.name, lead.sign, self._points[seen.number], longest, failure))

    def _look(self) -> None:
        """Do what was asked for, unless that was looked at just now."""
        now = time.monotonic()
        if self._steering is not None and now - self._looked >= LOOK:
            self._looked = now
            self._steering.look()


def _told_to_tuner() -> tuple[str | None, str | None]:
    """Return the metric and the mode that `TuneConfig` was given: callbacks are not told, but `tune.run` knows."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "run" and frame.f_globals.get("__name__") == "ray.tune.tune":
            metric, mode = frame.f_locals.get("metric"), frame.f_locals.get("mode")
            return (metric if isinstance(metric, str) else None, mode if mode in ("min", "max") else None)
        frame = frame.f_back
    return None, None


def _end_experiment() -> None:
    """Have the controller that called this end the experiment in order."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        controller = frame.f_locals.get("self")
        if hasattr(controller, "request_stop_experiment"):
            with contextlib.suppress(Exception):
                controller.request_stop_experiment()
            return
        frame = frame.f_back
