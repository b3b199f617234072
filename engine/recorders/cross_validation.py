"""`cross_validate` and `cross_val_score` in a loop of one's own: the calls of one line of a program are one run.

Each call is a trial; its parameters are what the estimator has that differs from its class's defaults. When such a
loop ends nobody says, so its run ends with the watching, or with the program. A search of another package that makes
its folds so is one run as well, with its own parameters, and ends with its `fit`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import FrameType
from typing import Any, NamedTuple

from ..events import Axis, MethodPlan, RunStarted
from ..record.store import Store
from ..sources.points import Labels, axes_of
from ..text import clean
from .describe import estimator_text, scorer_text, scoring_of, sklearn_header
from .fold_run import FoldRun
from .fold_task import FoldTask, Ticket, inside
from .optuna import inside_trial
from .plans import kind_of, makes_searches, plan_of, workers_of
from .process import keep
from .resume import Keys, find_kept
from .search import Search, space_of, stack
from .settings import Settings, current, runs_dir_of, say, say_where

_loops: dict[tuple[str, int], Loop | None] = {}
_of_searches: weakref.WeakKeyDictionary[Search, Loop] = weakref.WeakKeyDictionary()
_lock = threading.RLock()
_LIBRARIES = ("sklearn", "joblib", "tunetop")


def hold_validation(module: Any) -> Callable[[], None]:
    """Take hold of `sklearn.model_selection._validation`; return what lets go of it."""
    parallel = module.Parallel
    watched = _watched_parallel(parallel, module)
    module.Parallel = watched

    def let_go() -> None:
        if module.Parallel is watched:
            module.Parallel = parallel
        end_all()

    return let_go


def end_all() -> None:
    """End the runs of all loops."""
    with _lock:
        ended = [loop for loop in _loops.values() if loop is not None]
        _loops.clear()
    for loop in ended:
        with contextlib.suppress(Exception):
            loop.end()


def _forget() -> None:
    global _lock
    _lock = threading.RLock()
    _loops.clear()
    _of_searches.clear()


keep(end_all, _forget)


def _watched_parallel(base: type, module: Any) -> type:
    class Parallel(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            # cross_val_predict, learning curves and others use it too, and are no trials
            caller = sys._getframe(1)
            called = caller.f_code.co_name == "cross_validate" and caller.f_globals is vars(module)
            self._tunetop = _call(caller) if called else None

        def __call__(self, iterable: Iterable[Any]) -> Any:
            call: Call | None = self._tunetop
            if call is None:
                return super().__call__(iterable)
            try:
                return super().__call__(call.tasks(iterable))
            finally:
                with contextlib.suppress(Exception):
                    call.ended()

    Parallel.__qualname__ = Parallel.__name__ = base.__name__
    return Parallel


def _call(frame: FrameType) -> Call | None:
    """Return what records a call of `cross_validate`, None where it is a part of something that is recorded itself."""
    watch = current()
    if watch is None or inside() or inside_trial():
        return None
    around = stack()[-1] if stack() else None
    if stack() and (around is None or not _is_made_of_calls(around, frame)):
        return None
    try:
        return Call(frame, around.settings if around is not None else watch.settings, around)
    except Exception as error:  # noqa: BLE001 - watching never changes what is scored
        say(f"not watched: {type(error).__name__}: {error}", watch.settings)
        return None


def _is_made_of_calls(search: Search, frame: FrameType) -> bool:
    """Tell whether a call of `cross_validate` is how a search, that is not scikit-learn's own, fits its folds."""
    if search.by_base or search.lost:
        return False
    return type(frame.f_locals.get("estimator")) is type(getattr(search.estimator, "estimator", None))


def _line_of(frame: FrameType | None) -> tuple[str, int]:
    """Return the file and line of the program that called into the library."""
    while frame is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] in _LIBRARIES:
        frame = frame.f_back
    return (frame.f_code.co_filename, frame.f_lineno) if frame is not None else ("", 0)


