"""One search of scikit-learn's being recorded: its folds get their tasks here, and here it is written how it ends."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Mapping
from typing import Any

from ..events import RunStarted
from ..record.store import Store
from ..sources.points import Labels, axes_of
from ..text import clean
from .describe import estimator_text, scoring_of, sklearn_header
from .fold_run import FoldRun
from .fold_task import STOPPED, FoldTask, Ticket, inside
from .folds import reason_of
from .plans import halving_iterations, kind_of, makes_searches, plan_of, workers_of
from .resume import Keys, find_kept
from .settings import Settings, runs_dir_of, say, say_where

active: dict[int, Search] = {}
_here = threading.local()
_OURS = "tunetop.engine.recorders.watch"
_SPACES = ("param_grid", "param_distributions", "search_spaces")


def stack() -> list[Search | None]:
    """Return the searches that this thread is in, the innermost last; None stands for one that is not watched."""
    if not hasattr(_here, "stack"):
        _here.stack = []
    return _here.stack


def is_watched(estimator: Any) -> bool:
    """Tell whether this very search is being recorded."""
    return id(estimator) in active


def begin(estimator: Any, settings: Settings, *, by_base: bool = False) -> Search:
    """Begin to record a search; its folder is made with its first fold. `by_base`: its `fit` is scikit-learn's own."""
    search = Search(estimator, settings)
    search.by_base = by_base
    active[id(estimator)] = search
    stack().append(search)
    return search


def space_of(search: Any) -> Any:
    """Return what a search was given to search in, nothing where that is not known."""
    return next((getattr(search, name) for name in _SPACES if hasattr(search, name)), {})


