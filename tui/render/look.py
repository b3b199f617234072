"""Everything about colour and glyphs: what a view may look like on a terminal.

A `Look` is plain data. Views ask it for the colour of a score, of a method, and for glyphs; they never name a colour
themselves. Colour is never alone: whatever a colour says, a number, a glyph or a position says too, so a look without
colours (`colors="none"`) or without Unicode (`unicode=False`) loses nothing but beauty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Literal

from rich.style import Style

from ...engine.events import BASELINE
from ...engine.state import RunState
from ...engine.trials.palette import PALETTES, Colours
from .colour import luminance, readable, resampled, snapped_16, snapped_256, visible_on
from .glyphs import MARKERS, SHADES, SHADES_ASCII, SPARK, SPARK_ASCII, plain

Colors = Literal["truecolor", "256", "16", "none"]


class Glyph:
    """A character as the look that is asked for it can show it."""

    def __init__(self, character: str) -> None:
        self._character = character

    def __get__(self, look: Look, owner: type[Look]) -> str:
        return look.glyph(self._character)


@dataclass(frozen=True)
class Look(Colours):
    """Colours ("default" throughout when there are no colours), and whether glyphs may be Unicode.

    `ramp` has few steps: every further one costs bytes on a thin line, because more cells change colour.
    """

    unicode: bool = True
    colors: Colors = "truecolor"

    def reduced(self, levels: int = 5) -> Look:
        """Return the look with a ramp of that many steps (at least 2), for thin lines."""
        return replace(self, ramp=resampled(self.ramp, max(levels, 2)))

    def ascii(self) -> Look:
        """Return the look with ASCII glyphs only."""
        return replace(self, unicode=False)

    def with_colors(self, colors: Colors) -> Look:
        """Return the look for a terminal that can show so many colours.

        Colours are snapped to the terminal's palette here, so that what is computed from them (readable text on a
        cell) holds for what is shown. Sixteen colours have no plasma: the ramp becomes blue, magenta, red, yellow.
        """
        if colors == self.colors or colors == "truecolor":
            return replace(self, colors=colors)
        if colors == "none":
            blank = dict.fromkeys(_COLOURS, "default")
            return replace(self, **blank, ramp=("default",), methods=("default",), colors=colors)
        if colors == "16":
            behind = "#000000" if self.dark else "#ffffff"
            snapped = {name: snapped_16(getattr(self, name), behind) for name in _COLOURS}
            snapped |= {"background": behind, "panel": behind}
            ramp, methods = _SIXTEEN_ON_DARK if self.dark else _SIXTEEN_ON_LIGHT
            return replace(self, **snapped, ramp=ramp, methods=methods, colors=colors)
        snapped = {name: snapped_256(getattr(self, name)) for name in _COLOURS}
        ramp, methods = (tuple(snapped_256(c) for c in colours) for colours in (self.ramp, self.methods))
        return replace(self, **snapped, ramp=tuple(dict.fromkeys(ramp)), methods=methods, colors=colors)

    def colour_blind(self) -> Look:
        """Return the look with a ramp and method colours for every kind of colour vision."""
        ramp, methods = _SAFE_ON_DARK if self.dark else _SAFE_ON_LIGHT
        safe = replace(self, name="colour-blind", ramp=ramp, methods=methods, good=methods[0], bad=methods[4])
        return replace(safe, accent=methods[0], warn=methods[3])

    @property
    def dark(self) -> bool:
        """True if the background is dark (or unknown)."""
        return self.background == "default" or luminance(self.background) < 0.2

    @property
    def coloured(self) -> bool:
        """True if the terminal shows colours at all."""
        return self.colors != "none"

    def level(self, position: float) -> int:
        """Return the step of the ramp, from 0, for a position in [0, 1]; what is outside goes to the nearer end."""
        if math.isnan(position):
            return 0
        return min(max(int(position * len(self.ramp)), 0), len(self.ramp) - 1)

    def ramp_colour(self, position: float) -> str:
        """Return the ramp's colour for a position in [0, 1]."""
        return self.ramp[self.level(position)]

    def ramp_style(self, position: float) -> tuple[str, str]:
        """Return (background, readable foreground) for a position in [0, 1] on the ramp."""
        background = self.ramp_colour(position)
        return background, readable(background)

    def cell_style(self, position: float) -> Style:
        """Return `ramp_style` as a rich style; the null style where there are no colours."""
        background, foreground = self.ramp_style(position)
        return _style(foreground, background) if self.coloured else Style.null()

    def point_style(self, position: float) -> Style:
        """Return the style of a point whose score lies at a position in [0, 1]: the ramp, kept off the background."""
        if not self.coloured:
            return Style.null()
        return _style(visible_on(self.ramp_colour(position), self.background, self.text))

    def fore(self, colour: str, *, bold: bool = False) -> Style:
        """Return a style that writes in `colour`, one of this look's; without colours only the weight remains."""
        return _style(colour if self.coloured else None, None, bold)

    @cached_property
    def dim_style(self) -> Style:
        """The style of what matters less."""
        return self.fore(self.dim) if self.coloured else Style(dim=True)

    @cached_property
    def accent_style(self) -> Style:
        """The style of the best, and of where one is."""
        return self.fore(self.accent, bold=True)

    def method_style(self, state: RunState | None, method: str) -> str:
        """Return the colour of a method: grey for the baseline, else one by its place among the run's methods."""
        if method == BASELINE:
            return self.dim
        return self.methods[method_index(state, method) % len(self.methods)]

    def glyph(self, character: str) -> str:
        """Return `character`, or its ASCII stand-in of the same width on a terminal without Unicode."""
        return character if self.unicode else plain(character)

    def method_marker(self, state: RunState | None, method: str) -> str:
        """Return the glyph of a method, for points."""
        if method == BASELINE:
            return self.glyph("○")
        return self.glyph(MARKERS[method_index(state, method) % len(MARKERS)])

    star = Glyph("★")
    """Marks the best, everywhere."""
    tick = Glyph("✓")
    """Marks what is done."""
    cross = Glyph("✗")
    """Marks what failed."""
    play = Glyph("▶")
    """Marks what is running."""
    pause = Glyph("‖")
    """Marks what is paused."""
    dot = Glyph("●")
    """Marks a point or a live run."""
    pointer = Glyph("▸")
    """Marks the row that the cursor is on."""
    down = Glyph("▾")
    """Marks descending order."""
    up = Glyph("▴")
    """Marks ascending order."""
    rule = Glyph("─")
    """One cell of a horizontal rule."""
    bar = Glyph("│")
    """One cell of a vertical rule."""
    missing = Glyph("·")
    """Stands for what is not there yet."""
    nothing = Glyph("–")
    """Stands for a number that there is none of."""
    ellipsis = Glyph("…")
    """Ends what was cut."""
    plus_minus = Glyph("±")
    """Stands before a standard deviation."""
    separator = Glyph("·")
    """Stands between facts on one line."""
    full = Glyph("█")
    """The done part of a progress bar."""
    empty = Glyph("░")
    """The part of a progress bar that is still to come."""

    def phase_mark(self, phase: str) -> tuple[str, Style]:
        """Return the glyph of how a run, a method or a trial stands, and its style."""
        glyph, colour = PHASES[phase]
        return self.glyph(glyph), self.named(colour)

    def named(self, colour: str, *, bold: bool = False) -> Style:
        """Return the style that writes in the colour of that name: good, bad, warn, dim, …"""
        return self.fore(getattr(self, colour), bold=bold)

    @property
    def spark(self) -> str:
        """Eight glyphs of growing height."""
        return SPARK if self.unicode else SPARK_ASCII

    @property
    def shades(self) -> str:
        """Glyphs of growing ink, the first one blank: the ramp where there are no colours."""
        return SHADES if self.unicode else SHADES_ASCII


