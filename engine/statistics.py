"""The statistics of a comparison, as pure functions over numbers.

Intervals and tests for models that share a test set or the same folds. Nothing here knows of runs, trials or scorers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

MEMORY = 1_000_000
"""Resampled values held at once, at most; more are worked through in blocks."""


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of what it is an interval of."""

    low: float
    high: float


class Difference(NamedTuple):
    """A difference a - b with its bootstrap percentile interval and two-sided p value."""

    difference: float
    low: float
    high: float
    p: float


class FoldTest(NamedTuple):
    """A t-test over folds: the mean difference, t with its degrees of freedom, the two-sided p value."""

    difference: float
    t: float
    df: int
    p: float


class BiasCorrected(NamedTuple):
    """A winner's score corrected for having been selected, its percentile interval, and the plain optimistic score."""

    score: float
    low: float
    high: float
    optimistic: float


def wilson_interval(hits: int, n: int, level: float = 0.95) -> Interval:
    """Return the Wilson score interval of a proportion, `hits` of `n` (Wilson 1927; without continuity correction)."""
    if not 0 <= hits <= n or n < 1:
        raise ValueError(f"{hits} of {n} is not a proportion")
    # scipy.special throughout: scipy.stats, which wraps it, takes many times as long to import
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # at the ends the formula gives 0 and 1 but for rounding
    return Interval(0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def mcnemar_exact(b: int, c: int) -> float:
    """Return the exact two-sided McNemar p value for `b` and `c` discordant pairs (1 when there are none).

    That is the binomial test of `b` among `b + c` at one half, as `scipy.stats.binomtest` does it.
    """
    from scipy.special import bdtr

    return min(1.0, float(2 * bdtr(min(b, c), b + c, 0.5))) if b + c else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted by Holm's step-down procedure (1979), in the order given."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def paired_bootstrap(
    score_function: Callable[[np.ndarray, np.ndarray], float],
    targets: ArrayLike,
    predictions_a: ArrayLike,
    predictions_b: ArrayLike,
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> Difference:
    """Return the difference in score between two models on the same rows, from rows drawn with replacement.

    `score_function(targets, predictions)` is called twice a draw; a draw on which it gives no finite number (a class
    that is missing, say) is passed over. `difference_of_draws` takes scores of draws that were computed at once.
    """
    targets, first, second = np.asarray(targets), np.asarray(predictions_a), np.asarray(predictions_b)
    rng = np.random.default_rng(seed)
    scores = np.empty((draws, 2))
    for draw in range(draws):
        rows = rng.integers(len(targets), size=len(targets))
        scores[draw] = score_function(targets[rows], first[rows]), score_function(targets[rows], second[rows])
    return difference_of_draws(score_function(targets, first) - score_function(targets, second), scores, level)


def difference_of_draws(difference: float, scores: np.ndarray, level: float = 0.95) -> Difference:
    """Return the percentile interval and p value of a difference from bootstrap `scores`, shape (draws, 2).

    p is twice the smaller share of draws at or beyond zero, counting the sample itself as one more draw, as in Davison
    & Hinkley (1997), section 4.4.
    """
    differences = scores[:, 0] - scores[:, 1]
    differences = differences[np.isfinite(differences)]
    if not len(differences):
        return Difference(difference, math.nan, math.nan, math.nan)
    tail = min(int((differences <= 0).sum()), int((differences >= 0).sum()))
    low, high = np.quantile(differences, [(1 - level) / 2, (1 + level) / 2])
    return Difference(difference, float(low), float(high), min(1.0, 2 * (tail + 1) / (len(differences) + 1)))


def corrected_t(differences: ArrayLike, test_to_train: float) -> FoldTest:
    """Return the corrected resampled t-test for `differences` in score, one a fold, on the same splits.

    t = mean / √((1/J + n_test/n_train) · s²) with J - 1 degrees of freedom (Nadeau & Bengio 2003, section 5);
    `test_to_train` is n_test/n_train, 1/(J - 1) for J-fold cross-validation. Where all differences are equal there is
    no variance to judge by: p is 1 if they are zero and NaN if not. Raises ValueError for fewer than two folds.
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 2:
        raise ValueError("a t-test needs at least two folds")
    from scipy.special import stdtr

    mean, variance, df = float(values.mean()), float(values.var(ddof=1)), len(values) - 1
    # equal differences leave rounding noise where their variance should be zero
    if math.sqrt(variance) <= 1e-12 * max(1.0, float(np.abs(values).max())):
        zero = abs(mean) <= 1e-12
        return FoldTest(mean, 0.0 if zero else math.copysign(math.inf, mean), df, 1.0 if zero else math.nan)
    t = mean / math.sqrt((1 / len(values) + test_to_train) * variance)
    return FoldTest(mean, t, df, float(2 * stdtr(df, -abs(t))))


def fewest_rows_for_significance(b: int, c: int, n: int, alpha: float = 0.05, most: int = 1_000_000) -> int | None:
    """Return the fewest rows at which discordant pairs in the proportion seen, `b` and `c` of `n`, were significant.

    The pattern is scaled to ever more rows, whole rows only (the larger count rounded down, the smaller one up), until
    the exact McNemar p value is below `alpha`. None when the counts are equal, or when it would take more than `most`
    discordant pairs of the larger kind.
    """
    more, fewer = max(b, c), min(b, c)
    if more == fewer:
        return None
    from scipy.special import bdtr, ndtri

    # the normal approximation without continuity correction is below the exact answer: half of it is a safe start
    z = -float(ndtri(alpha / 2))
    estimate = z * z * (more + fewer) * more / (more - fewer) ** 2
    start, size = max(1, int(estimate / 2)), 256
    while start <= most:
        winners = np.arange(start, min(start + size, most + 1), dtype=np.int64)
        # the first number of rows on which there are that many: between two such numbers only `fewer` can grow
        rows = -(-winners * n // more)
        losers = -(-rows * fewer // n)
        p = 2 * bdtr(losers, winners + losers, 0.5)
        significant = np.flatnonzero((winners > losers) & (p < alpha))
        if len(significant):
            return int(rows[significant[0]])
        start, size = start + size, min(2 * size, 65_536)
    return None


def bbc_cv(
    row_scores: np.ndarray,
    draws: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    link: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> BiasCorrected:
    """Return the score of the best of several configurations, corrected for the selection (BBC-CV).

    `row_scores`, shape (rows, configurations), holds how well each out-of-fold prediction did, greater is better: 1
    and 0 for right and wrong, or a negated error. In each draw rows are drawn with replacement, the configuration with
    the best mean on them is selected (a tie goes to the first), and its mean on the rows that were not drawn is kept;
    the result is the average over draws, the interval their percentiles (Tsamardinos, Greasidou & Borboudakis 2018,
    algorithm 3). `link(means, rows)` turns mean row scores into the scorer's unit and must not change their order;
    `rows` are 0/1 weights, shape (draws, rows), of the rows behind each mean.

    Only for scorers that order configurations by a mean over rows. Needs no further fit.
    """
    n, configurations = row_scores.shape
    if n < 2 or configurations < 1:
        raise ValueError("bias correction needs at least two rows and one configuration")
    rng = np.random.default_rng(seed)
    columns = np.ascontiguousarray(row_scores.T)
    kept: list[np.ndarray] = []
    for first in range(0, draws, block := max(1, MEMORY // n)):
        counts = draw_counts(rng, min(block, draws - first), n).astype(row_scores.dtype)
        winners = np.argmax(counts @ row_scores, axis=1)
        left_out = (counts == 0).astype(row_scores.dtype)
        left_out, winners = left_out[(some := left_out.any(axis=1))], winners[some]
        means = np.einsum("dr,dr->d", left_out, columns[winners]) / left_out.sum(axis=1)
        kept.append(means if link is None else link(means, left_out))
    scores = np.concatenate(kept).astype(float)
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    best = row_scores.mean(axis=0, dtype=float).max(keepdims=True)
    everything = np.ones((1, n), dtype=row_scores.dtype)
    return BiasCorrected(
        float(scores.mean()), float(low), float(high), float((best if link is None else link(best, everything))[0])
    )


def draw_counts(rng: np.random.Generator, draws: int, n: int) -> np.ndarray:
    """Return how often each of `n` rows is drawn in each of `draws` bootstrap samples, shape (draws, n)."""
    rows = rng.integers(n, size=(draws, n), dtype=np.int32)
    # one sample after the other: the counts of one stay in the processor's cache
    return np.stack([np.bincount(sample, minlength=n) for sample in rows])
