"""How a run comes to be: from a preset, or from the folder of one that was interrupted."""

from __future__ import annotations

import os
import platform
import shutil
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import msgspec
import numpy as np

from ... import __version__
from ..data.readings import READING
from ..errors import PresetError, UsageError, choose
from ..events import BASELINE, MANUAL, MethodExtended, MethodPlan, Point, RunResumed, RunStarted, TrialAdded
from ..files import sweep
from ..preset.choosing import note_on
from ..preset.imports import ALLOWED
from ..preset.method_options import Method
from ..preset.preset import Preset, portable
from ..problem.earlier import as_begun
from ..problem.problem import Problem, keeps_predictions, load_problem
from ..problem.recorded import preset_of
from ..record.journal import Disk, Journal
from ..record.lock import RunLock
from ..record.predictions import pack
from ..record.run_folder import RunFolder
from ..record.run_log import Log
from ..record.store import Store
from ..scoring.metrics import recorded
from ..scoring.positive import about_one_class
from ..search.base import Search, Setting
from ..search.baseline import Baseline
from ..search.catalog import KINDS
from ..search.fold_race import FoldRace
from ..search.manual import Manual
from ..search.started import Started
from ..search.stop_rules import StopRules, StopSpec
from ..state import RunState
from ..text import clean
from ..workers.backends import backend_of, cores, make_workers, open_line
from ..workers.base import Kit, Workers
from ..workers.shared import Shared, note_on_data
from .by_hand import checked
from .conductor import Run
from .extend import wished
from .method_run import OPEN_TRIALS, MethodRun
from .warm_start import note as warm_start_note
from .warm_start import settled

