"""The scatter: where trials were sampled over two hyperparameters, coloured by score, the best one marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...trials.arrays import FAILED, Ints, best_per_cell
from ...trials.captions import nowhere
from ...trials.scales import Floats
from .scene import Host, Scene, Text, along, best_words, method_key, name, ramp_key, say, score_ticks

FINE = 150
"""Trials nearer to one another than the picture's so-many-th part are one point: the best of them."""


def draw(host: Host, scene: Scene) -> Text:
    """Draw the trials; with one hyperparameter alone the score stands upright."""
    if not scene.hyperparameters or scene.nothing():
        return say(host, scene, scene.nothing() or "This run has no hyperparameters to scatter.")
    x_axis, y_axis = [*scene.hyperparameters[:2], None][:2]
    assert x_axis is not None
    x = scene.place(x_axis)
    y = scene.place(y_axis) if y_axis is not None else scene.scores.positions(scene.cols.mean)
    places = np.flatnonzero(scene.mask & np.isfinite(x) & np.isfinite(y))
    done = places[np.isfinite(scene.cols.mean[places])]
    if not len(done):
        return say(host, scene, nowhere(x_axis.name, *([y_axis.name] if y_axis is not None else [])))
    axes = host.subplots()
    failed = places[scene.cols.phase[places] == FAILED]
    failed = failed[best_per_cell(cells(x[failed], y[failed]), np.zeros(len(failed)))]
    axes.scatter(x[failed], y[failed], marker="x", s=16, linewidths=1, color=scene.palette.bad)
    shown = done[best_per_cell(cells(x[done], y[done]), scene.cols.mean[done])]
    shown = shown[np.argsort(scene.cols.mean[shown], kind="stable")]
    points(axes, scene, shown, (x, y))
    along(axes, "x", scene.scale(x_axis))
    if y_axis is not None:
        along(axes, "y", scene.scale(y_axis))
    else:
        ticks = score_ticks(scene)
        axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
        axes.set_ylabel(scene.score)
    axes.grid(True)
    ramp_key(host, axes, scene)
    method_key(host, scene, [one for one in scene.methods if scene.state.methods[one].trials])
    ends = f"{name(x_axis.name)} and {name(y_axis.name) if y_axis is not None else scene.score}"
    crosses = f"; ✗ {scene.state.failed_trials:,} failed" if len(failed) else ""
    return f"{len(done):,} trials over {ends}, coloured by {scene.score}; ★ {best_words(scene)}{crosses}."


def cells(*places: Floats) -> Ints:
    """Return the cell of each point, of a grid `FINE` cells wide."""
    flat = np.zeros(len(places[0]), dtype=np.int64)
    for along_one in places:
        flat = flat * (FINE + 1) + np.rint(np.clip(np.nan_to_num(along_one), 0, 1) * FINE).astype(np.int64)
    return np.unique(flat, return_inverse=True)[1]


def points(axes: Any, scene: Scene, shown: Ints, at: tuple[Floats, ...]) -> None:
    """Draw trials as their method's mark in the colour of their score, worst first, and a star on the best."""
    cols, palette = scene.cols, scene.palette
    more = {"depthshade": False} if len(at) == 3 else {}
    for place, method in enumerate(cols.names):
        of_method = shown[cols.method[shown] == place]
        if len(of_method):
            axes.scatter(
                *(one[of_method] for one in at), marker=scene.marker(method), s=22, linewidths=0.4,
                c=scene.ramp(cols.mean[of_method]), edgecolors=palette.dim, **more,
            )  # fmt: skip
    if scene.best is not None and all(np.isfinite(one[scene.best]) for one in at):
        star = [one[scene.best : scene.best + 1] for one in at]
        axes.scatter(
            *star, marker="*", s=190, c=[palette.accent], edgecolors=palette.background, linewidths=0.8, zorder=9,
            **more,
        )  # fmt: skip
