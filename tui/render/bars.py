"""The bars: methods against the baseline, with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from ...engine.state import BASELINE, MethodState, RunState
from ...engine.text import clean
from .columns import columns
from .lines import Canvas, fit, says, width_of
from .look import Look
from .numbers import score
from .options import ViewOptions, shown_methods
from .plot import caption, score_ticks
from .scales import ScoreRange, drawable, nice_step
from .sentences import nothing_to_draw


@dataclass(frozen=True)
class Bar:
    """One method's bar: its score and the ends of its interval (None: not known)."""

    method: str
    score: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Chart:
    """Bars on one scale under one caption."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def scores(self) -> list[float]:
        """The scores that are known."""
        return [bar.score for bar in self.bars if bar.score is not None]


def wilson(successes: float, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212).

    The same numbers as `engine.statistics.wilson_interval`, without scipy, which must not be imported to draw.
    """
    z = 1.959963984540054
    share = successes / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def test_chart(state: RunState, names: list[str]) -> Chart:
    """Return the chart of the test scores, with Wilson intervals where the score is a share of rows."""
    rows = state.info.test_rows if state.info else 0
    shares = state.info is not None and state.info.scoring == "accuracy" and rows > 0
    bars = []
    for name in names:
        value = _finite(state.methods[name].test_score)
        if value is not None and shares and 0 <= value <= 1:
            bars.append(Bar(name, value, *wilson(round(value * rows), rows)))
        else:
            bars.append(Bar(name, value))
    return Chart(f"test score, {rows:,} rows" + (", 95 % Wilson interval" if shares else ""), tuple(bars))


def cv_chart(state: RunState, names: list[str]) -> Chart:
    """Return the chart of the methods' best CV means, with the standard deviation over folds."""
    bars = []
    for name in names:
        best = state.methods[name].best
        value = _finite(best.mean) if best else None
        spread = _finite(best.std) if best else None
        if value is None or spread is None:
            bars.append(Bar(name, value))
        else:
            bars.append(Bar(name, value, value - spread, value + spread))
    folds = state.info.folds if state.info else 0
    return Chart(f"best CV score, {folds} folds, mean ± standard deviation", tuple(bars))


def _finite(value: float | None) -> float | None:
    return value if drawable(value) else None


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the test scores once every method that has a best has one, the CV scores before and, with room, below."""
    names = [name for name in shown_methods(state, options, baseline=True) if _counts(state.methods[name])]
    if BASELINE in state.methods and BASELINE not in names and BASELINE not in options.hide:
        names.insert(0, BASELINE)
    cv, test = cv_chart(state, names), test_chart(state, names)
    if not cv.scores and not test.scores:
        cols = columns(state)
        mask = cols.of_methods(options.method, options.hide, baseline=True)
        sentence = nothing_to_draw(state, cols, mask, options) or "No method has a score yet."
        return says(sentence, width, height, look)
    tested = all(bar.score is not None for bar in test.bars if state.methods[bar.method].best is not None)
    charts = [test, cv] if test.scores and tested else [cv]
    need = len(names) + 2
    if len(charts) == 2 and height < 2 * need + 1:
        charts = charts[:1]
    canvas = Canvas(width, height)
    share = height // len(charts)
    for index, chart in enumerate(charts):
        _chart(canvas, look, state, chart, index * share, share)
    return canvas.lines(look)


def _counts(method: MethodState) -> bool:
    return bool(method.trials) or method.test_score is not None


def _scale(chart: Chart) -> ScoreRange:
    """Return the range of a chart: all intervals, rounded outwards, from zero where that loses no detail."""
    ends = [v for bar in chart.bars for v in (bar.score, bar.low, bar.high) if v is not None]
    low, high = min(ends), max(ends)
    span = max(high - low, abs(high) * 0.02, 1e-6)
    step = nice_step(span, 4)
    low = math.floor((low - 0.1 * span) / step) * step
    high = math.ceil(high / step - 1e-9) * step
    if 0 < low < high - low:
        low = 0.0
    return ScoreRange(round(low, 12), round(high, 12))


def _chart(canvas: Canvas, look: Look, state: RunState, chart: Chart, top: int, rows: int) -> None:
    scale = _scale(chart)
    names = max(width_of(clean(bar.method, 14)) for bar in chart.bars)
    names = min(names, max(canvas.width // 4, 4))
    figures = max(len(score(bar.score)) for bar in chart.bars)
    roomy = canvas.width >= 36
    left = names + 2 + (figures + 2 if roomy else 0)
    across = max(canvas.width - left - 1, 1)
    best = max(chart.scores)
    caption(canvas, look, chart.title, top)
    axis = rows >= len(chart.bars) + 2
    each = max(min((rows - 1 - axis) // len(chart.bars), 3), 1)
    for index, bar in enumerate(chart.bars):
        row = top + 1 + index * each
        if row >= top + rows:
            break
        style = look.fore(look.method_style(state, bar.method))
        canvas.put(0, row, fit(clean(bar.method, 14), names), style)
        if roomy:
            canvas.put_right(
                names + 2 + figures, row, score(bar.score), None if bar.score is not None else look.dim_style
            )
        if bar.score == best:
            canvas.put(names + 1, row, look.star, look.accent_style)
        _bar(canvas, look, bar, scale, left, row, across, style)
    bottom = min(top + 1 + len(chart.bars) * each, top + rows - axis)
    _baseline(canvas, look, chart, scale, left, across, top + 1, bottom)
    if axis:
        _axis(canvas, look, scale, left, across, bottom)


def _column(scale: ScoreRange, value: float, across: int) -> int:
    return round(scale.position(value) * (across - 1))


def _bar(
    canvas: Canvas, look: Look, bar: Bar, scale: ScoreRange, left: int, row: int, across: int, style: Style
) -> None:
    """Draw a bar: solid up to the interval's low end, shaded from there to the score, a whisker to the high end."""
    if bar.score is None:
        canvas.put(left, row, look.nothing, look.dim_style)
        return
    end = _column(scale, bar.score, across)
    solid = min(_column(scale, bar.low, across), end) if bar.low is not None else end
    canvas.put(left, row, "█" * (solid + 1), style)
    canvas.put(left + solid + 1, row, "▓" * (end - solid), style)
    if bar.high is not None:
        high = _column(scale, bar.high, across)
        if high > end:
            canvas.put(left + end + 1, row, "─" * (high - end - 1) + "┤", style)


def _baseline(
    canvas: Canvas, look: Look, chart: Chart, scale: ScoreRange, left: int, across: int, top: int, bottom: int
) -> None:
    """Draw the baseline's score as a line through all other methods' rows, between and beyond the bars."""
    level = next((bar.score for bar in chart.bars if bar.method == BASELINE), None)
    if level is None:
        return
    column = left + _column(scale, level, across)
    for row in range(top, bottom):
        canvas.put(column, row, "│" if canvas.free(column, row) else "┃", look.accent_style)


def _axis(canvas: Canvas, look: Look, scale: ScoreRange, left: int, across: int, row: int) -> None:
    taken = 0
    for position, label in score_ticks(scale, max(across // 10, 2)):
        start = min(
            max(left + round(position * (across - 1)) - width_of(label) // 2, 0), canvas.width - width_of(label)
        )
        if start >= taken:
            canvas.put(start, row, label, look.dim_style)
            taken = start + width_of(label) + 1