_MOST_COLUMNS = 1000
"""Columns whose kinds the journal keeps."""


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out; none of this changes what it finds."""

    workers: int | None = None
    """Worker processes; None: one for each core, or on a cluster, as many as it has."""
    methods: tuple[str, ...] | None = None
    """Names of the methods to run beside the baseline; None: all of the preset's."""
    together: bool = False
    """Methods side by side instead of in turn."""
    allow_imports: tuple[str, ...] = ()
    """Modules beside the well-known ones that the preset may name."""
    cluster: str = ""
    """The address of the cluster that folds run on, see `workers.backends`; empty: this host."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """All modules that the preset may name."""
        return (*ALLOWED, *self.allow_imports)

    def worker_count(self) -> int:
        """Return the number of worker processes; on a cluster the most there may be, 0 for any number."""
        if self.workers is not None:
            return self.workers
        return 0 if self.cluster else cores()


def launch(
    preset: Preset,
    store: Store,
    options: RunOptions = RunOptions(),
    *,
    alike: RunStarted | None = None,
    disk: Disk | None = None,
) -> Run:
    """Return a run of `preset`, begun in background threads; raise `TunetopError` where it cannot be.

    `alike` is the beginning of a run that must have had the same data, `disk` stands between the journal and its file.
    What cannot begin leaves nothing behind.
    """
    methods = chosen_methods(preset, options.methods)
    check_methods(preset, methods, options.allowed)
    count = _checked_workers(options)
    problem = load_problem(portable(settled(preset, store)), options.allowed)
    if alike is not None:
        problem = as_begun(problem, alike)
    plans = [plan for plan in problem.preset.plans() if plan.name == BASELINE or plan.name in {m.name for m in methods}]
    with ExitStack() as undo:
        folder = store.create(preset.name, problem.preset.text)
        undo.callback(shutil.rmtree, folder.path, ignore_errors=True)
        lock = undo.enter_context(folder.lock())
        journal = undo.enter_context(closing(Journal.create(folder.journal, disk=disk)))
        state = RunState()
        state.apply(journal.append(_started(folder, problem, plans, count, options)))
        log, workers = _furnish(folder, problem, count, options, undo)
        run = _begin(folder, lock, journal, problem, state, workers, options, {}, log)
        undo.pop_all()
    return run


def resume(
    folder: RunFolder, options: RunOptions = RunOptions(), *, trials: Sequence[str] = (), add: Sequence[Point] = ()
) -> Run:
    """Return a run that has ended or was interrupted, going on where it was; raise `TunetopError` where it cannot.

    `trials` asks for more of them, also of finished methods: `METHOD=N` in all, `METHOD=+N` more (see
    `extend.wished`); `add` are points that a person made. Refuses when the preset or the data changed since, and when
    another process is running it. What cannot be leaves the run as it was.
    """
    with ExitStack() as undo:
        lock = undo.enter_context(folder.lock())
        state = RunState()
        journal = undo.enter_context(closing(Journal.open(folder.journal, take=state.apply_all)))
        assert state.info is not None, "a journal without a header is not opened"
        if state.info.watched:
            raise UsageError(
                f"{clean(folder.id)} is a search of another program ({clean(state.info.source, 60)}), which alone goes "
                f"on with it; there, Watch(resume={clean(folder.id)!r}) takes over what a scikit-learn search had"
            )
        preset = preset_of(folder, state)
        problem = as_begun(load_problem(preset, options.allowed), state.info)
        more = _more(preset, state, trials, add)
        active = {event.plan.name for event in more if isinstance(event, MethodExtended)}
        active |= {method.name for method in state.methods.values() if method.phase in ("waiting", "running")}
        at_work = [method for method in preset.methods if method.name in active]
        check_methods(preset, at_work, options.allowed)
        count = _checked_workers(options)
        spent = _spent(state)
        # whatever may want for room, before a word of going on
        log, workers = _furnish(folder, problem, count, options, undo)
        if journal.recovered:
            log.warning("journal.jsonl: %s", journal.recovered)
        cluster, host = options.cluster, socket.gethostname()
        resumed = RunResumed(workers=0 if cluster else count, host=host, pid=os.getpid(), cluster=cluster)
        for event in (resumed, *more):
            state.apply(journal.append(event))
        run = _begin(folder, lock, journal, problem, state, workers, options, spent, log)
        undo.pop_all()
    return run


def _more(
    preset: Preset, state: RunState, trials: Sequence[str], add: Sequence[Point]
) -> list[MethodExtended | TrialAdded]:
    """Return the events for what a run is to do beyond its plan; raise `UsageError` where that cannot be."""
    plans = wished(state.methods, preset, list(trials))
    points = [checked(preset.space, point) for point in add]
    first = len(state.methods[MANUAL].added) if MANUAL in state.methods else 0
    added = [TrialAdded(method=MANUAL, number=number, params=point) for number, point in enumerate(points, first)]
    return [*(MethodExtended(plan=plan) for plan in plans), *added]


def check_methods(preset: Preset, methods: Sequence[Method], allowed: tuple[str, ...]) -> None:
    """Raise `UsageError` before anything is fitted where a method lacks something, or runs code that is not allowed."""
    for method in methods:
        kind = KINDS[method.kind]
        for module in kind.runs(method.options):
            if module not in allowed:
                said = f"runs code of {module}, which was not allowed"
                hint = f"To trust it, say --allow-import {module}"
                raise PresetError(preset.path, f"the method {method.name}", said, hint=hint)
        try:
            kind.check_installed(method.options)
        except UsageError as error:
            raise UsageError(f"{clean(preset.path)}: the method {clean(method.name)}: {error}") from error


def chosen_methods(preset: Preset, names: tuple[str, ...] | None) -> list[Method]:
    """Return the preset's methods of those names, all for None; raise `UsageError` for a name that is not there."""
    if names is None:
        return list(preset.methods)
    known = [method.name for method in preset.methods]
    for name in names:
        if name not in known and name != BASELINE:
            hint = choose(name, known)
            raise UsageError(
                f"--methods: {preset.name} has no method {name!r}; it has {', '.join(known)}. {hint}".strip()
            )
    return [method for method in preset.methods if method.name in names]


def _checked_workers(options: RunOptions) -> int:
    count, most = options.worker_count(), 100_000 if options.cluster else 1024
    if not (1 if options.workers is not None else 0) <= count <= most:
        raise UsageError(f"--workers: found {count}; allowed: a whole number from 1 to {most}")
    backend_of(options.cluster)
    return count


