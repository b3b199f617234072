"""The bars: methods against the baseline, with their intervals, drawn by plotext."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rich.style import Style
from rich.text import Text

from ...engine.events import BASELINE
from ...engine.state import RunState
from ...engine.statistics import wilson_interval
from ...engine.text import clean
from ...engine.trials.scales import ScoreRange, drawable, nice_step
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import caption, score_ticks
from ..render.plotext_figure import Ink, missing, plot_onto
from .captions import says_why
from .options import ViewOptions, shown_methods


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


def test_chart(state: RunState, names: list[str]) -> Chart:
    """Return the chart of the test scores, with Wilson intervals where the score is a share of rows."""
    info, rows = state.info, state.info.test_rows if state.info else 0
    shares = info is not None and info.scoring == "accuracy" and not (info.metric or info.weighed) and rows > 0
    bars = []
    for name in names:
        value = _finite(state.methods[name].test_score)
        if value is not None and shares and 0 <= value <= 1:
            bars.append(Bar(name, value, *wilson_interval(round(value * rows), rows)))
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
    return Chart(f"best CV score, {state.folds} folds, mean ± standard deviation", tuple(bars))


def _finite(value: float | None) -> float | None:
    return value if drawable(value) else None


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the test scores once every method that has a best has one, the CV scores before and, with room, below."""
    shown = [state.methods[name] for name in shown_methods(state, options, baseline=True)]
    names = [method.name for method in shown if method.trials or method.test_score is not None]
    if BASELINE in state.methods and BASELINE not in names and BASELINE not in options.hide:
        names.insert(0, BASELINE)
    cv, test = cv_chart(state, names), test_chart(state, names)
    if not cv.scores and not test.scores:
        return says_why(state, options, "No method has a score yet.", width, height, look, baseline=True)
    if reason := missing():
        return says(reason, width, height, look)
    tested = all(bar.score is not None for bar in test.bars if state.methods[bar.method].best is not None)
    charts = [test, cv] if test.scores and tested else [cv]
    need = len(names) + 2
    if len(charts) == 2 and height < 2 * need + 1:
        charts = charts[:1]
    colours = tuple((name, look.method_style(state, name)) for name in names)
    return [line.copy() for line in _drawn(tuple(charts), colours, width, height, look)]


@lru_cache(maxsize=4)
def _drawn(
    charts: tuple[Chart, ...], colours: tuple[tuple[str, str], ...], width: int, height: int, look: Look
) -> tuple[Text, ...]:
    """Draw charts below one another; kept, because most trials change no bar and plotext takes 5 ms a chart."""
    canvas = Canvas(width, height)
    share = height // len(charts)
    styles = {name: look.fore(colour) for name, colour in colours}
    for index, chart in enumerate(charts):
        _chart(canvas, look, styles, chart, index * share, share)
    return tuple(canvas.lines(look))


def _scale(chart: Chart) -> ScoreRange:
    """Return the range of a chart: all intervals, rounded outwards, from zero where that loses no detail."""
    ends = [v for bar in chart.bars for v in (bar.score, bar.low, bar.high) if v is not None]
    low, high = min(ends), max(ends)
    span = max(high - low, abs(high) * 0.02, 1e-6)
    step = nice_step(span, 4)
    low = math.floor((low - 0.1 * span) / step) * step
    high = math.ceil(high / step - 1e-9) * step
    if 0 < low < high - low or low < 0 <= min(ends):
        low = 0.0
    return ScoreRange(round(low, 12), round(high, 12))


