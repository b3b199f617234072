"""Beginning a run from the screen: heavy work, wrapped up for a thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...engine.preset.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.record.store import Store
    from ...engine.run.launch import RunOptions
    from ...engine.tournament.conductor import Tournament
    from ..sessions.run import OwnRun


class Launcher:
    """Makes work that begins or resumes runs; the engine is imported by that work, not before.

    It also knows the run that was asked for last: a screen that is lost while its run is still being loaded, or before
    that has begun, leaves it behind all the same.
    """

    def __init__(
        self,
        store: Store,
        options: RunOptions | None,
        launch: Callable[..., Any] | None = None,
        resume: Callable[..., Any] | None = None,
        cluster: str = "",
    ) -> None:
        self.options = options
        """How the run begun last is carried out."""
        self.failure: Exception | None = None
        """What kept the run asked for last from beginning."""
        self._store = store
        self._cluster = cluster
        """Where runs are done of which nothing else is said."""
        self._launch, self._resume = launch, resume
        self.begun: OwnRun | Tournament | None = None
        """What was asked for last, once it has begun."""
        self.withdrawn = False
        """True if it was taken back before that."""
        self._asked: _Once | None = None

    def launch(self, make: Callable[[], Preset], choices: Mapping[str, Any]) -> Callable[[], tuple[OwnRun, Preset]]:
        """Return work that launches the preset `make` returns; `choices` go before the app's own options."""

        def work() -> tuple[OwnRun, Preset]:
            from ...engine.run import launch

            preset = make()
            self.options = replace(self.options or launch.RunOptions(cluster=self._cluster), **choices)
            return (self._launch or launch.launch)(preset, self._store, self.options), preset

        return self._ask(work, lambda made: made[0])

    def resume(self, folder: RunFolder, **more: Any) -> Callable[[], OwnRun]:
        """Return work that goes on with a run, with `more` to do than was planned: see `engine.launch.resume`."""

        def work() -> OwnRun:
            from ...engine.run import launch

            return (self._resume or launch.resume)(
                folder, self.options or launch.RunOptions(cluster=self._cluster), **more
            )

        return self._ask(work, lambda run: run)

    def conduct(self, make: Callable[[], Tournament]) -> Callable[[], Tournament]:
        """Return work that begins a race."""
        return self._ask(make, lambda race: race)

    def latest(self) -> OwnRun | Tournament | None:
        """Return the run or race asked for last, None if there is none; unless it was withdrawn, it is begun before."""
        if self._asked is not None:
            # what went wrong is kept as `failure`
            with contextlib.suppress(Exception):
                self._asked()
        return self.begun

    def withdraw(self) -> None:
        """Wait for nothing any more that has not begun."""
        self.withdrawn = self._asked is not None and self.begun is None and self.failure is None
        self._asked = None

    def _ask(self, work: Callable[[], Any], run_of: Callable[[Any], OwnRun | Tournament]) -> Callable[[], Any]:
        self.begun, self.failure, self.withdrawn = None, None, False

        def noted() -> Any:
            try:
                made = work()
            except Exception as error:
                self.failure = error
                raise
            self.begun = run_of(made)
            return made

        self._asked = _Once(noted)
        return self._asked


class _Once:
    """Work that is done once, by whoever calls for it first; others wait for it and get the same."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.begun = False
        self._work = work
        self._lock = threading.Lock()
        self._made: Any = None
        self._error: Exception | None = None

    def __call__(self) -> Any:
        with self._lock:
            if not self.begun:
                self.begun = True
                try:
                    self._made = self._work()
                except Exception as error:  # noqa: BLE001 - raised below, for each who calls
                    self._error = error
        if self._error is not None:
            raise self._error
        return self._made
