"""`Watch`: other people's searches, recorded while they are made.

    with Watch():
        search.fit(X, y)                              # any scikit-learn search, in any version from 1.6 on
    search.set_callbacks(Watch())                     # scikit-learn 1.9 and later
    study.optimize(f, callbacks=[Watch()])            # Optuna
    tune.RunConfig(callbacks=[Watch.ray()])           # Ray Tune
    with Watch.recording("my loop", folds=5) as run:  # anything else

Each search becomes a run, which `tunetop attach` shows in any terminal. Watching never changes what a search finds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .settings import Settings, entered, say

if TYPE_CHECKING:
    from .loop import LoopRun
    from .ray import RayWatch
    from .search import Search


ELSEWHERE = "no search was made in this process; tunetop watch -- python … sees those of worker processes too"
"""What is said where only processes that nobody watches can have made searches."""


class Watch:
    """Records the searches that are made while it is entered, or those that it is given to as a callback.

    `resume` names runs (ids, paths) whose folds are not fitted again, or is True for all watched runs there are;
    `runs_dir` is where runs are kept (as for the command line); `quiet` keeps it from saying where to look.
    """

    def __init__(
        self,
        *,
        resume: str | Iterable[str] | bool = (),
        runs_dir: str | os.PathLike[str] | None = None,
        quiet: bool = False,
    ) -> None:
        names = ("*",) if resume is True else () if resume is False else resume
        chosen = (names,) if isinstance(names, str) else tuple(names)
        self.settings = Settings(os.fspath(runs_dir) if runs_dir is not None else "", chosen, quiet, enter)
        self.asked = False
        self._searches: dict[int, Search] = {}

    # -- around any code ---------------------------------------------------------------------------------------------

    def __enter__(self) -> Watch:
        """Begin to watch: scikit-learn's searches, be it imported already or later."""
        from . import patches

        if self.settings.resume:
            from .resume import find_kept

            # a name that fits no run is a mistake to be told of now, not after a night
            find_kept(self.settings)
        patches.install(self)
        entered.set((*entered.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more; searches that are still being made are recorded to their end."""
        from . import patches

        patches.remove(self)
        entered.set(tuple(one for one in entered.get() if one is not self))
        if not self.asked and _has_workers():
            say(ELSEWHERE, self.settings)

    @staticmethod
    def recording(name: str, **facts: Any) -> LoopRun:
        """Return a context manager that records a loop of one's own: see `LoopRun`."""
        from .loop import LoopRun

        return LoopRun(name, **facts)

    @staticmethod
    def ray(
        *,
        metric: str | None = None,
        mode: str | None = None,
        runs_dir: str | os.PathLike[str] | None = None,
        quiet: bool = False,
    ) -> RayWatch:
        """Return a callback for `ray.tune.RunConfig`; `metric` and `mode` are the tuner's own unless they are given."""
        from .ray import RayWatch

        return RayWatch(Settings(os.fspath(runs_dir) if runs_dir is not None else "", (), quiet), metric, mode)

    # -- as a callback of scikit-learn 1.9 ---------------------------------------------------------------------------

    def setup(self, estimator: Any, context: Any) -> None:
        """Begin to watch the search that this is a callback of."""
        from . import patches
        from .search import begin

        try:
            patches.install(self)
            # its `fit` may be watched already, by a `with` around it
            search = begin(estimator, self.settings, by_base=True) if _no_other(estimator) else None
            if search is not None:
                self._searches[id(estimator)] = search
        except Exception as error:  # noqa: BLE001 - watching never changes what a search finds
            say(f"not watched: {type(error).__name__}: {error}", self.settings)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing: folds are watched where they are fitted."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Do nothing, as above."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Record how the search ended, and leave it, so that its pickle holds nothing of this."""
        from . import patches

        try:
            search = self._searches.pop(id(estimator), None)
            if search is not None:
                search.end(estimator, sys.exc_info()[1])
            kept = [one for one in getattr(estimator, "_skl_callbacks", []) if one is not self]
            estimator.set_callbacks(*kept)
            patches.remove(self)
        except Exception as error:  # noqa: BLE001 - as above
            say(f"not watched to its end: {type(error).__name__}: {error}", self.settings)

    def __deepcopy__(self, memo: Any) -> Watch:
        # whoever copies a search watches the copy too
        return self

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        # tasks carry the callbacks of their search to other processes, where there is nothing for this one to do
        return _Idle, ()

    # -- as a callback of Optuna -------------------------------------------------------------------------------------

    def __call__(self, study: Any, trial: Any) -> None:
        """Record a finished trial of an Optuna study, and end the study where that was asked for."""
        from .optuna import told

        told(self.settings, study, trial)


def _has_workers() -> bool:
    """Tell whether this process has joblib's worker processes."""
    loky = sys.modules.get("joblib.externals.loky.reusable_executor")
    return getattr(loky, "_executor", None) is not None


class _Idle:
    """What a `Watch` is in a process that only fits folds."""

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Do nothing."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing."""


def _no_other(estimator: Any) -> bool:
    from .search import is_watched

    return not is_watched(estimator)


def enter(settings: Settings) -> Watch:
    """Return a watch with the settings of another one, as processes that make inner searches do."""
    return Watch(resume=settings.resume, runs_dir=settings.runs_dir or None, quiet=True)
