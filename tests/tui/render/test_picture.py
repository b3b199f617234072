"""Views saved to files: what is in them, and that nothing in a name can break them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hostile_text import HOSTILE
from made_run import MadeRun
from rich.text import Text
from tunetop.engine.events import Axis
from tunetop.tui.render.look import LOOKS
from tunetop.tui.render.picture import to_ansi, to_svg, to_text
from tunetop.tui.views.catalog import VIEWS
from tunetop.tui.views.options import ViewOptions

AXES = [Axis(name="rate", scale="log", low=1e-4, high=1e-1), Axis(name="<b>&", scale="linear", low=0, high=1)]


def lines(view: str = "heatmap", look_name: str = "dark") -> list[Text]:
    run = MadeRun(methods=("random",), axes=AXES)
    for number in range(12):
        run.trial("random", number, [0.5 + number / 100], {"rate": 10 ** (-1 - number / 4), "<b>&": number / 12})
    return VIEWS[view].draw(run.state(), ViewOptions(), 60, 16, LOOKS[look_name])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("look_name", LOOKS)
def test_an_svg_is_well_formed_and_sized_by_its_cells(view: str, look_name: str) -> None:
    root = ElementTree.fromstring(to_svg(lines(view, look_name), "A run", LOOKS[look_name]))
    assert root.tag.endswith("svg")
    width, height = (float(root.attrib[key]) for key in ("width", "height"))
    assert width == pytest.approx(2 * 14 + 60 * 8.4)
    assert height == pytest.approx(14 + 30 + 16 * 18 + 14)
    assert "A run" in "".join(root.itertext())


def test_an_svg_carries_the_colours_of_the_cells() -> None:
    look = LOOKS["dark"]
    svg = to_svg(lines(), "", look)
    assert look.ramp[-1] in svg
    assert ".6100" in svg
    assert look.ramp[-1] not in to_svg(lines(), "", look.with_colors("none"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_title_leaves_the_svg_well_formed(text: str) -> None:
    ElementTree.fromstring(to_svg(lines(), text + "<script>{}", LOOKS["dark"]))


def test_text_has_neither_colours_nor_blank_ends() -> None:
    text = to_text(lines())
    assert text.count("\n") == 16
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "★.6100" in text


def test_ansi_has_as_many_colours_as_the_look() -> None:
    look = LOOKS["dark"]
    assert "\x1b[38;2;" in to_ansi(lines(), look)
    assert "\x1b[38;5;" in to_ansi(lines(), look.with_colors("256"))
    assert "38;2;" not in to_ansi(lines(), look.with_colors("16"))
    plain = to_ansi(lines(), look.with_colors("none"))
    assert "38;" not in plain
    assert plain.count("\n") == 16
