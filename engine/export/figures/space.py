"""The pictures in space: the scores as a surface over two hyperparameters, and the trials as points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...trials.arrays import best_per_cell
from ...trials.captions import nowhere
from ...trials.surface import patches, surface
from .scatter import cells, points
from .scene import Host, Scene, Text, along, best_words, method_key, name, ramp_key, say, score_ticks

FINE = 31
"""Samples of the surface along each side."""


def draw_surface(host: Host, scene: Scene) -> Text:
    """Draw the landscape of the scores, laid through the trials."""
    if sentence := _unfit(scene):
        return say(host, scene, sentence)
    x_axis, y_axis = scene.hyperparameters[:2]
    x, y = scene.place(x_axis), scene.place(y_axis)
    known = np.flatnonzero(scene.mask & np.isfinite(scene.cols.mean) & np.isfinite(x) & np.isfinite(y))
    if not len(known):
        return say(host, scene, nowhere(x_axis.name, y_axis.name))
    u, v, means = patches(x[known], y[known], scene.cols.mean[known])
    places = scene.scores.positions(means)
    heights = surface(u.tobytes(), v.tobytes(), places.tobytes(), FINE)
    axes = _in_space(host, scene)
    line = np.linspace(0, 1, FINE)
    steps = len(scene.palette.ramp)
    middle = (heights[:-1, :-1] + heights[1:, :-1] + heights[:-1, 1:] + heights[1:, 1:]) / 4
    colours = np.array(scene.palette.ramp)[np.minimum((middle * steps).astype(int), steps - 1)]
    axes.plot_surface(
        *np.meshgrid(line, line, indexing="ij"), heights, facecolors=colours, rstride=1, cstride=1, shade=False,
        linewidth=0.25, edgecolor=scene.palette.background, antialiased=True,
    )  # fmt: skip
    if scene.best is not None and np.isfinite(x[scene.best] + y[scene.best]):
        height = scene.scores.position(float(scene.cols.mean[scene.best])) + 0.03
        # the surface is smooth: the best trial may stand above it
        below = heights[round(x[scene.best] * (FINE - 1)), round(y[scene.best] * (FINE - 1))]
        axes.plot(
            [x[scene.best]] * 2, [y[scene.best]] * 2, [below, height], color=scene.palette.accent, linewidth=1.2,
            zorder=98,
        )  # fmt: skip
        axes.scatter(
            [x[scene.best]], [y[scene.best]], [height], marker="*", s=160, c=[scene.palette.accent],
            edgecolors=scene.palette.background, linewidths=0.8, depthshade=False, zorder=99,
        )  # fmt: skip
    _around(host, axes, scene)
    count = f"{len(known):,} trials"
    through = count if len(u) == len(known) else f"the best of {count} at {len(u)} places"
    return f"{scene.score} as a surface through {through} over {_ends(scene)}; ★ {best_words(scene)}."


def draw_scatter(host: Host, scene: Scene) -> Text:
    """Draw the trials as points over two hyperparameters, their score upright."""
    if sentence := _unfit(scene):
        return say(host, scene, sentence)
    x, y = (scene.place(axis) for axis in scene.hyperparameters[:2])
    z = scene.scores.positions(scene.cols.mean)
    known = np.flatnonzero(scene.mask & np.isfinite(x) & np.isfinite(y) & np.isfinite(z))
    if not len(known):
        return say(host, scene, nowhere(*(axis.name for axis in scene.hyperparameters[:2])))
    axes = _in_space(host, scene)
    # of trials that would cover one another the best is enough
    shown = known[best_per_cell(cells(x[known], y[known]), scene.cols.mean[known])]
    if len(shown) <= 200:
        for place in shown:
            axes.plot([x[place]] * 2, [y[place]] * 2, [0, z[place]], color=scene.palette.line, linewidth=0.5)
    points(axes, scene, shown, (x, y, z))
    _around(host, axes, scene)
    method_key(host, scene, [one for one in scene.methods if scene.state.methods[one].trials])
    return (
        f"{len(known):,} trials as points in space, {scene.score} upright over {_ends(scene)}; ★ {best_words(scene)}."
    )


def _unfit(scene: Scene) -> Text:
    if sentence := scene.nothing():
        return sentence
    if len(scene.hyperparameters) < 2:
        return "A picture in space takes two hyperparameters; this run has fewer."
    return ""


def _ends(scene: Scene) -> Text:
    x, y = scene.hyperparameters[:2]
    return f"{name(x.name)} and {name(y.name)}"


def _in_space(host: Host, scene: Scene):
    axes = host.add_subplot(projection="3d", computed_zorder=False)
    axes.view_init(elev=28, azim=-55)
    axes.set_box_aspect((1, 1, 0.72), zoom=1.02)
    return axes


def _around(host: Host, axes: Any, scene: Scene) -> None:
    """Label the axes, and let the walls be as quiet as the page."""
    x, y = scene.hyperparameters[:2]
    for which, one in (("x", x), ("y", y)):
        along(axes, which, scene.scale(one), 5, 12)
        labels = [text.get_text() for text in getattr(axes, f"get_{which}ticklabels")()]
        axis = getattr(axes, f"{which}axis")
        axis.set_label_text(name(one.name, 26))
        axis.labelpad = max(4.0, 1.6 * (max(map(len, labels), default=0) - 4))
    ticks = score_ticks(scene)
    axes.set_zlim(0, 1.05)
    axes.set_zticks([place for place, _ in ticks], [text for _, text in ticks])
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color(scene.palette.background)
        axis.line.set_color(scene.palette.line)
        axis._axinfo["grid"].update(color=scene.palette.line, linewidth=0.5)
        axis.set_tick_params(labelsize=7.5, pad=0)
    axes.zaxis.set_tick_params(pad=3)
    ramp_key(host, axes, scene, shrink=0.7)
