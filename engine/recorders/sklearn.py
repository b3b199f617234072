"""scikit-learn's searches, recorded fold by fold from inside, in any version from 1.6 on and any `BaseSearchCV`.

While somebody watches, `fit` of a search says when it begins and ends, and the `Parallel` that it hands its
folds to gives each of them a `FoldTask`. Both are taken hold of in the process that makes the search; what goes to
workers is one small object a fold, by reference. A fault in here never reaches the search.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from .search import Search, active, begin, is_watched, stack
from .settings import current, say
from .tasks import Tasks

_wrapped: dict[type, Callable[..., Any]] = {}


class Stopped(BaseException):
    """Ends the part of a search that proposes candidates; the search goes on with those that it has."""


def hold_searches(module: Any) -> Callable[[], None]:
    """Take hold of `sklearn.model_selection._search`; return what lets go of it."""
    base, parallel, select = module.BaseSearchCV, module.Parallel, vars(module.BaseSearchCV)["_select_best_index"]
    fits: dict[type, tuple[Any, Any]] = {}

    def hold_fit(kind: type) -> None:
        fit = vars(kind).get("fit")
        if isinstance(fit, FunctionType) and kind not in fits:
            fits[kind] = fit, _watched_fit(fit, by_base=kind is base)
            kind.fit = fits[kind][1]  # type: ignore[attr-defined]

    def hold_later(kind: Any, **facts: Any) -> None:
        super(base, kind).__init_subclass__(**facts)
        hold_fit(kind)

    for kind in _with_subclasses(base):
        hold_fit(kind)
    watched_parallel, watched_select = _watched_parallel(parallel), staticmethod(_watched_select(select.__func__))
    module.Parallel, base._select_best_index = watched_parallel, watched_select
    held_later = base.__init_subclass__ = classmethod(hold_later)

    def let_go() -> None:
        for kind, (fit, watched) in fits.items():
            if vars(kind).get("fit") is watched:
                kind.fit = fit  # type: ignore[attr-defined]
        if module.Parallel is watched_parallel:
            module.Parallel = parallel
        if vars(base).get("_select_best_index") is watched_select:
            base._select_best_index = select
        if vars(base).get("__init_subclass__") is held_later:
            del base.__init_subclass__
        while _wrapped:
            kind, run = _wrapped.popitem()
            kind._run_search = run

    return let_go


def _with_subclasses(kind: type) -> list[type]:
    return [kind, *(one for below in kind.__subclasses__() for one in _with_subclasses(below))]


def _watched_fit(fit: Callable[..., Any], *, by_base: bool) -> Callable[..., Any]:
    @functools.wraps(fit)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        search, pushed = _begun(self)
        if by_base and (around := active.get(id(self))) is not None:
            around.by_base = True
        try:
            result = fit(self, *args, **kwargs)
        except BaseException as error:
            if search is not None:
                search.end(self, error)
            raise
        finally:
            if pushed and search is None:
                stack().pop()
        if search is not None:
            search.end(self, None)
        return result

    return watched


def _watched_select(select: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(select)
    def watched(refit: Any, metric: Any, results: Any) -> Any:
        search = stack()[-1] if stack() else None
        rows = search.rows_kept(len(results["params"])) if search is not None and callable(refit) else None
        if rows is None:
            return select(refit, metric, results)
        # a choice of one's own must not fall on what a stopped search did not fit
        part = {
            name: values[rows] if hasattr(values, "shape") else [values[row] for row in rows]
            for name, values in results.items()
        }
        return rows[select(refit, metric, part)]

    return watched


def _begun(estimator: Any) -> tuple[Search | None, bool]:
    """Begin to record a search where somebody watches; tell whether anything was put on the stack."""
    watch = current()
    if watch is None or is_watched(estimator):
        return None, False
    try:
        _hold_run_search(type(estimator))
        return begin(estimator, watch.settings), True
    except Exception as error:  # noqa: BLE001 - watching never changes what a search finds
        say(f"not watched: {type(error).__name__}: {error}", watch.settings)
        stack().append(None)
        return None, True


def _hold_run_search(kind: type) -> None:
    """Have a search that was stopped go on with what it has, instead of proposing more."""
    owner = next((one for one in kind.__mro__ if "_run_search" in vars(one)), None)
    if owner is None or owner in _wrapped:
        return
    run = vars(owner)["_run_search"]

    @functools.wraps(run)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return run(self, *args, **kwargs)
        except Stopped:
            return None

    _wrapped[owner] = run
    owner._run_search = watched  # type: ignore[attr-defined]


def _watched_parallel(base: type) -> type:
    class Parallel(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._tunetop = stack()[-1] if stack() else None

        def __call__(self, iterable: Iterable[Any]) -> Any:
            search: Search | None = self._tunetop
            if search is None or search.lost:
                return super().__call__(iterable)
            if search.may_end:
                raise Stopped
            tasks = Tasks(search, iterable, cut=not getattr(self, "return_generator", False))
            try:
                return search.mended(tasks.filled(super().__call__(iter(tasks))))
            finally:
                with contextlib.suppress(Exception):
                    search.call_ended()

    Parallel.__qualname__ = Parallel.__name__ = base.__name__
    return Parallel
