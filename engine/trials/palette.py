"""The colours of the dark and the light theme: the same on the screen, in figures and in reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """Colours as `#rrggbb`; `ramp` runs from low to high scores.

    `methods` has one colour a method; the baseline is always `dim`.
    """

    name: str
    ramp: tuple[str, ...]
    methods: tuple[str, ...]
    accent: str
    good: str
    bad: str
    warn: str
    dim: str
    text: str
    background: str
    panel: str


@dataclass(frozen=True)
class Palette(Colours):
    """A theme for the page: `on_ramp` is what reads best upon each step of the ramp, `line` draws axes and grids."""

    on_ramp: tuple[str, ...]
    line: str


DARK = Palette(
    name="dark",
    ramp=("#4b2bbb", "#7a1fb8", "#aa2395", "#d04a72", "#ee7b51", "#fbb034", "#f4ee55"),
    on_ramp=("#ffffff", "#ffffff", "#ffffff", "#000000", "#000000", "#000000", "#000000"),
    methods=("#6ab0ff", "#eda028", "#e08fc4", "#e6dc5a", "#f2734a", "#a793f5", "#6cc47a"),
    accent="#5ad1c8",
    good="#6fcf7c",
    bad="#ff6e6e",
    warn="#f2b84b",
    dim="#818a96",
    text="#d7dce2",
    line="#343b45",
    background="#0f1216",
    panel="#171b21",
)

LIGHT = Palette(
    name="light",
    # the other way round: a high score stands out from the page as ink
    ramp=("#f6e27a", "#f7bd5f", "#ee8f5c", "#d6626f", "#ae3a8c", "#7a219b", "#3f1a86"),
    on_ramp=("#000000", "#000000", "#000000", "#000000", "#ffffff", "#ffffff", "#ffffff"),
    methods=("#0064b0", "#a85a00", "#a03a7c", "#6d6600", "#b53a12", "#5b45b5", "#1f7a34"),
    accent="#00746a",
    good="#1a7a35",
    bad="#bf262c",
    warn="#8a5a00",
    dim="#666c74",
    text="#22262b",
    line="#cfd2cd",
    background="#fbfbf9",
    panel="#f0f0ec",
)

PALETTES: dict[str, Palette] = {palette.name: palette for palette in (DARK, LIGHT)}
"""By name."""