class Call:
    """One call of `cross_validate`: a trial of its line's run, or of the search that it is made for."""

    def __init__(self, frame: FrameType, settings: Settings, search: Search | None = None) -> None:
        self._line, self._settings, self._search = _line_of(frame), settings, search
        self._folds = _folds_of(frame)
        self._scoring = frame.f_locals.get("scoring")
        self._loop: Loop | None = None
        self._number = self._fold = 0
        self._keys: Keys | None = None
        self._kept: Mapping[str, dict[str, Any]] = {}
        self._inner: Settings | None = None
        self._lost = False

    def tasks(self, iterable: Iterable[Any]) -> Iterator[Any]:
        """Yield tasks that record themselves in place of scikit-learn's own; called in any thread, one at a time."""
        for task in iterable:
            yield self._recorded(task)

    def ended(self) -> None:
        """Note that there were no more folds than have been seen."""
        if self._loop is not None:
            self._loop.run.book.shrink(self._number, self._fold)

    def _recorded(self, task: Any) -> Any:
        if self._lost:
            return task
        try:
            function, args, kwargs = task
            from sklearn.utils.parallel import delayed

            ticket = self._ticket(args, kwargs)
            return delayed(FoldTask(function.function, ticket))(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - as above
            self._lost = True
            say(f"not watched any more: {type(error).__name__}: {error}", self._settings)
            return task

    def _ticket(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Ticket:
        estimator = args[0]
        if self._loop is None:
            self._begin(args, kwargs)
        assert self._loop is not None
        assert self._keys is not None
        fold, self._fold = self._fold, self._fold + 1
        # whoever asks for the fitted estimators needs them fitted
        key = self._keys.key(kwargs) if not kwargs.get("return_estimator") else ""
        if self._inner is None and makes_searches(estimator):
            self._inner = self._settings
        return Ticket(self._loop.run.folder, os.getpid(), self._number, fold, key, self._inner, self._kept.get(key))

    def _begin(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        estimator, data = args[0], args[1:3]
        with _lock:
            loop = _loops.get(self._line) if self._search is None else _of_searches.get(self._search)
            if loop is None:
                what = of_line(self._line) if self._search is None else of_search(self._search.estimator)
                loop = Loop(what, self._settings, args, self._folds, self._scoring)
                if self._search is None:
                    _loops[self._line] = loop
                else:
                    _of_searches[self._search], self._search.run = loop, loop.run
        self._keys = Keys(estimator, data, kwargs)
        self._kept = find_kept(self._settings)
        self._number = loop.begin_trial(estimator, self._folds)
        self._loop = loop


class What(NamedTuple):
    """What calls of `cross_validate` are made by: the name and title of their run, and its plan."""

    name: str
    title: str
    plan: MethodPlan
    notes: list[str] = []
    workers: int = 1
    space: Any = None
    """What a search searches in; None: each call's parameters are what differs from the defaults."""
    scoring: str = ""
    leading: str = ""
    """The scorer that leads, and the metric's name where there are several."""


def of_line(line: tuple[str, int]) -> What:
    """Return what a line of a program is as a run."""
    folder, file = os.path.split(line[0])
    # a notebook's cells are files of a number for a name
    where = f"{'a cell' if os.path.basename(folder).startswith('ipykernel_') else file}, line {line[1]}"
    plan = MethodPlan("loop", "loop", f"Loop in {clean(where, 60)}", None)
    notes = ["Each call of cross_validate is a trial; how many there will be, nobody says."]
    return What("cross-validate", f"cross_validate in {clean(where, 80)}", plan, notes)


def of_search(search: Any) -> What:
    """Return what a search is as a run."""
    name, kind = type(search).__name__, kind_of(search)
    title = f"{name} of {estimator_text(search.estimator)}"
    notes = ["What it has evaluated before, it does not evaluate again: that is no further trial."]
    leading = clean(search.refit, 60) if isinstance(getattr(search, "refit", None), str) else ""
    return What(
        name.lower(),
        title,
        plan_of(search, kind, 0),
        notes,
        workers_of(search),
        space_of(search),
        scoring_of(search),
        leading,
    )


class Loop:
    """The run of all calls that one line of a program makes, or one search."""

    def __init__(self, what: What, settings: Settings, args: tuple[Any, ...], folds: int, scoring: Any) -> None:
        labels = Labels()
        axes: list[Axis] = axes_of(what.space, labels) if what.space else []

        def header(run: str) -> RunStarted:
            names = list(scoring) if isinstance(scoring, list | tuple | set | Mapping) else []
            told = clean(names[0], 60) if names else scorer_text(scoring)
            return sklearn_header(
                run,
                *args[:3],
                title=what.title,
                scoring=what.scoring or told,
                folds=min(folds, 1000),
                workers=what.workers,
                axes=axes,
                methods=[what.plan],
                notes=what.notes,
            )

        store = Store(runs_dir_of(settings))
        self.run = FoldRun(
            store, what.name, header, what.plan.name, axes=axes, labels=labels, leading=what.leading, stoppable=False
        )
        self._next = 0
        self._space = what.space
        self._names: set[str] = set()
        self._lock = threading.Lock()
        say_where(self.run.recorder.folder.path, settings)

    def begin_trial(self, estimator: Any, folds: int) -> int:
        """Return the number of a new trial."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            params = self._params(estimator)
        self.run.expect(number, params, folds or 1000)
        return number

    def _params(self, estimator: Any) -> dict[str, Any]:
        if self._space:
            known = estimator.get_params(deep=True)
            spaces = [self._space] if isinstance(self._space, Mapping) else self._space
            return {name: known[name] for space in spaces for name in space if name in known}
        params = changed_params(estimator, self._names)
        self._names.update(params)
        return {"estimator": estimator_text(estimator), **params}

    def end(self) -> None:
        """Write that there will be no more calls."""
        self.run.settle()
        self.run.close("done")


def _folds_of(frame: FrameType) -> int:
    """Return how many folds a call of `cross_validate` will make, 0 where its splitter cannot say."""
    known = frame.f_locals
    try:
        return int(known["cv"].get_n_splits(known["X"], known["y"], known.get("groups")))
    except Exception:  # noqa: BLE001 - a splitter of one's own may know only as it goes
        return 0


def changed_params(estimator: Any, wanted: Collection[str] = ()) -> dict[str, Any]:
    """Return the plain parameters of an estimator, nested ones by path, that differ from their classes' defaults.

    Those that are `wanted` are there in any case.
    """
    import inspect

    try:
        params = estimator.get_params(deep=True)
    except Exception:  # noqa: BLE001 - an estimator of one's own that has none to show
        return {}
    found: dict[str, Any] = {}
    for name in sorted(params):
        if name in wanted:
            found[name] = params[name]
            continue
        path, _, leaf = name.rpartition("__")
        owner = params.get(path) if path else estimator
        value = params[name]
        if hasattr(value, "get_params") or isinstance(value, list | tuple | dict):
            continue
        try:
            default = inspect.signature(type(owner).__init__).parameters[leaf].default
            same = default is value or bool(default == value)
        except Exception:  # noqa: BLE001 - no default, or one that compares to nothing
            same = False
        if not same:
            found[name] = value
    return found
