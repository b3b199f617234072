"""The Gaussian process of the `bayes` method: scikit-learn's regressor with priors on its hyperparameters.

`GaussianProcessRegressor` maximises the likelihood alone, which overfits the few trials that a search has. Its
`optimizer` may be any callable, though, and here it maximises likelihood x prior (maximum a posteriori), with a
likelihood of our own that shares a length scale between the columns of a choice and is cheap to differentiate.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

JITTER = 1e-6
"""Added to the diagonal of every covariance, for its Cholesky factor's sake (y has unit variance)."""

DOUBT = 1.0
"""How many standard deviations below its prediction a pending point is believed to come out.

With 8 open asks, the mean normalised regret at 50 trials on nine problems of `tests/bench` (5 seeds; standard error of
a difference .02; one open ask .171) is .240 with no doubt, .201 with 1, .218 with 2, and .298 if every pending point
is believed as bad as the worst.
"""


FITTED, KNOWN = 120, 250
"""Length scales and variances are fitted to so many trials at most, and a process knows so many, so that an ask takes
no longer after 500 trials than after 250."""


def representative(values: np.ndarray, most: int) -> np.ndarray:
    """Return the ascending indices of at most `most` values: the greatest, and as many from all ranks below them."""
    if len(values) <= most:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    greatest, rest = np.split(order, [most // 2])
    places = np.linspace(0, len(rest) - 1, most - len(greatest)).round().astype(int)
    return np.sort(np.concatenate([greatest, rest[places]]))


class Process:
    """A Gaussian process fitted to features and standardised targets.

    ARD Matern 5/2 with noise. `groups` names the dimension of each feature column; its columns share a length scale.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        self._groups = groups
        self._fit(features, targets, None)

    def _fit(self, features: np.ndarray, targets: np.ndarray, kernel: Any) -> None:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

        optimizer: Any = None
        if kernel is None:
            fitted_to = representative(targets, FITTED)
            optimizer = _Maximiser(features[fitted_to], targets[fitted_to], self._groups)
            scales: Any = np.ones(features.shape[1])
            kernel = ConstantKernel(1.0) * Matern(scales, nu=2.5) + WhiteKernel(1.0)
        self._gp = GaussianProcessRegressor(kernel, alpha=JITTER, optimizer=optimizer, copy_X_train=False)
        self._gp.fit(features, targets)
        fitted: Any = self._gp.kernel_
        self.signal = float(fitted.k1.k1.constant_value)
        self.noise = float(fitted.k2.noise_level)
        self._scales = np.broadcast_to(fitted.k1.k2.length_scale, (features.shape[1],))

    def believe(self, features: np.ndarray) -> None:
        """Add points whose results are still out, as if they had come out DOUBT deviations worse than predicted.

        With no doubt this is the kriging believer of Ginsbourger, Le Riche & Carraro, *Kriging Is Well-Suited to
        Parallelize Optimization* (2010).
        """
        mean, deviation = self.predict(features)
        known: Any = self._gp
        targets = np.append(known.y_train_, mean - DOUBT * deviation)
        self._fit(np.vstack([known.X_train_, features]), targets, known.kernel_)

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the noiseless function, shape (n,) each."""
        from scipy.linalg import blas

        gp: Any = self._gp
        routines: Any = blas
        cross = self.signal * _matern(_square_distances(features / self._scales, gp.X_train_ / self._scales))
        mean = cross @ gp.alpha_
        solved = routines.dtrsm(1.0, gp.L_, cross.T, lower=1)
        variance = self.signal - np.einsum("ij,ij->j", solved, solved)
        return mean, np.sqrt(np.maximum(variance, 1e-12))


def _square_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2.0 * a @ b.T
    return np.maximum(squares, 0.0)


def _matern(squares: np.ndarray) -> np.ndarray:
    t = np.sqrt(5.0 * squares)
    return (1.0 + t + t * t / 3.0) * np.exp(-t)


class _Maximiser:
    """scikit-learn's `optimizer` hook: the kernel parameters of greatest likelihood x prior.

    It works in x = log(inverse squared length scale a dimension …, signal variance, noise variance).
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        self._targets, self._groups = targets, groups
        self._n_dimensions = int(groups.max()) + 1
        self._pairs = np.tril_indices(len(features), -1)
        above, below = self._pairs
        differences = (features[above] - features[below]) ** 2
        self._squares = np.stack([differences[:, groups == g].sum(1) for g in range(self._n_dimensions)])
        """Squared distances by dimension of all pairs, shape (n_dimensions, n_pairs): half a matrix is enough."""

    def __call__(self, objective: Any, theta: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the best kernel parameters (log signal, log length scales, log noise) and their negative value."""
        from scipy.optimize import minimize

        n_dimensions = self._n_dimensions
        start = np.zeros(n_dimensions + 2)
        limits = [(-9.0, 9.0)] * n_dimensions + [(-9.0, 5.0), (math.log(JITTER), 3.0)]
        found = minimize(
            self._negative_log_posterior, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 60}
        )
        lengths = -0.5 * found.x[:n_dimensions][self._groups]
        return np.concatenate([found.x[-2:-1], lengths, found.x[-1:]]), float(found.fun)

    def _negative_log_posterior(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        from scipy.linalg import lapack

        routines: Any = lapack
        relevance, (signal, noise) = np.exp(x[:-2]), np.exp(x[-2:])
        n, (above, below) = len(self._targets), self._pairs
        t = np.sqrt(5.0 * (relevance @ self._squares))
        decay = np.exp(-t)
        shape = (1.0 + t + t * t / 3.0) * decay
        covariance = np.zeros((n, n))
        covariance[self._pairs] = signal * shape
        covariance[np.diag_indices(n)] = signal + noise + JITTER
        factor, failed = routines.dpotrf(covariance, lower=1)
        if failed:
            return 1e10, np.zeros_like(x)
        weights, _ = routines.dpotrs(factor, self._targets, lower=1)
        inverse, _ = routines.dpotri(factor, lower=1)
        likelihood = -0.5 * self._targets @ weights - np.log(np.diag(factor)).sum()
        # the likelihood's slope along each pair's two entries of the covariance, and along the whole diagonal
        slope = weights[above] * weights[below] - inverse[self._pairs]
        diagonal = 0.5 * float(np.sum(weights * weights - np.diag(inverse)))
        by_square = slope * (-5.0 / 6.0 * signal) * (1.0 + t) * decay
        gradient = np.concatenate(
            [relevance * (self._squares @ by_square), [signal * (slope @ shape + diagonal), noise * diagonal]]
        )
        prior, prior_gradient = _log_prior(relevance, signal, noise)
        return -(likelihood + prior), -(gradient + prior_gradient)


def _log_prior(relevance: np.ndarray, signal: float, noise: float) -> tuple[float, np.ndarray]:
    """Return the log prior density and its gradient in the logarithms of its arguments."""
    value = -np.sum(0.1 / relevance + 0.1 * relevance) + math.log(signal) - signal + 0.1 * math.log(noise) - 30 * noise
    slopes = [0.1 / relevance - 0.1 * relevance, [1.0 - signal, 0.1 - 30.0 * noise]]
    return float(value), np.concatenate(slopes)
