"""What becomes of a run that is going when its screen is left."""

from __future__ import annotations

from collections.abc import Sequence

from ..render.lines import fit
from ..widgets.pane import Row, line
from .dialog import Question, headline
from .host import Host

RUN = ("run", "tunetop attach", "tunetop resume")
RACE = ("race", "tunetop race --open", "tunetop race --resume")
"""What is left, what shows it again, and what goes on with it."""


class LeaveScreen(Question[str], where="leave"):
    """Asks whether the run, or the race, goes on without a screen, stops, or is watched further."""

    def __init__(self, host: Host, done: str, words: tuple[str, str, str] = RUN) -> None:
        super().__init__(host)
        self._done, self._words = done, words

    def title_rows(self, width: int) -> Sequence[Row]:
        """Return the title, and how far it is."""
        return headline(f"The {self._words[0]} is still going", self._done, self.look, width)

    def rows(self, width: int) -> Sequence[Row]:
        what, see, go_on = self._words
        choices = (
            ("leave", "l", "Leave it running", f"without a screen; {see} shows it again"),
            ("stop", "s", "Stop it", f"running folds finish; {go_on} goes on"),
            ("stay", "esc", "Stay", f"back to the {what}"),
        )
        rows: list[Row] = []
        for choice, key, title, explained in choices:
            rows.append(Row(line("   ", (fit(key, 5), self.look.accent_style), title), choice))
            rows.append(Row(line(" " * 8, (explained, self.look.dim_style), width=width)))
        return rows
