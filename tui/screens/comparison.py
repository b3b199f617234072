"""The comparison of the methods against the untuned baseline, final or as far as it has come."""

from __future__ import annotations

import time
from typing import Any

from rich.style import Style
from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.verdict.judgement import winner
from ...engine.verdict.numbers import value_text
from ...engine.verdict.summary import Summary, run_summary
from ..render.lines import fit, width_of, wrapped
from ..render.look import Look
from ..render.numbers import clock, compact, count
from ..sessions.base import Session, damage_note
from ..widgets.pane import Pane, Row, cut, hanging, line
from .base import PaneScreen
from .host import Host

BOLD = Style(bold=True)

NARROW = ("method", "cv", "corrected", "test", "interval", "time", "trials", "best")
"""Columns at 80 cells; wider windows have them all."""

PREVIEW = 3.0
"""Seconds between two previews at least: each one reads the journal and judges it."""


class ComparisonScreen(PaneScreen[None], where="comparison"):
    """Verdict, table, bars, best parameters, failures by reason."""

    def __init__(self, host: Host, session: Session) -> None:
        super().__init__(host)
        self._session = session
        self.summary: Summary | None = None
        """The run's summary, once it is worked out."""
        self._judged: RunState | None = None
        self._revision = -1
        self._judging = False
        self._judged_at = 0.0
        self._trouble = ""

    @property
    def state(self) -> RunState:
        """What is known of the run."""
        return self._session.state

    def on_mount(self) -> None:
        """Judge what there is."""
        # an app that is just being left mounts its last screen without composing it
        for pane in self.query("#main").results(Pane):
            pane.set_active(True)
        self._judge()

    def refresh_news(self) -> None:
        """Judge again when the run has ended, or another trial or method has finished a while ago."""
        for head in self.query("#head").results(Pane):
            head.reload()
        state = self.state
        if state.revision != self._revision and (state.ended or time.monotonic() - self._judged_at >= PREVIEW):
            self._judge()

    def _judge(self) -> None:
        if self._judging:
            return
        self._judging, self._judged_at = True, time.monotonic()
        self._revision = self.state.revision
        session = self._session

        def work() -> tuple[RunState, Summary]:
            # a run that goes on would change under the judging thread
            state = session.snapshot()
            return state, run_summary(state)

        self.host.background.start(work, self._judged_as, self._not_judged, "verdict")

    def _judged_as(self, judged: tuple[RunState, Summary]) -> None:
        self._judging = False
        first = self.summary is None
        self._judged, self.summary = judged
        # an answer may come before the screen is composed, or after it is gone
        for pane in self.query("#main").results(Pane):
            pane.reload()
            if first and (best := self.summary.best) is not None:
                pane.choose(("method", best.method))

    def _not_judged(self, error: Exception) -> None:
        self._judging = False
        self._trouble = clean(f"The comparison could not be worked out: {type(error).__name__}: {error}", 1000)
        for pane in self.query("#main").results(Pane):
            pane.reload()

    def head(self) -> tuple[Text, Text]:
        """Return the run's title and how it stands."""
        state, look = self.state, self.look
        title = clean(state.info.title if state.info else self._session.name, 60)
        mark, style = look.phase_mark(state.phase)
        seconds = clock(state.seconds(time.time()))
        left = line(" ", (title, BOLD), "   ", (f"{mark} {state.phase}", style), (f" {seconds}", look.dim_style))
        trials, fits = count(state.finished_trials), count(state.folds_done)
        counted = f"{trials} trials  {fits} fits  {count(state.failed_trials)} failed "
        return left, line((counted, look.dim_style))

    def _rows(self, width: int) -> list[Row]:
        look = self.look
        if self._trouble:
            return hanging(line(" "), self._trouble, width - 2, look.fore(look.bad))
        if self.summary is None or self._judged is None:
            return [Row(line((" Working out the comparison …", look.dim_style)))]
        note = damage_note(self._session.damage)
        rows = hanging(line(" "), f"! {note}", width - 2, look.fore(look.bad)) if note else []
        height = self.active.size.height - len(rows)
        return rows + comparison_rows(self._judged, self.summary, look, width, height)

    def _method(self) -> str | None:
        chosen = self.active.cursor
        return str(chosen[1]) if isinstance(chosen, tuple) and chosen[0] == "method" else None

    def _best(self) -> Any:
        method = self.state.methods.get(self._method() or "")
        trial = winner(method) if method is not None else None
        return trial if trial is not None else self.state.best

    def action_details(self) -> None:
        self.host.show_monitor()

    def action_export(self) -> None:
        self.host.outputs.export()

    def action_report(self) -> None:
        self.host.outputs.report()

    def action_copy_best(self) -> None:
        if (trial := self._best()) is not None:
            self.host.outputs.copy_parameters(trial)

    def action_open_best(self) -> None:
        if (trial := self._best()) is not None:
            self.host.open_trial(trial.key)

    def action_add_trials(self) -> None:
        self.host.steering.ask_for_trials(self._method())

    def action_add_by_hand(self) -> None:
        self.host.steering.ask_for_trial(self._best())

    def action_run_again(self) -> None:
        self.host.sessions.run_again()


