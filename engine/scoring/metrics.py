"""Metrics: from what a preset's `[score]` names to scikit-learn scorers.

A metric is a scorer's name (`f1`), or a table: `{ metric = "fbeta_score", beta = 2 }` names a scorer or a function of
`sklearn.metrics` with parameters of its own, `{ metric = "python:mymodels:profit", greater = false }` a function of
one's own. Greater is better always: of losses and errors, scikit-learn's sign is turned as for its own scorers.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import PresetError, choose, found
from ..model.values import Values
from ..preset.imports import OWN
from ..preset.specs import OWN_SCORE, ScoreSpec
from ..text import clean
from .unlabelled import PartScore, unlabelled_scorer

RESPONSES = ("predict", "predict_proba", "decision_function")

_OWN_KEYS = ("metric", "name", "greater", "needs")
"""Keys of a metric's table that are no parameters of its function."""

_PROBABILITIES = ("log_loss", "d2_log_loss_score", "brier_score_loss", "d2_brier_score")


@dataclass(frozen=True)
class Metric:
    """One metric: its name as recorded and shown, its scorer, and what it needs of an estimator."""

    name: str
    scorer: Any
    """Called with a fitted estimator, rows and targets, and `sample_weight` where weights count."""
    needs: tuple[str, ...] = ("predict",)
    """Methods of the estimator, one of which it takes."""
    labelled: bool = True
    """Whether it compares with a target; else it scores rows by themselves."""

    def asks_too_much(self, estimator: Any) -> str:
        """Return why it cannot score an estimator as it is configured, "" if it can."""
        model = getattr(estimator, "named_steps", {}).get("model", estimator)
        # what a stack delegates to is made in its fit, where nothing is said of it
        asked = type(model) if getattr(model, "final_estimator", "") is None else estimator
        if any(hasattr(asked, method) for method in self.needs):
            return ""
        return f"{self.name!r} needs {' or '.join(self.needs)}, which {clean(repr(model), 80)} does not have"


def metrics_of(score: ScoreSpec, values: Values) -> tuple[Metric, ...]:
    """Return the metric that leads, and those beside it; raise `PresetError` where one is named twice."""
    metrics = [metric(score.scoring, "score.scoring", values)]
    for index, written in enumerate(score.also):
        one = metric(written, f"score.also[{index}]", values)
        if one.name in (other.name for other in metrics):
            raise PresetError(values.imports.file, f"score.also[{index}]", f"{one.name!r} stands there twice")
        metrics.append(one)
    return tuple(metrics)


