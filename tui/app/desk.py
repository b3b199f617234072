"""The app, as far as what a person asks for by dialogs is concerned with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from ..screens.host import Host

if TYPE_CHECKING:
    from textual.screen import Screen


class Desk(Host, Protocol):
    """The app, as far as it opens dialogs."""

    @property
    def asking(self) -> bool:
        """True while a dialog is open."""
        ...

    def ask(self, dialog: Screen[Any], answered: Callable[[Any], None]) -> None:
        """Open a dialog; `answered` is told what it comes back with."""