def _started(
    folder: RunFolder, problem: Problem, plans: list[MethodPlan], workers: int, options: RunOptions
) -> RunStarted:
    import scipy
    import sklearn

    preset, card = problem.preset, problem.card
    return RunStarted(
        run=folder.id,
        preset=preset.name,
        title=preset.title,
        digest=preset.digest,
        fingerprint=problem.split.fingerprint(),
        task=problem.task,
        estimator=preset.model.estimator.rpartition(".")[2],
        scoring=problem.metrics[0].name,
        folds=len(problem.folds),
        fold_ratio=problem.fold_ratio if preset.score.scheme else 0.0,
        train_rows=card.train_rows,
        test_rows=card.test_rows,
        features=card.features,
        workers=0 if options.cluster else workers,
        axes=[dimension.axis() for dimension in preset.space.dimensions],
        methods=plans,
        classes=card.classes,
        columns=[(clean(column.name), column.kind) for column in card.columns[:_MOST_COLUMNS]],
        positive=card.positive if about_one_class(problem.metrics) else "",
        choose=preset.rule,
        objectives=list(preset.goals.objectives),
        constraints=list(preset.goals.constraints),
        notes=[
            *card.notes,
            *note_on(preset.rule),
            *preset.goals.notes,
            *filter(None, (warm_start_note(preset),)),
            *note_on_data(Shared.of(problem), preset.data.shared, options.cluster),
        ],
        train_targets=pack(problem.split.train_target) if keeps_predictions(problem) else "",
        test_targets=[float(value) for value in problem.split.test_target] if problem.comparable else [],
        metric=recorded(preset.score.scoring, problem.values),
        also=[one.name for one in problem.metrics[1:]],
        targets=problem.split.test_target.shape[1] if problem.split.test_target.ndim == 2 else 1,
        weighed=preset.score.weigh_scores,
        test_weights=_test_weights(problem),
        together=options.together,
        host=socket.gethostname(),
        pid=os.getpid(),
        cluster=options.cluster,
        versions={
            "tunetop": __version__,
            "reading": READING,
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    )


def _test_weights(problem: Problem) -> list[float]:
    """Return what each held-out row counts in scores, nothing where they do not weigh."""
    weights = problem.weights[1] if problem.preset.score.weigh_scores and problem.comparable else None
    return [] if weights is None else [float(value) for value in weights]


def _begin(
    folder: RunFolder,
    lock: RunLock,
    journal: Journal,
    problem: Problem,
    state: RunState,
    workers: Workers,
    options: RunOptions,
    spent: Mapping[str, float],
    log: Log,
) -> Run:
    def method_run_of(name: str) -> MethodRun:
        return _method_run(problem, state, name, workers, spent.get(name, 0.0))

    together = options.together or bool(state.info and state.info.together)
    notes = tuple(filter(None, [open_line(options.cluster)]))
    run = Run(folder, lock, journal, problem, state, method_run_of, workers, log, together=together, notes=notes)
    run.start()
    return run


def _method_run(problem: Problem, state: RunState, name: str, workers: Workers, spent: float) -> MethodRun:
    """Return the run of a method as it is planned now."""

    def many() -> int:
        return max(OPEN_TRIALS, 2 * workers.size)

    preset, known = problem.preset, state.methods[name]
    method = next((method for method in preset.methods if method.name == name), None)
    place = list(state.methods).index(name)
    if method is None:
        # as they are now: those that come before the search is made are given to it one by one
        points = tuple(known.added)
        make = Baseline if name == BASELINE else lambda: Manual(points)
        seconds = preset.stop.seconds if name == BASELINE else None
        own = None if seconds is None else StopRules(StopSpec(seconds=seconds), spent)
        return MethodRun(known.plan, place if name == BASELINE else -1, make, many, stop=own)
    race = None if method.race is None else FoldRace(len(problem.folds), method.race)
    stop = None if preset.stop == StopSpec() else StopRules(preset.stop, spent)
    # where the next trials depend on what came of these, their number must not depend on the workers
    fixed = OPEN_TRIALS if race else stop.window if stop else None
    limit = many if fixed is None else lambda: fixed
    return MethodRun(known.plan, place, _maker(problem, method, known.plan), limit, fold_race=race, stop=stop)


def _maker(problem: Problem, method: Method, plan: MethodPlan) -> Callable[[], Search]:
    kind, options = KINDS[method.kind], method.options
    first = list(problem.preset.points[: plan.trials]) if plan.start else []
    if (plan.earlier or first) and plan.trials is not None:
        options = msgspec.structs.replace(options, trials=plan.trials - len(first))
    earlier = tuple(max(budget - len(first), 0) for budget in plan.earlier)
    classes = len(np.unique(problem.split.train_target)) if problem.task == "classification" else 0
    objectives = max(len(problem.preset.goals.objectives), 1)
    setting = Setting(earlier, problem.card.train_rows, len(problem.folds), classes, objectives)

    def make() -> Search:
        search = kind.make(problem.preset.space, options, setting)
        return Started(search, first) if first else search

    return make


def _spent(state: RunState) -> dict[str, float]:
    """Return for how long methods that did not end had been at work, in seconds."""
    return {method.name: method.spent for method in state.methods.values() if method.phase == "running"}


def _furnish(
    folder: RunFolder, problem: Problem, count: int, options: RunOptions, undo: ExitStack
) -> tuple[Log, Workers]:
    """Put the log and the problem in their place, in a folder swept clean; return the log and the workers, prepared."""
    sweep(folder.path)
    log = undo.enter_context(closing(Log(folder.log)))
    undo.callback(shutil.rmtree, folder.work, ignore_errors=True)
    kit = Kit(count, folder.work, folder.preset_file, options.allowed, options.cluster, folder.log)
    workers = make_workers(backend_of(options.cluster), kit)
    workers.prepare(problem)
    undo.callback(workers.close, at_once=True)
    return log, workers
