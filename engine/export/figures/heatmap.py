"""The map: scores over two hyperparameters, a number in every cell, the best one marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...events import Axis
from ...trials.bins import Bins, Cells, cells_of, grid_bins, range_bins
from ...trials.captions import nowhere
from ...trials.scales import ScoreRange, score_range
from ...verdict.numbers import number, number_within
from .scene import Host, Scene, Text, name, ramp_key, say

MOST_NUMBERS = 12
"""Cells in a row, at most, for numbers to be read in them."""

_WIDTH, _LETTER = 420.0, 0.62
"""Points that a map is wide, and the part of a font's size that a letter is, about."""


def draw(host: Host, scene: Scene) -> Text:
    """Draw the grid's exact cells where there is a grid, else bins of all trials."""
    if not scene.hyperparameters or scene.nothing():
        return say(host, scene, scene.nothing() or "This run has no hyperparameters to map.")
    x, y = [*scene.hyperparameters[:2], None][:2]
    assert x is not None
    grid = next((one for one in scene.methods if scene.state.methods[one].plan.kind == "grid"), None)
    mask = scene.mask if grid is None else scene.cols.of_methods(grid)
    if not (mask & np.isfinite(scene.cols.mean)).any():
        grid, mask = None, scene.mask
    if grid and y is not None and len(y.grid) > len(x.grid):
        # the longer side lies down
        x, y = y, x

    def bins(axis: Axis) -> Bins:
        scale = scene.scale(axis)
        fine = min(max(round(1.5 * float(mask.sum()) ** 0.5), 6), MOST_NUMBERS)
        return grid_bins(axis, scale, 16) if grid else range_bins(scale, fine)

    across, down = bins(x), bins(y) if y is not None else Bins(("",), np.empty(0))
    cells = cells_of(scene.cols, mask, x.name, y.name if y is not None else None, across, down)
    if not cells.best:
        return say(host, scene, nowhere(x.name, *([y.name] if y is not None else [])))
    axes = host.subplots()
    _cells(host, axes, scene, cells, across, down)
    axes.set_xlabel(name(x.name))
    axes.set_ylabel(name(y.name) if y is not None else "")
    others = len(scene.hyperparameters) - (2 if y is not None else 1)
    whose = f"{name(grid)}'s cells" if grid else "all methods"
    over = f", the best over {others} other hyperparameter{'s' * (others > 1)}" if others else ""
    top = max(cells.best.values(), key=lambda index: scene.cols.mean[index])
    best = number(scene.own(float(scene.cols.mean[top])))
    ends = f"{name(x.name)} and {name(y.name)}" if y is not None else name(x.name)
    return f"{scene.score} over {ends}, {whose}{over}; ★ {best}, the best of them."


def _cells(host: Host, axes: Any, scene: Scene, cells: Cells, x: Bins, y: Bins) -> None:
    from matplotlib.patches import Rectangle

    palette, means = scene.palette, scene.cols.mean
    scores = score_range(means[list(cells.best.values())], scene.state.sign) or ScoreRange(0.0, 1.0)
    top = max(cells.best, key=lambda place: (means[cells.best[place]], -place[0], -place[1]))
    texts = {
        place: ("★ " if place == top else "") + number_within(scene.own(float(means[index])), scores.high - scores.low)
        for place, index in cells.best.items()
    }
    size = min(8.0, max(4.5, 0.9 * _WIDTH / x.count / (_LETTER * max(map(len, texts.values())))))
    for place, index in cells.best.items():
        row, column = place
        level = min(int(scores.position(float(means[index])) * len(palette.ramp)), len(palette.ramp) - 1)
        axes.add_patch(Rectangle((column, row), 1, 1, color=palette.ramp[level], linewidth=0))
        if x.count <= MOST_NUMBERS:
            text = texts[place]
            weight = "bold" if place == top else "normal"
            axes.text(
                column + 0.5, row + 0.5, text, ha="center", va="center", size=size, weight=weight,
                color=palette.on_ramp[level],
            )  # fmt: skip
    for row, column in cells.failed - set(cells.best):
        axes.text(column + 0.5, row + 0.5, "✗", ha="center", va="center", color=palette.bad)
    axes.add_patch(Rectangle((top[1], top[0]), 1, 1, fill=False, edgecolor=palette.accent, linewidth=2))
    axes.set_xlim(-0.02, x.count + 0.02)
    axes.set_ylim(y.count + 0.02, -0.02)
    if x.count > MOST_NUMBERS:
        ramp_key(host, axes, scene, scores)
    turned = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
    crowded = 8.0 * _LETTER * (sum(map(len, x.labels)) + x.count) > _WIDTH
    labels = [name(label) for label in x.labels]
    axes.set_xticks([place + 0.5 for place in range(x.count)], labels, size=8, **(turned if crowded else {}))
    axes.set_yticks([place + 0.5 for place in range(y.count)], [name(label) for label in y.labels], size=8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
