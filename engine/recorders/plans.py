"""The plan of a scikit-learn search: its kind, its candidates, its workers."""

from __future__ import annotations

import math
import sys
from typing import Any

from ..events import MethodPlan

_KINDS = {"GridSearchCV": "grid", "RandomizedSearchCV": "random", "BayesSearchCV": "bayes"}


def kind_of(search: Any) -> str:
    """Return the kind of a search, as its method is called: grid, random, halving, bayes or search."""
    names = [kind.__name__ for kind in type(search).__mro__]
    if "BaseSuccessiveHalving" in names:
        return "halving"
    return next((_KINDS[name] for name in names if name in _KINDS), "search")


def plan_of(search: Any, kind: str, candidates: int) -> MethodPlan:
    """Return what is planned: so many candidates, or about how many where they are proposed one after the other."""
    seed = getattr(search, "random_state", None)
    seed = seed if isinstance(seed, int) and seed >= 0 else None
    title = type(search).__name__
    if kind in ("grid", "random"):
        return MethodPlan(kind, kind, title, candidates, seed)
    expected = getattr(search, "n_iter", None)
    if kind == "halving":
        expected, left = 0, candidates
        for _ in range(halving_iterations(search)):
            expected, left = expected + left, math.ceil(left / search.factor)
    return MethodPlan(kind, kind, title, None, seed, expected if isinstance(expected, int) else None)


def halving_iterations(search: Any) -> int:
    """Return how many iterations a halving search makes, as its own `_run_search` reckons it (1.6 to 1.9)."""
    first = search.n_candidates_[0] if getattr(search, "n_candidates_", None) else 1
    required = 1 + math.floor(math.log(first, search.factor))
    possible = 1 + math.floor(math.log(search.max_resources_ // search.min_resources_, search.factor))
    return required if search.aggressive_elimination else min(possible, required)


def workers_of(search: Any) -> int:
    """Return how many folds a search has fitted at once."""
    import joblib

    jobs: Any = getattr(search, "n_jobs", None)
    return max(int(joblib.effective_n_jobs(jobs)), 1)


def makes_searches(estimator: Any) -> bool:
    """Tell whether fitting an estimator makes a search of its own."""
    base = sys.modules["sklearn.model_selection._search"].BaseSearchCV
    inner = estimator.get_params(deep=True).values() if hasattr(estimator, "get_params") else ()
    return isinstance(estimator, base) or any(isinstance(one, base) for one in inner)