def comparison_rows(state: RunState, summary: Summary, look: Look, width: int, height: int) -> list[Row]:
    """Return the comparison as rows of at most `width` cells; the bars take what `height` rows leave for them."""
    rows = _verdict_rows(summary, look, width)
    rows += [Row(line()), *_table_rows(state, summary, look, width), Row(line())]
    parameters = [
        *_further_rows(state, summary, look, width),
        *_front_rows(state, summary, look, width),
        *_early_rows(state, summary, look, width),
        *_parameter_rows(state, summary, look, width),
    ]
    rows += _bar_rows(state, look, width, height - len(rows) - len(parameters) - 1)
    rows += parameters
    return rows + _failure_rows(summary, look, width)


def _verdict_rows(summary: Summary, look: Look, width: int) -> list[Row]:
    """Return the verdict, its first sentence set off, notes of the preset in the colour of warnings."""
    notes = {f"Note: {note.rstrip('.')}." for note in summary.notes}
    paragraph = summary.verdict
    for note in notes:
        paragraph = paragraph.replace(clean(note, 420), "").strip()
    room = min(width - 2, 130)
    colours = {"pays": look.good, "hurts": look.bad}
    strong = look.fore(colours.get(summary.outcome, look.text), bold=True)
    left = len(paragraph.partition(":")[0])
    rows: list[Row] = []
    for part in wrapped(paragraph, room):
        text = line(f" {part}")
        text.stylize(strong, 1, 1 + max(left, 0))
        rows.append(Row(text))
        left -= len(part) + 1
    for note in summary.notes:
        rows += hanging(line(" "), f"! {clean(note, 400)}", room, look.fore(look.warn))
    return rows


def _table_rows(state: RunState, summary: Summary, look: Look, width: int) -> list[Row]:
    from ...engine.verdict.figures import COLUMNS, table

    lines = table(summary)
    names = [name for name in COLUMNS._fields if width >= 100 or name in NARROW]
    widths = {name: max(width_of(getattr(row, name)) for row in (COLUMNS, *lines)) for name in names if name != "best"}
    room = max(width - 3 - sum(cells + 2 for cells in widths.values()), 0)
    if room < 12:
        names.remove("best")
    else:
        lines = _abbreviated(lines, summary, room)
        widths["best"] = min(max(width_of(row.best) for row in (COLUMNS, *lines)), room)
    rows = [Row(line((_cells(COLUMNS, names, widths), look.dim_style), width=width))]
    judged = {one.method: one for one in summary.methods}
    for row in lines:
        colour = look.fore(look.method_style(state, row.method))
        text = line(_cells(row, names, widths))
        text.stylize(colour, 3, 3 + width_of(row.method))
        if row.method in judged and judged[row.method].phase in ("waiting", "running"):
            text.stylize(look.dim_style, 3 + width_of(row.method))
        if "★" in row.cv:
            place = text.plain.index("★")
            text.stylize(look.accent_style, place, place + 1)
        rows.append(Row(cut(text, width), ("method", row.method)))
    return rows


def _abbreviated(lines: list[Any], summary: Summary, room: int) -> list[Any]:
    """Return the table with names of hyperparameters cut until their values fit, or left out if they never do."""
    points = {one.method: one.best_params for one in summary.methods if one.best_params}

    def written(letters: int) -> dict[str, str]:
        return {
            method: ", ".join(
                f"{clean(name)[:letters]}={value_text(value)}" if letters else compact(value)
                for name, value in point.items()
            )
            for method, point in points.items()
        }

    fitting = (written(letters) for letters in (60, 8, 5, 3))
    texts = next((each for each in fitting if all(width_of(text) <= room for text in each.values())), written(0))
    return [row._replace(best=texts.get(row.method, row.best)) for row in lines]


def _cells(row: Any, names: list[str], widths: dict[str, int]) -> str:
    cells = [
        fit(clean(getattr(row, name), 200), widths[name], "left" if name in ("method", "best") else "right")
        for name in names
    ]
    return "   " + "  ".join(cells)


