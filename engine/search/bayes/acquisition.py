"""Where to look next: expected improvement in logarithms, and the search for its greatest value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .encoding import Encoding

Acquisition = Callable[[np.ndarray], np.ndarray]
"""Rows of the unit cube in, shape (n, n_dimensions); values out, shape (n,), greater is better."""

CANDIDATES = 1000
CENTRES = 6
STEPS = 24
ROUNDS = 12
PART = 256


def log_expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float | np.ndarray) -> np.ndarray:
    """Return log E[max(f - best, 0)] for normal f, exact far below `best` as well.

    Ament et al., *Unexpected Improvements to Expected Improvement for Bayesian Optimization* (2023), equation 9.
    """
    from scipy.special import erfcx, ndtr

    z = (mean - best) / deviation
    near = np.maximum(z, -1.0)
    value = np.log(np.exp(-0.5 * near * near) / math.sqrt(2 * math.pi) + near * ndtr(near))
    low = z < -1.0
    if low.any():
        far = z[low]
        ratio = np.minimum(math.sqrt(math.pi / 2) * erfcx(-far / math.sqrt(2)) * -far, 1.0 - 1e-15)
        ratio = np.where(far < -1e4, 1.0 - 1.0 / (far * far), ratio)
        value[low] = -0.5 * far * far - 0.5 * math.log(2 * math.pi) + np.log1p(-np.minimum(ratio, 1.0 - 1e-16))
    return value + np.log(deviation)


def maximise(
    acquisition: Acquisition, encoding: Encoding, known: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """Return rows of the space, best first, after a search for the acquisition's greatest value.

    Random candidates, then random steps of shrinking size from the best of them and from `known`, the best rows so
    far, all in batches. A finite space of few points is looked through whole.
    """
    n_dimensions = len(encoding.levels)
    if encoding.size is not None and encoding.size <= 2 * CANDIDATES:
        rows = np.array(list(encoding.every_row()))
        return list(rows[np.argsort(-_in_parts(acquisition, rows), kind="stable")])
    rows = np.vstack([encoding.snap(rng.random((CANDIDATES, n_dimensions))), encoding.snap(known)])
    values = _in_parts(acquisition, rows)
    order = np.argsort(-values, kind="stable")
    chosen = np.append(order[:CENTRES], np.arange(CANDIDATES, len(rows))[:2])
    centres, heights = rows[chosen], values[chosen]
    width = np.full(len(centres), 0.2)
    for _ in range(ROUNDS):
        steps = np.repeat(centres, STEPS, axis=0)
        steps = encoding.snap(_moved(steps, np.repeat(width, STEPS), encoding, rng))
        values = acquisition(steps).reshape(len(centres), STEPS)
        best = np.argmax(values, axis=1)
        reached = values[np.arange(len(centres)), best]
        better = reached > heights
        centres = np.where(
            better[:, None], steps.reshape(len(centres), STEPS, -1)[np.arange(len(centres)), best], centres
        )
        heights = np.where(better, reached, heights)
        width = np.where(better, width, width * 0.5)
    ranked = list(centres[np.argsort(-heights, kind="stable")])
    return ranked + list(rows[order])


def _in_parts(acquisition: Acquisition, rows: np.ndarray) -> np.ndarray:
    """Return the values of many rows, of so few at once that what is reckoned of them stays in a core's cache."""
    return np.concatenate([acquisition(part) for part in np.array_split(rows, -(-len(rows) // PART))])


def _moved(rows: np.ndarray, width: np.ndarray, encoding: Encoding, rng: np.random.Generator) -> np.ndarray:
    """Return rows with some of their entries moved: ranges by a normal step, unordered choices to any value."""
    n_rows, n_dimensions = rows.shape
    moving = rng.random(rows.shape) < max(0.5, 1.0 / n_dimensions)
    moving[np.arange(n_rows), rng.integers(n_dimensions, size=n_rows)] = True
    normal = rng.standard_normal(rows.shape)
    uniform = rng.random(rows.shape)
    moved = rows + normal * width[:, None]
    for index, levels in enumerate(encoding.levels):
        if encoding.unordered[index]:
            moved[:, index] = np.where(uniform[:, index] < 0.5, uniform[:, index] * 2.0, rows[:, index])
        elif len(levels) > 1:
            least = np.sign(normal[:, index]) / (len(levels) - 1)
            step = normal[:, index] * width
            moved[:, index] = rows[:, index] + np.where(np.abs(step) < np.abs(least), least, step)
    return np.where(moving, moved, rows)
