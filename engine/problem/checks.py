"""Checks before the first fit: values that scikit-learn refuses, scores that are undefined, chance at work.

scikit-learn states for each parameter of its estimators what it takes; a value outside that fails in every fit. So
each choice of a space is held against it, beside the estimator's fixed parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..errors import PresetError
from ..model.values import Values, allows
from ..preset.preset import Preset
from ..space.space import Space
from ..text import clean


def check_parameters(estimator: Any, searched: Collection[str], values: Values) -> None:
    """Raise `PresetError` for a parameter of an estimator, or of one within it, that scikit-learn refuses.

    Those that are `searched` stand for themselves: see `check_choices`.
    """
    for name, value in estimator.get_params(deep=True).items():
        own = name.removeprefix("model__")
        if own not in searched:
            _check(_holder(estimator, name), name, value, f"model.params.{own}", values)


def check_choices(estimator: Any, space: Space, named: Any, values: Values) -> None:
    """Raise `PresetError` for a choice, or a range's end, that no fit can take.

    `named` gives the estimator's own names of parameters as written (see `model.parameters_of`).
    """
    for dimension in space.dimensions:
        key = f"space.{dimension.name}"
        if dimension.scale != "choice":
            ends = (dimension.low, dimension.high)
            _each(estimator, [{dimension.name: int(e) if dimension.integer else e} for e in ends], key, named, values)
        for choice in (*dimension.values(), *dimension.grid):
            bundle = list(choice.arguments) != [dimension.name]
            _each(estimator, [choice.arguments], f"{key}.choices.{choice.label}" if bundle else key, named, values)


def _each(estimator: Any, choices: list[Mapping[str, Any]], key: str, named: Any, values: Values) -> None:
    for arguments in choices:
        parameters = named(estimator, arguments, values, key)
        for name, value in parameters.items():
            if any(name.startswith(f"{other}__") for other in parameters):
                continue  # of a part that the same choice puts in
            _check(_holder(estimator, name), name, value, key, values)


def _holder(estimator: Any, name: str) -> Any:
    owner = name.rpartition("__")[0]
    return estimator.get_params(deep=True).get(owner) if owner else estimator


def _check(holder: Any, name: str, value: Any, key: str, values: Values) -> None:
    rules = getattr(holder, "_parameter_constraints", None)
    own = name.rpartition("__")[2]
    rule = rules.get(own) if isinstance(rules, dict) else None
    if rule is None or isinstance(rule, str) or allows(rule, value):
        return
    words = _words(rule)
    raise PresetError(
        values.imports.file,
        key,
        f"{type(holder).__name__} does not take {own} = {clean(repr(value), 60)}",
        words,
        _hint(rule, value),
    )


def _words(rule: Any) -> str:
    from sklearn.utils._param_validation import make_constraint

    made = [make_constraint(one) for one in rule]
    return " or ".join(str(one) for one in made if not getattr(one, "hidden", False))


def _hint(rule: Any, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    if value.lower() in ("none", "null", "nil", "~", "") and allows(rule, None):
        return 'Write "None" for None'
    if value.count(".") and all(part.isidentifier() for part in value.split(".")):
        return f'Write {{ class = "{clean(value, 80)}" }} for an estimator'
    if value.lower() in ("true", "false") and allows(rule, True):
        return f"Write {value.lower()} without quotes"
    try:
        number = float(value)
    except ValueError:
        return ""
    return "Write it without quotes" if allows(rule, number) or allows(rule, int(number)) else ""


# -- chance ----------------------------------------------------------------------------------------------------------

_BY_CHANCE: dict[str, Callable[[Mapping[str, Any], int], bool]] = {
    "LogisticRegression": lambda p, _: p["solver"] in ("sag", "saga", "liblinear"),
    "LogisticRegressionCV": lambda p, _: p["solver"] in ("sag", "saga", "liblinear"),
    "Ridge": lambda p, _: p["solver"] in ("sag", "saga"),
    "RidgeClassifier": lambda p, _: p["solver"] in ("sag", "saga"),
    "SVC": lambda p, _: bool(p.get("probability")) and p.get("probability") != "deprecated",
    "NuSVC": lambda p, _: bool(p.get("probability")) and p.get("probability") != "deprecated",
    "PCA": lambda p, _: p["svd_solver"] in ("randomized", "arpack"),
    "TruncatedSVD": lambda p, _: p["algorithm"] == "randomized",
    "NMF": lambda p, _: p["init"] == "random",
    "GaussianProcessClassifier": lambda p, _: p["n_restarts_optimizer"] > 0,
    "GaussianProcessRegressor": lambda p, _: p["n_restarts_optimizer"] > 0,
    "SplineTransformer": lambda _, __: False,
    "TunedThresholdClassifierCV": lambda p, _: isinstance(p["cv"], float),
    "DummyClassifier": lambda p, _: p["strategy"] in ("stratified", "uniform"),
    "ClassifierChain": lambda p, _: p["order"] == "random",
    "RegressorChain": lambda p, _: p["order"] == "random",
    "KBinsDiscretizer": lambda p, rows: p["subsample"] is not None and rows > p["subsample"],
    "QuantileTransformer": lambda p, rows: p["subsample"] is not None and rows > p["subsample"],
}
"""Estimators that draw at random with some parameters or from some number of rows on only, and when they do."""

for _name in ("Lasso", "ElasticNet", "LassoCV", "ElasticNetCV", "MultiTaskLasso", "MultiTaskElasticNet"):
    _BY_CHANCE[_name] = lambda p, _: p["selection"] == "random"


def _boosting(parameters: Mapping[str, Any], rows: int) -> bool:
    """Tell whether histogram boosting draws: rows to stop by, columns of a split, or rows for its bins."""
    early = parameters["early_stopping"]
    return parameters["max_features"] < 1 or early is True or (early == "auto" and rows > 10_000) or rows > 200_000


for _name in ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor"):
    _BY_CHANCE[_name] = _boosting


def notes_on_chance(estimator: Any, preset: Preset, rows: int) -> list[str]:
    """Return a note where fits draw at random and nothing fixes how: then no run is like another."""
    names = [
        name.removeprefix("model__")
        for name in left_to_chance(estimator, rows)
        if name.removeprefix("model__") not in preset.space.parameters
    ]
    if not names:
        return []
    lines = ", ".join(f"{name} = 0" for name in names)
    return [
        f"fits draw at random and {' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set: the same search "
        f"gives other scores the next time; params = {{ {lines} }} settles it"
    ]


def left_to_chance(estimator: Any, rows: int) -> list[str]:
    """Return the `random_state` parameters that are not set though the estimator, or one within it, draws at random.

    Some do so from a number of rows on, of which a fit gets `rows` at most.

    scikit-learn's alone are judged: boosters of other libraries have a seed of their own unless told otherwise.
    """
    found_: list[str] = []
    parameters = estimator.get_params(deep=True)
    for name, value in parameters.items():
        owner, _, own = name.rpartition("__")
        holder = parameters.get(owner) if owner else estimator
        if own != "random_state" or value is not None or holder is None:
            continue
        if not type(holder).__module__.startswith(("sklearn.", "imblearn.")):
            continue
        draws = _BY_CHANCE.get(type(holder).__name__)
        if draws is None or draws(holder.get_params(deep=False), rows):
            found_.append(name)
    return found_
