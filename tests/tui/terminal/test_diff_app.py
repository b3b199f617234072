"""What is sent must leave the terminal with the picture that was meant, whatever it showed before."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static
from tunetop.tui.terminal.diff_app import DiffApp
from tunetop.tui.terminal.frame_rate import ByteBudget
from tunetop.tui.terminal.screen_buffer import Frame

WIDTH, HEIGHT = 24, 8

STYLES = [
    None,
    Style(color="#ff8800"),
    Style(color="#ff8800", bold=True),
    Style(bgcolor="#202040"),
    Style(color="#00ff00", bgcolor="#202040", underline=True),
    Style(dim=True),
    Style(reverse=True),
]

segment = st.builds(
    lambda text, style: Segment(text, STYLES[style]),
    st.text(alphabet="ab0 .★█▁│éΔ漢", min_size=1, max_size=10),
    st.integers(0, len(STYLES) - 1),
)
row = st.lists(segment, max_size=6)
picture = st.lists(row, min_size=HEIGHT, max_size=HEIGHT)


def cells_of(frame: Frame, segments: list[Segment]) -> list:
    cells = frame.cells(segments)[:WIDTH]
    if cells and len(cells) == WIDTH and frame.cells(segments)[WIDTH : WIDTH + 1] == [("", cells[-1][1])]:
        cells[-1] = (" ", frame.pens.plain)
    return cells + [(" ", frame.pens.plain)] * (WIDTH - len(cells))


def shown(screen: pyte.Screen) -> list[list[tuple]]:
    """Return what each cell shows; the foreground of a plain blank cannot be seen."""
    return [
        [
            (c.data, None if c.data == " " and not c.reverse and not c.underscore else (c.fg, c.bold), c.bg, c.reverse)
            for c in (screen.buffer[y][x] for x in range(WIDTH))
        ]
        for y in range(HEIGHT)
    ]


class Eye:
    """A terminal that is sent differences, beside one that is sent everything."""

    def __init__(self) -> None:
        self.frame = Frame(ColorSystem.TRUECOLOR)
        self.frame.resize(WIDTH, HEIGHT)
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self.screen)

    def send(self, rows: dict[int, list[Segment]]) -> str:
        text = self.frame.update({y: cells_of(self.frame, segments) for y, segments in rows.items()})
        self._stream.feed(text)
        return text


@given(st.lists(picture, min_size=2, max_size=4), st.integers(-3, 3))
def test_differences_lead_to_the_same_picture_as_sending_everything(pictures: list, moved: int) -> None:
    eye = Eye()
    # the first picture once more, moved up or down: the terminal is asked to move its rows
    first = pictures[0]
    pictures = [first, first[-moved:] + first[:-moved] if moved else first, *pictures[1:]]
    for rows in pictures:
        eye.send(dict(enumerate(rows)))
        fresh = Eye()
        fresh.send(dict(enumerate(rows)))
        assert shown(eye.screen) == shown(fresh.screen)
        assert not eye.screen.cursor.attrs.bold
        assert eye.screen.cursor.attrs.bg == "default"


def table(*numbers: int) -> dict[int, list[Segment]]:
    return {y: [Segment(f"{n:3} random", STYLES[1]), Segment(f"  0.97{n:02}", None)] for y, n in enumerate(numbers)}


def test_a_table_that_moved_down_by_a_row_costs_one_row() -> None:
    eye = Eye()
    everything = eye.send(table(*range(18, 10, -1)))
    difference = eye.send(table(*range(19, 11, -1)))
    assert shown(eye.screen)[0][2][0] == "9"
    assert len(difference) < len(everything) / 4


def test_rows_that_nobody_called_dirty_survive_the_moving_of_others() -> None:
    eye = Eye()
    eye.send(table(*range(18, 10, -1)))
    rows = table(*range(19, 11, -1))
    # row 3 is not part of the update: it keeps what it showed
    kept = rows.pop(3)
    assert kept
    eye.send(rows)
    assert eye.screen.display[3].split() == ["15", "random", "0.9715"]
    assert eye.screen.display[4].split() == ["15", "random", "0.9715"]


def test_only_the_cell_that_changed_is_sent() -> None:
    eye = Eye()
    eye.send({2: [Segment("elapsed 0:41", STYLES[4]), Segment(" and more", STYLES[1])]})
    sent = eye.send({2: [Segment("elapsed 0:42", STYLES[4]), Segment(" and more", STYLES[1])]})
    assert sent.count("2") >= 1
    assert "elapsed" not in sent
    assert eye.screen.display[2].rstrip() == "elapsed 0:42 and more"
    assert eye.send({2: [Segment("elapsed 0:42", STYLES[4]), Segment(" and more", STYLES[1])]}) == ""


def test_what_is_not_known_is_never_drawn() -> None:
    eye = Eye()
    eye.send({0: [Segment("whole row", None)]})
    eye.frame.forget()
    half = eye.frame.row(0)
    half[:5] = eye.frame.cells([Segment("hello", None)])
    eye._stream.feed(eye.frame.update({0: half}))
    assert eye.screen.display[0].rstrip() == "hello row"


def test_a_row_with_wide_characters_is_sent_whole() -> None:
    eye = Eye()
    eye.send({0: [Segment("漢字 a", None)]})
    assert "漢字" in eye.send({0: [Segment("漢字 b", None)]})


@pytest.mark.parametrize("size", [10, 5_000, 50_000])
def test_a_thin_line_is_waited_for_as_long_as_what_was_sent_takes(size: int) -> None:
    now = 100.0
    pace = ByteBudget(rate=1000.0, burst=4000.0, clock=lambda: now)
    assert pace.wait() == 0
    pace.spent(size)
    # beyond the burst one waits, but one huge repaint must not silence the screen for long
    assert pace.wait() == pytest.approx(min(max(size - 4000, 0), 4000) / 1000)
    now += 5
    assert pace.wait() == 0


def test_a_local_terminal_is_never_waited_for() -> None:
    pace = ByteBudget()
    pace.spent(10**9)
    assert pace.wait() == 0
    assert pace.total == 10**9


class Two(DiffApp[None]):
    CSS = "Static { height: 1; }"

    def compose(self) -> ComposeResult:
        yield Static(Text("first"), id="one")
        yield Static(Text("second"), id="two")


async def test_the_names_inside_textual_that_this_leans_on_are_there() -> None:
    app = Two()
    async with app.run_test(size=(20, 4)) as pilot:
        update = app.screen._compositor.render_full_update()
        sent = app.difference(update, app.console)
        assert "first" in sent
        assert app.difference(app.screen._compositor.render_full_update(), app.console) == ""
        app.query_one("#two", Static).update(Text("sexond"))
        await pilot.pause()
        widget = app.query_one("#two")
        app.screen._compositor._dirty_regions.add(widget.region)
        partial = app.screen._compositor.render_partial_update()
        assert partial is not None
        sent = app.difference(partial, app.console)
        assert "x" in sent
        assert "first" not in sent
        assert "sexond" not in sent
        app.app_resume_signal.publish(app)
        # after a suspension nothing is taken for known
        assert "first" in app.difference(app.screen._compositor.render_full_update(), app.console)