def _chart(canvas: Canvas, look: Look, styles: dict[str, Style], chart: Chart, top: int, rows: int) -> None:
    """Draw a chart: caption, a label with the score before each bar, and the plot."""
    names = max(width_of(clean(bar.method, 14)) for bar in chart.bars)
    names = min(names, max(canvas.width // 4, 4))
    figures = max(len(score(bar.score)) for bar in chart.bars)
    roomy = canvas.width >= 36
    left = names + 2 + (figures + 2 if roomy else 0)
    best = max(chart.scores)
    layout = _layout(len(chart.bars), rows - 1)
    caption(canvas, look, chart.title, top)
    _plot(canvas, look, styles, chart, layout, left, top + 1)
    for index, bar in enumerate(chart.bars):
        row = top + 1 + layout.middle(index)
        if row >= top + 1 + layout.body:
            break
        canvas.put(0, row, fit(clean(bar.method, 14), names), styles[bar.method])
        if roomy:
            canvas.put_right(
                names + 2 + figures, row, score(bar.score), None if bar.score is not None else look.dim_style
            )
        if bar.score == best:
            canvas.put(names + 1, row, look.star, look.accent_style)
        if bar.score is None:
            canvas.put(left, row, look.nothing, look.dim_style)


@dataclass(frozen=True)
class Layout:
    """How bars share rows: one every `each` rows, `thick` rows high, `body` rows in all; what is under them."""

    each: int
    thick: int
    body: int
    line: bool
    labels: bool

    def middle(self, index: int) -> int:
        """Return the row of a bar's middle."""
        return index * self.each + self.thick // 2


def _layout(bars: int, rows: int) -> Layout:
    """Return the airiest layout that fits with an axis; without room for one, as many plain bars as there are rows."""
    for each, thick in ((4, 3), (2, 1), (1, 1)):
        body = (bars - 1) * each + thick
        if body + 2 <= rows:
            return Layout(each, thick, body, line=True, labels=True)
    return Layout(1, 1, min(bars, rows), line=False, labels=rows > bars)


def _plot(
    canvas: Canvas, look: Look, styles: dict[str, Style], chart: Chart, layout: Layout, left: int, top: int
) -> None:
    """Draw the bars, the baseline and the axis with plotext.

    A bar is solid up to its interval's low end and shaded from there to the score; a whisker goes on to the high end.
    plotext gets positions in [0, 1] instead of scores, and rows instead of bar numbers: it would otherwise write
    warnings about numbers too large or too close to the terminal.
    """
    scale = _scale(chart)
    across = max(canvas.width - left - 1, 1)
    drawn = [(i, bar, bar.score) for i, bar in enumerate(chart.bars) if bar.score is not None and i < layout.body]
    level = next((bar.score for bar in chart.bars if bar.method == BASELINE), None)

    def compose(plotext: Any, figure: Any, ink: Ink) -> None:
        places = [-layout.middle(index) / layout.each for index, _, _ in drawn]
        inks = [ink(styles[bar.method]) for _, bar, _ in drawn]
        ends = [scale.position(value) for _, _, value in drawn]
        solid = [scale.position(value if bar.low is None else min(bar.low, value)) for _, bar, value in drawn]
        accent = ink(look.accent_style)
        if level is not None:
            figure.line(scale.position(level), orientation="vertical", pixel=accent)
        for place, own, end, (_, bar, _) in zip(places, inks, ends, drawn, strict=True):
            if bar.high is not None:
                high = scale.position(bar.high)
                whisker = [plotext.marker(glyph, pixel=own) for glyph in "─┤"]
                figure.draw(figure.segment((end, high), (place, place), marker=whisker[0]))
                figure.draw(figure.signal([high], [place], marker=whisker[1]))
        # later ones lie on top: a bar covers where its whisker starts, its solid part where the shade does
        for glyph, stops in (("▓" if look.unicode else "=", ends), ("█", solid)):
            markers = [plotext.marker(glyph, pixel=own) for own in inks]
            figure.draw(
                figure.bar(
                    places, [0.0] * len(places), stops, marker=markers, orientation="horizontal",
                    width=(layout.thick - 1) / layout.each,
                )
            )  # fmt: skip
        if level is not None:
            _mark(plotext, figure, accent, scale, level, layout, drawn, places)
        _axes(figure, look, ink, scale, layout, across)

    plot_onto(canvas, left, top, across, layout.body + layout.line + layout.labels, compose)


def _mark(
    plotext: Any, figure: Any, accent: Any, scale: ScoreRange, level: float, layout: Layout,
    drawn: list[tuple[int, Bar, float]], places: list[float],
) -> None:  # fmt: skip
    """Draw the baseline again over the bars and whiskers that reach it, heavier, so that it is seen through them."""
    at, half = scale.position(level), (layout.thick - 1) / 2 / layout.each
    for place, (_, bar, value) in zip(places, drawn, strict=True):
        ys = (place - half, place + half) if value >= level else (place, place)
        if max(value, bar.high or value) >= level:
            figure.draw(figure.segment((at, at), ys, marker=plotext.marker("┃", pixel=accent)))


def _axes(figure: Any, look: Look, ink: Ink, scale: ScoreRange, layout: Layout, across: int) -> None:
    dim = ink(look.dim_style)
    figure.axes(False)
    figure.axes(layout.line, pixel=dim, axis="x", side="lower")
    x, y = figure.ruler("x"), figure.ruler("y")
    x.lim(0.0, 1.0)
    y.lim(-max(layout.body - 1, 1) / layout.each, 0.0)
    y.ticks([])
    x.pixel(dim)
    ticks = score_ticks(scale, max(across // 10, 2)) if layout.labels else []
    x.ticks([position for position, _ in ticks], labels=[label for _, label in ticks])
