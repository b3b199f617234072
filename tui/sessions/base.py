"""Controls that a screen has over a run, and the note on a damaged journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ...engine.text import clean

if TYPE_CHECKING:
    from ...engine.events import Point


def damage_note(damage: str) -> str:
    """Return what is said to whoever looks at a run whose journal is damaged, "" where it is not."""
    return f"journal damaged: {clean(damage)}; shown is what is whole" if damage else ""


class Controls(Protocol):
    """What a screen may ask of a run: a run of this process, or one elsewhere through its folder."""

    def pause(self) -> None:
        """Begin no new folds."""
        ...

    def unpause(self) -> None:
        """Begin folds again."""
        ...

    def stop(self) -> None:
        """Let running folds finish, then end."""
        ...

    def stop_now(self) -> None:
        """End at once."""
        ...

    def skip(self, method: str) -> None:
        """End one method early."""
        ...

    def add_trials(self, method: str, more: int) -> None:
        """Give a method more trials than planned."""
        ...

    def add(self, point: Point) -> None:
        """Try a point that a person made."""
        ...
