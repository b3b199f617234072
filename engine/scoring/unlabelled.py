"""Scores of rows that have no target: how well an estimator parts them, or how likely it finds them.

Clusters and outliers are parted well where rows of one label lie close together and far from others, by what the
estimator sees of them: behind its preparation. An estimator that cannot label rows which it was not fitted on
(DBSCAN, agglomerative clustering) is fitted on those that are scored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..preset.specs import OWN_SCORE

_SCORES: dict[str, tuple[str, float]] = {
    "silhouette": ("silhouette_score", 1.0),
    "calinski_harabasz": ("calinski_harabasz_score", 1.0),
    "neg_davies_bouldin": ("davies_bouldin_score", -1.0),
}


def unlabelled_scorer(name: str, options: Mapping[str, Any]) -> Any | None:
    """Return the scorer of that name, None where there is none such; `distance` is what scikit-learn calls metric."""
    if name == OWN_SCORE:
        return _own_score
    from sklearn import metrics

    by_function = {function: (function, sign) for function, sign in _SCORES.values()}
    function, sign = (_SCORES | by_function).get(name, ("", 1.0))
    if not function:
        return None
    given = {"metric" if option == "distance" else option: value for option, value in options.items()}
    return PartScore(getattr(metrics, function), sign, given)


class PartScore:
    """Scores the labels that a fitted estimator gives rows by the rows alone; greater is better."""

    def __init__(self, function: Any, sign: float, options: dict[str, Any]) -> None:
        self._function, self._sign, self._options = function, sign, options

    def __call__(self, estimator: Any, rows: Any, target: Any = None, **_: Any) -> float:
        """Return the score; the target, where there is one, is not looked at, and neither are weights."""
        from sklearn.base import clone

        estimator = getattr(estimator, "detector", estimator)
        before, labels = estimator[:-1] if hasattr(estimator, "steps") else None, None
        if hasattr(estimator, "predict"):
            labels = estimator.predict(rows)
        else:
            estimator = clone(estimator)
            labels = estimator.fit_predict(rows)
            before = estimator[:-1] if before is not None else None
        seen = rows if before is None or not len(before) else before.transform(rows)
        return self._sign * float(self._function(seen, labels, **self._options))


def _own_score(estimator: Any, rows: Any, target: Any = None, **more: Any) -> float:
    return float(getattr(estimator, "detector", estimator).score(rows, target, **more))
