"""How much a point is expected to gain, in logarithms: of one score, or of the area below two."""

from __future__ import annotations

import math

import numpy as np

from .acquisition import log_expected_improvement
from .gaussian_process import fitted, fitted_twice

TIE = 0.3
"""Where m trials share the best score, improvement means more than TIE x log m standard deviations: off the plateau."""

AHEAD = 0.5
"""The score to beat is higher by this share of the most that a point whose result is out is expected to gain.

By the time that a result is known, another one may have raised the best score. With eight open asks the mean normalised
regret is less by .008 ± .003 for it, after 30 and after 50 trials (44 problems, 64 seeds). After 50 it is 1.13 ± .02
times that of one open ask (72 seeds), without it 1.17 ± .02. `tests/bench/ABLATIONS.md` has what was tried beside it.
"""

BELOW = 0.1
"""How far the area begins below the front, as a share of the range of each score."""

CORNERS = 40
"""The area goes by so many points of the front at most, the time of an ask by them."""


LOWER = 0.5
"""How many standard deviations the processes' mean lies below the scores', in the middle of the space."""


class Gain:
    """Expected improvement of one score on the best of `targets`, of those that are `allowed`.

    The mean of two processes', one with roughness and one without, weighted by how likely they are.
    """

    def __init__(
        self, features: np.ndarray, targets: np.ndarray, allowed: np.ndarray, groups: np.ndarray, reals: np.ndarray
    ) -> None:
        targets = targets + LOWER
        self._processes = fitted_twice(features, targets, groups, reals)
        highest = float(targets[allowed].max())
        # a plateau's height and more, where several share the best score
        more = TIE * math.log(np.sum(targets[allowed] >= highest - 1e-9))
        # between the best score, which noise flatters, and the best mean, which a doubting model pulls down
        means = [process.predict(features)[0][allowed].max() for process in self._processes]
        self._bests = [0.5 * highest + 0.5 * float(mean) + more for mean in means]
        weights = np.array([process.prior.log_posterior for process in self._processes])
        self._weights = weights - np.logaddexp.reduce(weights)

    def believe(self, features: np.ndarray) -> None:
        """Reckon with points whose results are still out: believed lower, and one of them perhaps the score to beat."""
        for index, process in enumerate(self._processes):
            gains = log_expected_improvement(*process.predict(features), self._bests[index])
            self._bests[index] += AHEAD * math.exp(float(gains.max()))
            process.believe(features)

    def log_expected(self, features: np.ndarray) -> np.ndarray:
        """Return the logarithm of the gain, shape (n,)."""
        parts = zip(self._processes, self._bests, self._weights, strict=True)
        return np.logaddexp.reduce(
            [
                weight + log_expected_improvement(*process.predict(features), best)
                for process, best, weight in parts
                if weight > -7.0
            ]
        )


class AreaGain:
    """Expected gain of the area between a reference point and the points that two scores dominate.

    `targets`, shape (n, 2), are those that the two processes know, `front`, shape (m, 2), what is dominated by so far.
    Exact for independent processes: the area is cut into strips along the first score, each as high above the front
    as the second one reaches. Emmerich, Deutz & Klinkenberg, *Hypervolume-Based Expected Improvement: Monotonicity
    Properties and Exact Computation* (2011).
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray, front: np.ndarray, groups: np.ndarray) -> None:
        self._processes = [fitted(features, column, groups) for column in targets.T]
        lowest = front.min(axis=0) - BELOW * np.ptp(targets, axis=0)
        if len(front) == 1:  # nothing tells yet how far the front goes
            lowest = np.minimum(lowest, np.median(targets, axis=0))
        corners = front[np.unique(np.linspace(0, len(front) - 1, CORNERS).round().astype(int))]
        self._starts, self._heights = np.append(lowest[0], corners[:, 0]), np.append(corners[:, 1], lowest[1])

    def believe(self, features: np.ndarray) -> None:
        """Reckon with points whose results are still out."""
        for process in self._processes:
            process.believe(features)

    def log_expected(self, features: np.ndarray) -> np.ndarray:
        """Return the logarithm of the gain, shape (n,)."""
        edges = (self._starts, self._heights)
        known = (process.predict(features) for process in self._processes)
        beyond, above = (
            log_expected_improvement(mean[:, None], deviation[:, None], edge)
            for (mean, deviation), edge in zip(known, edges, strict=True)
        )
        # what lies beyond a strip's start, less what lies beyond the next one's
        part = np.minimum(np.diff(beyond, axis=1), -1e-12)
        beyond[:, :-1] += np.log(-np.expm1(part))
        return np.logaddexp.reduce(beyond + above, axis=1)


def front_of(values: np.ndarray) -> np.ndarray:
    """Return the points of a front of two scores, the greater the better, by the ascending first one."""
    front: list[np.ndarray] = []
    for value in values[np.lexsort((-values[:, 1], -values[:, 0]))]:
        if not front or value[1] > front[-1][1]:
            front.append(value)
    return np.array(front[::-1])
