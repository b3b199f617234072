"""The two contracts between the app and its screens: what screens ask of the app, and what the app asks of a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from textual.screen import Screen, ScreenResultType

from ..background import Background
from ..keys import bindings_for
from ..render.look import Look
from ..terminal.frame_rate import ByteBudget

if TYPE_CHECKING:
    from ...engine.events import TrialKey
    from ...engine.preset.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.record.store import Store
    from ...engine.run.launch import RunOptions
    from ...engine.state import TrialState
    from ..sessions.base import Session
    from ..settings import Settings
    from ..trials.field import Field
    from .outputs import Outputs


class Runs(Protocol):
    """The runs and races that are opened, begun, gone on with and left."""

    def open_run(self, run: RunFolder | Session) -> None:
        """Show a run of any process, or a search of another program."""

    def open_seed(self, seed: int) -> None:
        """Show the run of one seed of the tournament."""

    def start(self, make: Callable[[], Preset], **choices: Any) -> None:
        """Launch the preset that `make` returns; `choices` are fields of `RunOptions`."""

    def resume(self, folder: RunFolder) -> None:
        """Go on with a run that was stopped or interrupted."""

    def run_again(self) -> None:
        """Go on with the run on the screen, or run its preset once more."""

    def leave_run(self) -> None:
        """Go back to where the run was opened."""


class Wishes(Protocol):
    """What a person asks of a run beyond its plan."""

    def ask_for_trials(self, method: str | None) -> None:
        """Ask how many more trials a method of it is to get."""

    def ask_for_trial(self, trial: TrialState | None) -> None:
        """Ask for a trial by hand, filled in as `trial`, or else as the best."""

    def ask_to_fail(self, trial: TrialState) -> None:
        """Ask whether a running trial of another program's search is to be ended as failed."""


class Host(Protocol):
    """The app, as screens see it; all of it is for the thread that draws.

    Requests that cannot be met are answered with a notice, so a screen need not ask first.
    """

    background: Background
    """Work in threads, its results handed over in this one."""
    pace: ByteBudget
    """How much may be sent to the terminal now."""
    outputs: Outputs
    """What writes files of the run on the screen."""
    look: Look
    """Colours and glyphs; another object after a change of theme."""
    store: Store
    options: RunOptions | None
    presets_folder: Path

    @property
    def sessions(self) -> Runs:
        """What opens, begins and leaves runs."""
        ...

    @property
    def steering(self) -> Wishes:
        """What asks a run for more than was planned."""
        ...

    @property
    def remembered(self) -> Settings:
        """What was chosen last time."""
        ...

    def remember(self, **values: Any) -> None:
        """Keep settings for the next time."""

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice, taken as plain text."""

    def open_side_by_side(self, runs: Sequence[RunFolder]) -> None:
        """Hold runs side by side; of one alone, show all runs on the same data."""

    def open_trial(self, key: TrialKey) -> None:
        """Show everything about one trial of the run on the screen."""

    def open_comparison(self) -> None:
        """Show the comparison of its methods."""

    def open_columns(
        self, among: Sequence[Field], hidden: frozenset[str], chosen: Callable[[frozenset[str]], None]
    ) -> None:
        """Let the columns of its trials be chosen; `chosen` is told the keys of the hidden ones at every change."""

    def show_monitor(self) -> None:
        """Go back to its monitor."""

    def go_back(self) -> None:
        """Leave the screen on top."""


class LiveScreen(Screen[ScreenResultType]):
    """A screen of this app: what it is told while it is on top. What it has no use for, it leaves as it is here."""

    where: ClassVar[str] = ""
    """The screen's name in the table of keys, which a class says with its bases: `where="trial"`."""
    parts: Mapping[str, object] = {}
    """The parts that carry out actions of their own, by the names that they have in the table of keys."""

    def __init_subclass__(cls, where: str = "", **more: Any) -> None:
        if where:
            cls.where, cls.BINDINGS = where, bindings_for(where)
        super().__init_subclass__(**more)

    def action_part(self, part: str, action: str, values: Sequence[Any]) -> None:
        """Let a part of the screen carry out one of its actions."""
        getattr(self.parts[part], f"action_{action}")(*values)

    def refresh_news(self) -> None:
        """Paint what is new."""

    def refresh_clock(self) -> None:
        """Let clocks and ages move on; nothing else is new."""
        self.refresh_news()

    def restyle(self) -> None:
        """Draw everything anew, as after a change of theme."""

    def tell_problem(self, message: str) -> bool:
        """Say why a run could not start; False where there is no place for that, and a notice must do."""
        return False

    def take_typed(self, text: str) -> bool:
        """Take what is typed, one character at a time; False where nothing is typed."""
        return False