class _PicklesEmpty(dict[Any, Any]):
    """The children of a callback's context, which scikit-learn 1.9 would send along with every task, each time all."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return dict, ()


class Search:
    """One search being recorded: gives its folds their tasks, and writes how it ends."""

    def __init__(self, estimator: Any, settings: Settings) -> None:
        self.run: FoldRun | None = None
        self.lost = False
        """True where it cannot be recorded; it is left alone from then on."""
        self.by_base = False
        """True once it is known that its folds are scikit-learn's own, and not calls of `cross_validate`."""
        self.estimator, self.settings = estimator, settings
        self._labels = Labels()
        self._offset = self._size = self._calls = 0
        self._keys: Keys | None = None
        self._kept: Mapping[str, dict[str, Any]] = {}
        self._inner: Settings | None = None
        self._contexts: list[Any] = []

    @property
    def may_end(self) -> bool:
        """True once it was stopped and has a candidate with all its scores."""
        return self.run is not None and self.run.stopping and self._calls > 0 and bool(self.run.book.complete)

    @property
    def leaves_out_the_rest(self) -> bool:
        """True once it was stopped and has a candidate with all its scores: nothing else is worth a worker's time."""
        # what was recorded before costs nothing, and is taken over even then
        return self.run is not None and self.run.stopping and bool(self.run.book.complete) and not self._kept

    def mended(self, results: Any) -> Any:
        """Return the results of a call; of one that was stopped, those that a scorer of one's own makes are filled in.

        scikit-learn would put `error_score` in the place of folds that were not fitted, which may be the best there is.
        """
        if self.run is None or not self.run.stopping or not callable(self.estimator.scoring):
            return results
        with contextlib.suppress(Exception):
            like = next((one["test_scores"] for one in results if one["fit_error"] is None), float("nan"))
            for one in results:
                if one["fit_error"] == STOPPED:
                    one["fit_error"] = None
                    for name in {"test_scores", "train_scores"} & one.keys():
                        one[name] = dict.fromkeys(like, float("nan")) if isinstance(like, Mapping) else float("nan")
        return results

    def rows_kept(self, rows: int) -> list[int] | None:
        """Return the rows of the results that a stopped search has; None where it was not stopped, or has none."""
        if self.run is None or not self.run.stopping:
            return None
        return [row for row in range(rows) if row in self.run.book.finished] or None

    def call_ended(self) -> None:
        """Note that all candidates that were proposed at once have been evaluated."""
        self._offset += self._size
        self._size = 0
        self._calls += 1
        while self._contexts:
            parent = self._contexts.pop()
            parent._children_map = dict(parent._children_map)
        if self.run is not None and self.run.stopping:
            self.run.drain_now()

    def recorded(self, task: Any) -> Any:
        """Return the task that records itself in place of scikit-learn's own; in any thread, one at a time."""
        if self.lost:
            return task
        try:
            function, args, kwargs = task
            fit_and_score = function.function
            if fit_and_score.__name__ != "_fit_and_score":
                return task
            from sklearn.utils.parallel import delayed

            ticket = self._ticket(args, kwargs)
            self._lighten(kwargs.get("callback_ctx"))
            return delayed(FoldTask(fit_and_score, ticket))(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - watching never changes what a search finds
            self.lost = True
            say(f"not watched any more: {type(error).__name__}: {error}", self.settings)
            return task

    def _ticket(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Ticket:
        candidate, self._size = kwargs["candidate_progress"]
        fold, folds = kwargs["split_progress"]
        if self.run is None:
            self._open(args, kwargs)
        assert self.run is not None
        assert self._keys is not None
        number = self._offset + candidate
        resource, partial = self._share()
        self.run.expect(number, kwargs["parameters"], folds, resource=resource, partial=partial)
        key = self._keys.key(kwargs)
        return Ticket(self.run.folder, os.getpid(), number, fold, key, self._inner, self._kept.get(key))

    def _lighten(self, context: Any) -> None:
        """Keep a task from carrying the contexts of all other tasks along (scikit-learn 1.9: quadratic otherwise)."""
        parent: Any = getattr(context, "parent", None)
        children = getattr(parent, "_children_map", None)
        if type(children) is not dict or any(type(one).__module__ != _OURS for one in context._callbacks):
            return
        parent._children_map = _PicklesEmpty(children)
        self._contexts.append(parent)

    def _share(self) -> tuple[int, bool]:
        """Return what halving allows the candidates of now, and whether that is less than it will allow later."""
        resources = getattr(self.estimator, "n_resources_", None)
        if not resources or not hasattr(self.estimator, "factor"):
            return 0, False
        return int(resources[-1]), len(resources) < halving_iterations(self.estimator)

    def _open(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        search, settings = self.estimator, self.settings
        data = args[1:3]
        self._keys = Keys(search.estimator, data, kwargs)
        self._kept = find_kept(settings)
        axes = axes_of(space_of(search), self._labels)
        kind = kind_of(search)
        name = type(search).__name__

        def header(run: str) -> RunStarted:
            return sklearn_header(
                run,
                search.estimator,
                *data,
                title=f"{name} of {estimator_text(search.estimator)}",
                digest=self._keys.search if self._keys else "",
                fingerprint=self._keys.data if self._keys else "",
                scoring=scoring_of(search),
                folds=min(kwargs["split_progress"][1], 1000),
                workers=workers_of(search),
                axes=axes,
                methods=[plan_of(search, kind, self._size)],
                notes=self._notes(kwargs),
            )

        self.run = FoldRun(
            Store(runs_dir_of(settings)),
            name.lower(),
            header,
            kind,
            axes=axes,
            labels=self._labels,
            leading=clean(search.refit, 60) if isinstance(search.refit, str) else "",
        )
        self._inner = settings if makes_searches(search.estimator) else None
        if not inside():
            say_where(self.run.recorder.folder.path, settings)

    def _notes(self, kwargs: Mapping[str, Any]) -> list[str]:
        notes = []
        if outer := inside():
            notes.append(f"This search is made inside of a fold of {outer}.")
        if kwargs["split_progress"][1] > 999:
            notes.append(f"Of {kwargs['split_progress'][1]:,} splits only the mean is kept.")
        if self.settings.resume:
            notes.append("Folds that were recorded before are not fitted again.")
        return notes

    def end(self, estimator: Any, error: BaseException | None) -> None:
        """Write how the search ended, and forget it."""
        active.pop(id(estimator), None)
        while (here := stack()) and here.pop() is not self:
            pass
        if self.run is None:
            return
        try:
            self._end(estimator, error)
        except Exception as fault:  # noqa: BLE001 - watching never changes what a search finds
            say(f"its end was not recorded: {type(fault).__name__}: {fault}", self.settings)
            self.run.abandon()

    def _end(self, estimator: Any, error: BaseException | None) -> None:
        run = self.run
        assert run is not None
        run.settle()
        if error is None and not run.stopping and self.by_base:
            self._fill_in(run, getattr(estimator, "cv_results_", {}))
        if run.stopping or isinstance(error, KeyboardInterrupt):
            outcome, reason = "stopped", ""
        elif error is not None:
            outcome, reason = "failed", reason_of(f"{type(error).__name__}: {error}")
        else:
            outcome, reason = "done", ""
        run.close(
            outcome,
            reason,
            best=self._best(run, estimator) if error is None else None,
            refit_seconds=getattr(estimator, "refit_time_", None) if error is None else None,
        )

    def _best(self, run: FoldRun, estimator: Any) -> int | None:
        """Return the trial that the search itself calls its best."""
        best = getattr(estimator, "best_index_", None)
        if best is None:
            return None
        if self.by_base:
            return int(best) if int(best) in run.book.complete else None
        # rows of its own may tell of one trial again
        return run.book.number_of(run.labels.point(estimator.best_params_))

    @staticmethod
    def _fill_in(run: FoldRun, results: Mapping[str, Any]) -> None:
        """Take from `cv_results_` what folds could not say, as on other machines that cannot reach this folder."""
        from .results_table import results_of_row

        for number, params in enumerate(results.get("params", ())):
            folds = sum(name.startswith("split") and name.endswith("_test_score") for name in results)
            plan = run.book.plan(number)
            if plan is None:
                run.expect(number, params, folds or 1)
            if missing := run.book.missing(number):
                run.recorder.tell(*run.book.take(results_of_row(results, number, missing)))
