"""A dialog that asks for a trial: one line a hyperparameter, checked against the space while it is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rich.text import Text
from textual import events

from ...engine.errors import UsageError
from ...engine.events import Point, Value
from ...engine.space.space import Dimension, Space
from ...engine.space.written import read
from ...engine.state import RunState
from ...engine.text import clean
from ..render.lines import fit, width_of
from ..render.look import Look
from ..render.numbers import compact
from ..widgets.line_edit import LineEdit
from ..widgets.pane import Pane, Row, line
from ..widgets.point_form import PointForm
from .dialog import CARET, Dialog, headline, keys_line, said
from .host import Host
from .picker.card import range_of

FIELD = 22
"""Cells of a value, where there are so many."""


HINT = 13
"""Cells that are left for a range beside it, at least: the range at the cursor stands below as well."""


class ByHandScreen(Dialog[Point | None], where="by hand"):
    """Comes back with a point of the space; None: nothing is to happen.

    `outcome` says what comes of adding it, if not the usual. `values` fill the lines at first, by name, and `source`
    says where they are from.
    """

    def __init__(
        self,
        host: Host,
        state: RunState,
        space: Space,
        values: Mapping[str, Value],
        source: str = "",
        problem: str = "",
        outcome: str = "",
    ) -> None:
        super().__init__(host)
        self._state = state
        self._form = PointForm(space, values)
        self.parts = {"line": LineKeys(self._form, lambda: self.hyperparameter, self._change)}
        self._source = source
        self._problem = problem
        self._said = outcome

    @property
    def hyperparameter(self) -> str:
        """The hyperparameter under the cursor."""
        cursor = next((pane.cursor for pane in self.query("#main").results(Pane)), None)
        return str(cursor) if cursor is not None else self._form.space.names[0]

    def take_typed(self, text: str) -> bool:
        """Put typed or pasted text into the line under the cursor."""
        self._change(self._form.lines[self.hyperparameter].typed(text))
        return True

    def _change(self, typed: LineEdit) -> None:
        self._form.lines[self.hyperparameter] = typed
        self._problem = ""
        self.update()

    def on_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted."""
        event.stop()
        self.take_typed(event.text.strip().partition("\n")[0])

    def title_rows(self, width: int) -> Sequence[Row]:
        return headline("A trial by hand", f"from {clean(self._source, 60)}" if self._source else "", self.look, width)

    def rows(self, width: int) -> Sequence[Row]:
        """Return one row a hyperparameter: its name, the value, and its range or what is wrong."""
        look, problems = self.look, self._form.problems()
        names = min(max(width_of(clean(name)) for name in self._form.space.names), max(width // 3, 12))
        field = min(FIELD, max(width - names - 6 - HINT, 12))
        rows: list[Row] = []
        for dimension in self._form.space.dimensions:
            name = dimension.name
            wrong = clean(problems.get(name, ""))
            about = (wrong, look.fore(look.bad)) if wrong else (_range(dimension), look.dim_style)
            cells = field
            if name == self.hyperparameter:
                # all of what is being edited; its range stands below as well
                cells = min(max(field, width_of(self._form.lines[name].text) + 2), width - names - 4)
            row = line(
                "   ",
                fit(clean(name), names),
                " ",
                _value(dimension, self._form.lines[name], cells, look, at=name == self.hyperparameter),
                "  ",
                about,
                width=width,
            )
            rows.append(Row(row, name))
        return rows

    def note_rows(self, width: int) -> Sequence[Row]:
        """Return what is wrong, or what will come of it, and the keys."""
        look, problems, at = self.look, self._form.problems(), self.hyperparameter
        wrong = self._problem or (f"{at}: {problems[at]}" if at in problems else "")
        if wrong:
            message = said(clean(wrong, 600), look.fore(look.bad), width)
        else:
            if problems:
                outcome, style = f"to be mended: {', '.join(problems)}", look.fore(look.warn)
            else:
                outcome, style = self._said or _outcome(self._state, self._form.point()), look.dim_style
            about = f"{at}: {_range(self._form.space[at])}"
            message = [*said(clean(about, 600), look.dim_style, width, 1), *said(clean(outcome, 600), style, width, 1)]
        keys = [("enter", "add"), ("esc", "back"), ("ctrl+u", "clear")]
        if self._form.space[at].scale == "choice":
            keys.insert(0, ("← →", "choose"))
        return [Row(line()), *message, keys_line(keys, look, width)]

    def action_submit(self) -> None:
        """Come back with the point; what is not in the space is shown instead."""
        try:
            point = self._form.point()
        except UsageError:
            if self.hyperparameter not in (problems := self._form.problems()):
                self.active.choose(next(iter(problems)))
            self.update()
            return
        self.dismiss(point)

    def action_move(self, rows: int, pages: int = 0) -> None:
        """Move to another hyperparameter, whose line the next character replaces."""
        super().action_move(rows, pages)
        self._select()

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Go on with the line that was clicked."""
        self._select()

    def _select(self) -> None:
        """Let the next character replace what the line holds."""
        # not by the pane's message: that comes after keys that were typed right behind the one that moved the cursor
        self._change(LineEdit.of(self._form.lines[self.hyperparameter].text))


class LineKeys:
    """Edits the line of the hyperparameter that `at` returns; `change` takes what becomes of it."""

    def __init__(self, form: PointForm, at: Callable[[], str], change: Callable[[LineEdit], None]) -> None:
        self._form = form
        self._at = at
        self._change = change

    @property
    def _line(self) -> LineEdit:
        return self._form.lines[self._at()]

    def action_step(self, step: int) -> None:
        self._change(self._form.beside(self._at(), step))

    def action_start(self) -> None:
        self._change(self._line.moved(-10_000))

    def action_end(self) -> None:
        self._change(self._line.moved(10_000))

    def action_erase(self) -> None:
        self._change(self._line.backspace())

    def action_delete(self) -> None:
        self._change(self._line.delete())

    def action_clear(self) -> None:
        self._change(LineEdit())


def _range(dimension: Dimension) -> str:
    span, scale = range_of(dimension)
    return span if dimension.scale == "choice" else f"{span}  {scale}"


def _outcome(state: RunState, point: Point) -> str:
    """Return what adding a point will do."""
    same = next((trial for trial in state.trials if trial.params == point), None)
    if same is not None:
        return f"the same as {clean(same.method, 40)} #{same.number}, whose scores it takes over"
    if state.ended:
        return f"the run is {state.phase}: it goes on with this trial"
    after = {"paused": "once the run goes on", "stopping": "when the run is resumed"}
    return f"tried {after.get(state.phase, 'as soon as a worker is free')}"


def _value(dimension: Dimension, typed: LineEdit, width: int, look: Look, *, at: bool) -> Text:
    """Return what is typed in so many cells, with a caret where the cursor is `at` it."""
    if not at:
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
    before, under, after = typed.window(width - 1)
    return line(" ", before, (under, CARET), after, " " * max(width - 1 - width_of(before + under + after), 0))
