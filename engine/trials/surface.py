"""A surface over the unit square, laid through the trials."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .arrays import best_per_cell
from .scales import Floats

POINTS = 160
"""Points that a surface is laid through, at most: of more, the best in each patch of the floor."""


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
