"""Beginning a run from the screen: heavy work, wrapped up for a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.launch import RunOptions
    from ..engine.preset import Preset
    from ..engine.store import RunFolder, Store
    from ..engine.tournament_run import Tournament
    from .feed import OwnRun


class Launcher:
    """Makes work that begins or resumes runs; the engine is imported by that work, not before.

    It also knows the run that was begun last, from the moment on that it was asked for: a screen that is lost while
    its run is still being loaded leaves it behind all the same.
    """

    def __init__(
        self,
        store: Store,
        options: RunOptions | None,
        launch: Callable[..., Any] | None = None,
        resume: Callable[..., Any] | None = None,
    ) -> None:
        self.options = options
        """How the run begun last is carried out."""
        self.failure: Exception | None = None
        """What kept the run asked for last from beginning."""
        self._store = store
        self._launch, self._resume = launch, resume
        self._latest: OwnRun | Tournament | None = None
        self._begun = threading.Event()
        self._begun.set()

    def launch(self, make: Callable[[], Preset], choices: Mapping[str, Any]) -> Callable[[], tuple[OwnRun, Preset]]:
        """Return work that launches the preset `make` returns; `choices` go before the app's own options."""

        def work() -> tuple[OwnRun, Preset]:
            from ..engine import launch

            preset = make()
            self.options = replace(self.options or launch.RunOptions(), **choices)
            return (self._launch or launch.launch)(preset, self._store, self.options), preset

        self._begun.clear()
        return lambda: self._noted(work, lambda made: made[0])

    def resume(self, folder: RunFolder, **more: Any) -> Callable[[], OwnRun]:
        """Return work that goes on with a run, with `more` to do than was planned: see `engine.launch.resume`."""

        def work() -> OwnRun:
            from ..engine import launch

            return (self._resume or launch.resume)(folder, self.options or launch.RunOptions(), **more)

        self._begun.clear()
        return lambda: self._noted(work, lambda run: run)

    def conduct(self, make: Callable[[], Tournament]) -> Callable[[], Tournament]:
        """Return work that begins a race."""
        self._begun.clear()
        return lambda: self._noted(make, lambda race: race)

    def latest(self) -> OwnRun | Tournament | None:
        """Return the run or race begun last, None if there was none; waits for one that is only just beginning."""
        self._begun.wait()
        return self._latest

    def _noted(self, work: Callable[[], Any], run_of: Callable[[Any], OwnRun | Tournament]) -> Any:
        self.failure = None
        try:
            made = work()
            self._latest = run_of(made)
        except Exception as error:
            self.failure = error
            raise
        finally:
            self._begun.set()
        return made
