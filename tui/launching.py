"""Beginning a run from the screen: heavy work, wrapped up for a thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.launch import RunOptions
    from ..engine.preset import Preset
    from ..engine.store import RunFolder, Store
    from .feed import OwnRun


class Launcher:
    """Makes work that begins or resumes runs; the engine is imported by that work, not before."""

    def __init__(
        self,
        store: Store,
        options: RunOptions | None,
        launch: Callable[..., Any] | None = None,
        resume: Callable[..., Any] | None = None,
    ) -> None:
        self._store, self._options = store, options
        self._launch, self._resume = launch, resume

    def launch(self, make: Callable[[], Preset], choices: Mapping[str, Any]) -> Callable[[], tuple[OwnRun, Preset]]:
        """Return work that launches the preset `make` returns; `choices` go before the app's own options."""

        def work() -> tuple[OwnRun, Preset]:
            from ..engine import launch

            preset = make()
            options = replace(self._options or launch.RunOptions(), **choices)
            return (self._launch or launch.launch)(preset, self._store, options), preset

        return work

    def resume(self, folder: RunFolder) -> Callable[[], OwnRun]:
        """Return work that goes on with a run."""

        def work() -> OwnRun:
            from ..engine import launch

            return (self._resume or launch.resume)(folder, self._options or launch.RunOptions())

        return work
