"""`bayes`: Gaussian-process search with log expected improvement, on mixed spaces, learning from failed trials too.

After a scrambled Sobol start every ask fits Gaussian processes to the scores (`gaussian_process.py`), multiplies
expected improvement (`gain.py`) by the probability that a trial does not fail, and proposes the point where that is
greatest (`acquisition.py`), not far from the better trials. Snoek, Larochelle & Adams, *Practical Bayesian Optimization
of Machine Learning Algorithms* (2012), is the classic account.

What each part that was added to that is worth, in mean normalised regret (1 is what the start leaves) after 30 and 50
trials on two halves of 44 problems, seeds that nobody had looked at; the second half only confirmed:

| part | where | first half | second half |
|---|---|---|---|
| near the better trials | `LEADING`, `REACH` | -.014 ± .014, -.009 ± .018 | -.034 ± .021, -.058 ± .018 |
| two processes, a lower mean | `FINE`, `LOWER` | -.034 ± .015, -.029 ± .014 | -.022 ± .017, -.015 ± .014 |
| a mean that falls to the edges | `FALL_RATE` | -.020 ± .010, -.006 ± .007 | -.029 ± .012, -.014 ± .009 |
| with eight open asks, more to beat | `AHEAD` | -.009 ± .005, -.003 ± .004 | -.006 ± .004, -.013 ± .004 |

The mean is worth more after 20 trials (-.046 ± .012, -.051 ± .016) and with eight open asks on the first half (after 50
-.025 ± .008; on the second -.005 ± .010), and next to nothing on those problems that are tables of real tuning tasks.

`tests/bench/ABLATIONS.md` has these rows and those of all changes that were tried and left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...events import Point, Value
from ...space.space import Space
from ..base import WAIT, Outcome, Wait
from .acquisition import maximise
from .encoding import Encoding
from .gain import AreaGain, Gain, front_of
from .gaussian_process import KNOWN, fitted, representative
from .several import Bounds, shortfall, weighed
from .targets import standardised

LIKELY = 0.7
"""In the start, points less likely than this to succeed are left out."""

UNLIKELY, SHY, SHYEST = 0.2, 2.5, 0.85
"""Later, points less likely than UNLIKELY + SHY x the share of failed trials come only when there is no other."""

CAUTION, ALARM, RECENT = 2.0, 8.0, 20
"""The exponent of the chance of success: caution + alarm x the share of failures among the most recent trials."""

LEADING, REACH, STRAY = 0.3, 0.3, 30.0
"""Points count less by STRAY x how much farther than REACH they are from all of the LEADING share of the trials.