PHASES: dict[str, tuple[str, str]] = {
    "new": ("·", "dim"),
    "waiting": ("·", "dim"),
    "running": ("▶", "accent"),
    "paused": ("‖", "warn"),
    "stopping": ("▶", "warn"),
    "interrupted": ("✗", "bad"),
    "done": ("✓", "good"),
    "stopped": ("■", "warn"),
    "skipped": ("-", "warn"),
    "raced": ("■", "warn"),
    "failed": ("✗", "bad"),
}
"""How a run, a method or a trial stands -> its glyph, and the name of its colour in a look."""

_COLOURS = ("accent", "good", "bad", "warn", "dim", "text", "background", "panel")


def method_index(state: RunState | None, method: str) -> int:
    """Return a method's place among the run's methods, the baseline left out; 0 if it is not among them."""
    names = [name for name in state.methods if name != BASELINE] if state else []
    return names.index(method) if method in names else 0


@cache
def _style(colour: str | None, background: str | None = None, bold: bool | None = None) -> Style:
    return Style(color=colour, bgcolor=background, bold=bold or None)


_SIXTEEN_ON_DARK = (
    ("#0000aa", "#5555ff", "#aa00aa", "#ff5555", "#ffff55"),
    ("#55ffff", "#ffff55", "#ff55ff", "#55ff55", "#ff5555", "#5555ff"),
)
_SIXTEEN_ON_LIGHT = (
    ("#ffff55", "#ff5555", "#aa00aa", "#5555ff", "#0000aa"),
    ("#0000aa", "#aa0000", "#aa00aa", "#aa5500", "#555555", "#00aaaa"),
)

# Blue to yellow through grey, rising evenly in lightness. The methods are Okabe & Ito's set, lifted or darkened to be
# read on the background.
_SAFE_RAMP = ("#27428c", "#465684", "#666b80", "#878178", "#a99a6c", "#cfb85a", "#f8dd4a")
_SAFE_ON_DARK = _SAFE_RAMP, ("#56b4e9", "#e69f00", "#cc79a7", "#f0e442", "#e8743b", "#20b08a", "#7d9cf0")
_SAFE_ON_LIGHT = _SAFE_RAMP[::-1], ("#0072b2", "#a35f00", "#a4487c", "#6f6700", "#b84a00", "#007a5a", "#4a55b0")

# -- the looks -------------------------------------------------------------------------------------------------------


DARK, LIGHT = (
    Look(**{field.name: getattr(PALETTES[name], field.name) for field in fields(Colours)}) for name in ("dark", "light")
)

HIGH_CONTRAST = Look(
    name="high-contrast",
    ramp=("#5a4bff", "#9a3cff", "#d93ad0", "#ff5f8a", "#ff8f4d", "#ffc21f", "#ffff66"),
    methods=("#66c2ff", "#ffb000", "#ff9ede", "#ffff66", "#ff7f50", "#c3b1ff", "#7dff8a"),
    accent="#00ffff",
    good="#5cff7a",
    bad="#ff8080",
    warn="#ffd75e",
    dim="#c4c4c4",
    text="#ffffff",
    background="#000000",
    panel="#333333",
)

LOOKS: dict[str, Look] = {look.name: look for look in (DARK, LIGHT, HIGH_CONTRAST, DARK.colour_blind())}
"""By name; the first three are the names of the app's themes as well."""
