"""The 3D views: the scores as a surface over two hyperparameters, and the trials as points in space.

Parallel projection. Heights and colours are the scores; the floor is the unit square of the two axes. The surface is
sampled finely and painted from back to front into half-block pixels, so that what is near covers what is far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from rich.style import Style
from rich.text import Text

from ...engine.events import Axis
from ...engine.state import RunState
from ...engine.text import clean
from ...engine.trials.arrays import Columns, Mask, best_index, best_per_cell, spread
from ...engine.trials.scales import AxisScale, Floats, ScoreRange
from ...engine.trials.surface import patches, surface
from ..render.braille import Dots
from ..render.colour import hexed, rgb
from ..render.lines import Canvas, fit, says, width_of
from ..render.look import Look
from ..render.numbers import score
from ..render.plot import ramp_legend
from .captions import nowhere, score_name, shown_trials, whose
from .landscape import Camera, paint
from .options import ViewOptions, chosen_axes, third_axis


def draw_surface(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the landscape of the scores over two hyperparameters."""
    scene = _scene(state, options, width, height, look, three=False)
    if not isinstance(scene, _Scene):
        return scene
    known = np.flatnonzero(scene.mask & np.isfinite(scene.cols.mean) & np.isfinite(scene.x) & np.isfinite(scene.y))
    if not len(known):
        return says(nowhere(scene.axes[0].name, scene.axes[1].name), width, height, look)
    u, v, values = patches(np.clip(scene.x[known], 0, 1), np.clip(scene.y[known], 0, 1), scene.cols.mean[known])
    heights = scene.scores.positions(values)
    fine = min(max(2 * width, 60), 320)
    landscape = surface(u.tobytes(), v.tobytes(), heights.tobytes(), fine)
    levels = len(look.ramp) if look.coloured else len(look.shades) - 1
    image = np.full((scene.camera.height, scene.camera.width), -1, dtype=np.int64)
    paint(image, scene.camera, landscape, levels)
    _edges(scene, look)
    _half_blocks(scene.canvas, look, image, scene.top, levels)
    _names(scene, look)
    _best(scene, look, upright=None, on_surface=True)
    return scene.canvas.lines(look)


