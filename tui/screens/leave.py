"""What becomes of a run that is going when its screen is left."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine.state import RunState
from ..keys import bindings_for
from ..render.lines import fit
from .dialog import Dialog, headline
from .pane import Pane, Row, line

CHOICES = (
    ("leave", "l", "Leave it running", "without a screen; tunetop attach shows it again"),
    ("stop", "s", "Stop it", "running folds finish; tunetop resume goes on"),
    (None, "esc", "Stay", "back to the run"),
)


class LeaveScreen(Dialog[str | None]):
    """Asks whether the run goes on without a screen, stops, or is watched further."""

    where = "leave"
    BINDINGS = bindings_for("leave")

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self._state = state

    def title_rows(self, width: int) -> Sequence[Row]:
        """Return the title, and how far the run is."""
        planned = self._state.planned_trials
        done = f"{self._state.finished_trials}" + (f" of {planned}" if planned else "")
        return headline("The run is still going", f"{done} trials done", self.look, width)

    def rows(self, width: int) -> Sequence[Row]:
        """Return the choices."""
        rows: list[Row] = []
        for choice, key, title, explained in CHOICES:
            rows.append(Row(line("   ", (fit(key, 5), self.look.accent_style), title), choice or "stay"))
            rows.append(Row(line(" " * 8, (explained, self.look.dim_style), width=width)))
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
