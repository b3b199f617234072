"""Names for people of an estimator, its data and its scorer."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from ..events import RunStarted
from ..sources.header import watched_header
from ..text import clean

_MOST_CLASSES = 50


def sklearn_header(run: str, estimator: Any, rows: Any, target: Any, **facts: Any) -> RunStarted:
    """Return the first event of a watched search of scikit-learn: what estimator and data tell, and further facts."""
    import sklearn
    from sklearn.base import is_classifier

    return watched_header(
        run,
        task="classification" if is_classifier(estimator) else "regression",
        estimator=estimator_path(estimator),
        train_rows=rows_of(rows),
        features=features_of(rows),
        classes=classes_of(estimator, target),
        source=f"scikit-learn {sklearn.__version__}",
        versions={"scikit-learn": sklearn.__version__, "python": sys.version.split()[0]},
        **facts,
    )


def estimator_text(estimator: Any) -> str:
    """Return an estimator's class, or the classes of a pipeline's steps."""
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, Sequence) and steps:
        parts = [estimator_text(step[1]) for step in steps if isinstance(step, tuple) and len(step) == 2]
        return clean(" + ".join(part for part in parts if part not in ("str", "NoneType")), 100)
    return clean(type(estimator).__name__, 60)


def estimator_path(estimator: Any) -> str:
    """Return the public name of an estimator's class, as `sklearn.svm.SVC`; a pipeline's steps by their classes."""
    if hasattr(estimator, "steps"):
        return estimator_text(estimator)
    kind = type(estimator)
    parts = [part for part in kind.__module__.split(".") if not part.startswith("_") or part.startswith("__")]
    return clean(".".join([*parts, kind.__qualname__]), 200)


def scoring_of(search: Any) -> str:
    """Return the name of a search's leading scorer."""
    scoring = getattr(search, "scoring", None)
    refit = getattr(search, "refit", None)
    if isinstance(scoring, list | tuple | set | Mapping):
        names = list(scoring)
        return clean(refit if isinstance(refit, str) else names[0] if names else "score", 60)
    return scorer_text(scoring)


def scorer_text(scoring: Any) -> str:
    """Return the name of one scorer: `score` for an estimator's own."""
    if scoring is None:
        return "score"
    if isinstance(scoring, str):
        return clean(scoring, 60)
    function = getattr(scoring, "_score_func", scoring)
    return clean(getattr(function, "__name__", type(scoring).__name__), 60)


def rows_of(data: Any) -> int:
    """Return the number of rows, 0 where that cannot be said."""
    shape = getattr(data, "shape", None)
    try:
        return int(shape[0]) if shape else len(data)
    except (TypeError, ValueError, IndexError):
        return 0


def features_of(data: Any) -> int:
    """Return the number of columns, 0 where that cannot be said."""
    shape = getattr(data, "shape", None)
    try:
        if shape is not None:
            return int(shape[1]) if len(shape) > 1 else 1
        return len(data[0]) if not isinstance(data[0], str) else 1
    except (TypeError, ValueError, IndexError, KeyError):
        return 0


def classes_of(estimator: Any, target: Any) -> dict[str, int]:
    """Return how many rows each class has, nothing for a regression or for very many classes."""
    from sklearn.base import is_classifier

    if target is None or not is_classifier(estimator):
        return {}
    try:
        import numpy as np

        names, counts = np.unique(np.asarray(target), return_counts=True)
    except Exception:  # noqa: BLE001 - targets of all kinds, which only the estimator has to understand
        return {}
    if len(names) > _MOST_CLASSES:
        return {}
    return {clean(name, 60): int(count) for name, count in zip(names.tolist(), counts.tolist(), strict=True)}
