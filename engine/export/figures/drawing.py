"""Figures by matplotlib: made without pyplot, in a theme's colours, the same bytes for the same run.

Text from outside is text: neither mathematics nor TeX is read in it.
"""

from __future__ import annotations

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import UsageError
from ...trials.palette import Palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FONTS = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Noto Sans Arabic", "Noto Emoji")
"""Tried in this order for each character, those of them that are installed."""

_UNDATED: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "tunetop"},
    "pdf": {"CreationDate": None, "Creator": "tunetop", "Producer": None},
    "png": {"Software": "tunetop"},
}


def installed() -> bool:
    """Tell whether matplotlib can be imported here."""
    return importlib.util.find_spec("matplotlib") is not None


def check_installed(what: str, extra: str = "figures") -> None:
    """Raise UsageError where matplotlib is missing, with the command that brings it."""
    if not installed():
        raise UsageError(f"{what}: matplotlib is not installed; pip install 'tunetop[{extra}]' adds it")


@contextmanager
def themed(palette: Palette, *, text_as_text: bool = False) -> Iterator[None]:
    """Let figures be made, and saved, in these colours; `text_as_text` keeps text in an SVG instead of outlines."""
    import matplotlib as mpl

    settings: Any = {
        "font.family": _fonts(),
        "font.size": 9.0,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.formatter.use_mathtext": False,
        "axes.formatter.useoffset": False,
        "axes.unicode_minus": True,
        "svg.fonttype": "none" if text_as_text else "path",
        "svg.hashsalt": "tunetop",
        "pdf.fonttype": 42,
        "path.simplify": True,
        "figure.facecolor": palette.background,
        "savefig.facecolor": palette.background,
        "axes.facecolor": palette.background,
        "axes.edgecolor": palette.line,
        "axes.labelcolor": palette.dim,
        "axes.titlecolor": palette.text,
        "axes.titlesize": 10.0,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "text.color": palette.text,
        "xtick.color": palette.line,
        "ytick.color": palette.line,
        "xtick.labelcolor": palette.dim,
        "ytick.labelcolor": palette.dim,
        "grid.color": palette.line,
        "grid.linewidth": 0.5,
        "legend.frameon": False,
        "legend.labelcolor": palette.dim,
        "legend.fontsize": 8.0,
    }
    with mpl.rc_context(settings), _quiet():
        yield


def saved(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file of that kind (`svg`, `png`, `pdf`), without a date in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=200, metadata=_UNDATED[kind])
    return buffer.getvalue()


def blank(width: float, height: float) -> Figure:
    """Return an empty figure of that size in inches, whose parts are laid out so that no label is cut."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _fonts() -> list[str]:
    from matplotlib import font_manager

    known = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in known] or ["sans-serif"]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what matplotlib says of glyphs and fonts off the terminal: a glyph that is missing is drawn as a box."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
