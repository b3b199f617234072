"""Kernels of the `bayes` method's Gaussian processes, and which is the likeliest, by likelihood x prior.

scikit-learn's `GaussianProcessRegressor` maximises the likelihood alone, which overfits the few trials that a search
has, and has no length scale that the columns of a choice share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

JITTER = 1e-6
"""Added to the diagonal of every covariance, for its Cholesky factor's sake (y has unit variance)."""

FINE = 0.25
"""The length scale of roughness, as a share of the trend's.

Scores of tuning runs are rough rather than noisy: the same trial has the same score again, its neighbours have nearly
that. Were it noise, a trial above the trend would be luck, its neighbours no better than the trend, and the tenth trial
of a plateau could still be a lucky one.
"""


TIMES = np.array([1.0, 1.0 / FINE])
"""How many times shorter than the trend's the length scales of trend and roughness are."""

POWERS, RATES = np.array([0.1, 1.0, 0.5]), np.array([30.0, 1.0, 5.0])
"""The prior of the variances of noise, signal and roughness: variance^power x exp(-rate x variance)."""

CLOSE = 1e-4
"""The search for the likeliest kernel ends where a step gains less than this share, after two thirds of the steps."""


@dataclass(frozen=True)
class Kernel:
    """Matern 5/2 of a trend and of its roughness, and noise.

    `relevance` has the inverse squared length scale of each dimension; `signal`, `roughness` and `noise` are variances,
    and `log_posterior` says how likely all that is, up to a constant.
    """

    relevance: np.ndarray
    signal: float
    roughness: float
    noise: float
    log_posterior: float

    def covariance(self, t: np.ndarray) -> np.ndarray:
        """Return the function's covariance where t = √5 x distance in length scales."""
        trend = self.signal * _matern(t)[0]
        if self.roughness:
            trend += self.roughness * _matern(t / FINE)[0]
        return trend


class Posterior:
    """Likelihood x prior of what is not known of the kernel, given features and targets.

    Its logarithm is a function of x = log(relevance of each dimension …, noise, signal and, where there is any,
    roughness variance).
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        self._targets = targets
        above, below = np.triu_indices(len(features), 1)
        self._pairs = above * len(features) + below
        """Where pairs are in a flat matrix: half of it is enough, to LAPACK, which reads by columns, the lower one."""
        squares = (features[above] - features[below]) ** 2
        columns = np.flatnonzero(np.diff(groups, prepend=-1))
        self._squares = np.ascontiguousarray(np.add.reduceat(squares, columns, axis=1).T)
        """Squared distances by dimension of all pairs, shape (n_dimensions, n_pairs)."""

    def greatest(self, rough: bool) -> Kernel:
        """Return the likeliest kernel, with roughness or without."""
        from scipy.optimize import minimize

        n_dimensions, least = len(self._squares), math.log(JITTER)
        begin = np.log([*[1.0] * n_dimensions, 0.3, 1.0, 0.3])
        limits = [*[(-9.0, 9.0)] * n_dimensions, (least, 3.0), (-9.0, 5.0), (least, 3.0)]
        n = len(limits) if rough else len(limits) - 1
        options = {"maxiter": 60, "ftol": CLOSE}
        found = minimize(self.negative_log, begin[:n], jac=True, method="L-BFGS-B", bounds=limits[:n], options=options)
        relevance, (noise, signal, *roughness) = np.split(np.exp(found.x), [n_dimensions])
        return Kernel(relevance, float(signal), float(sum(roughness)), float(noise), -float(found.fun))

    def negative_log(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the logarithm, up to a constant, and its gradient, at x of both lengths."""
        from scipy.linalg import lapack

        routines: Any = lapack
        n, n_dimensions, known = len(self._targets), len(self._squares), np.exp(x)
        relevance, noise, variances = known[:n_dimensions], known[n_dimensions], known[n_dimensions + 1 :]
        times = TIMES[: len(variances)]
        shapes, steep = _matern(times[:, None] * np.sqrt((5.0 * relevance) @ self._squares))
        covariance = np.zeros((n, n))
        covariance.ravel()[:: n + 1] = noise + variances.sum() + JITTER
        covariance.ravel()[self._pairs] = variances @ shapes
        # routines alone: of so few numbers, the checks around them take longer than they do
        factor, failed = routines.dpotrf(covariance.T, lower=1, overwrite_a=1)
        if failed:
            return 1e10, np.zeros_like(x)
        weights, _ = routines.dpotrs(factor, self._targets, lower=1)
        likelihood = -0.5 * self._targets @ weights - np.log(factor.diagonal()).sum()
        # the likelihood's slope along each pair's two entries of the covariance, and along the whole diagonal
        inverse, _ = routines.dpotri(factor, lower=1, overwrite_c=1)
        slopes = np.multiply.outer(weights, weights) - inverse.T
        slope, diagonal = slopes.ravel()[self._pairs], 0.5 * float(slopes.trace())
        by_square = slope * ((-5.0 / 6.0 * variances * times**2) @ steep)
        by_variance = variances * (shapes @ slope + diagonal)
        gradient = np.concatenate([relevance * (self._squares @ by_square), [noise * diagonal], by_variance])
        prior, prior_gradient = _log_prior(known, n_dimensions)
        return -(likelihood + prior), -(gradient + prior_gradient)


def _matern(t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Matern 5/2 at t = √5 x distance, and (1 + t) exp(-t): -6/5 of its slope along the squared distance."""
    steep = np.exp(-t)
    shape = t * t
    shape *= steep
    shape /= 3.0
    steep *= 1.0 + t
    shape += steep
    return shape, steep


def _log_prior(known: np.ndarray, n_dimensions: int) -> tuple[float, np.ndarray]:
    """Return the log prior density of relevances and variances, and its gradient in their logarithms."""
    relevance, variances = known[:n_dimensions], known[n_dimensions:]
    powers, rates = POWERS[: len(variances)], RATES[: len(variances)]
    inverse = 1.0 / relevance
    value = -0.1 * (inverse.sum() + relevance.sum()) + powers @ np.log(variances) - rates @ variances
    return float(value), np.concatenate([0.1 * (inverse - relevance), powers - rates * variances])