A process is as unsure among the worst trials as among the best; without this, their corners are tried as well. Eriksson
et al., *Scalable Global Optimization via Local Bayesian Optimization* (2019), and Song et al., *The Vizier Gaussian
Process Bandit Algorithm* (2024), have trust regions of other shapes.
"""


@dataclass(frozen=True)
class _Told:
    """A result: the row of the point, its score, and whether this search had asked for it."""

    row: np.ndarray
    score: float
    own: bool
    outcome: Outcome


class Bayes:
    """A search by Gaussian process.

    `start` is the length of the Sobol start, `open_asks` the number of proposals that may await their result at once;
    an ask takes those still out as if they had come out a little worse than predicted, even when their results are
    already known, so that the search is the same on any number of workers. A start without unordered choices is known
    beforehand and not held back by `open_asks`; in one with choices, points that resemble failed ones are left out.

    Ask number k is a pure function of the seed, k and the results before it: nothing is carried from ask to ask. So
    `replay` costs nothing and leads to the same later asks. `trials` only ends the search: a longer search begins
    with the shorter one. Points told but never asked for (by hand) count towards the start, not towards `trials`.
    """

    def __init__(self, space: Space, trials: int, seed: int, start: int = 10, open_asks: int = 1) -> None:
        self._trials, self._seed, self._start, self._open_asks = trials, seed, start, open_asks
        self._encoding = Encoding(space)
        self._asked: list[np.ndarray] = []
        self._told: list[_Told] = []
        self._own_told = 0
        self._sobol: np.ndarray | None = None
        self._open_start = not self._encoding.unordered.any()

    def ask(self) -> Point | Wait | None:
        """Return the next point, `WAIT` while too many proposals are open, None after `trials` or the last point."""
        number = len(self._asked)
        if number >= self._trials:
            return None
        size = self._encoding.size
        if size is not None and len(self._seen(self._told)) >= size:
            return None
        visible = self._before(0) if self._open_start else None
        if visible is None or number + sum(not told.own for told in visible) >= self._start:
            needed = max(number - self._open_asks + 1, 0)
            if self._own_told < needed:
                return WAIT
            visible = self._before(needed)
        row = self._propose(number, visible)
        self._asked.append(row)
        return self._encoding.point(row)

    def tell(self, number: int, point: Mapping[str, Value], score: float) -> None:
        """Take the score of a trial; NaN tells that it failed. A point that was not asked for is learned from too."""
        self.tell_all(number, point, Outcome((float(score),)))

    def tell_all(self, number: int, point: Mapping[str, Value], outcome: Outcome) -> None:
        """Take what came of a trial where there are several objectives or constraints."""
        row = self._encoding.row(point)
        own = self._own_told < len(self._asked) and np.allclose(row, self._asked[self._own_told], rtol=0, atol=1e-9)
        self._told.append(_Told(row, float(outcome.objectives[0]), bool(own), outcome))
        self._own_told += bool(own)

    def extend(self, trials: int) -> None:
        """Go on to so many trials in all."""
        self._trials = trials

    def replay(self, trials: Iterable[tuple[Mapping[str, Value], float]]) -> None:
        """Take recorded trials of this very search, in order, as if each had been asked for and told."""
        for point, score in trials:
            row = self._encoding.row(point)
            self._asked.append(row)
            self._told.append(_Told(row, float(score), True, Outcome((float(score),))))
            self._own_told += 1

    def _before(self, own: int) -> list[_Told]:
        """Return what was told before the result of this search's own trial number `own`, in order."""
        visible: list[_Told] = []
        for told in self._told:
            own -= told.own
            if own < 0:
                break
            visible.append(told)
        return visible

    def _seen(self, visible: list[_Told]) -> set[tuple[float, ...]]:
        rows = [*self._asked, *(told.row for told in visible)]
        return set(self._encoding.keys(np.array(rows))) if rows else set()

    def _propose(self, number: int, visible: list[_Told]) -> np.ndarray:
        """Return the row to try next, after the results in `visible`; the rest of what was asked is pending."""
        rng = np.random.default_rng([self._seed, number])
        hands = sum(not told.own for told in visible)
        scores = np.array([told.score for told in visible])
        succeeded = np.isfinite(scores)
        likely = _Feasibility(self._encoding, np.array([told.row for told in visible]), succeeded)
        if number + hands < self._start or succeeded.sum() < 2:
            ranked = self._start_rows(likely)
        else:
            pending = self._asked[len(visible) - hands :]
            ranked = self._best_rows(visible, pending, likely, rng)
        seen = self._seen(visible)
        for row in ranked:
            if self._encoding.key(row) not in seen:
                return row
        return self._any_row(seen, rng)

    def _start_rows(self, likely: _Feasibility) -> Iterable[np.ndarray]:
        """Return the Sobol points in order, those that will probably fail last."""
        if self._sobol is None:
            from scipy.stats import qmc

            n_points = max(64, 1 << (4 * self._start - 1).bit_length())
            sobol: Any = qmc.Sobol  # `seed` is what SciPy before 1.15 calls `rng`, and later ones take as well
            sampler = sobol(len(self._encoding.levels), scramble=True, seed=np.random.default_rng(self._seed))
            self._sobol = self._encoding.snap(sampler.random_base2(n_points.bit_length() - 1))
        if likely.certain:
            return self._sobol
        chance = likely.chance(self._sobol)
        return self._sobol[np.argsort(np.where(chance >= LIKELY, -1.0, -chance), kind="stable")]

    def _best_rows(
        self, visible: list[_Told], pending: list[np.ndarray], likely: _Feasibility, rng: np.random.Generator
    ) -> Iterable[np.ndarray]:
        """Return rows by expected improvement x chance of success, the greatest first.

        Of two objectives it is that of the area which they dominate, of more that of a weighing that is drawn anew for
        each ask; points that break constraints are no best, and improvement counts as far as constraints are likely to
        be kept.
        """
        good = [told for told in visible if math.isfinite(told.score)]
        rows = np.array([told.row for told in good])
        values = np.array([told.outcome.objectives for told in good])
        margins = np.array([told.outcome.margins for told in good])
        # 1 is the whole space: near the best trials are many that fail, where some do; several objectives and
        # constraints were not measured
        reach = REACH if likely.certain and values.shape[1] == 1 and not margins.size else 1.0
        if not (allowed := np.all(margins >= 0, axis=1)).any():
            # as long as no point keeps to all constraints, the way there is all that counts
            values, margins, allowed = -shortfall(margins)[:, None], margins[:, :0], ~allowed
        scores = weighed(values, rng)
        order = np.lexsort((np.arange(len(scores)), -scores, ~allowed))
        kept = representative(-np.argsort(order), KNOWN)
        leading, known = rows[order[: max(2, int(LEADING * len(kept)))]], rows[order[:5]]
        encoding = self._encoding
        features = encoding.features(rows[kept])
        bounds = Bounds(encoding, features, margins[kept])
        gain: Gain | AreaGain
        if values.shape[1] == 2:
            bent = np.column_stack([standardised(column) for column in values.T])
            gain = AreaGain(features, bent[kept], front_of(bent[allowed]), encoding.groups)
        else:
            gain = Gain(features, standardised(scores)[kept], allowed[kept], encoding.groups, encoding.reals)
        if pending:
            gain.believe(encoding.features(np.array(pending)))

        def acquisition(rows: np.ndarray) -> np.ndarray:
            value = gain.log_expected(encoding.features(rows)) + bounds.log_chance(rows)
            value -= STRAY * np.maximum(encoding.distance(rows, leading) - reach, 0.0)
            return value if likely.certain else value + likely.weight(rows)

        return maximise(acquisition, encoding, known, rng)

    def _any_row(self, seen: set[tuple[float, ...]], rng: np.random.Generator) -> np.ndarray:
        """Return a row that was not tried yet: by chance, or else the first one there is."""
        for row in self._encoding.snap(rng.random((1000, len(self._encoding.levels)))):
            if self._encoding.key(row) not in seen:
                return row
        return next(row for row in self._encoding.every_row() if self._encoding.key(row) not in seen)


