"""What a figure can reach: bounds that no configuration keeps, and objectives that ask for what is bad, are refused."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import PresetError
from ..preset.objectives import Goals, check_names, constraint_text
from ..state.objectives import SECONDS
from .metrics import Metric

_SHARES = {
    *("accuracy_score", "balanced_accuracy_score", "f1_score", "fbeta_score", "precision_score", "recall_score"),
    *("jaccard_score", "roc_auc_score", "average_precision_score", "top_k_accuracy_score", "ndcg_score"),
    *("rand_score", "homogeneity_score", "completeness_score", "v_measure_score", "normalized_mutual_info_score"),
    "fowlkes_mallows_score",
}
_AT_MOST_ONE = {
    *("matthews_corrcoef", "cohen_kappa_score", "silhouette_score", "adjusted_rand_score", "r2_score"),
    *("adjusted_mutual_info_score", "explained_variance_score", "d2_absolute_error_score", "d2_pinball_score"),
    *("d2_tweedie_score", "d2_log_loss_score", "d2_brier_score"),
}


def reach_of(one: Metric) -> tuple[float, float]:
    """Return between what a metric's scores are, infinite where nothing is known."""
    scorer = one.scorer
    function = getattr(scorer, "_score_func", getattr(scorer, "_function", None))
    name = getattr(function, "__name__", "") if getattr(function, "__module__", "").startswith("sklearn.") else ""
    options = getattr(scorer, "_kwargs", {})
    if name and getattr(scorer, "_sign", 1) < 0:
        return -math.inf, 0.0
    if name in _SHARES and options.get("normalize", True):
        return -math.inf if options.get("adjusted") else 0.0, 1.0
    return -math.inf, 1.0 if name in _AT_MOST_ONE else math.inf


def check_goals(goals: Goals, metrics: Sequence[Metric], file: str) -> None:
    """Raise `PresetError` for a goal that is no figure, a bound that nothing keeps, a score that is to be small."""
    check_names(goals, [one.name for one in metrics], file)
    known = {one.name: one for one in metrics}
    for place, goal in enumerate(goals.constraints):
        low, high = (0.0, math.inf) if goal.name in SECONDS else reach_of(known[goal.name])
        beyond = goal.least is not None and goal.least > high
        if beyond or (goal.most is not None and goal.most < low):
            ends = f"more than {high:g}" if beyond else f"less than {low:g}"
            hint = "Errors and losses are negative here: greater is better" if high == 0 and beyond else ""
            found = f"found {constraint_text(goal)!r}, but {goal.name} is never {ends}"
            raise PresetError(file, f"score.constraints[{place}]", found, "a bound that can be kept", hint)
    for place, goal in enumerate(goals.objectives):
        own = getattr(getattr(known.get(goal.name), "scorer", None), "_score_func", None)
        if goal.direction == "minimize" and getattr(own, "__module__", "").startswith("sklearn."):
            found = f"found '-{goal.name}', of which greater is better"
            raise PresetError(file, f"score.objectives[{place}]", found, f'"{goal.name}"')
