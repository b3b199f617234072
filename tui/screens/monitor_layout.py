"""What the monitor shows at which size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["single", "stacked", "wide"]
Panel = Literal["trials", "view", "failures"]

WIDE = 140
"""Columns from which trials and views stand side by side."""

TALL = 30
"""Rows from which a view stands under the trials."""

TWO_VIEWS = 40
"""Rows from which two views stand one above the other, beside the trials."""

TWO_ACROSS = 100
"""Columns from which two views stand side by side, under the trials."""


@dataclass(frozen=True)
class Arrangement:
    """Which parts are shown: `trials` and `failures` share one place; `view` and `second` are the views."""

    mode: Mode
    methods: bool
    trials: bool
    failures: bool
    view: bool
    second: bool

    @property
    def left(self) -> bool:
        """True if there is anything beside, or above, the views."""
        return self.methods or self.trials or self.failures


def arrangement(width: int, height: int, panel: Panel, fill: bool) -> Arrangement:
    """Return what is shown at a size: `panel` is what was chosen last, alone on the screen if it is to `fill` it."""
    failures = panel == "failures"
    if fill:
        view = panel == "view"
        return Arrangement("single", False, panel == "trials", failures, view, False)
    if width >= WIDE:
        return Arrangement("wide", True, not failures, failures, True, height >= TWO_VIEWS)
    if height >= TALL:
        return Arrangement("stacked", True, not failures, failures, True, width >= TWO_ACROSS)
    return Arrangement("single", True, panel == "trials", failures, panel == "view", False)
