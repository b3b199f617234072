"""What the app was asked for, by the command line or by who makes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...engine.preset.preset import Preset
    from ...engine.record.run_folder import RunFolder
    from ...engine.tournament.conductor import Tournament
    from ...engine.tournament.folder import TournamentFolder
    from ..screens.watch_picker import Choice
    from ..sessions.base import Session


@dataclass(frozen=True)
class Wanted:
    """What the app was asked for: nothing (the picker), or one of a preset, a run, a tournament, another's search."""

    preset: Preset | None = None
    folder: RunFolder | None = None
    resume: bool = False
    trials: Sequence[str] = ()
    control: bool = False
    race: TournamentFolder | None = None
    conduct: Callable[[], Tournament] | None = None
    watched: Session | None = None
    choices: Callable[[], Sequence[Choice]] | None = None
    """Finds what there is to watch, where that is to be chosen from."""
    next_run: Callable[[], RunFolder | None] | None = None
    """Gives the run to go on to once the one on the screen has ended."""

    @property
    def title(self) -> str:
        """What it is called until it is on the screen."""
        if self.preset is not None:
            return self.preset.title
        return self.watched.name if self.watched is not None else self.folder.id if self.folder is not None else ""

    @property
    def nothing(self) -> bool:
        """True where the picker is the first screen."""
        return self.preset is self.folder is self.race is self.watched is None
