"""Optuna's studies, recorded from inside: those in memory too, with the reason of a failure and each value on the way.

`callbacks=[Watch()]` tells of each trial that is through. In a program that is watched as a whole, a study's `ask`,
`optimize` and `tell` and a trial's `report` are taken hold of, so that trials are seen from their beginning.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

import msgspec

from ..events import AxesKnown, MethodFinished, MethodStarted, StepsReported, TrialStarted, TrialWaiting
from ..record.store import Store
from ..sources.points import Labels
from ..sources.study import METHOD, StudyAxes, StudyFacts, finished, header_of, of_optuna, signed_steps
from ..text import clean, clean_block
from .folds import reason_of
from .process import keep
from .recorder import Asked, Recorder, Ticker
from .settings import Settings, current, quietly, runs_dir_of, say, say_where

_here = threading.local()
_studies: dict[tuple[int, str], StudyRun] = {}
_lock = threading.RLock()


def inside_trial() -> bool:
    """Tell whether this thread is at work on a trial of a study that is recorded."""
    return getattr(_here, "depth", 0) > 0


# -- what is taken hold of -------------------------------------------------------------------------------------------


def hold_studies(module: Any) -> Callable[[], None]:
    """Take hold of `optuna.study.study`; return what lets go of it."""
    study = module.Study
    trial = sys.modules["optuna.trial._trial"].Trial if "optuna.trial._trial" in sys.modules else None
    held = [(study, "optimize", _optimize), (study, "ask", _ask), (study, "tell", _tell)]
    held += [(trial, "report", _report)] if trial is not None else []
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in held]
    ours = []
    for (owner, name, make), (_, _, original) in zip(held, before, strict=True):
        watched = functools.wraps(original)(make(original))
        setattr(owner, name, watched)
        ours.append(watched)

    def let_go() -> None:
        for (owner, name, original), watched in zip(before, ours, strict=True):
            if owner.__dict__.get(name) is watched:
                setattr(owner, name, original)
        end_all()

    return let_go


def _optimize(original: Callable[..., Any]) -> Callable[..., Any]:
    def optimize(self: Any, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        run = _run_of(self)
        if run is None:
            return original(self, func, *args, **kwargs)
        planned = args[0] if args else kwargs.get("n_trials")
        run.plan(planned if isinstance(planned, int) else None)
        run.sweep(self)
        # the fourth positional argument after `func` is `catch`, the fifth the callbacks
        if len(args) > 4:
            args = (*args[:4], [*(args[4] or ()), run.told], *args[5:])
        else:
            kwargs["callbacks"] = [*(kwargs.get("callbacks") or ()), run.told]
        try:
            return original(self, run.wrapped(func), *args, **kwargs)
        finally:
            run.sweep(self)

    return optimize


def _ask(original: Callable[..., Any]) -> Callable[..., Any]:
    def ask(self: Any, *args: Any, **kwargs: Any) -> Any:
        run = _run_of(self)
        if run is not None:
            run.wait()
        trial = original(self, *args, **kwargs)
        if run is not None:
            run.begun(trial)
        return trial

    return ask


def _tell(original: Callable[..., Any]) -> Callable[..., Any]:
    def tell(self: Any, *args: Any, **kwargs: Any) -> Any:
        frozen = original(self, *args, **kwargs)
        run = _run_of(self)
        if run is not None:
            run.told(self, frozen)
        return frozen

    return tell


def _report(original: Callable[..., Any]) -> Callable[..., Any]:
    def report(self: Any, value: Any, step: int) -> None:
        original(self, value, step)
        run = _run_of(self.study)
        if run is not None:
            run.reported(self.number, int(step), float(value))

    return report


def _run_of(study: Any, settings: Settings | None = None) -> StudyRun | None:
    """Return the run of a study where it is watched, begun with the first that is seen of it."""
    watch = current()
    wanted = settings if settings is not None else watch.settings if watch is not None else None
    if wanted is None:
        return None
    try:
        key = (id(study._storage), study.study_name)
        with _lock:
            if key not in _studies:
                _studies[key] = StudyRun(study, wanted)
            return _studies[key]
    except Exception as error:  # noqa: BLE001 - watching never changes what a study finds
        say(f"not watched: {type(error).__name__}: {error}", wanted)
        return None


def told(settings: Settings, study: Any, trial: Any) -> None:
    """Record a trial that is through, as a callback of `optimize` is told of it."""
    run = _run_of(study, settings)
    if run is not None:
        run.told(study, trial)


def end_all() -> None:
    """End the runs of all studies."""
    with _lock:
        ended = list(_studies.values())
        _studies.clear()
    for run in ended:
        run.close()


def _forget() -> None:
    global _lock
    _lock = threading.RLock()
    _studies.clear()


keep(end_all, _forget)


# -- one study -------------------------------------------------------------------------------------------------------


class StudyRun:
    """One study being recorded. Its methods may be called from any thread."""

    def __init__(self, study: Any, settings: Settings) -> None:
        import optuna

        self.settings = settings
        self.lost = False
        names = study.metric_names or []
        self._facts = StudyFacts(study.study_name, [one.name.lower() for one in study.directions], list(names))
        self._labels = Labels()
        self._axes = StudyAxes(self._labels)
        self._guard = threading.Lock()
        self._done: set[int] = set()
        self._queued: set[int] = set()
        self._errors: dict[int, tuple[str, str]] = {}
        kind = type(study.sampler).__name__

        def header(run: str) -> Any:
            return header_of(
                self._facts,
                run=run,
                source=f"Optuna {optuna.__version__}",
                versions={"optuna": optuna.__version__, "python": sys.version.split()[0]},
                notes=[f"Sampler: {clean(kind, 60)}."],
            )

        self._recorder = Recorder(Store(runs_dir_of(settings)), clean(study.study_name, 56), header)
        self._recorder.tell(MethodStarted(method=METHOD))
        self._asked = Asked(self._recorder)
        self._ticker = Ticker(self._asked.look)
        self.sweep(study)
        say_where(self._recorder.folder.path, settings)

    @quietly
    def plan(self, trials: int | None) -> None:
        """Know how many more trials there will be, or that nobody knows."""
        from ..events import MethodExtended, MethodPlan

        total = trials + len(self._done) if trials is not None else None
        self._recorder.tell(MethodExtended(plan=MethodPlan(METHOD, METHOD, "Optuna study", total)))
        self._recorder.tell(MethodStarted(method=METHOD))

    def wrapped(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the objective, with the reason noted when it raises."""

        @functools.wraps(func, updated=())
        def objective(trial: Any) -> Any:
            _here.depth = getattr(_here, "depth", 0) + 1
            try:
                return func(trial)
            except BaseException as error:
                if type(error).__name__ != "TrialPruned":
                    text = "".join(traceback.format_exception(error))
                    reason = reason_of(f"{type(error).__name__}: {error}")
                    self._errors[trial.number] = (reason, clean_block(text[-6000:], 6000))
                raise
            finally:
                _here.depth -= 1

        return objective

    def wait(self) -> None:
        """Wait while the study is paused."""
        self._asked.go.wait()

    @quietly
    def begun(self, trial: Any) -> None:
        """Record that a trial began; what it will ask for is not known yet."""
        point = self._labels.point(trial.params)
        self._recorder.tell(TrialStarted(method=METHOD, number=trial.number, params=point))

    @quietly
    def reported(self, number: int, step: int, value: float) -> None:
        """Record a value on a trial's way."""
        if steps := signed_steps([(step, value)], self._facts):
            self._recorder.tell(StepsReported(method=METHOD, number=number, steps=steps))

    def told(self, study: Any, trial: Any) -> None:
        """Record a trial that is through; end the study where that was asked for."""
        self._take(trial)
        self.wait()
        if self._asked.stopping:
            # outside of `optimize` there is nothing to end
            with contextlib.suppress(RuntimeError):
                study.stop()

    @quietly
    def sweep(self, study: Any) -> None:
        """Record the trials that are through and that nobody has told of, and those that wait."""
        for trial in study.get_trials(deepcopy=False):
            if trial.state.is_finished():
                self._take(trial)
            elif trial.number not in self._queued and (told := of_optuna(trial, self._labels)).state == "WAITING":
                self._queued.add(trial.number)
                self._recorder.tell(TrialWaiting(method=METHOD, number=trial.number, params=told.params))

    @quietly
    def _take(self, trial: Any) -> None:
        with self._guard:
            if trial.number in self._done:
                return
            self._done.add(trial.number)
            from optuna.distributions import distribution_to_json

            grown = [self._axes.take(name, distribution_to_json(one)) for name, one in trial.distributions.items()]
            event = finished(of_optuna(trial, self._labels), self._facts)
        if any(grown):
            self._recorder.tell(AxesKnown(axes=self._axes.axes))
        if event.state == "failed" and trial.number in self._errors:
            reason, details = self._errors.pop(trial.number)
            event = msgspec.structs.replace(event, error=reason, details=details)
        self._recorder.tell(event)

    def close(self) -> None:
        """Write that there will be no more trials."""
        with contextlib.suppress(Exception):
            self._ticker.close()
            self._recorder.tell(MethodFinished(method=METHOD, state="done"))
            self._recorder.close("stopped" if self._asked.stopping else "done")