def draw_scatter(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw the trials in space: two hyperparameters and the score upright, or three hyperparameters."""
    scene = _scene(state, options, width, height, look, three=True)
    if not isinstance(scene, _Scene):
        return scene
    z = scene.z if scene.z is not None else scene.scores.positions(scene.cols.mean)
    known = scene.mask & np.isfinite(scene.cols.mean) & np.isfinite(scene.x) & np.isfinite(scene.y) & np.isfinite(z)
    indexes = np.flatnonzero(known)
    if not len(indexes):
        return says(nowhere(*(axis.name for axis in scene.axes if axis is not None)), width, height, look)
    _edges(scene, look)
    column, row, depth = _cells(scene, scene.x[indexes], scene.y[indexes], z[indexes])
    front = best_per_cell(row * width + column, depth)
    markers = [look.method_marker(state, name) for name in scene.cols.names]
    _shadows(scene, look, indexes)
    for i in front[np.argsort(depth[front], kind="stable")].tolist():
        index = int(indexes[i])
        style = look.point_style(scene.scores.position(float(scene.cols.mean[index])))
        scene.canvas.put(int(column[i]), int(row[i]), markers[int(scene.cols.method[index])], style)
    _names(scene, look)
    _best(scene, look, upright=scene.z)
    return scene.canvas.lines(look)


@dataclass
class _Scene:
    canvas: Canvas
    cols: Columns
    mask: Mask
    scores: ScoreRange
    camera: Camera
    top: int
    axes: tuple[Axis, Axis, Axis | None]
    x: Floats
    y: Floats
    z: Floats | None

    def scale(self, axis: Axis) -> AxisScale:
        return self.cols.scales[axis.name]


def _scene(
    state: RunState, options: ViewOptions, width: int, height: int, look: Look, *, three: bool
) -> _Scene | list[Text]:
    cols, mask, sentence = shown_trials(state, options)
    if sentence:
        return says(sentence, width, height, look)
    x_axis, y_axis = chosen_axes(state, options)
    if x_axis is None or y_axis is None:
        return says("A view in space takes two hyperparameters; this run has fewer.", width, height, look)
    z_axis = third_axis(state, options) if three else None
    scores = cols.scores(options.method, options.hide) or ScoreRange(0.0, 1.0)
    canvas = Canvas(width, height)
    upright = f"{clean(z_axis.name, 20)} ↑" if z_axis else score_name(state)
    top_score = cols.mean[best_index(cols, mask) or 0]
    end = canvas.put(0, 0, look.star, look.accent_style)
    end = canvas.put(
        end,
        0,
        fit(
            f" {score(cols.sign * float(top_score))}  {upright} by {clean(x_axis.name, 24)}, {clean(y_axis.name, 24)}"
            + whose(options),
            width - 1,
        ).rstrip(),
        look.dim_style,
    )
    ramp_legend(canvas, look, scores, score_name(state), after=end)
    top = 1
    bottom = 1 if height >= 8 else 0
    camera = Camera(width, max(2 * (height - top - bottom), 2), options.azimuth, options.elevation)
    x, y = (spread(cols, cols.scales[axis.name], axis.name) for axis in (x_axis, y_axis))
    z = np.clip(cols.place(z_axis.name), 0, 1) if z_axis else None
    return _Scene(
        canvas, cols, mask, scores, camera, top, (x_axis, y_axis, z_axis), np.clip(x, 0, 1), np.clip(y, 0, 1), z
    )


def _cells(scene: _Scene, x: Floats, y: Floats, z: Floats) -> tuple[Any, Any, Floats]:
    """Return the canvas cells of points in the unit cube, and their depth."""
    across, down, depth = scene.camera.project(x, y, z)
    column = np.clip(np.rint(across), 0, scene.canvas.width - 1).astype(np.int64)
    row = np.clip(scene.top + np.rint(down).astype(np.int64) // 2, scene.top, scene.canvas.height - 1)
    return column, row, depth


def _edges(scene: _Scene, look: Look) -> None:
    """Draw the edges of the floor and the upright edge that is farthest back, as fine dots."""
    camera = scene.camera
    corners = [(a, b) for a in (0.0, 1.0) for b in (0.0, 1.0)]
    _, _, depths = camera.project(*np.array([(a, b, 0.0) for a, b in corners]).T)
    back = corners[int(np.argmin(depths))]
    line = np.linspace(0, 1, 4 * camera.width)
    nought, one = np.zeros_like(line), np.ones_like(line)
    edges = [(line, nought, nought), (line, one, nought), (nought, line, nought), (one, line, nought)]
    edges.append((one * back[0], one * back[1], line))
    dots = Dots(camera.width, camera.height // 2)
    for edge in edges:
        column, row, _ = camera.project(*edge)
        dots.plot(np.rint(2 * column + 0.5).astype(int), np.rint(2 * row + 0.5).astype(int), 0)
    dots.onto(scene.canvas, look, 0, scene.top, style=look.dim_style)


def _names(scene: _Scene, look: Look) -> None:
    """Write each axis's name and ends along the edge of the floor that is nearest."""
    canvas = scene.canvas
    for which, axis in enumerate(scene.axes[:2]):
        sides = np.array([[0.5, -0.07], [0.5, 1.07]])
        sides = sides if which == 0 else sides[:, ::-1]
        _, _, depths = scene.camera.project(sides[:, 0], sides[:, 1], np.zeros(2))
        side = float(sides[int(np.argmax(depths)), 1 - which])
        scale = scene.scale(axis)
        name = clean(axis.name, 24)
        for texts, places in (
            ([scale.label(0.0)], (0.05,)),
            ([scale.label(1.0)], (0.95,)),
            ([name, fit(name, 12) if width_of(name) > 12 else name], (0.5, 0.4, 0.6, 0.3, 0.7)),
        ):
            tries = ((text, place, below) for text in texts for below in (0, 1) for place in places)
            for text, place, below in tries:
                point = (place, side) if which == 0 else (side, place)
                across, down, _ = scene.camera.project(np.array([point[0]]), np.array([point[1]]), np.zeros(1))
                column, row = round(float(across[0])), scene.top + round(float(down[0])) // 2 + below
                start = column - width_of(text) if column < canvas.width / 2 else column + 1
                # a blank on either side, so that labels do not run into one another
                if all(canvas.free(x, row) for x in range(max(start - 1, 0), start + width_of(text) + 1)):
                    canvas.put(start, row, text, look.dim_style)
                    break


def _best(scene: _Scene, look: Look, *, upright: Floats | None, on_surface: bool = False) -> None:
    """Mark the best: on a surface in the colours of the surface there."""
    best = best_index(scene.cols, scene.mask)
    if best is None or not (np.isfinite(scene.x[best]) and np.isfinite(scene.y[best])):
        return
    place = scene.scores.position(float(scene.cols.mean[best]))
    z = place if upright is None else float(upright[best])
    if math.isnan(z):
        return
    column, row, _ = _cells(scene, scene.x[best : best + 1], scene.y[best : best + 1], np.array([z]))
    style = look.cell_style(place) + Style(bold=True) if on_surface and look.coloured else look.accent_style
    scene.canvas.put(int(column[0]), int(row[0]), look.star, style)


def _shadows(scene: _Scene, look: Look, indexes: Any) -> None:
    """Put a dot on the floor under each point: it tells where the point stands."""
    column, row, _ = _cells(scene, scene.x[indexes], scene.y[indexes], np.zeros(len(indexes)))
    dot, style, width = look.missing, look.dim_style, scene.canvas.width
    for place in np.unique(row * width + column).tolist():
        if scene.canvas.free(place % width, place // width):
            scene.canvas.dot(place % width, place // width, dot, style)


def _half_blocks(canvas: Canvas, look: Look, image: Any, top: int, levels: int) -> None:
    """Write pixels two to a cell; without colours or Unicode one glyph of fitting ink for both."""
    colours = _colours(look, levels)
    pairs = set(zip(image[0::2].ravel().tolist(), image[1::2].ravel().tolist(), strict=True))
    drawn = {pair: _cell(look, colours, *pair, levels) for pair in pairs}
    for row in range(image.shape[0] // 2):
        upper, lower = image[2 * row], image[2 * row + 1]
        columns_used = np.flatnonzero((upper >= 0) | (lower >= 0))
        for column, a, b in zip(
            columns_used.tolist(), upper[columns_used].tolist(), lower[columns_used].tolist(), strict=True
        ):
            canvas.dot(column, top + row, *drawn[a, b])


def _cell(look: Look, colours: tuple[str, ...], a: int, b: int, levels: int) -> tuple[str, Style]:
    """Return the glyph and the style of a cell whose upper pixel is `a` and whose lower one is `b`, -1 for neither."""
    if not look.coloured or not look.unicode:
        return _inked(look, a, b, levels)
    if a == b:
        return "█", _pixels(colours[a], None)
    if b < 0:
        return "▀", _pixels(colours[a], None)
    if a < 0:
        return "▄", _pixels(colours[b], None)
    return "▀", _pixels(colours[a], colours[b])


def _inked(look: Look, a: int, b: int, levels: int) -> tuple[str, Style]:
    code = a if a >= 0 else b
    level = code % levels
    steps = len(look.shades) - 1
    glyph = look.shades[1 + min(level * steps // levels, steps - 1)]
    return glyph, look.point_style((level + 0.5) / levels)


@lru_cache(maxsize=4096)
def _pixels(colour: str, behind: str | None) -> Style:
    return Style(color=colour, bgcolor=behind)


@lru_cache(maxsize=16)
def _colours(look: Look, levels: int) -> tuple[str, ...]:
    """Return the colours of the faces, then of the net upon them (the same, nearer to the background)."""
    if not look.coloured:
        return ()
    behind = rgb(look.background)
    net = (hexed(*(0.78 * a + 0.22 * b for a, b in zip(rgb(colour), behind, strict=True))) for colour in look.ramp)
    return (*look.ramp, *net)
