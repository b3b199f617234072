"""The importance of each hyperparameter as bars (see `engine.trials.importance`)."""

from __future__ import annotations

import numpy as np
from rich.text import Text

from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.importance import LEAST, importances, top_count
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.plot import caption
from .captions import shown_trials, whose
from .options import ViewOptions


def draw(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw one bar a hyperparameter, the most important first, and say by which measure."""
    cols, mask, sentence = shown_trials(state, options)
    if not cols.scales and state.info is not None:
        return says("This run has no hyperparameters to weigh.", width, height, look)
    if sentence:
        return says(sentence, width, height, look)
    done = int((mask & np.isfinite(cols.mean)).sum())
    if done < LEAST:
        return says(f"{done} finished so far: importance takes at least {LEAST} trials.", width, height, look)
    shares = importances(cols, mask)
    if not shares:
        return says(f"All {done:,} trials have the same score: no hyperparameter matters.", width, height, look)
    canvas = Canvas(width, height)
    _rows(canvas, look, shares)
    rough = ", a rough guess" if done < 50 else ""
    note = f"importance (PED-ANOVA): the best {top_count(done):,} of {done:,} trials against all{rough}"
    caption(canvas, look, note + whose(options))
    if height > len(shares) + 2:
        canvas.put(0, height - 1, fit("PED-ANOVA: Watanabe, Bansal & Hutter, IJCAI 2023", width), look.dim_style)
    return canvas.lines(look)


def _rows(canvas: Canvas, look: Look, shares: dict[str, float]) -> None:
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    names = min(max(width_of(clean(name, 24)) for name in shares), max(canvas.width // 3, 4))
    left = names + 6
    across = max(canvas.width - left - 1, 1)
    source = canvas.height > len(ranked) + 2
    each = max(min((canvas.height - 2 - source) // max(len(ranked), 1), 2), 1)
    for index, (name, share) in enumerate(ranked[: canvas.height - 1]):
        row = 1 + index * each + (canvas.height > 2 + len(ranked) * each)
        canvas.put(0, row, fit(clean(name, 24), names))
        canvas.put_right(names + 5, row, f"{share:.0%}")
        cells = round(share * across)
        canvas.put(left, row, "█" * cells, look.accent_style if index == 0 and share > 0 else look.dim_style)
