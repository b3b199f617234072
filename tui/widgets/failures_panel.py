"""Failed trials, grouped by their reason."""

from __future__ import annotations

from rich.text import Text
from textual import events
from textual.message import Message

from ...engine.state import RunState, TrialState
from ...engine.text import clean
from ..render import numbers
from ..render.lines import fit
from .line_block import LineBlock, look_of


class FailuresPanel(LineBlock):
    """One row a reason: how often, what, and the first trial that it happened to; most frequent first."""

    class Opened(Message):
        """A reason was double-clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.groups: list[tuple[str, list[TrialState]]] = []
        self.cursor = 0
        self.top = 0

    @property
    def reason(self) -> str | None:
        """The reason under the cursor."""
        return self.groups[self.cursor][0] if self.cursor < len(self.groups) else None

    @property
    def example(self) -> TrialState | None:
        """The first trial that failed for the reason under the cursor."""
        return self.groups[self.cursor][1][0] if self.cursor < len(self.groups) else None

    def draw(self, state: RunState) -> None:
        """Draw everything anew; only what changed is sent."""
        self.draws_with(lambda: self.draw(state))
        chosen = self.reason
        # frequent first; the sort is stable, so ties stay in order of first appearance
        self.groups = sorted(state.failures.items(), key=lambda group: -len(group[1]))
        reasons = [reason for reason, _ in self.groups]
        if chosen in reasons:
            self.cursor = reasons.index(chosen)
        self.move(0)

    def move(self, steps: int) -> None:
        """Move the cursor by so many reasons."""
        self.cursor = max(min(self.cursor + steps, len(self.groups) - 1), 0)
        room = max((self.size.height - 1) // 2, 1)
        self.top = max(min(self.top, self.cursor), self.cursor - room + 1, 0)
        self._paint(room)

    def _paint(self, room: int) -> None:
        look, width = look_of(self), self.size.width
        total = sum(len(trials) for _, trials in self.groups)
        if not total:
            self.show([Text(), Text(f"  no trial has failed {look.tick}", look.dim_style, end="")])
            return
        word = "trial" if total == 1 else "trials"
        reasons = "reason" if len(self.groups) == 1 else "reasons"
        lines = [Text(f" {total} failed {word}, {len(self.groups)} {reasons}", look.dim_style, end="")]
        for index in range(self.top, min(self.top + room, len(self.groups))):
            reason, trials = self.groups[index]
            chosen = index == self.cursor
            head = Text(look.pointer if chosen else " ", look.accent_style, no_wrap=True, end="")
            head.append(f"{numbers.count(len(trials)):>6} ", look.fore(look.bad, bold=True))
            text = fit(clean(reason) or "no reason given", max(width - 8, 0))
            head.append(look.glyph(text), look.accent_style if chosen else "")
            lines += [head, self._example(trials[0], width)]
        self.show(lines)

    def _example(self, trial: TrialState, width: int) -> Text:
        look = look_of(self)
        params = "  ".join(f"{clean(name, 30)} {numbers.compact(value)}" for name, value in trial.params.items())
        text = fit(f"{clean(trial.method, 20)} #{trial.number}  {params}", max(width - 8, 0))
        return Text(" " * 8 + look.glyph(text), look.dim_style, no_wrap=True, end="")

    def on_click(self, event: events.Click) -> None:
        """Choose the reason that was clicked."""
        index = self.top + (event.y - 1) // 2
        if event.y >= 1 and index < len(self.groups):
            self.move(index - self.cursor)
            if event.chain == 2:
                self.post_message(self.Opened())
