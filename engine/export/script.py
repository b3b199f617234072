"""`winner-METHOD.py`: a method's winner in plain pandas and scikit-learn, as a person would write it.

The script loads the data, builds the estimator, cross-validates and fits it, and prints the run's own scores. It knows
nothing of tunetop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..data.folds import Roles, by_order, splitter_of
from ..errors import UsageError
from ..files import safe_name
from ..model.date_parts import DateParts
from ..model.prepare import preparation
from ..preset.imports import ALLOWED, OWN
from ..problem.problem import Problem
from ..scoring.detectors import detects
from ..scoring.metrics import Metric
from ..search.base import ROWS
from ..text import clean
from ..verdict.numbers import number
from .python_code import Call, Code, Node, laid_out, literal
from .script_data import Loading, loading
from .winner import Winner, dataset_of

DATE_PARTS = '''
def date_parts(dates, hours=()):
    """Return each column of dates as its days since 1970, year, month, day and weekday, and its hour if it has any."""
    parts = {}
    for name, date in dates.items():
        parts[f"{name}_days"] = (date - pd.Timestamp(0)) / pd.Timedelta(days=1)
        for part in ["year", "month", "day", "day_of_week", *(["hour"] if name in hours else [])]:
            parts[f"{name}_{part}"] = getattr(date.dt, part).astype(float)
    return pd.DataFrame(parts)
'''

THREADS = [
    "# as in the run: with more threads sums come out in another order",
    'for library in ("OMP", "OPENBLAS", "MKL"):',
    '    os.environ.setdefault(f"{library}_NUM_THREADS", "1")',
]

_KNOWN = (*ALLOWED, "copy", "numpy", "pandas", "scipy")


def files(winner: Winner) -> Iterator[tuple[str, str]]:
    """Yield the script."""
    yield f"winner-{safe_name(winner.method.name)}.py", script(winner)


def script(winner: Winner) -> str:
    """Return the script of a winner; raise `UsageError` where something in it cannot be written as code."""
    _check_plain(winner.problem)
    code = Code()
    code.replaced = {DateParts: lambda _: _dates(winner, code)}
    loaded = loading(winner.problem, code)
    if by_order(winner.problem.preset.score) and not loaded.test_rows:
        loaded.lines.append("time = np.arange(len(y))  # the order of the rows")
        loaded.roles.append("time")
    body = [*loaded.lines, "", *_before_split(winner, code), *_parting(winner, loaded, code), ""]
    body += [f"model = {laid_out(code.of(winner.estimator()), 0, 8)}", ""]
    body += _scoring(winner, loaded, code)
    functions = [*loaded.functions, *([DATE_PARTS] if "date_parts" in "\n".join(body) else [])]
    defined = [*(f"\n{one.rstrip()}" for one in functions), *[""] * bool(functions)]
    return "\n".join([*_heading(winner), *_imports(winner, code), *defined, "", *body]) + "\n"


def _check_plain(problem: Problem) -> None:
    """Raise `UsageError` for what a short script cannot say."""
    preset = problem.preset
    reasons = {
        "data from a function of one's own": preset.data.source.startswith(OWN),
        "several targets": isinstance(preset.data.target, list),
        "rows without a target": not problem.labelled,
    }
    for reason, holds in reasons.items():
        if holds:
            raise UsageError(f"export format python: {reason} is not written as a script; --format model has the fit")


def _heading(winner: Winner) -> list[str]:
    # the first two lines are the program's own: there Python looks for an encoding
    score, test = winner.state.own(winner.trial.mean), winner.test_score
    found = f"cross-validated {number(score)}" if score is not None else "no score"
    tested = f", on the test rows {number(test)}" if test is not None else ""
    chance = winner.chance()
    return [
        "# Written by tunetop: a run's winner in plain pandas and scikit-learn.",
        "#",
        f"# Run {literal(clean(winner.run, 80))}, method {literal(clean(winner.method.name, 80))}, "
        f"trial {winner.trial.number}. {'The' if chance else 'It prints the'} run's scores: {found}{tested}.",
        *([f"# {_chance(chance)}"] if chance else []),
    ]


def _chance(names: Sequence[str]) -> str:
    """Return the sentence about parameters without which no two fits are the same."""
    unset = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set"
    return f"Fits draw at random and {unset}: scores may be others each time, and other than the run's."


def _imports(winner: Winner, code: Code) -> list[str]:
    own = [module for module in (*code.modules, *code.names.values()) if module.partition(".")[0] not in _KNOWN]
    lines = [f"sys.path.append({literal(str(winner.problem.preset.code))})"] if own else []
    return ["", "import os", *(["import sys"] if own else []), "", *THREADS, *lines, "", code.imports()]


def _dates(winner: Winner, code: Code) -> Node:
    """Return the transformer of dates: what `DateParts` does, in a function."""
    code.modules.add("pandas")
    train = winner.problem.split.train
    names = [one.name for one in winner.problem.readings if one.kind == "date"]
    hours = [name for name in names if (train[name].dt.hour > 0).any()]
    parts: list[tuple[str, Node]] = [("", "date_parts")]
    if hours:
        parts.append(("kw_args=", literal({"hours": hours})))
    return Call(f"{code.name('sklearn.preprocessing', 'FunctionTransformer')}(", parts, ")")


def _before_split(winner: Winner, code: Code) -> list[str]:
    preset = winner.problem.preset
    steps = preset.model.prepare_before_split
    if not steps:
        return []
    columns = dataset_of(winner.problem).columns
    made = preparation(steps, columns, winner.problem.values)
    alone = made.steps[0][1] if len(made.steps) == 1 else made
    return [
        "# fitted before the split: the test rows leak in",
        f"X = np.asarray({laid_out(code.of(alone), 0, 15)}.fit_transform(X))",
        "",
    ]


def _parting(winner: Winner, loaded: Loading, code: Code) -> list[str]:
    """Return the code that parts training and test rows: of `X` and `y`, and of what else there is of rows."""
    problem, spec = winner.problem, winner.problem.preset.data
    share, seed = literal(spec.test_size), literal(spec.seed)
    frame = not isinstance(problem.split.train, np.ndarray)
    roles = loaded.roles
    if not roles and not loaded.test_rows:
        parts = code.name("sklearn.model_selection", "train_test_split")
        stratify = ", stratify=y" if spec.stratify else ""
        told = f"X, y, test_size={share}, random_state={seed}{stratify}"
        return [f"X_train, X_test, y_train, y_test = {parts}({told})"]
    lines = []
    if loaded.test_rows:
        lines.append(f"train, test = np.split(np.arange(len(y)), [{len(problem.split.train_target)}])")
    elif "time" in roles:
        lines += [
            "# the latest rows are the test rows; those of one time stay together",
            'order = np.argsort(time, kind="stable")',
            f"cut = np.searchsorted(time[order], time[order][len(y) - int(np.ceil({share} * len(y)))])",
            "train, test = order[:cut], order[cut:]",
        ]
    elif "groups" in roles:
        splitter = code.name("sklearn.model_selection", "GroupShuffleSplit")
        made = f"{splitter}(n_splits=1, test_size={share}, random_state={seed})"
        lines.append(f"train, test = next({made}.split(y, groups=groups))")
    else:
        parts = code.name("sklearn.model_selection", "train_test_split")
        stratify = ", stratify=y" if spec.stratify else ""
        lines.append(f"train, test = {parts}(np.arange(len(y)), test_size={share}, random_state={seed}{stratify})")
    rows = ".iloc" if frame else ""
    return [*lines, f"X_train, X_test, y_train, y_test = X{rows}[train], X{rows}[test], y[train], y[test]"]


def _scoring(winner: Winner, loaded: Loading, code: Code) -> list[str]:
    """Return the code that cross-validates, fits and tests, and prints both scores."""
    from sklearn.metrics import get_scorer_names

    problem, roles = winner.problem, loaded.roles
    score = problem.preset.score
    metric = problem.metrics[0]
    lines = _folds(winner, loaded, code)
    weigh = "weight" in roles
    copier = _copier(winner, code)
    by_hand = weigh or problem.preset.model.early_stopping is not None or winner.resource == ROWS or "copy" in copier
    detector = detects(problem.estimator, metric)
    plain = isinstance(score.scoring, str) and score.scoring in get_scorer_names() and not detector
    scorer = literal(score.scoring) if plain else ""
    if detector:
        lines += _scorer_of_a_detector(metric, code)
    elif by_hand or not scorer:
        lines.append(f"scorer = {_scorer(metric, scorer, code)}")
    if not by_hand:
        cross = code.name("sklearn.model_selection", "cross_val_score")
        lines.append(
            f'scores = {cross}(model, X_train, y_train, cv=cv, scoring={scorer or "scorer"}, error_score="raise")'
        )
    else:
        lines += _loop(winner, code, copier, weigh=weigh)
    lines += [f"print({literal(f'{metric.name}, cross-validated:')}, scores.mean())", ""]
    everything = "np.arange(len(y_train))"
    lines.append(f"model = fitted({everything})" if by_hand else "model.fit(X_train, y_train)")
    more = ", sample_weight=weight[test]" if weigh and score.weigh_scores else ""
    if not by_hand and scorer:
        scorer = f"{code.name('sklearn.metrics', 'get_scorer')}({scorer})"
    tested = f"{scorer if not by_hand and scorer else 'scorer'}(model, X_test, y_test{more})"
    lines.append(f"print({literal(f'{metric.name}, on the test rows:')}, {tested})")
    chance = winner.chance()
    return [*lines, *([f"print({literal(_chance(chance))})"] if chance else [])]


def _scorer(metric: Metric, name: str, code: Code) -> str:
    if name:
        return f"{code.name('sklearn.metrics', 'get_scorer')}({name})"
    made: Any = metric.scorer
    if not hasattr(made, "_score_func"):
        return laid_out(code.of(made))
    parts: list[tuple[str, Node]] = [("", code.of(made._score_func))]
    if made._response_method != "predict":
        parts.append(("response_method=", literal(made._response_method)))
    if made._sign < 0:
        parts.append(("greater_is_better=", "False"))
    parts += [(f"{option}=", code.of(value)) for option, value in made._kwargs.items()]
    return laid_out(Call(f"{code.name('sklearn.metrics', 'make_scorer')}(", parts, ")"), 0, 10)


def _scorer_of_a_detector(metric: Metric, code: Code) -> list[str]:
    """Return the code of a scorer that holds what a detector finds against labels."""
    made: Any = metric.scorer
    by_score = made._response_method != "predict"
    found = "-detector.score_samples(rows)" if by_score else "(detector.predict(rows) == -1).astype(int)"
    told: list[tuple[str, Node]] = [("", "labels"), ("", found)]
    told += [(f"{option}=", code.of(value)) for option, value in made._kwargs.items()]
    sign = "-" if made._sign < 0 else ""
    called = laid_out(Call(f"{sign}{code.of(made._score_func)}(", [*told, ("", "**more")], ")"), 4, 7)
    return [
        "def scorer(detector, rows, labels, **more):",
        '    """Score what a detector finds by labels, which are 1 for outliers."""',
        f"    return {called}",
        "",
    ]


def _folds(winner: Winner, loaded: Loading, code: Code) -> list[str]:
    problem = winner.problem
    score, roles = problem.preset.score, loaded.roles
    if score.scheme == "predefined":
        made = f"{code.name('sklearn.model_selection', 'PredefinedSplit')}(predefined[train])"
    else:
        made = laid_out(
            code.of(
                splitter_of(
                    score, Roles(), problem.split.train_target, problem.values, problem.task == "classification"
                )
            ),
            0,
            5,
        )
    groups = ", groups=groups[train]" if "groups" in roles else ""
    if score.scheme == "time" and loaded.test_rows:
        return [
            'order = np.argsort(time[train], kind="stable")',
            f"cv = [(order[fitted], order[scored]) for fitted, scored in {made}.split(order)]",
        ]
    if groups:
        return [f"cv = list({made}.split(X_train, y_train{groups}))"]
    return [f"cv = {made}"]


def _copier(winner: Winner, code: Code) -> str:
    """Return what makes unfitted copies of the model, imported where `cross_val_score` cannot do it."""
    from sklearn.base import clone

    try:
        clone(winner.estimator())
        return "clone"
    except RuntimeError:
        code.modules.add("copy")
        return "copy.deepcopy"


def _loop(winner: Winner, code: Code, copier: str, *, weigh: bool) -> list[str]:
    """Return the code of folds one by one, where `cross_val_score` does not reach."""
    problem = winner.problem
    code.modules.add("numpy")
    clone = code.name("sklearn.base", "clone") if copier == "clone" else copier
    rows = "" if isinstance(problem.split.train, np.ndarray) else ".iloc"
    lines = [*_fitting(winner, code, rows, clone, weigh=weigh), "", "scores = []"]
    folds = "cv if isinstance(cv, list) else cv.split(X_train, y_train)"
    lines.append(f"for fitted_rows, scored_rows in {folds}:")
    if winner.resource == ROWS:
        lines += _part_of_rows(winner, code)
    more = ", sample_weight=weight[train][scored_rows]" if weigh and problem.preset.score.weigh_scores else ""
    lines.append("    fold = fitted(fitted_rows)")
    lines.append(f"    scores.append(scorer(fold, X_train{rows}[scored_rows], y_train[scored_rows]{more}))")
    return [*lines, "scores = np.array(scores)"]


def _part_of_rows(winner: Winner, code: Code) -> list[str]:
    resample = code.name("sklearn.utils", "resample")
    share = winner.trial.resource / len(winner.problem.split.train_target)
    seed = winner.method.plan.seed or 0
    told = f"replace=False, random_state={seed}, n_samples=int({share!r} * len(rows))"
    return [
        "    # successive halving scores on a part of the rows",
        f"    fitted_rows, scored_rows = [{resample}(rows, {told}) for rows in (fitted_rows, scored_rows)]",
    ]


def _fitting(winner: Winner, code: Code, rows: str, clone: str, *, weigh: bool) -> list[str]:
    """Return the function `fitted(rows)`, which gives the model fitted on those training rows."""
    early = winner.problem.preset.model.early_stopping
    steps = getattr(winner.problem.estimator, "steps", None)
    head = [
        "def fitted(rows):",
        '    """Return the model fitted on those training rows."""',
        f"    made = {clone}(model)",
    ]
    if early is None:
        name = f"{steps[-1][0]}__sample_weight" if steps else "sample_weight"
        told = f", {name}=weight[train][rows]" if weigh else ""
        return [*head, f"    return made.fit(X_train{rows}[rows], y_train[rows]{told})"]
    parts = code.name("sklearn.model_selection", "train_test_split")
    classes = winner.problem.split.train_target.dtype.kind in "iub"
    stratify = ", stratify=y_train[rows]" if classes else ""
    lines = [
        *head,
        "    # its rounds end by rows that it is not fitted on",
        f"    fit, kept = {parts}(rows, test_size={early.share!r}, random_state={early.seed}{stratify})",
        f"    X_fit, X_kept = X_train{rows}[fit], X_train{rows}[kept]",
    ]
    if steps:
        lines += [
            "    before, booster = made[:-1], made[-1]",
            "    X_fit, X_kept = before.fit_transform(X_fit, y_train[fit]), before.transform(X_kept)",
        ]
    else:
        lines.append("    booster = made")
    told = ["X_fit", "y_train[fit]", "eval_set=[(X_kept, y_train[kept])]"]
    if weigh:
        told.append("sample_weight=weight[train][fit]")
    root = type(steps[-1][1] if steps else winner.problem.estimator).__module__.partition(".")[0]
    if root == "lightgbm":
        told.append(f"callbacks=[{code.name('lightgbm', 'early_stopping')}({early.rounds}, verbose=False)]")
    elif root == "xgboost":
        lines.append(f"    booster.set_params(early_stopping_rounds={early.rounds})")
        told.append("verbose=False")
    else:
        told += [f"early_stopping_rounds={early.rounds}", "verbose=False"]
    return [*lines, f"    booster.fit({', '.join(told)})", "    return made"]
