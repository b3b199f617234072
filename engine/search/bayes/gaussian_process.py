"""The Gaussian process of the `bayes` method: Matern 5/2, with priors on what is not known of its kernel.

scikit-learn's `GaussianProcessRegressor` maximises the likelihood alone, which overfits the few trials that a search
has, and has no length scale that the columns of a choice share. Here likelihood x prior is maximised (maximum a
posteriori). Given the same kernel both predict the same.
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
is believed as bad as the worst. On 44 problems (6 fresh seeds) it is 1.13 ± .06 times that of one open ask, which has
1.09 times its own seven trials earlier: no strategy knows more than the results but the last seven.
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
    Rasmussen & Williams, *Gaussian Processes for Machine Learning* (2006), algorithm 2.1.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        fitted_to = representative(targets, FITTED)
        relevance, self.signal, self.noise = _Posterior(features[fitted_to], targets[fitted_to], groups).greatest()
        self.scales = (relevance**-0.5)[groups]
        """The length scale of each feature column."""
        self._know(features, targets)

    def _know(self, features: np.ndarray, targets: np.ndarray) -> None:
        from scipy.linalg import lapack

        routines: Any = lapack
        self.features, self.targets = features, targets
        covariance = self._covariance(features)
        covariance[np.diag_indices(len(features))] += self.noise + JITTER
        # a routine alone: of so few numbers, the checks around it take longer than it does
        self._factor, failed = routines.dpotrf(covariance, lower=1)
        if failed:
            raise np.linalg.LinAlgError("the covariance of the trials is not positive definite")
        self._weights, _ = routines.dpotrs(self._factor, targets, lower=1)

    def _covariance(self, features: np.ndarray) -> np.ndarray:
        """Return the covariance of the function at `features` with what is known, shape (n, n_known)."""
        return self.signal * _matern(_square_distances(features / self.scales, self.features / self.scales))

    def believe(self, features: np.ndarray) -> None:
        """Add points whose results are still out, as if they had come out DOUBT deviations worse than predicted.

        With no doubt this is the kriging believer of Ginsbourger, Le Riche & Carraro, *Kriging Is Well-Suited to
        Parallelize Optimization* (2010).
        """
        mean, deviation = self.predict(features)
        self._know(np.vstack([self.features, features]), np.append(self.targets, mean - DOUBT * deviation))

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the noiseless function, shape (n,) each."""
        from scipy.linalg import blas

        routines: Any = blas
        cross = self._covariance(features)
        solved = routines.dtrsm(1.0, self._factor, cross.T, lower=1)
        variance = self.signal - np.einsum("ij,ij->j", solved, solved)
        return cross @ self._weights, np.sqrt(np.maximum(variance, 1e-12))


def _square_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    squares = (a * a).sum(1)[:, None] + (b * b).sum(1)[None] - 2.0 * a @ b.T
    return np.maximum(squares, 0.0)


def _matern(squares: np.ndarray) -> np.ndarray:
    t = np.sqrt(5.0 * squares)
    return (1.0 + t + t * t / 3.0) * np.exp(-t)


class _Posterior:
    """Likelihood x prior of what is not known of the kernel, given features and targets.

    Its logarithm is a function of x = log(relevance of each dimension …, signal variance, noise variance), where
    relevance is the inverse squared length scale.
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        self._targets = targets
        self._n_dimensions = int(groups.max()) + 1
        self._pairs = np.tril_indices(len(features), -1)
        above, below = self._pairs
        differences = (features[above] - features[below]) ** 2
        self._squares = np.stack([differences[:, groups == g].sum(1) for g in range(self._n_dimensions)])
        """Squared distances by dimension of all pairs, shape (n_dimensions, n_pairs): half a matrix is enough."""

    def greatest(self) -> tuple[np.ndarray, float, float]:
        """Return the likeliest relevances, shape (n_dimensions,), signal variance and noise variance."""
        from scipy.optimize import minimize

        start = np.zeros(self._n_dimensions + 2)
        limits = [(-9.0, 9.0)] * self._n_dimensions + [(-9.0, 5.0), (math.log(JITTER), 3.0)]
        found = minimize(
            self._negative_log_posterior, start, jac=True, method="L-BFGS-B", bounds=limits, options={"maxiter": 60}
        )
        likeliest = np.exp(found.x)
        return likeliest[:-2], float(likeliest[-2]), float(likeliest[-1])

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
