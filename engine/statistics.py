"""The statistics of a comparison, as pure functions over numbers.

Intervals and tests for models that share a test set or the same folds. Nothing here knows of runs, trials or scorers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

MEMORY = 1_000_000
"""Resampled values held at once, at most; more are worked through in blocks."""


class Interval(NamedTuple):
    """The two ends of an interval, in the unit of what it is an interval of."""

    low: float
    high: float


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
    z = _Z_95 if level == 0.95 else _normal_quantile((1 + level) / 2)
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # at the ends the formula gives 0 and 1 but for rounding
    return Interval(0.0 if hits == 0 else centre - half, 1.0 if hits == n else centre + half)


def _normal_quantile(p: float) -> float:
    # scipy.special throughout: scipy.stats, which wraps it, takes many times as long to import
    from scipy.special import ndtri

    return float(ndtri(p))


_Z_95 = 1.959963984540054
"""`_normal_quantile(0.975)`, written down: views draw intervals without importing scipy."""


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


def percentile_interval(values: np.ndarray, level: float = 0.95) -> Interval | None:
    """Return the bootstrap percentile interval of a figure from its values on resamples of the rows.

    Resamples on which it is not defined (a class that is missing, say) are passed over; None when none is left.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def permutation_p(difference: float, differences: np.ndarray) -> float | None:
    """Return the two-sided p value of a difference from `differences` under random exchanges between the two models.

    If the two are alike, which of them made which prediction of a row is arbitrary, so exchanging them row by row
    gives differences as likely as the one seen. The one seen counts as one more (Davison & Hinkley 1997, section 4.3,
    as `scipy.stats.permutation_test`). None when no exchange gives a finite number.
    """
    known = np.abs(differences[np.isfinite(differences)])
    if not len(known):
        return None
    # what is equal but for rounding is as extreme
    extreme = known >= abs(difference) - 1e-9 * max(abs(difference), float(known.max()))
    return (int(extreme.sum()) + 1) / (len(known) + 1)


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


def rows_for_significance(difference: float, spread: float, n: int, alpha: float = 0.05) -> int | None:
    """Return about how many rows would make a difference seen on `n` of them significant, by the normal distribution.

    `spread` is the standard deviation of the difference over bootstrap samples, which falls with the root of the
    number of rows. None where more than a million times the rows would be needed, or no more than there are: then the
    bootstrap and the normal distribution do not agree.
    """
    from scipy.special import ndtri

    if difference == 0 or not math.isfinite(spread):
        return None
    times = (float(ndtri(alpha / 2)) * spread / difference) ** 2
    return math.ceil(n * times) if 1 < times <= 1_000_000 else None


def bbc_cv(
    row_scores: np.ndarray | Iterable[np.ndarray], draws: int = 1000, seed: int = 0, level: float = 0.95
) -> BiasCorrected:
    """Return the mean row score of the best of several configurations, corrected for the selection (BBC-CV).

    `row_scores`, shape (rows, configurations) or several such blocks of configurations one after the other, holds how
    well each out-of-fold prediction did, greater is better: 1 and 0 for right and wrong, or a negated error. In each
    draw rows are drawn with replacement, the configuration with the best mean on them is selected (a tie goes to the
    first), and its mean on the rows that were not drawn is kept; the result is the average over draws, the interval
    their percentiles (Tsamardinos, Greasidou & Borboudakis 2018, algorithm 3). Needs no further fit.

    All configurations that took part in the selection have to be there: with the worst of them left out, part of the
    optimism stays. Blocks are looked at once each, so memory is that of one block and of `draws` times rows.
    """
    blocks = iter([row_scores] if isinstance(row_scores, np.ndarray) else row_scores)
    block = next(blocks, None)
    if block is None or block.shape[0] < 2 or block.shape[1] < 1:
        raise ValueError("bias correction needs at least two rows and one configuration")
    counts = draw_counts(np.random.default_rng(seed), draws, block.shape[0])
    # a sample in which every row was drawn leaves none to score on
    counts = counts[(counts == 0).any(axis=1)].astype(block.dtype)
    left_out = (counts == 0).astype(block.dtype)
    selected, kept, best = np.full(len(counts), -np.inf), np.empty(len(counts)), -math.inf
    while block is not None:
        inside = counts @ block
        winners = inside.argmax(axis=1)
        highest = inside[np.arange(len(inside)), winners]
        better = np.flatnonzero(highest > selected)
        selected[better] = highest[better]
        kept[better] = np.einsum("dr,rd->d", left_out[better], block[:, winners[better]])
        best = max(best, float(block.mean(axis=0, dtype=float).max()))
        block = next(blocks, None)
    scores = kept / left_out.sum(axis=1)
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return BiasCorrected(float(scores.mean()), float(low), float(high), best)


def draw_counts(rng: np.random.Generator, draws: int, n: int) -> np.ndarray:
    """Return how often each of `n` rows is drawn in each of `draws` bootstrap samples, shape (draws, n)."""
    rows = rng.integers(n, size=(draws, n), dtype=np.int32)
    # one sample after the other: the counts of one stay in the processor's cache
    return np.stack([np.bincount(sample, minlength=n) for sample in rows])