def _bar_rows(state: RunState, look: Look, width: int, room: int) -> list[Row]:
    """Return the bars: test and CV scores with air between, close together, or the test scores alone, as fits."""
    from ..views.bars import draw
    from ..views.options import ViewOptions

    methods = len(state.methods)
    airy, close = 2 * methods + 2, methods + 2
    height = next((rows for rows in (2 * airy + 1, 2 * close + 1, airy) if rows <= room), close)
    drawn = draw(state, ViewOptions(), min(width - 2, 120), height, look)
    return [*(Row(line(" ").append_text(text)) for text in drawn), Row(line())]


def _further_rows(state: RunState, summary: Summary, look: Look, width: int) -> list[Row]:
    """Return the winners' scores by further metrics."""
    from ...engine.verdict.figures import FURTHER, further

    lines = [FURTHER, *further(summary)]
    if len(lines) == 1:
        return []
    widths = [max(width_of(clean(row[place], 40)) for row in lines) for place in range(len(FURTHER))]
    rows = [Row(line((" FURTHER METRICS", look.dim_style)))]
    for place, row in enumerate(lines):
        name, method, *scores = (
            fit(clean(text, 40), cells, "left" if at < 2 else "right")
            for at, (text, cells) in enumerate(zip(row, widths, strict=True))
        )
        style = look.fore(look.method_style(state, row[1])) if place else look.dim_style
        text = line("   ", (name, Style.null() if place else look.dim_style), "  ", (method, style))
        text.append("  " + "  ".join(scores), Style.null() if place else look.dim_style)
        rows.append(Row(cut(text, width)))
    return [*rows, Row(line())]


def _front_rows(state: RunState, summary: Summary, look: Look, width: int) -> list[Row]:
    """Return the trials that no other beats in all of several objectives."""
    from ...engine.verdict.figures import front

    headings, lines, left = front(summary)
    if not lines:
        return []
    told = [headings, *lines]
    widths = [max(width_of(clean(row[place], 40)) for row in told) for place in range(len(headings) - 1)]
    rows = [Row(line((" PARETO FRONT", look.dim_style), (f"  {left} more by P" if left else "", look.dim_style)))]
    for place, row in enumerate(told):
        cells = [fit(clean(text, 40), room, "right") for text, room in zip(row[1:-1], widths[1:], strict=True)]
        style = look.fore(look.method_style(state, row[0])) if place else look.dim_style
        rest = f"  {'  '.join(cells)}  {clean(row[-1], 200)}"
        text = line(
            "   ", (fit(clean(row[0], 40), widths[0]), style), (rest, Style.null() if place else look.dim_style)
        )
        rows.append(Row(cut(text, width)))
    return [*rows, Row(line())]


def _early_rows(state: RunState, summary: Summary, look: Look, width: int) -> list[Row]:
    from ...engine.verdict.figures import ended_early

    early = ended_early(summary)
    if not early:
        return []
    rows = [Row(line((" ENDED BEFORE THEIR BUDGET", look.dim_style)))]
    for method, reason in early:
        colour = look.fore(look.method_style(state, method))
        rows.append(Row(line("   ", (fit(clean(method), 12), colour), " ", clean(reason), width=width)))
    return [*rows, Row(line())]


def _parameter_rows(state: RunState, summary: Summary, look: Look, width: int) -> list[Row]:
    rows = [Row(line((" BEST PARAMETERS", look.dim_style)))]
    for one in summary.methods:
        params = one.best_params
        name = fit(one.method, 12)
        colour = look.fore(look.method_style(state, one.method))
        if params is None:
            none = "none that keeps to all constraints" if state.ended and one.trials > one.failed else "none yet"
            why = clean(one.error or one.reason or none, 200)
            rows.append(Row(line("   ", (name, colour), " ", (why, look.dim_style), width=width)))
            continue
        exact = "  ".join(
            f"{key}={value!r}" if not isinstance(value, str) else f"{key}={value}" for key, value in params.items()
        )
        rows += hanging(line("   ", (name, colour), " "), exact or "as it comes", max(width - 18, 20))
    return rows


def _failure_rows(summary: Summary, look: Look, width: int) -> list[Row]:
    failures = summary.failures
    if not failures:
        return []
    rows = [Row(line()), Row(line((f" FAILURES  {count(summary.failed)}", look.dim_style)))]
    for failure in failures:
        example = failure.example
        text = f"{failure.reason} ({example.method} #{example.number}{' …' if failure.count > 1 else ''})"
        rows += hanging(line((f"{failure.count:>7} × ", look.fore(look.bad))), clean(text, 1000), max(width - 12, 20))
    return rows
