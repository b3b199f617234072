"""What the `bayes` method's Gaussian processes are before any trial, and which is the likeliest, by likelihood x prior.

scikit-learn's `GaussianProcessRegressor` maximises the likelihood alone, which overfits the few trials that a search
has, and has no length scale that the columns of a choice share, and no mean but zero.
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

FALL_POWER, FALL_RATE = 1.0, 3.3
"""The prior of how far the mean falls, from the middle of a range to its edges: fall^power x exp(-rate x fall).

Ranges of real numbers have a fall each. Without it a process is as good far from all trials as anywhere, and in many
dimensions that is at the edges and in the corners of the space: the first asks go there one after the other. The mode
is .3 standard deviations; where scores do not fall towards the edges, the likeliest fall is soon a small part of that.
Whole numbers and choices have none: their edges (all the estimators that were allowed, leaves of one sample) are often
best. Acerbi, *Variational Bayesian Monte Carlo* (2018), has a mean that is a negative quadratic as well.
"""

CLOSE = 1e-4
"""The search for the likeliest prior ends where a step gains less than this share, after two thirds of the steps."""


@dataclass(frozen=True)
class Prior:
    """A process before any trial: Matern 5/2 of a trend and of its roughness, and noise, about a mean.

    `relevance` has the inverse squared length scale of each dimension; `signal`, `roughness` and `noise` are variances.
    The mean is 0 in the middle and lower by `falls` at the edges of the feature columns `reals`, both shape (n_reals,).
    `log_posterior` says how likely all that is, up to a constant.
    """

    relevance: np.ndarray
    signal: float
    roughness: float
    noise: float
    falls: np.ndarray
    reals: np.ndarray
    log_posterior: float

    def covariance(self, t: np.ndarray) -> np.ndarray:
        """Return the function's covariance where t = √5 x distance in length scales."""
        trend = self.signal * _matern(t)[0]
        if self.roughness:
            trend += self.roughness * _matern(t / FINE)[0]
        return trend

    def mean(self, features: np.ndarray) -> np.ndarray:
        """Return the mean at features, shape (n,)."""
        return -(_edges(features, self.reals) @ self.falls)


class Posterior:
    """Likelihood x prior of what is not known of a process, given features and targets.

    Its logarithm is a function of x = log(relevance of each dimension …, noise, signal and, where there is any,
    roughness variance, fall along each of the columns `reals` …).
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray, reals: np.ndarray) -> None:
        self._targets, self._reals, self._edges = targets, reals, _edges(features, reals)
        above, below = np.triu_indices(len(features), 1)
        self._pairs = above * len(features) + below
        """Where pairs are in a flat matrix: half of it is enough, to LAPACK, which reads by columns, the lower one."""
        squares = (features[above] - features[below]) ** 2
        columns = np.flatnonzero(np.diff(groups, prepend=-1))
        self._squares = np.ascontiguousarray(np.add.reduceat(squares, columns, axis=1).T)
        """Squared distances by dimension of all pairs, shape (n_dimensions, n_pairs)."""

    def greatest(self, rough: bool) -> Prior:
        """Return the likeliest prior, with roughness or without."""
        from scipy.optimize import minimize

        n_dimensions, least = len(self._squares), math.log(JITTER)
        n_falls = len(self._reals)
        begin = [*[1.0] * n_dimensions, 0.3, 1.0, *[0.3] * rough, *[FALL_POWER / FALL_RATE] * n_falls]
        limits = [*[(-9.0, 9.0)] * n_dimensions, (least, 3.0), (-9.0, 5.0), *[(least, 3.0)] * rough]
        limits += [(-7.0, 2.0)] * n_falls
        options = {"maxiter": 60, "ftol": CLOSE}
        found = minimize(self.negative_log, np.log(begin), jac=True, method="L-BFGS-B", bounds=limits, options=options)
        relevance, (noise, signal, *rest) = np.split(np.exp(found.x), [n_dimensions])
        roughness, falls = float(sum(rest[:rough])), np.array(rest[rough:])
        return Prior(relevance, float(signal), roughness, float(noise), falls, self._reals, -float(found.fun))

    def negative_log(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return minus the logarithm, up to a constant, and its gradient, at x of both lengths."""
        from scipy.linalg import lapack

        routines: Any = lapack
        n, n_dimensions, known = len(self._targets), len(self._squares), np.exp(x)
        relevance, noise, rest = known[:n_dimensions], known[n_dimensions], known[n_dimensions + 1 :]
        variances, falls = np.split(rest, [len(rest) - len(self._reals)])
        targets = self._targets + self._edges @ falls
        times = TIMES[: len(variances)]
        shapes, steep = _matern(times[:, None] * np.sqrt((5.0 * relevance) @ self._squares))
        covariance = np.zeros((n, n))
        covariance.ravel()[:: n + 1] = noise + variances.sum() + JITTER
        covariance.ravel()[self._pairs] = variances @ shapes
        # routines alone: of so few numbers, the checks around them take longer than they do
        factor, failed = routines.dpotrf(covariance.T, lower=1, overwrite_a=1)
        if failed:
            return 1e10, np.zeros_like(x)
        weights, _ = routines.dpotrs(factor, targets, lower=1)
        likelihood = -0.5 * targets @ weights - np.log(factor.diagonal()).sum()
        # the likelihood's slope along each pair's two entries of the covariance, and along the whole diagonal
        inverse, _ = routines.dpotri(factor, lower=1, overwrite_c=1)
        slopes = np.multiply.outer(weights, weights) - inverse.T
        slope, diagonal = slopes.ravel()[self._pairs], 0.5 * float(slopes.trace())
        by_square = slope * ((-5.0 / 6.0 * variances * times**2) @ steep)
        by_variance = variances * (shapes @ slope + diagonal)
        by_fall = -falls * (weights @ self._edges)
        gradient = np.concatenate([relevance * (self._squares @ by_square), [noise * diagonal], by_variance, by_fall])
        prior, prior_gradient = _log_prior(relevance, known[n_dimensions:], len(falls))
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


def _edges(features: np.ndarray, reals: np.ndarray) -> np.ndarray:
    """Return how far features are from the middle of the columns `reals`, squared: 0 there, 1 at the edges."""
    return (2.0 * features[:, reals] - 1.0) ** 2


def _log_prior(relevance: np.ndarray, others: np.ndarray, n_falls: int) -> tuple[float, np.ndarray]:
    """Return the log prior density of relevances, variances and falls, and its gradient in their logarithms."""
    n_variances = len(others) - n_falls
    powers = np.append(POWERS[:n_variances], np.full(n_falls, FALL_POWER))
    rates = np.append(RATES[:n_variances], np.full(n_falls, FALL_RATE))
    inverse = 1.0 / relevance
    value = -0.1 * (inverse.sum() + relevance.sum()) + powers @ np.log(others) - rates @ others
    return float(value), np.concatenate([0.1 * (inverse - relevance), powers - rates * others])
