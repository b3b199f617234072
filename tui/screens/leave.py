"""What becomes of a run that is going when its screen is left."""

from __future__ import annotations

from rich.style import Style
from textual.app import ComposeResult
from textual.screen import ModalScreen

from ...engine.state import RunState
from ..keys import bindings_for
from ..render.lines import fit
from .base import PaneScreen
from .pane import Pane, Row, line

CHOICES = (
    ("leave", "l", "Leave it running", "without a screen; tunetop attach shows it again"),
    ("stop", "s", "Stop it", "running folds finish; tunetop resume goes on"),
    (None, "esc", "Stay", "back to the run"),
)


class LeaveScreen(ModalScreen[str | None], PaneScreen[str | None]):
    """Asks whether the run goes on without a screen, stops, or is watched further."""

    where = "leave"
    BINDINGS = bindings_for("leave")

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self._state = state

    def compose(self) -> ComposeResult:
        """Return the one pane."""
        yield self._pane("main", self._rows, active=True)

    def _rows(self, width: int) -> list[Row]:
        look, state = self.look, self._state
        planned = state.planned_trials
        done = f"{state.finished_trials}" + (f" of {planned}" if planned else "")
        rows = [
            Row(line(("   The run is still going", Style(bold=True)), (f"   {done} trials done", look.dim_style))),
            Row(line()),
        ]
        for choice, key, title, explained in CHOICES:
            rows.append(Row(line("   ", (fit(key, 5), look.accent_style), title), choice or "stay"))
            rows.append(Row(line(" " * 8, (explained, look.dim_style), width=width)))
        return rows

    def action_choose(self) -> None:
        """Take the choice under the cursor."""
        chosen = self.active.cursor
        self.dismiss(str(chosen) if chosen in ("leave", "stop") else None)

    def action_answer(self, choice: str) -> None:
        """Take a choice by its letter."""
        self.dismiss(choice)

    def action_stay(self) -> None:
        """Back to the run."""
        self.dismiss(None)

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Take the choice that was clicked."""
        self.action_choose()
