"""Colours that can be read and told apart, at every depth, and glyphs that survive without Unicode."""

from __future__ import annotations

import math

import pytest
from made_run import MadeRun
from rich.cells import cell_len
from rich.color import Color, ColorSystem
from tunetop.tui.render.colour import contrast, luminance, readable, resampled, rgb
from tunetop.tui.render.glyphs import plain
from tunetop.tui.render.look import LOOKS, Glyph, Look

DEPTHS = ["truecolor", "256", "16"]
EVERY = [
    look.with_colors(depth)  # type: ignore[arg-type]
    for look in (*LOOKS.values(), LOOKS["light"].colour_blind())
    for depth in DEPTHS
]


def name_of(look: Look) -> str:
    return f"{look.name}-{look.colors}-{'dark' if look.dark else 'light'}"


@pytest.mark.parametrize("look", EVERY, ids=name_of)
def test_text_on_every_step_of_the_ramp_is_readable(look: Look) -> None:
    for step in range(101):
        background, foreground = look.ramp_style(step / 100)
        assert contrast(background, foreground) >= 4.5


@pytest.mark.parametrize("look", EVERY, ids=name_of)
def test_names_and_notes_are_readable_on_the_background(look: Look) -> None:
    for colour in (*look.methods, look.dim, look.text, look.accent, look.good, look.bad, look.warn):
        assert contrast(colour, look.background) >= 2.5
    for colour in (look.dim, look.text, look.accent, look.bad):
        assert contrast(colour, look.background) >= 4.0


@pytest.mark.parametrize("look", EVERY, ids=name_of)
def test_points_never_vanish_in_the_background(look: Look) -> None:
    for step in range(21):
        colour = look.point_style(step / 20).color
        assert colour is not None
        assert contrast(colour.get_truecolor().hex, look.background) >= 1.9


@pytest.mark.parametrize("name", LOOKS)
def test_a_ramp_rises_or_falls_evenly_in_lightness(name: str) -> None:
    lightness = [luminance(colour) for colour in LOOKS[name].ramp]
    assert lightness == sorted(lightness) or lightness == sorted(lightness, reverse=True)


def test_sixteen_and_256_colours_arrive_as_they_were_computed() -> None:
    for name, system in (("16", ColorSystem.STANDARD), ("256", ColorSystem.EIGHT_BIT)):
        look = LOOKS["dark"].with_colors(name)  # type: ignore[arg-type]
        for colour in (*look.ramp, *look.methods, look.dim, look.text, look.accent):
            shown = Color.parse(colour).downgrade(system)
            assert shown.number is not None
            if name == "256":
                # rich shifts light greys by one step of the grey ramp, which is ten of 255
                arrived = shown.get_truecolor()
                assert all(abs(a - b) <= 10 for a, b in zip(arrived, rgb(colour), strict=True))
        numbers = [Color.parse(colour).downgrade(system).number for colour in look.ramp]
        assert len(set(numbers)) == len(look.ramp)


def test_the_baseline_is_grey_and_methods_have_their_own_colours() -> None:
    state = MadeRun(methods=("baseline", "grid", "random", "bayes")).state()
    look = LOOKS["dark"]
    colours = [look.method_style(state, name) for name in state.methods]
    assert colours[0] == look.dim
    assert len(set(colours)) == 4
    assert len({look.method_marker(state, name) for name in state.methods}) == 4


def test_positions_beyond_the_ramp_go_to_its_ends() -> None:
    look = LOOKS["dark"]
    assert look.ramp_colour(-1.0) == look.ramp_colour(math.nan) == look.ramp[0]
    assert look.ramp_colour(1.0) == look.ramp_colour(7.0) == look.ramp[-1]


def test_a_reduced_ramp_keeps_its_ends() -> None:
    look = LOOKS["dark"].reduced(3)
    assert (look.ramp[0], look.ramp[-1]) == (LOOKS["dark"].ramp[0], LOOKS["dark"].ramp[-1])
    assert len(look.ramp) == 3
    assert len(LOOKS["dark"].reduced(0).ramp) == 2
    assert resampled(("#000000", "#ffffff"), 3)[1] == "#808080"


def test_a_look_without_colours_still_answers_with_valid_styles() -> None:
    look = LOOKS["dark"].with_colors("none")
    assert look.cell_style(0.5).color is None
    assert look.ramp_style(0.9) == ("default", "default")
    assert look.method_style(None, "grid") == "default"
    assert look.fore(look.accent, bold=True).bold
    assert look.reduced(5).ramp == ("default",)


def test_black_or_white_is_chosen_by_contrast() -> None:
    assert readable("#f4ee55") == "#000000"
    assert readable("#27428c") == "#ffffff"
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


def test_every_glyph_has_an_ascii_stand_in_of_one_cell() -> None:
    unicode, ascii_look = LOOKS["dark"], LOOKS["dark"].ascii()
    names = [name for name, value in vars(Look).items() if isinstance(value, Glyph)]
    assert {"star", "nothing", "full", "empty", "rule"} <= set(names)
    for name in names:
        glyph, stand_in = getattr(unicode, name), getattr(ascii_look, name)
        assert cell_len(glyph) == 1
        assert stand_in.isascii()
        assert len(stand_in) == 1
    assert len({ascii_look.star, ascii_look.cross, ascii_look.play, ascii_look.missing}) == 4
    markers = {ascii_look.method_marker(None, "x"), *plain("●◆▲■▼✚")}
    assert len(markers) == 6


def test_ascii_keeps_the_width_of_what_it_cannot_write() -> None:
    assert plain("漢字 é ★") == "???? ? *"
