"""The bars that plotext draws: where they end, what lies on them, and that nothing of plotext shows elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from made_run import MadeRun
from rich.style import Style
from rich.text import Text
from tunetop.engine.state import RunState
from tunetop.engine.statistics import wilson_interval
from tunetop.tui.render.lines import Canvas
from tunetop.tui.render.look import LOOKS, Look
from tunetop.tui.render.plotext_figure import missing, plot_onto
from tunetop.tui.views import bars
from tunetop.tui.views.catalog import VIEWS
from tunetop.tui.views.options import ViewOptions

LOOK = LOOKS["dark"]
METHODS = ("grid", "random", "refine")


def finished(scores: dict[str, float], rows: int = 114, scoring: str = "accuracy") -> RunState:
    run = MadeRun(methods=tuple(scores), test_rows=rows, scoring=scoring)
    for name, score in scores.items():
        run.trial(name, 0, [score - 0.02, score, score + 0.02])
        run.finish(name, 0, score)
    return run.state()


def drawn(state: RunState, width: int = 80, height: int = 10, look: Look = LOOK) -> list[Text]:
    return bars.draw(state, ViewOptions(), width, height, look)


def label_rows(lines: list[Text], names: tuple[str, ...]) -> dict[str, str]:
    return {name: next(line.plain for line in lines if line.plain.startswith(name)) for name in names}


def axis(lines: list[Text]) -> tuple[int, int, float, float]:
    """Return the columns of the first and last mark on the axis, and the scores there."""
    row = next(i for i, line in enumerate(lines) if "─┬" in line.plain and "█" not in line.plain)
    # the baseline crosses a mark where it stands on a plain number
    marks = [match.start() for match in re.finditer("[┬┼]", lines[row].plain)]
    labels = [float(label) for label in lines[row + 1].plain.split()]
    assert len(marks) == len(labels)
    return marks[0], marks[-1], labels[0], labels[-1]


def column(lines: list[Text], score: float) -> float:
    first, last, low, high = axis(lines)
    return first + (score - low) / (high - low) * (last - first)


def test_scores_and_intervals_can_be_read_off_the_axis() -> None:
    scores = {"baseline": 102 / 114, "grid": 105 / 114, "random": 108 / 114, "refine": 99 / 114}
    lines = drawn(finished(scores), height=11)
    for name, row in label_rows(lines, METHODS).items():
        low, high = wilson_interval(round(scores[name] * 114), 114)
        blocks = row.replace("┃", "▓" if column(lines, low) < row.find("┃") < column(lines, scores[name]) else "┃")
        assert abs(blocks.rindex("█") - column(lines, low)) <= 1
        assert abs(max(blocks.rfind("▓"), blocks.rindex("█")) - column(lines, scores[name])) <= 1
        assert abs(row.rindex("┤") - column(lines, high)) <= 1


def test_the_baseline_is_one_line_through_all_bars_down_to_the_axis() -> None:
    scores = {"baseline": 0.90, "grid": 0.92, "random": 0.88, "refine": 0.95}
    lines = drawn(finished(scores, scoring="f1"), height=10)
    rows = label_rows(lines, METHODS)
    at = rows["grid"].index("┃")
    assert {name: row[at] for name, row in rows.items()} == {"grid": "┃", "random": "│", "refine": "┃"}
    assert abs(at - column(lines, 0.90)) <= 1
    under = next(line.plain for line in lines if "─┬" in line.plain)
    assert under[at] in "┴┼"


def test_bars_have_their_methods_colours_and_the_baseline_the_accent() -> None:
    state = finished({"baseline": 0.90, "grid": 0.92, "random": 0.88})
    lines = drawn(state)
    for line in lines[1:7]:
        for span in line.spans:
            part = line.plain[span.start : span.end]
            if "█" in part:
                name = line.plain.split()[0]
                assert span.style == LOOK.fore(LOOK.method_style(state, name))
            if "┃" in part:
                assert span.style == LOOK.accent_style


@pytest.mark.parametrize(("height", "rows_a_bar"), [(20, 3), (8, 1), (4, 1)])
def test_bars_grow_with_the_room_there_is(height: int, rows_a_bar: int) -> None:
    lines = drawn(finished({"baseline": 0.9, "grid": 0.92}, scoring="f1"), height=height)
    top = lines[: 10 if height == 20 else height]
    assert sum("█" in line.plain for line in top) == 2 * rows_a_bar
    assert "0.9000" in next(line.plain for line in lines if line.plain.startswith("baseline"))


def test_in_ascii_the_interval_still_differs_from_the_bar() -> None:
    row = label_rows(drawn(finished({"baseline": 0.9, "grid": 0.92}), look=LOOK.ascii()), ("grid",))["grid"]
    assert re.search(r"#+\|?#*=+\|?=*-+\+", row)


def test_scores_that_cannot_be_negative_start_at_nought_and_not_below() -> None:
    lines = drawn(finished({"baseline": 0.0, "grid": 0.2}, rows=10), height=8)
    labels = next(lines[i + 1] for i, line in enumerate(lines) if "─┬" in line.plain).plain.split()
    assert labels[0] == ".0"
    row = label_rows(lines, ("baseline",))["baseline"]
    assert "█" not in row


def test_plotext_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    for scores in ({"a": 1e16, "b": 1e16 + 2}, {"a": 0.5, "b": 0.5}, {"a": -1e250, "b": 3.0}, {"a": 0.0}):
        for height in (4, 5, 9, 30):
            drawn(finished(scores, scoring="r2"), height=height)
    assert capfd.readouterr() == ("", "")


def test_a_drawing_that_was_kept_is_not_changed_by_who_got_it() -> None:
    state = finished({"baseline": 0.9, "grid": 0.92})
    first = drawn(state)
    first[1].append("spoiled")
    assert drawn(state)[1].plain == drawn(finished({"baseline": 0.9, "grid": 0.92}))[1].plain
    assert "spoiled" not in drawn(state)[1].plain


def test_views_are_imported_without_plotext() -> None:
    code = "import sys, tunetop.tui.views.catalog; print('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_without_plotext_the_bars_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "plotext", None)
    assert "plotext" in missing()
    lines = drawn(finished({"baseline": 0.9}))
    assert "plotext" in " ".join(line.plain for line in lines)
    assert len(lines) == 10


# -- the figure ------------------------------------------------------------------------------------------------------


def test_a_figure_larger_than_the_terminal_is_drawn_whole_and_clipped_by_the_canvas_alone() -> None:
    def compose(plotext, figure, ink) -> None:
        figure.axes(False)
        figure.ruler("x").lim(0, 1).frequency(0)
        figure.ruler("y").lim(0, 1).frequency(0)
        figure.draw(figure.segment((0, 1), (1, 0), marker=plotext.marker("x", pixel=ink(Style(color="red")))))

    canvas = Canvas(300, 90)
    plot_onto(canvas, 0, 0, 300, 90, compose)
    assert canvas.lines(LOOK)[0].plain[0] == "x"
    assert canvas.lines(LOOK)[89].plain[299] == "x"
    small = Canvas(20, 4)
    plot_onto(small, 15, 2, 20, 6, compose)
    assert [line.plain.find("x") for line in small.lines(LOOK)][:3] == [-1, -1, 15]
    assert all(len(line.plain) == 20 for line in small.lines(LOOK))


def test_inks_come_back_as_the_styles_they_stand_for_and_blanks_leave_what_is_there() -> None:
    red, bold = Style(color="#ff0000", bgcolor="#000010"), Style(bold=True)

    def compose(plotext, figure, ink) -> None:
        figure.axes(False)
        figure.ruler("x").lim(0, 3).frequency(0)
        figure.ruler("y").lim(0, 1).frequency(0)
        for x, style in ((1, red), (2, bold)):
            figure.draw(figure.signal([x], [0], marker=plotext.marker("#", pixel=ink(style))))

    canvas = Canvas(6, 2)
    canvas.put(0, 1, "abcdef")
    plot_onto(canvas, 1, 0, 4, 2, compose)
    line = canvas.lines(LOOK)[1]
    assert line.plain == "ab##ef"
    assert [(span.start, span.end, span.style) for span in line.spans] == [(2, 3, red), (3, 4, bold)]


def test_drawings_in_several_threads_do_not_mix() -> None:
    states = [finished({"baseline": 0.9, "grid": 0.8 + n / 100}, scoring="f1") for n in range(8)]
    expected = [[line.plain for line in drawn(state, 70 + n)] for n, state in enumerate(states)]
    bars._drawn.cache_clear()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: [line.plain for line in drawn(states[n], 70 + n)], range(8)))
    assert found == expected


def test_the_bars_are_what_the_view_of_that_name_shows() -> None:
    assert VIEWS["bars"].draw is bars.draw
