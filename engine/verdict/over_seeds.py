"""Methods over many seeds, as `race.json` holds them; other programs read it, so fields keep their names and order.

What is not known is None, and null in the document.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType


class Spread(msgspec.Struct, frozen=True):
    """Median and quartiles over the seeds; all None while one of them has no value."""

    q1: float | None = None
    median: float | None = None
    q3: float | None = None


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """The spread of the best so far after so many trials, or after so many seconds of fitting."""

    trial: int | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    q1: float | None
    median: float | None
    q3: float | None

    @property
    def at(self) -> float:
        """The trials or the seconds."""
        return self.trial if self.trial is not UNSET else self.seconds if self.seconds is not UNSET else 0.0


class MethodOverSeeds(msgspec.Struct, frozen=True, kw_only=True):
    """A method: its best of each seed and their spread, its mean rank, and its curves."""

    method: str
    final: Spread
    best_by_seed: list[float | None]
    mean_rank: float | None
    trials: float | None
    """The median number of them."""
    fit_seconds: float | None
    by_trial: list[CurvePoint]
    by_seconds: list[CurvePoint]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two methods against each other: differences are the first less the second, p by Wilcoxon's test."""

    methods: list[str]
    median_difference: float | None
    wins: int
    losses: int
    p: float | None
    p_holm: float | None


class TournamentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The whole comparison; what is said of the race itself is left out where there is none."""

    race: str | UnsetType = UNSET
    state: str | UnsetType = UNSET
    planned_seeds: int | UnsetType = UNSET
    preset: str
    title: str
    scoring: str
    seeds: list[int]
    runs: list[str]
    methods: list[MethodOverSeeds]
    comparisons: list[Comparison]

    @property
    def planned(self) -> int:
        """How many seeds there will be; as many as there are, where nothing is said of that."""
        return len(self.seeds) if self.planned_seeds is UNSET else self.planned_seeds