def recorded(written: str | Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Return a metric's table as runs record it, labels of classes as their codes; nothing of a scorer's mere name.

    A function of one's own may be called as a scorer of scikit-learn's is, and is another one.
    """
    if isinstance(written, str):
        return {"metric": written} if written.startswith(OWN) else {}
    labels = ("labels", "pos_label")
    return {
        name: values.read(one, f"score.scoring.{name}", name) if name in labels else one
        for name, one in written.items()
    }


def metric(written: str | Mapping[str, Any], key: str, values: Values) -> Metric:
    """Return the metric that a preset names; raise `PresetError` where there is none such."""
    if isinstance(written, str):
        written = {"metric": written}
    imports, file = values.imports, values.imports.file
    name = written.get("metric")
    if not isinstance(name, str):
        raise PresetError(file, f"{key}.metric", "missing" if name is None else found(name), "a scorer's name")
    shown = {option: value for option, value in written.items() if option not in _OWN_KEYS}
    given = {option: values.read(value, f"{key}.{option}", option) for option, value in shown.items()}
    needs = _needs(written, key, file)
    if name.startswith(OWN):
        made = imports.own(name, f"{key}.metric" if len(written) > 1 else key)
        label = name.rpartition(":")[2]
        own = _own_metric(made, needs, bool(written.get("greater", True)), given)
    elif (own := unlabelled_scorer(name, given)) is not None:
        label = name
    else:
        label, own = name, _known(name, needs, written.get("greater"), given, key, file)
    if given:
        label += f"({', '.join(f'{option}={value}' for option, value in shown.items())})"
    if isinstance(own, PartScore):
        return Metric(clean(written.get("name") or label, 60), own, ("predict", "fit_predict"), labelled=False)
    if name == OWN_SCORE:
        return Metric(name, own, (OWN_SCORE,), labelled=False)
    methods = getattr(own, "_response_method", "predict")
    label = clean(written.get("name") or label, 60)
    return Metric(label, own, (methods,) if isinstance(methods, str) else tuple(methods))


def _needs(written: Mapping[str, Any], key: str, file: str) -> str | None:
    needs = written.get("needs")
    if needs is not None and needs not in RESPONSES:
        raise PresetError(file, f"{key}.needs", found(needs), ", ".join(RESPONSES))
    if not isinstance(written.get("greater", True), bool):
        raise PresetError(file, f"{key}.greater", found(written["greater"]), "true or false")
    return needs


def _own_metric(made: Any, needs: str | None, greater: bool, given: Mapping[str, Any]) -> Any:
    """Return a scorer of a function of one's own: of targets and predictions, or a scorer already."""
    from sklearn.metrics import make_scorer

    if hasattr(made, "_score_func"):
        return made
    parameters = list(inspect.signature(made).parameters) if callable(made) else []
    if parameters[:1] == ["estimator"]:
        return made
    return make_scorer(made, response_method=needs or "predict", greater_is_better=greater, **given)


_MEANT = {
    "rmse": "neg_root_mean_squared_error",
    "mse": "neg_mean_squared_error",
    "mae": "neg_mean_absolute_error",
    "mape": "neg_mean_absolute_percentage_error",
    "rmsle": "neg_root_mean_squared_log_error",
    "msle": "neg_mean_squared_log_error",
    "medae": "neg_median_absolute_error",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "rocauc": "roc_auc",
    "prauc": "average_precision",
    "auprc": "average_precision",
    "logloss": "neg_log_loss",
    "crossentropy": "neg_log_loss",
    "brier": "neg_brier_score",
    "mcc": "matthews_corrcoef",
    "qwk": '{ metric = "cohen_kappa_score", weights = "quadratic" }',
    "kappa": '{ metric = "cohen_kappa_score" }',
    "macrof1": "f1_macro",
    "weightedf1": "f1_weighted",
    "sensitivity": "recall",
    "specificity": '{ metric = "recall_score", pos_label = "…" }',
    "acc": "accuracy",
}
"""What metrics are called elsewhere, and by scikit-learn."""


def _known(name: str, needs: str | None, greater: bool | None, given: Mapping[str, Any], key: str, file: str) -> Any:
    import sklearn.metrics as metrics

    names = metrics.get_scorer_names()
    if name in names:
        scorer: Any = copy.copy(metrics.get_scorer(name))
        scorer._kwargs = {**scorer._kwargs, **given}
        scorer._response_method = _of_shares(given) or scorer._response_method
    elif inspect.isfunction(function := getattr(metrics, name, None)) and _scores(name):
        scorer = _scorer_of(function, name, needs, greater, given)
    else:
        meant = _MEANT.get(name.lower().replace("_", ""), "")
        hint = f"Did you mean {meant}?" if meant else choose(name, names)
        raise PresetError(file, key, f"there is no scorer {name!r}", ", ".join(names), hint)
    known = inspect.signature(scorer._score_func).parameters
    for option in given:
        if option not in known:
            options = [other for other in list(known)[2:] if other != "sample_weight"]
            raise PresetError(file, f"{key}.{option}", f"{name} has no such parameter", ", ".join(options))
    return scorer


def _scores(name: str) -> bool:
    return not name.startswith(("make_", "get_", "check_")) and name.endswith(
        ("_score", "_loss", "_error", "_deviance", "_coef", "coefcoef", "corrcoef", "_ratio")
    )


def _scorer_of(function: Any, name: str, needs: str | None, greater: bool | None, given: Mapping[str, Any]) -> Any:
    """Return a scorer of a function of sklearn.metrics: what it is given and its sign as for scikit-learn's own."""
    from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

    alike = next((s for n in get_scorer_names() if (s := get_scorer(n))._score_func is function), None)
    if alike is not None:
        response, better = alike._response_method, alike._sign > 0
    else:
        response, better = _response(function, name), not name.endswith(("_loss", "_error", "_deviance"))
    return make_scorer(
        function,
        response_method=needs or _of_shares(given) or response,
        greater_is_better=better if greater is None else greater,
        **given,
    )


def _of_shares(given: Mapping[str, Any]) -> str:
    """Return what an area under the ROC curve of several classes is computed from, "" for other metrics."""
    return "predict_proba" if given.get("multi_class", "raise") != "raise" else ""


def _response(function: Any, name: str) -> Any:
    second = list(inspect.signature(function).parameters)[1]
    if name in _PROBABILITIES or second in ("y_proba", "y_prob"):
        return "predict_proba"
    if second == "pred_decision":
        return "decision_function"
    return ("decision_function", "predict_proba") if second == "y_score" else "predict"


def has_positive(one: Metric) -> bool:
    """Tell whether a metric is about one of two classes, and says nothing where no row is of it."""
    function = getattr(one.scorer, "_score_func", None)
    if function is None or "pos_label" not in inspect.signature(function).parameters:
        return False
    average = one.scorer._kwargs.get("average", "binary")
    return (
        "pos_label" not in one.scorer._kwargs
        and average == "binary"
        and not function.__name__.startswith(("brier", "d2_brier"))
    )
