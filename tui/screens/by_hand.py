"""A dialog that asks for a trial: one line a hyperparameter, checked against the space while it is typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from rich.text import Text
from textual import events

from ...engine.errors import UsageError
from ...engine.events import Point, Value
from ...engine.run.by_hand import checked
from ...engine.space.space import Dimension, Space
from ...engine.space.written import read, written
from ...engine.state import RunState
from ...engine.text import clean
from ..keys import bindings_for
from ..render.lines import fit, width_of
from ..render.numbers import compact
from ..widgets.line_edit import LineEdit
from ..widgets.pane import Pane, Row, line
from .dialog import CARET, Dialog, headline, keys_line, said
from .host import Host
from .picker.card import range_of

FIELD = 22
"""Cells of a value, where there are so many."""


HINT = 13
"""Cells that are left for a range beside it, at least: the range at the cursor stands below as well."""


class Spaced(Protocol):
    """What has a space: a preset, or what stands in for one."""

    @property
    def space(self) -> Space:
        """The hyperparameters."""
        ...


class ByHandScreen(Dialog[Point | None]):
    """Comes back with a point of the space; None: nothing is to happen.

    `preset` is anything that has a space, `outcome` what comes of adding it, if not the usual. `values` fill the lines
    at first, by name, and `source` says where they are from.
    """

    where: ClassVar[str] = "by hand"
    BINDINGS = bindings_for("by hand")

    def __init__(
        self,
        host: Host,
        state: RunState,
        preset: Spaced,
        values: Mapping[str, Value],
        source: str = "",
        problem: str = "",
        *,
        outcome: str = "",
    ) -> None:
        super().__init__(host)
        self._state = state
        self._space = preset.space
        self._fields = {
            dimension.name: LineEdit.of(written(values[dimension.name])) for dimension in self._space.dimensions
        }
        self._source = source
        self._problem = problem
        self._said = outcome

    # -- what is typed -----------------------------------------------------------------------------------------------

    @property
    def hyperparameter(self) -> str:
        """The hyperparameter under the cursor."""
        cursor = self.query_one("#main", Pane).cursor if self.is_mounted else None
        return str(cursor) if cursor is not None else self._space.names[0]

    @property
    def values(self) -> dict[str, Value]:
        """What is typed, read."""
        return {one.name: read(one, self._fields[one.name].text) for one in self._space.dimensions}

    def problems(self) -> dict[str, str]:
        """Return what is wrong with what is typed, by hyperparameter."""
        values = self.values
        found = {one.name: one.problem_with(values[one.name]) for one in self._space.dimensions}
        return {name: problem for name, problem in found.items() if problem}

    def take_typed(self, text: str) -> bool:
        """Put typed or pasted text into the line under the cursor."""
        self._change(self._fields[self.hyperparameter].typed(text))
        return True

    def _change(self, typed: LineEdit) -> None:
        self._fields[self.hyperparameter] = typed
        self._problem = ""
        self.update()

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted."""
        event.stop()
        self.take_typed(event.text.strip().partition("\n")[0])

    # -- what it shows -----------------------------------------------------------------------------------------------

    def title_rows(self, width: int) -> Sequence[Row]:
        """Return the title."""
        return headline("A trial by hand", f"from {clean(self._source, 60)}" if self._source else "", self.look, width)

    def rows(self, width: int) -> Sequence[Row]:
        """Return one row a hyperparameter: its name, the value, and its range or what is wrong."""
        look, problems = self.look, self.problems()
        names = min(max(width_of(clean(name)) for name in self._space.names), max(width // 3, 12))
        field = min(FIELD, max(width - names - 6 - HINT, 12))
        rows: list[Row] = []
        for dimension in self._space.dimensions:
            name = dimension.name
            wrong = clean(problems.get(name, ""))
            about = (wrong, look.fore(look.bad)) if wrong else (_range(dimension), look.dim_style)
            cells = field
            if name == self.hyperparameter:
                # all of what is being edited; its range stands below as well
                cells = min(max(field, width_of(self._fields[name].text) + 2), width - names - 4)
            row = line("   ", fit(clean(name), names), " ", self._field(dimension, cells), "  ", about, width=width)
            rows.append(Row(row, name))
        return rows

    def _field(self, dimension: Dimension, width: int) -> Text:
        typed, look = self._fields[dimension.name], self.look
        if dimension.name != self.hyperparameter:
            value = read(dimension, typed.text)
            # a long number that is cut would lose its exponent
            short = width_of(typed.text) < width or not isinstance(value, float)
            return line(f" {fit(typed.text if short else compact(value), width - 1)}")
        if dimension.scale == "choice" and typed.whole:
            shown = fit(typed.text, min(width_of(typed.text), width - 4))
            blank = " " * (width - 4 - width_of(shown))
            return line(("← ", look.accent_style), (shown, CARET), (" →", look.accent_style), blank)
        if typed.whole and typed.text:
            shown = fit(typed.text, min(width_of(typed.text), width - 1))
            return line(" ", (shown, CARET), " " * (width - 1 - width_of(shown)))
        before, at, after = typed.window(width - 1)
        return line(" ", before, (at, CARET), after, " " * max(width - 1 - width_of(before + at + after), 0))

    def note_rows(self, width: int) -> Sequence[Row]:
        """Return what is wrong, or what will come of it, and the keys."""
        look, problems = self.look, self.problems()
        at = self.hyperparameter
        wrong = self._problem or (f"{at}: {problems[at]}" if at in problems else "")
        if wrong:
            message = said(clean(wrong, 600), look.fore(look.bad), width)
        else:
            outcome, style = self._outcome(), look.dim_style
            if problems:
                outcome, style = f"to be mended: {', '.join(problems)}", look.fore(look.warn)
            about = f"{at}: {_range(self._space[at])}"
            message = [*said(clean(about, 600), look.dim_style, width, 1), *said(clean(outcome, 600), style, width, 1)]
        keys = [("enter", "add"), ("esc", "back"), ("ctrl+u", "clear")]
        if self._space[at].scale == "choice":
            keys.insert(0, ("← →", "choose"))
        return [Row(line()), *message, keys_line(keys, look, width)]

    def _outcome(self) -> str:
        """Return what adding it will do."""
        if self.problems():
            return ""
        if self._said:
            return self._said
        return _outcome_of(self._state, checked(self._space, self.values))

    # -- keys --------------------------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Come back with the point; what is not in the space is shown instead."""
        try:
            point = checked(self._space, self.values)
        except UsageError:
            if self.hyperparameter not in (problems := self.problems()):
                self.active.choose(next(iter(problems)))
            self.update()
            return
        self.dismiss(point)

    def action_close(self) -> None:
        """Back to the run, nothing done."""
        self.dismiss(None)

    def action_left(self) -> None:
        """The choice before; in a number, one character to the left."""
        self._sideways(-1)

    def action_right(self) -> None:
        """The next choice; in a number, one character to the right."""
        self._sideways(1)

    def _sideways(self, step: int) -> None:
        dimension, typed = self._space[self.hyperparameter], self._fields[self.hyperparameter]
        if dimension.scale != "choice":
            self._change(typed.moved(step))
            return
        labels = [choice.label for choice in dimension.choices]
        value = read(dimension, typed.text)
        places = [place for place, label in enumerate(labels) if label == value and type(label) is type(value)]
        place = (places[0] + step) % len(labels) if places else 0
        self._change(LineEdit.of(written(labels[place])))

    def action_start(self) -> None:
        """To the beginning of what is typed."""
        self._change(self._fields[self.hyperparameter].moved(-10_000))

    def action_end(self) -> None:
        """To the end of what is typed."""
        self._change(self._fields[self.hyperparameter].moved(10_000))

    def action_erase(self) -> None:
        """Take back the character before the caret."""
        self._change(self._fields[self.hyperparameter].backspace())

    def action_delete(self) -> None:
        """Take away the character at the caret."""
        self._change(self._fields[self.hyperparameter].delete())

    def action_clear(self) -> None:
        """Empty the line."""
        self._change(LineEdit())

    def action_move_down(self) -> None:
        """To the next hyperparameter."""
        super().action_move_down()
        self._select()

    def action_move_up(self) -> None:
        """To the hyperparameter before."""
        super().action_move_up()
        self._select()

    def action_page_down(self) -> None:
        """One page down."""
        super().action_page_down()
        self._select()

    def action_page_up(self) -> None:
        """One page up."""
        super().action_page_up()
        self._select()

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Go on with the line that was clicked."""
        self._select()

    def _select(self) -> None:
        """Let the next character replace what the line holds."""
        # not by the pane's message: that comes after keys that were typed right behind the one that moved the cursor
        self._change(LineEdit.of(self._fields[self.hyperparameter].text))


def _range(dimension: Dimension) -> str:
    span, scale = range_of(dimension)
    return span if dimension.scale == "choice" else f"{span}  {scale}"


def _outcome_of(state: RunState, point: Point) -> str:
    """Return what becomes of a point that is added to a run."""
    same = next((trial for trial in state.trials if trial.params == point), None)
    if same is not None:
        return f"the same as {clean(same.method, 40)} #{same.number}, whose scores it takes over"
    phase = state.phase
    if state.ended:
        return f"the run is {phase}: it goes on with this trial"
    after = {"paused": "once the run goes on", "stopping": "when the run is resumed"}
    return f"tried {after.get(phase, 'as soon as a worker is free')}"
