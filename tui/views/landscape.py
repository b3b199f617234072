"""A surface over the unit square: laid through the trials, projected, and painted from back to front."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...engine.trials.scales import Floats

HEIGHT = 0.75
"""How high the highest score stands, in sides of the floor."""

NET = 5
"""Lines each way of the net on the surface."""


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
