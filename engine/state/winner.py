"""Which trial a method stands by: that with the best mean, or the simplest one that its folds cannot tell from it.

The second is the one-standard-error rule of Breiman et al., Classification and Regression Trees (1984), section 3.4.3,
which scikit-learn's users apply by `refit=callable`. What is simple, the preset says.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..events import Simplest, Value
from .trial import TrialState


def standard_error(scores: Sequence[float]) -> float | None:
    """Return the standard error of the mean of fold scores (ddof 1), None where it is unknown."""
    if len(scores) < 2:
        return None
    middle = sum(scores) / len(scores)
    apart = [score - middle for score in scores]
    # not by **, which raises where the product is merely infinite
    error = math.sqrt(sum(one * one for one in apart) / (len(scores) - 1) / len(scores))
    return error if math.isfinite(error) else None


def near(trials: Iterable[TrialState], best: TrialState) -> list[TrialState]:
    """Return the trials whose mean is at most one standard error of the best one's folds below its mean.

    Trials on part of the resources are left out beside a best one that had them all. Folds share rows, so the standard
    error is rather too small, and the list with it.
    """
    error = standard_error(best.known_scores)
    if error is None or best.mean is None or not math.isfinite(best.mean):
        return [best]
    least = best.mean - error
    # the baseline stands by itself, whatever it keeps to
    done = [one for one in trials if one.phase == "done" and (one.feasible or one is best)]
    scored = [one for one in done if one.mean is not None and one.resource == best.resource]
    return [one for one in scored if least <= (one.mean or 0.0) < math.inf]


def simplest(trials: Iterable[TrialState], best: TrialState | None, rule: Simplest) -> TrialState | None:
    """Return the simplest trial near the best one; of equally simple ones the better, then the earlier."""
    if best is None:
        return None

    def place(trial: TrialState) -> tuple[tuple[float, ...], float, int]:
        ranks = tuple(_rank(order, trial.params.get(name)) for name, order in rule.simple.items())
        return ranks, -(trial.mean or 0.0), trial.number

    return min(near(trials, best), key=place)


def _rank(order: str | list[Value], value: Value) -> float:
    """Return how far from simple a value is; one that the order does not know is the least simple."""
    if isinstance(order, list):
        places = [place for place, known in enumerate(order) if known == value and type(known) is type(value)]
        return float(places[0]) if places else math.inf
    if isinstance(value, str) or value is None:
        return math.inf
    return float(value) if order == "low" else -float(value)
