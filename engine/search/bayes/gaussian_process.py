"""The Gaussian processes of the `bayes` method: Matern 5/2, with or without roughness, and what they predict.

Given the same covariance and mean (`likelihood.py`), scikit-learn's `GaussianProcessRegressor` predicts the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .likelihood import JITTER, Posterior, Prior

DOUBT = 1.0
"""How many standard deviations below its prediction a pending point is believed to come out.

With 8 open asks, the mean normalised regret at 50 trials on nine problems of `tests/bench` (5 seeds; standard error of
a difference .02; one open ask .171) is .240 with no doubt, .201 with 1, .218 with 2, and .298 if every pending point
is believed as bad as the worst. On 22 problems (16 seeds, error .008) .7 deviations have .012 more than 1, 1.4 have
.007 more.
`tests/bench/ABLATIONS.md` has all that was tried instead, without gain.
"""

FLAT = np.empty(0, dtype=int)
"""No columns: a mean that falls nowhere."""

FITTED, KNOWN = 80, 250
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
    """A Gaussian process, told features and standardised targets.

    `groups` names the dimension of each feature column; its columns share a length scale. Rasmussen & Williams,
    *Gaussian Processes for Machine Learning* (2006), algorithm 2.1.
    """

    def __init__(self, prior: Prior, features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> None:
        self.prior = prior
        self._stretch = np.sqrt(5.0 * prior.relevance)[groups]
        self._know(features, targets)

    def _know(self, features: np.ndarray, targets: np.ndarray) -> None:
        from scipy.linalg import lapack

        routines: Any = lapack
        self.features, self.targets = features, targets
        stretched = features * self._stretch
        self._known = np.column_stack([-2.0 * stretched, np.ones(len(features)), (stretched**2).sum(axis=1)])
        covariance = self._covariance(features)
        covariance[np.diag_indices(len(features))] += self.prior.noise + JITTER
        # a routine alone: of so few numbers, the checks around it take longer than it does
        factor, failed = routines.dpotrf(covariance.T, lower=1, overwrite_a=1)
        if failed:
            raise np.linalg.LinAlgError("the covariance of the trials is not positive definite")
        self._weights, _ = routines.dpotrs(factor, targets - self.prior.mean(features), lower=1)
        # a product with the inverse takes half the time of a solution with the factor, and there are many to come
        self._inverse_factor, _ = routines.dtrtri(factor, lower=1, overwrite_c=1)

    def _covariance(self, features: np.ndarray) -> np.ndarray:
        """Return the covariance of the function at `features` with what is known, shape (n, n_known)."""
        stretched = features * self._stretch
        # |a - b|² = |a|² - 2ab + |b|², in one product
        t = np.column_stack([stretched, (stretched**2).sum(axis=1), np.ones(len(features))]) @ self._known.T
        np.maximum(t, 0.0, out=t)
        return self.prior.covariance(np.sqrt(t, out=t))

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
        mean = self.prior.mean(features) + cross @ self._weights
        solved = routines.dtrmm(1.0, self._inverse_factor, cross.T, lower=1, overwrite_b=1).T
        variance = self.prior.signal + self.prior.roughness - np.einsum("ij,ij->i", solved, solved)
        return mean, np.sqrt(np.maximum(variance, 1e-12))


def fitted(features: np.ndarray, targets: np.ndarray, groups: np.ndarray) -> Process:
    """Return the likeliest process without roughness whose mean is 0."""
    return Process(_posterior(features, targets, groups, FLAT).greatest(rough=False), features, targets, groups)


def fitted_twice(
    features: np.ndarray, targets: np.ndarray, groups: np.ndarray, reals: np.ndarray
) -> tuple[Process, Process]:
    """Return the likeliest process without roughness and the likeliest one with it.

    Their means fall towards the edges of the feature columns `reals`, ranges of real numbers.
    """
    posterior = _posterior(features, targets, groups, reals)
    plain, rough = (Process(posterior.greatest(rough), features, targets, groups) for rough in (False, True))
    return plain, rough


def _posterior(features: np.ndarray, targets: np.ndarray, groups: np.ndarray, reals: np.ndarray) -> Posterior:
    few = representative(targets, FITTED)
    return Posterior(features[few], targets[few], groups, reals)
