"""More than two objectives made one by a weighing (ParEGO), and constraints as chances that they are kept."""

from __future__ import annotations

import numpy as np

from .encoding import Encoding
from .gaussian_process import Process, fitted
from .targets import standardised

SUM = 0.05
"""How much the weighed sum counts beside the worst part: without it, weakly dominated points would be as good."""


def weighed(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one score, shape (n,), of several, shape (n, n_objectives), by weights drawn from a flat simplex.

    One alone is returned as it is, and nothing is drawn.

    Knowles, *ParEGO: A Hybrid Algorithm with On-Line Landscape Approximation for Expensive Multiobjective Optimization
    Problems* (2006): the augmented Tchebycheff distance from the best of each objective. Each is bent to be as normal
    as it can be before: seconds lean.
    """
    if values.shape[1] == 1:
        return values[:, 0]
    bent = np.column_stack([standardised(column) for column in values.T])
    spans = np.ptp(bent, axis=0)
    losses = (bent.max(axis=0) - bent) / np.where(spans > 0, spans, 1.0)
    weights = rng.dirichlet(np.ones(values.shape[1]))
    return -((losses * weights).max(axis=1) + SUM * (losses * weights).sum(axis=1))


def shortfall(margins: np.ndarray) -> np.ndarray:
    """Return by how much points break constraints in all, shape (n,): of each in units of its median margin."""
    sizes = np.median(np.abs(margins), axis=0)
    return (np.maximum(-margins, 0.0) / np.where(sizes > 0, sizes, 1.0)).sum(axis=1)


class Bounds:
    """How likely constraints are to be kept: a Gaussian process on the margin of each.

    Gardner et al., *Bayesian Optimization with Inequality Constraints* (2014). Margins, shape (n, n_constraints), are
    drawn together far from their bound, where they lean; the bound stays where it is.
    """

    def __init__(self, encoding: Encoding, features: np.ndarray, margins: np.ndarray) -> None:
        self._encoding = encoding
        self._parts: list[tuple[Process, float]] = []
        for column in margins.T:
            size = float(np.median(np.abs(column))) or 1.0
            drawn = np.sign(column) * np.log1p(np.abs(column) / size)
            spread = float(drawn.std()) or 1.0
            targets = (drawn - drawn.mean()) / spread
            self._parts.append((fitted(features, targets, encoding.groups), float(-drawn.mean() / spread)))

    def log_chance(self, rows: np.ndarray) -> np.ndarray:
        """Return the logarithm of the chance that rows keep to all constraints, shape (n,)."""
        from scipy.special import log_ndtr

        features, total = self._encoding.features(rows), np.zeros(len(rows))
        for process, bound in self._parts:
            mean, deviation = process.predict(features)
            total += log_ndtr((mean - bound) / np.sqrt(deviation**2 + process.prior.noise))
        return total
