"""A dialog that asks which method is to get more trials, and how many."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine.errors import UsageError
from ...engine.events import BASELINE, MethodPlan
from ...engine.preset.preset import Preset
from ...engine.run import extend
from ...engine.state import MethodState, RunState
from ...engine.text import clean
from ..render.lines import fit, width_of
from ..render.numbers import count, score
from ..sessions.base import Session
from ..widgets.pane import Pane, Row, line
from .dialog import CARET, Dialog, headline, keys_line, said
from .host import Host

STEP = 10
"""Trials that one press of + or - makes more or less."""

LONGEST = 9
"""Digits that the number may have."""


class MoreTrialsScreen(Dialog[tuple[str, int] | None], where="more trials"):
    """Comes back with a method's name and how many trials it is to get; None: nothing is to happen."""

    def __init__(
        self, host: Host, session: Session, preset: Preset, method: str | None, more: int = STEP, problem: str = ""
    ) -> None:
        super().__init__(host)
        self._session, self._preset = session, preset
        self._wanted = method
        self._more = str(more)
        self._fresh = True
        """True until the number is edited: the first digit replaces it."""
        self._problem = problem

    @property
    def _state(self) -> RunState:
        return self._session.state

    @property
    def more(self) -> int:
        """The number of trials as it stands."""
        return int(self._more or "0")

    @property
    def method(self) -> MethodState | None:
        """The method under the cursor; None where none can be given more."""
        return self._state.methods.get(str(self.active.cursor))

    def on_mount(self) -> None:
        """Put the cursor on the method that was meant."""
        super().on_mount()
        if self._wanted is not None:
            self.call_after_refresh(self._choose_wanted)

    def _choose_wanted(self) -> None:
        self.active.choose(self._wanted)
        self.update()

    def refresh_news(self) -> None:
        """Show how far the methods are now."""
        self.update()

    def _plan(self) -> MethodPlan:
        """Return the method's plan as it would be; raises `UsageError` where it cannot be."""
        if self.method is None:
            raise UsageError("No method of this run can be given more trials.")
        if not self.more:
            raise UsageError("found no trials; allowed: a whole number from 1")
        return extend.extended(self._preset, self.method, (self.method.plan.trials or 0) + self.more)

    def title_rows(self, width: int) -> Sequence[Row]:
        info = self._state.info
        return headline("More trials", clean(info.title, 40) if info else "", self.look, width)

    def rows(self, width: int) -> Sequence[Row]:
        """Return one row a method: those that can be given more first in the eye, the others with the reason."""
        look = self.look
        methods = [method for method in self._state.methods.values() if method.name != BASELINE]
        names = min(max((width_of(clean(method.name)) for method in methods), default=0), 20)
        rows: list[Row] = []
        for method in methods:
            name = fit(clean(method.name), names)
            if why := extend.refusal(self._preset, method):
                rows.append(Row(line((f"   {name}  {why}", look.dim_style), width=width)))
                continue
            colour = look.fore(look.method_style(self._state, method.name))
            numbers = f"{count(method.finished):>6} of {count(method.plan.trials or 0)} trials"
            best = score(method.best.mean) if method.best is not None else look.nothing
            row = line("   ", (name, colour), f"  {fit(numbers, 22)}", (f"best {best}", look.dim_style), width=width)
            rows.append(Row(row, method.name))
        return rows or [Row(line(("   this run has no methods", look.dim_style)))]

    def note_rows(self, width: int) -> Sequence[Row]:
        """Return the number, what comes of it, and the keys."""
        look = self.look
        try:
            says, style = f"{count(self._plan().trials or 0)} in all", look.fore(look.accent)
        except UsageError as error:
            says, style = str(error), look.fore(look.bad)
        if self._problem:
            says, style = self._problem, look.fore(look.bad)
        number = line("   add ", (f" {self._more or ' '} ", CARET), " trials", width=width)
        keys = [("0-9", "number"), ("+ -", "by ten"), ("enter", "add"), ("esc", "back")]
        if self.method is None:
            number, keys = line(), keys[-1:]
        return [Row(line()), Row(number), *said(clean(says, 600), style, width), keys_line(keys, look, width)]

    def _edit(self, more: str) -> None:
        self._more, self._fresh, self._problem = more.lstrip("0")[:LONGEST], False, ""
        self.update()

    def action_digit(self, digit: int) -> None:
        self._edit(f"{'' if self._fresh else self._more}{digit}")

    def action_erase(self) -> None:
        self._edit(self._more[:-1])

    def action_step(self, steps: int) -> None:
        """To the next multiple of ten, or the one before; never below one."""
        tens = self.more // STEP + steps if steps > 0 else -(-self.more // STEP) + steps
        self._edit(str(max(tens * STEP, 1)))

    def action_add(self) -> None:
        """Come back with what was chosen, if it can be."""
        try:
            self._plan()
        except UsageError:
            # the note says why, and goes on to say so
            return
        if self.method is not None:
            self.dismiss((self.method.name, self.more))

    def on_pane_moved(self, event: Pane.Moved) -> None:
        """Say what it would come to for the method under the cursor now."""
        self._problem = ""
        self.update()
