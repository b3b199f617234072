"""Ray Tune's experiments, recorded from inside: exact times, the number of trials, and a way to stop and to pause.

    tune.RunConfig(callbacks=[Watch.ray()])

The callback travels in the pickle of its tuner as settings alone; what it writes is begun by the process that conducts
the experiment. A fault in here never reaches the experiment.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from ray.tune import Callback  # pyright: ignore[reportMissingImports]

from ..events import (
    AxesKnown,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    RunPaused,
    RunStarted,
    RunStopping,
    RunUnpaused,
    StepsReported,
    TrialFinished,
    TrialStarted,
    TrialWaiting,
)
from ..record.store import Store
from ..sources.header import watched_header
from ..sources.points import GrowingAxes, Labels
from ..sources.ray_files import TrialError, error_of, numbers_of, point_of, trial_of
from ..sources.ray_metric import Leading, leading
from ..sources.ray_trial import METHOD, MOST_METRICS
from ..text import clean, clean_block
from .recorder import LOOK, Recorder
from .settings import Settings, runs_dir_of, say, say_where


def _quietly(method: Callable[..., None]) -> Callable[..., None]:
    """Keep what goes wrong in the recording from the experiment: it is not recorded any more then."""

    @functools.wraps(method)
    def quiet(self: RayWatch, *args: Any, **facts: Any) -> None:
        if self.lost:
            return
        try:
            method(self, *args, **facts)
        except Exception as error:  # noqa: BLE001 - watching never changes what an experiment finds
            self.lost = True
            say(f"not recorded any more: {type(error).__name__}: {error}", self.settings)

    return quiet


class _Seen:
    """One trial as it was told of."""

    def __init__(self, number: int, point: dict[str, Any]) -> None:
        self.number, self.point, self.attempt = number, point, 0
        self.last: dict[str, float] = {}
        self.steps: list[tuple[int, float]] = []
        self.iterations = 0
        self.seconds, self.over, self.again = 0.0, False, False


class RayWatch(Callback):  # pyright: ignore[reportUntypedBaseClass]
    """Records one experiment. Ray calls it from the one thread of its driver."""

    def __init__(self, settings: Settings, metric: str | None = None, mode: str | None = None) -> None:
        if mode not in (None, "min", "max"):
            raise ValueError(f"mode: found {mode!r}; allowed: 'min', 'max'")
        self.settings, self.lost = settings, False
        self._asked = (metric, mode)
        self._recorder: Recorder | None = None
        self._leading: Leading | None = None
        self._labels, self._axes = Labels(), GrowingAxes()
        self._trials: dict[str, _Seen] = {}
        self._waiting: list[Any] = []
        self._planned: int | None = None
        self._listed = 0
        """Trials of Ray's list that have been looked at."""
        self._paused = self._stopping = False
        self._looked = 0.0

    def __reduce__(self) -> tuple[Any, ...]:
        return RayWatch, (self.settings, *self._asked)

    # -- what Ray calls ----------------------------------------------------------------------------------------------

    @_quietly
    def setup(self, stop: Any = None, num_samples: Any = None, total_num_samples: Any = None, **info: Any) -> None:
        """Know how many trials there will be, and what leads where the tuner was told."""
        self._planned = total_num_samples if isinstance(total_num_samples, int) and total_num_samples > 0 else None
        told = _told_to_tuner()
        self._asked = (self._asked[0] or told[0], self._asked[1] or told[1])

    @_quietly
    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial begins, or begins again."""
        seen = self._seen(trial)
        seen.attempt += 1
        seen.again = seen.attempt > 1
        self._grow(seen.point, trial)
        self._tell(
            TrialStarted(method=METHOD, number=seen.number, params=seen.point, attempt=seen.attempt), trial=trial
        )

    @_quietly
    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Record a report."""
        seen, numbers = self._seen(trial), numbers_of(result)
        seen.last.update(numbers)
        told = result.get("training_iteration")
        seen.iterations = told if isinstance(told, int) else seen.iterations + 1
        seconds = result.get("time_total_s")
        seen.seconds = float(seconds) if isinstance(seconds, int | float) and seconds >= 0 else seen.seconds
        if self._leading is None:
            self._begin(list(numbers), trial)
        assert self._leading is not None
        value = numbers.get(self._leading.name)
        if value is not None and abs(value) < float("inf"):
            step = (seen.iterations, self._leading.sign * value)
            if seen.again:
                # what is left of an earlier attempt is what this one began from
                seen.steps, seen.again = [one for one in seen.steps if one[0] < step[0]], False
                self._tell(StepsReported(method=METHOD, number=seen.number, steps=list(seen.steps)), trial=trial)
            seen.steps.append(step)
            self._tell(StepsReported(method=METHOD, number=seen.number, steps=[step]), trial=trial)

    @_quietly
    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial is through."""
        self._finish(trial)

    @_quietly
    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Record that a trial failed, and why."""
        folder = getattr(trial, "local_path", None)
        self._finish(trial, (error_of(Path(folder)) if folder else None) or TrialError("failed without a word", ""))

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Do what was asked for from a terminal: wait, or end the experiment."""
        self._queue(trials)
        self._obey()
        while self._paused and not self._stopping and not self.lost:
            time.sleep(LOOK)
            self._obey()

    @_quietly
    def _queue(self, trials: list[Any]) -> None:
        """Record the trials that have been made and wait for a place."""
        if self._listed == len(trials):
            return
        for trial in trials[self._listed :]:
            if trial.status == "PENDING" and str(trial.trial_id) not in self._trials:
                seen = self._seen(trial)
                self._grow(seen.point, trial)
                self._tell(TrialWaiting(method=METHOD, number=seen.number, params=seen.point), trial=trial)
        self._listed = len(trials)

    @_quietly
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
        self._recorder = None

    # -- the run -----------------------------------------------------------------------------------------------------

    def _seen(self, trial: Any) -> _Seen:
        key = str(trial.trial_id)
        if key not in self._trials:
            found = trial_of(f"_{key}_")
            taken = {one.number for one in self._trials.values()}
            number = found[1] if found is not None and found[1] not in taken else len(taken)
            while number in taken:
                number += 1
            self._trials[key] = _Seen(number, point_of(trial.evaluated_params or trial.config, self._labels))
        return self._trials[key]

    def _grow(self, point: dict[str, Any], trial: Any) -> None:
        if self._axes.take(point):
            self._tell(AxesKnown(axes=self._axes.axes), trial=trial)

    def _tell(self, *events: Any, trial: Any = None) -> None:
        if self._recorder is None and self._asked[0] is not None:
            self._begin([], trial)
        if self._recorder is None:
            # what leads is known with the first report
            self._waiting += events
        else:
            self._recorder.tell(*events)

    def _begin(self, reported: list[str], trial: Any) -> None:
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
        waiting, self._waiting = self._waiting, []
        self._recorder.tell(MethodStarted(method=METHOD), *waiting)
        say_where(self._recorder.folder.path, self.settings)

    def _finish(self, trial: Any, failure: TrialError | None = None) -> None:
        seen = self._seen(trial)
        if seen.over:
            return
        seen.over = True
        if self._leading is None:
            self._begin([], trial)
        lead = self._leading
        assert lead is not None
        score = seen.last.get(lead.name)
        if failure is None and (score is None or not abs(score) < float("inf")):
            failure = TrialError(f"it reported no finite {clean(lead.name, 60)}", "")
        common: dict[str, Any] = {
            "method": METHOD,
            "number": seen.number,
            "params": seen.point,
            "fit_seconds": [seen.seconds],
            "steps": seen.steps,
            "attempt": max(seen.attempt, 1),
            "attributes": {"iterations": seen.iterations},
        }
        longest = max(one.iterations for one in self._trials.values())
        if failure is None and (self._stopping or seen.iterations < longest):
            common["attributes"]["stopped early?"] = True
        if failure is not None:
            details = clean_block(failure.details, 6000)
            self._tell(TrialFinished(state="failed", error=clean(failure.reason, 300), details=details, **common))
            return
        others = {name: [value] for name, value in seen.last.items() if name != lead.name and abs(value) < float("inf")}
        kept = dict(list(others.items())[:MOST_METRICS])
        assert score is not None
        self._tell(TrialFinished(state="done", scores=[lead.sign * score], others=kept, **common))

    @_quietly
    def _obey(self) -> None:
        now = time.monotonic()
        if self._recorder is None or now - self._looked < LOOK:
            return
        self._looked = now
        for command in self._recorder.commands():
            if command == "pause" and not self._paused and not self._stopping:
                self._paused = True
                self._recorder.tell(RunPaused(reason="by hand"))
            elif command == "unpause" and self._paused:
                self._paused = False
                self._recorder.tell(RunUnpaused())
            elif command in ("stop", "stop-now") and not self._stopping:
                self._stopping = True
                self._recorder.tell(RunStopping())
                _end_experiment()
        # what a full disk did not take is tried again
        self._recorder.tell()


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
