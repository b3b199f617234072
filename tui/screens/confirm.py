"""A question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Sequence

from ..render.lines import fit
from ..widgets.pane import Row, line
from .dialog import Question, headline, said
from .host import Host


class ConfirmScreen(Question[bool], where="confirm"):
    """Asks before something is done that cannot be taken back; the cursor stands on no."""

    def __init__(self, host: Host, title: str, explained: str, yes: str) -> None:
        super().__init__(host)
        self._title, self._explained, self._yes = title, explained, yes

    def title_rows(self, width: int) -> Sequence[Row]:
        """Return the question, and what comes of a yes."""
        look = self.look
        return [*headline(self._title, "", look, width), *said(self._explained, look.dim_style, width), Row(line())]

    def rows(self, width: int) -> Sequence[Row]:
        choices = ((False, "esc", "No, leave it as it is"), (True, "y", self._yes))
        return [Row(line("   ", (fit(key, 5), self.look.accent_style), text), answer) for answer, key, text in choices]
