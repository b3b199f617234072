"""What a view says when there is nothing to draw, and whose trials it shows."""

from __future__ import annotations

from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials import captions
from ...engine.trials.arrays import Columns, Mask, columns
from ...engine.trials.captions import nowhere, score_name
from ..render.lines import says
from ..render.look import Look
from .options import ViewOptions

__all__ = ["nothing_to_draw", "nowhere", "says_why", "score_name", "whose"]


def nothing_to_draw(state: RunState, cols: Columns, mask: Mask, options: ViewOptions) -> str:
    """Return why no trial of the mask can be drawn, or an empty text if one can."""
    return captions.nothing_to_draw(state, cols, mask, options.method)


def says_why(
    state: RunState, options: ViewOptions, why: str, width: int, height: int, look: Look, *, baseline: bool = False
) -> list[Text]:
    """Return a view that says why no trial of the shown methods can be drawn, or else what is said otherwise."""
    cols = columns(state)
    mask = cols.of_methods(options.method, options.hide, baseline=baseline)
    return says(nothing_to_draw(state, cols, mask, options) or why, width, height, look)


def whose(options: ViewOptions) -> str:
    """Return what a caption says of the method that is shown alone; empty if all are."""
    return f"   {clean(options.method, 20)} only" if options.method else ""
