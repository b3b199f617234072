"""A surface over the unit square: laid through the trials, projected, and painted from back to front."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..render.scales import Floats
from ..trials.arrays import best_per_cell

HEIGHT = 0.75
"""How high the highest score stands, in sides of the floor."""

NET = 5
"""Lines each way of the net on the surface."""

POINTS = 160
"""Points that a surface is laid through, at most: of more, the best in each patch of the floor."""


@dataclass(frozen=True)
class Camera:
    """A parallel projection onto `width` x `height` pixels, turned by azimuth and elevation (degrees)."""

    width: int
    height: int
    azimuth: float
    elevation: float
    tall: float = HEIGHT

    def project(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        """Return pixel columns, pixel rows, and depth (greater is nearer) of points in the unit cube."""
        across, down, depth = self._turned(x, y, z)
        scale, left, top = self._fitted()
        return left + across * scale, top + down * scale, depth

    @property
    def pixels(self) -> float:
        """How many pixels a side of the floor is long."""
        return self._fitted()[0]

    def _turned(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
        turn, tilt = math.radians(self.azimuth), math.radians(min(max(self.elevation, 0.0), 90.0))
        u, v = np.asarray(x) - 0.5, np.asarray(y) - 0.5
        across = u * math.cos(turn) - v * math.sin(turn)
        away = u * math.sin(turn) + v * math.cos(turn)
        high = (np.asarray(z) - 0.5) * self.tall
        # a terminal's half-blocks are about square; the picture may be stretched sideways to use a wide window
        return (
            across * self._stretch(),
            -away * math.sin(tilt) - high * math.cos(tilt),
            -away * math.cos(tilt) + high * math.sin(tilt),
        )

    def _stretch(self) -> float:
        return min(max(self.width / max(self.height, 1) / 1.5, 1.0), 1.9)

    def _fitted(self) -> tuple[float, float, float]:
        """Return scale and offset such that the unit cube fits at every azimuth, so that turning does not zoom."""
        tilt = math.radians(min(max(self.elevation, 0.0), 90.0))
        wide = math.sqrt(2) * self._stretch()
        deep = math.sqrt(2) * math.sin(tilt) + self.tall * math.cos(tilt)
        scale = min((self.width - 1) / wide, (self.height - 1) / max(deep, 1e-6))
        return scale, (self.width - 1) / 2, (self.height - 1) / 2


def patches(x: Floats, y: Floats, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the points to lay a surface through: one a place, and no more than the best of each patch of the floor."""
    if len(x) <= POINTS:
        cells = np.rint(x * 500).astype(np.int64) * 501 + np.rint(y * 500).astype(np.int64)
    else:
        side = math.isqrt(POINTS)
        across, down = (np.minimum((place * side).astype(np.int64), side - 1) for place in (x, y))
        cells = across * side + down
    kept = best_per_cell(cells, values)
    return x[kept], y[kept], values[kept]


@lru_cache(maxsize=8)
def surface(x: bytes, y: bytes, values: bytes, fine: int) -> Floats:
    """Return the surface through points in the unit square as a (fine, fine) array of heights, first index x.

    Points that form a whole grid are joined by straight lines between neighbours; others by linear radial functions
    with a little smoothing. Heights stay between the lowest and the highest point. Arguments are float64 buffers, so
    that the result can be kept while nothing but the camera moves.
    """
    u, v, z = (np.frombuffer(buffer) for buffer in (x, y, values))
    line = np.linspace(0, 1, fine)
    us, vs = np.unique(np.round(u, 6)), np.unique(np.round(v, 6))
    if len(us) * len(vs) == len(z) and len(z) > 1:
        table = np.empty((len(us), len(vs)))
        table[np.searchsorted(us, np.round(u, 6)), np.searchsorted(vs, np.round(v, 6))] = z
        rows = np.array([np.interp(line, vs, row) for row in table])
        return np.array([np.interp(line, us, column) for column in rows.T]).T
    if len(z) < 3:
        return np.full((fine, fine), float(z.mean()))
    coarse = np.linspace(0, 1, min(fine, 48))
    points = np.column_stack([u, v])
    distance = np.linalg.norm(points[:, None] - points[None, :], axis=2)
    count = len(z)
    # f(p) = Σ w_i |p - p_i| + c with Σ w_i = 0; the minus sign and the ridge keep it well posed where points meet
    system = np.zeros((count + 1, count + 1))
    system[:count, :count] = distance - 0.02 * np.eye(count)
    system[:count, count] = system[count, :count] = 1.0
    weights = np.linalg.solve(system, np.append(z, 0.0))
    mesh = np.stack(np.meshgrid(coarse, coarse, indexing="ij"), axis=-1).reshape(-1, 2)
    heights = np.linalg.norm(mesh[:, None] - points[None, :], axis=2) @ weights[:count] + weights[count]
    heights = np.clip(heights, z.min(), z.max()).reshape(len(coarse), len(coarse))
    rows = np.array([np.interp(line, coarse, row) for row in heights])
    return np.array([np.interp(line, coarse, column) for column in rows.T]).T


def paint(image: Any, camera: Camera, heights: Floats, levels: int) -> None:
    """Paint the surface back to front; codes 0 to levels - 1 are faces, levels to 2·levels - 1 the net upon them."""
    fine = len(heights)
    line = np.linspace(0, 1, fine)
    x, y = np.meshgrid(line, line, indexing="ij")
    column, row, depth = camera.project(x, y, heights)
    code = np.minimum((heights * levels).astype(np.int64), levels - 1)
    column = np.clip(np.rint(column), 0, camera.width - 1).astype(np.int64)
    row = np.clip(np.rint(row), 0, camera.height - 1).astype(np.int64)
    order = np.argsort(depth.astype(np.float32), axis=None)
    pixel = (row * camera.width + column).ravel()
    # of several samples in one pixel the last one written, the nearest, stays
    flat = image.reshape(-1)
    flat[pixel[order]] = code.ravel()[order]
    nearest = np.full(flat.shape, -np.inf)
    nearest[pixel[order]] = depth.ravel()[order]
    ticks = np.rint(np.linspace(0, fine - 1, NET)).astype(int)
    net = np.zeros((fine, fine), dtype=bool)
    net[ticks, :] = net[:, ticks] = True
    # a line of the net is hidden by what lies a pixel or more in front of it
    shown = np.unique(pixel[net.ravel() & (depth.ravel() > nearest[pixel] - 1.5 / camera.pixels)])
    flat[shown] += levels
