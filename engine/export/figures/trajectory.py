"""The path: every trial's score as a dot, each method's best so far as steps, and the baseline's level."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...trials.arrays import RUNNING, best_per_cell
from ...trials.scales import Floats
from .scatter import cells
from .scene import Host, Scene, Text, best_words, name, padded, say


def draw(host: Host, scene: Scene) -> Text:
    """Draw the methods' paths over one another, by trial."""
    if scene.nothing():
        return say(host, scene, scene.nothing())
    axes = host.subplots()
    low, high = sorted((scene.own(scene.scores.low), scene.own(scene.scores.high)))
    if scene.baseline is not None:
        low, high = min(low, scene.baseline), max(high, scene.baseline)
    ends = [float(best[-1]) for one in scene.methods if len(best := path(scene, one)[2])]
    low, high = padded(min([low, *ends]), max([high, *ends]))
    last, below = 2.0, 0
    levels: list[tuple[float, Text, Text]] = []
    tails: list[tuple[float, float, Text]] = []
    for method in scene.methods:
        x, y, best = path(scene, method)
        if not len(x):
            continue
        colour = scene.colour(method)
        known = np.flatnonzero(np.isfinite(y))
        outside = (y[known] < low) | (y[known] > high)
        below += int(outside.sum())
        last = max(last, float(x[-1]))
        inside = known[~outside]
        at = cells(x[inside] / max(x[-1], 1.0), (y[inside] - low) / (high - low))
        dots = inside[best_per_cell(at, y[inside])]
        axes.scatter(x[dots], y[dots], s=7, color=colour, alpha=0.55, linewidths=0)
        turns = np.flatnonzero(np.diff(best, prepend=np.nan) != 0)
        turns = np.append(turns, len(x) - 1)
        axes.plot(x[turns], best[turns], drawstyle="steps-post", color=colour, linewidth=1.6)
        tails.append((float(x[-1]), float(best[-1]), colour))
        levels.append((float(best[-1]), method, colour))
    if scene.baseline is not None:
        axes.axhline(scene.baseline, color=scene.palette.dim, linewidth=1, linestyle=(0, (4, 3)))
        levels.append((scene.baseline, "baseline", scene.palette.dim))
    for end, level, colour in tails:
        axes.plot([end, last], [level, level], color=colour, linewidth=1, linestyle=(0, (1, 3)))
    axes.set_xlim(1 - 0.02 * last, 1.01 * last)
    axes.set_ylim(low, high)
    axes.set_xlabel("trial")
    axes.set_ylabel(f"best {scene.score} so far")
    axes.grid(True, axis="y")
    axes.xaxis.get_major_locator().set_params(integer=True)
    _names(axes, levels, low, high)
    beyond = f"; {below:,} scores lie outside the picture" if below else ""
    base = " and the untuned baseline's" if scene.baseline is not None else ""
    return f"Best {scene.score} so far by trial for each method{base}; dots are trials; {best_words(scene)}{beyond}."


def path(scene: Scene, method: Text) -> tuple[Floats, Floats, Floats]:
    """Return a method's trial numbers from 1, their scores and the best so far, from its first score on."""
    cols = scene.cols
    places = np.flatnonzero((cols.method == cols.names.index(method)) & (cols.phase > RUNNING))
    places = places[np.argsort(cols.number[places], kind="stable")]
    means = cols.mean[places]
    if not np.isfinite(means).any():
        return np.empty(0), np.empty(0), np.empty(0)
    best = np.maximum.accumulate(np.nan_to_num(means, nan=-np.inf))
    first = int(np.argmax(np.isfinite(best)))
    x = (cols.number[places] + 1).astype(float)
    return x[first:], scene.own(means[first:]), scene.own(best[first:])


def _names(axes: Any, ends: list[tuple[float, Text, Text]], low: float, high: float) -> None:
    """Write the methods' names at the ends of their paths, moved apart where they would overlap."""
    ordered = sorted(ends)
    heights = _apart([(level - low) / (high - low) for level, _, _ in ordered], 0.055)
    for height, (_, method, colour) in zip(heights, ordered, strict=True):
        axes.annotate(
            name(method), (1.0, height), xycoords="axes fraction", xytext=(4, 0),
            textcoords="offset points", color=colour, va="center", size=8, annotation_clip=False,
        )  # fmt: skip


def _apart(heights: list[float], least: float) -> list[float]:
    """Return ordered heights moved so that neighbours are at least so far apart, each as little as may be."""
    # blocks of labels that touch: (middle of the first, how many); a block lies where its labels want to be on average
    blocks: list[tuple[float, int]] = []
    for height in heights:
        start, count = height, 1
        while blocks and blocks[-1][0] + blocks[-1][1] * least > start:
            before, members = blocks.pop()
            start = (before * members + (start - members * least) * count) / (members + count)
            count += members
        blocks.append((start, count))
    return [start + place * least for start, count in blocks for place in range(count)]
