"""What a view says when there is nothing to draw, and whose trials it shows."""

from __future__ import annotations

from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import Columns, Mask, columns
from ...engine.trials.captions import nothing_to_draw, nowhere, score_name
from ..render.lines import says
from ..render.look import Look
from .options import ViewOptions

__all__ = ["nothing_to_draw", "nowhere", "says_why", "score_name", "shown_trials", "whose"]


def shown_trials(state: RunState, options: ViewOptions, *, baseline: bool = False) -> tuple[Columns, Mask, str]:
    """Return the trials as columns, which of them are shown, and why none of these can be drawn ("": one can)."""
    cols = columns(state)
    mask = cols.of_methods(options.method, options.hide, baseline=baseline)
    return cols, mask, nothing_to_draw(state, cols, mask, options.method)


def says_why(
    state: RunState, options: ViewOptions, why: str, width: int, height: int, look: Look, *, baseline: bool = False
) -> list[Text]:
    """Return a view that says why no trial of the shown methods can be drawn, or else what is said otherwise."""
    return says(shown_trials(state, options, baseline=baseline)[2] or why, width, height, look)


def whose(options: ViewOptions) -> str:
    """Return what a caption says of the method that is shown alone; empty if all are."""
    return f"   {clean(options.method, 20)} only" if options.method else ""
