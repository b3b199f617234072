"""Racing: candidates that can no longer win stop before they have had all their folds.

After each fold a candidate's mean over all folds is reckoned from the folds it has had, and compared with the leader's,
which is known. Folds differ in difficulty, so the reckoning is blocked by fold: a score is the candidate's own level
plus the fold's effect (measured on the candidates that have all their folds) plus noise, whose variance is pooled over
all candidates. With k of J folds known, what can still change in the mean has the variance σ²·(1/k − 1/J), the
finite-population correction (Cochran, *Sampling Techniques*, 1977, section 2.6), times 1 + 1/n for n candidates
behind the folds' effects. A candidate is out when a one-sided t-test puts the chance that it ends level with the leader
below `alpha`. Racing cross-validation with blocks is Moore & Lee, *Efficient Algorithms for Minimizing Cross
Validation Error* (1994); racing in general Maron & Moore (1994); its rank-based form F-race (Birattari et al., 2002).

The race says which folds are to be run next, a round at a time, and decides when a whole round is in. So what it
decides depends on scores alone, never on the order in which workers happen to deliver them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ALPHA = 0.04
"""The chance, by the test, of dropping a candidate that would have ended level with the leader."""

BATCH = 32
"""Candidates that race each other; each batch also races the leader of those before it."""

WIDTH = 2
"""The most promising candidates of a batch get their next fold, so many at a time."""

OPENERS = 3
"""The first candidates to get all their folds, the best after one fold: there is nothing to judge by before."""


@dataclass(frozen=True)
class Go:
    """Run these folds of a candidate."""

    number: int
    folds: tuple[int, ...]


@dataclass(frozen=True)
class Out:
    """A candidate can no longer win; `estimate` is what its mean was reckoned at."""

    number: int
    estimate: float


Move = Go | Out


@dataclass
class _Batch:
    members: list[int] = field(default_factory=list)
    size: int = 0
    sealed: bool = False


class FoldRace:
    """A race among the candidates of one method, by their trial numbers.

    Report what happens with `enter`, `leave`, `seal` and `score`; after each report `moves` says what follows.
    """

    def __init__(self, folds: int, alpha: float = ALPHA, batch: int = BATCH) -> None:
        self._folds, self._alpha, self._size = folds, alpha, batch
        self._batches: list[_Batch] = [_Batch()]
        self._scores: dict[int, dict[int, float]] = {}
        self._complete: list[int] = []
        """Numbers of the candidates with all folds, in order."""
        self._partial: set[int] = set()
        """Candidates of any batch that were dropped with some of their folds."""
        self._awaited: dict[int, set[int]] = {}
        """Folds that were asked for and are not in yet."""
        self._first_fold: int | None = None
        """The fold that candidates begin with once the openers have shown which one tells most."""
        self._pending: list[Move] = []

    def enter(self, number: int) -> None:
        """Let a candidate take part; numbers enter in ascending order."""
        batch = self._open_batch()
        batch.members.append(number)
        self._scores[number] = {}
        if batch is self._batches[0] and self._first_fold is None:
            self._go(number, (0,))
        elif self._first_fold is not None:
            self._go(number, (self._first_fold,))

    def pass_over(self) -> None:
        """Note a trial that takes no part, such as one whose scores are known from another."""
        self._open_batch()

    def seal(self) -> None:
        """Note that no further candidate comes before these are judged."""
        if self._batches[-1].size:
            self._batches[-1].sealed = True

    def leave(self, number: int) -> None:
        """Let a candidate go: one of its folds failed, or it was given up."""
        for batch in self._batches:
            if number in batch.members:
                batch.members.remove(number)
        self._awaited.pop(number, None)
        self._scores.pop(number, None)

    def score(self, number: int, fold: int, score: float) -> None:
        """Take the score of a fold."""
        if number in self._scores:
            self._scores[number][fold] = score
            self._awaited.get(number, set()).discard(fold)

    def folds_of(self, number: int) -> list[int]:
        """Return the folds that a candidate was let run so far."""
        return sorted({*self._scores.get(number, {}), *self._awaited.get(number, set())})

    def moves(self) -> list[Move]:
        """Return what is to be done now; empty while a round's folds are still out."""
        while self._round_is_in():
            batch = self._batches[0]
            if not batch.members:
                self._next_batch()
            else:
                self._judge(batch)
        moves, self._pending = self._pending, []
        return moves

    def _open_batch(self) -> _Batch:
        last = self._batches[-1]
        if last.sealed:
            last = _Batch()
            self._batches.append(last)
        last.size += 1
        last.sealed = last.size >= self._size
        return last

    def _go(self, number: int, folds: tuple[int, ...]) -> None:
        self._awaited.setdefault(number, set()).update(folds)
        self._pending.append(Go(number, folds))

    def _round_is_in(self) -> bool:
        batch = self._batches[0]
        return batch.sealed and not any(self._awaited.get(number) for number in batch.members)

    def _next_batch(self) -> None:
        self._batches.pop(0)
        if not self._batches:
            self._batches.append(_Batch())
        # with no openers through (all failed), these are the first
        for number in self._batches[0].members:
            if not self._scores[number] and not self._awaited.get(number):
                self._go(number, (self._first_fold or 0,))

    def _judge(self, batch: _Batch) -> None:
        """Decide a round: who is through, who is out, and who gets which fold next."""
        self._complete = sorted({*self._complete, *(n for n in batch.members if self._known(n) == self._folds)})
        batch.members = [number for number in batch.members if self._known(number) < self._folds]
        if len(self._complete) < OPENERS:
            self._open(batch)
            return
        if self._first_fold is None:
            self._first_fold = self._telling_folds()[0]
            self._begin_later_batches(self._first_fold)
        if not batch.members:
            return
        table = np.array([[self._scores[number][fold] for fold in range(self._folds)] for number in self._complete])
        effects = table.mean(axis=0)
        reckoned = {number: self._reckoned(number, effects) for number in batch.members}
        for number, dropped in self._test(batch.members, reckoned, table):
            if dropped:
                batch.members.remove(number)
                self._partial.add(number)
                self._pending.append(Out(number, reckoned[number]))
        promising = sorted(batch.members, key=lambda number: (-reckoned[number], -self._known(number), number))
        order = self._telling_folds()
        for number in promising[:WIDTH]:
            self._go(number, (next(fold for fold in order if fold not in self._scores[number]),))

    def _open(self, batch: _Batch) -> None:
        """Give the best after one fold all their folds."""
        wanted = OPENERS - len(self._complete)
        means = {number: float(np.mean([*self._scores[number].values()])) for number in batch.members}
        for number in sorted(batch.members, key=lambda number: (-means[number], number))[:wanted]:
            self._go(number, tuple(fold for fold in range(self._folds) if fold not in self._scores[number]))

    def _begin_later_batches(self, fold: int) -> None:
        for batch in self._batches[1:]:
            for number in batch.members:
                self._go(number, (fold,))

    def _known(self, number: int) -> int:
        return len(self._scores[number])

    def _reckoned(self, number: int, effects: np.ndarray) -> float:
        """Return what a candidate's mean over all folds is reckoned at."""
        scores = sorted(self._scores[number].items())
        return float(np.mean([score - effects[fold] for fold, score in scores]) + effects.mean())

    def _telling_folds(self) -> list[int]:
        """Return the folds, those that part candidates most, for reasons of their own, first."""
        table = np.array([[self._scores[number][fold] for fold in range(self._folds)] for number in self._complete])
        residuals = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
        spread = (residuals**2).sum(axis=0).round(12)
        return sorted(range(self._folds), key=lambda fold: (-spread[fold], fold))

    def _test(self, members: list[int], reckoned: dict[int, float], table: np.ndarray) -> list[tuple[int, bool]]:
        """Return for each member whether it is out."""
        from scipy.special import stdtr

        squares, freedom = self._noise(members, table)
        variance = max(squares / freedom, 1e-12)
        leader, n = float(table.mean(axis=1).max()), len(table)
        verdicts: list[tuple[int, bool]] = []
        for number in list(members):
            known = self._known(number)
            spread = np.sqrt(variance * (1 / known - 1 / self._folds) * (1 + 1 / n))
            behind = reckoned[number] - leader
            verdicts.append((number, bool(behind < 0 and stdtr(freedom, behind / spread) < self._alpha)))
        return verdicts

    def _noise(self, members: list[int], table: np.ndarray) -> tuple[float, int]:
        """Return the sum of squares of what candidate and fold leave unexplained, with its degrees of freedom."""
        effects = table.mean(axis=0)
        residuals = table - table.mean(axis=1, keepdims=True) - effects + effects.mean()
        squares, freedom = float((residuals**2).sum()), (len(table) - 1) * (self._folds - 1)
        for number in sorted({*members, *self._partial}):
            if self._known(number) >= 2:
                rest = np.array([score - effects[fold] for fold, score in sorted(self._scores[number].items())])
                squares += float(((rest - rest.mean()) ** 2).sum())
                freedom += len(rest) - 1
        return squares, freedom