class _Feasibility:
    """How likely a trial is to succeed, learned from which ones did: a Gaussian process on 0 and 1."""

    def __init__(self, encoding: Encoding, rows: np.ndarray, succeeded: np.ndarray) -> None:
        self._encoding = encoding
        self.certain = bool(succeeded.all())
        """True as long as nothing has failed."""
        if self.certain:
            return
        self._least = math.log(min(UNLIKELY + SHY * float(np.mean(~succeeded)), SHYEST))
        self._caution = CAUTION + ALARM * float(np.mean(~succeeded[-RECENT:]))
        rate = (succeeded.sum() + 1.0) / (len(succeeded) + 2.0)
        self._rate, self._spread = rate, math.sqrt(rate * (1.0 - rate))
        kept = representative(-succeeded.astype(float), KNOWN)
        targets = (succeeded[kept] - rate) / self._spread
        self._process = fitted(encoding.features(rows[kept]), targets, encoding.groups)

    def chance(self, rows: np.ndarray) -> np.ndarray:
        """Return the probability of success at rows, shape (n,)."""
        return np.exp(self._log_chance(rows))

    def weight(self, rows: np.ndarray) -> np.ndarray:
        """Return what to add to the logarithm of an acquisition at rows, shape (n,)."""
        chance = self._log_chance(rows)
        return self._caution * chance - 1e3 * (chance < self._least)

    def _log_chance(self, rows: np.ndarray) -> np.ndarray:
        from scipy.special import log_ndtr

        mean, deviation = self._process.predict(self._encoding.features(rows))
        middle = (0.5 - self._rate) / self._spread
        return log_ndtr((mean - middle) / np.sqrt(deviation**2 + 0.05))
