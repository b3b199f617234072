"""Scores as the Gaussian process of `bayes` is fitted to them."""

from __future__ import annotations

import numpy as np

POWER = 5.0
"""The greatest exponent, either way, of the power transform of the scores."""


def standardised(scores: np.ndarray) -> np.ndarray:
    """Return scores made as normal as Yeo and Johnson's power transform can, with mean 0 and variance 1.

    Scores of tuning runs lean: a few trials diverge, most are nearly alike. As they are, a Gaussian process spends its
    variance on the bad ones. The exponent is the most likely one (Yeo & Johnson, *A New Family of Power
    Transformations*, 2000, section 3); for the use of it see Cowen-Rivers et al., *HEBO* (2022). `scipy.stats` has the
    same transform, at forty times the cost for so few numbers.
    """
    from scipy.optimize import minimize_scalar

    if np.abs(scores).max() > 1e150:
        # a fit that diverged: the squares of such scores are beyond all floats
        scores = scores / np.abs(scores).max()
    spread = scores.std()
    if not spread > 1e-12 * abs(float(scores.mean())):
        return np.zeros_like(scores)
    plain = (scores - scores.mean()) / spread
    logs = np.log1p(np.abs(plain))
    slope = float(np.sum(np.sign(plain) * logs))

    def unlikelihood(power: float) -> float:
        return 0.5 * len(plain) * float(np.log(_bent(plain, logs, power).var())) - (power - 1.0) * slope

    found = minimize_scalar(unlikelihood, bounds=(-POWER, POWER), method="bounded", options={"xatol": 1e-3})
    bent = _bent(plain, logs, float(found.x))  # type: ignore[attr-defined]
    return (bent - bent.mean()) / bent.std()


def _bent(values: np.ndarray, logs: np.ndarray, power: float) -> np.ndarray:
    """Return Yeo and Johnson's transform of `values`, given log(1 + |values|)."""
    upper = np.expm1(power * logs) / power if abs(power) > 1e-9 else logs
    rest = 2.0 - power
    lower = -np.expm1(rest * logs) / rest if abs(rest) > 1e-9 else -logs
    return np.where(values >= 0, upper, lower)
