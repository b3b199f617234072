"""What a view says when there is nothing to draw, and whose trials it shows."""

from __future__ import annotations

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials import captions
from ...engine.trials.arrays import Columns, Mask
from ...engine.trials.captions import nowhere, score_name
from .options import ViewOptions

__all__ = ["nothing_to_draw", "nowhere", "score_name", "whose"]


def nothing_to_draw(state: RunState, cols: Columns, mask: Mask, options: ViewOptions) -> str:
    """Return why no trial of the mask can be drawn, or an empty text if one can."""
    return captions.nothing_to_draw(state, cols, mask, options.method)


def whose(options: ViewOptions) -> str:
    """Return what a caption says of the method that is shown alone; empty if all are."""
    return f"   {clean(options.method, 20)} only" if options.method else ""
