"""What models demand of targets and columns: refused before the first fit where every fit by hand would be, and only
there."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from awkward_presets import RIDGE, F, N, written
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor
from sklearn.naive_bayes import MultinomialNB
from sklearn.tree import DecisionTreeRegressor
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem

Y = F["a"] + F["b"]
TARGETS = {"below 0": Y, "0": Y.clip(lower=0), "above 0": np.exp(Y)}


def xgboost(objective: str) -> Any:
    from xgboost import XGBRegressor

    return XGBRegressor(n_estimators=1, objective=objective)


def lightgbm(objective: str) -> Any:
    from lightgbm import LGBMRegressor

    return LGBMRegressor(n_estimators=1, objective=objective, verbose=-1)


LOSSES: dict[str, tuple[Any, str]] = {
    "model.estimator: PoissonRegressor takes": (PoissonRegressor(), "alpha = [1.0]"),
    "model.estimator: GammaRegressor takes": (GammaRegressor(), "alpha = [1.0]"),
    "space.power: TweedieRegressor with power = 1.5": (TweedieRegressor(power=1.5), "power = [0, 1.5]"),
    "space.power: TweedieRegressor with power = 3": (TweedieRegressor(power=3), "power = [0, 3]"),
    "space.loss.*with loss = gamma": (HistGradientBoostingRegressor(loss="gamma"), 'loss = ["squared_error", "gamma"]'),
    "space.criterion": (DecisionTreeRegressor(criterion="poisson"), 'criterion = ["poisson"]'),
    "space.objective.*count:poisson": (xgboost("count:poisson"), 'objective = ["count:poisson"]'),
    "space.objective.*reg:gamma": (xgboost("reg:gamma"), 'objective = ["reg:gamma"]'),
    "space.objective.*tweedie": (lightgbm("tweedie"), 'objective = ["tweedie"]'),
}


@pytest.mark.parametrize("said", LOSSES)
def test_targets_that_a_loss_is_not_for_are_told(said: str, tmp_path: Path) -> None:
    model, space = LOSSES[said]
    library, *rooms = type(model).__module__.split(".")
    place = ".".join([library, *rooms[: library == "sklearn"], type(model).__name__])
    parts = {"estimator": place, "space": space}
    for target in TARGETS.values():
        refused = fails(model, F[["a", "b"]], target)
        known = pytest.raises(PresetError, match=said) if refused else contextlib.nullcontext()
        with known:
            load_problem(written(N.assign(y=target), tmp_path, RIDGE | parts))


def fails(model: Any, rows: Any, target: Any) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model.fit(rows, target)
        except Exception:  # noqa: BLE001 - of xgboost and LightGBM their own
            return True
    return False


def test_weights_of_rows_that_a_step_makes_others_of_are_told(tmp_path: Path) -> None:
    sampled = {"model": 'prepare = ["imblearn.under_sampling.RandomUnderSampler"]', "score": 'weight = "w"'}
    with pytest.raises(PresetError, match=r"score\.weight: RandomUnderSampler makes other rows of those"):
        load_problem(written(N.assign(w=1), tmp_path, sampled))


def test_columns_that_a_model_takes_in_no_fit_are_told(tmp_path: Path) -> None:
    isotonic = {"estimator": "sklearn.isotonic.IsotonicRegression", "space": "increasing = [true]"}
    table = N.assign(y=Y)
    assert fails(IsotonicRegression(), table[["a", "b"]], Y)
    with pytest.raises(PresetError, match=r"data\.features: 2 columns, and IsotonicRegression takes one"):
        load_problem(written(table, tmp_path, RIDGE | isotonic))
    load_problem(written(table, tmp_path, RIDGE | isotonic | {"data": 'features = ["b"]'}))
    signs = {"estimator": "lightgbm.LGBMClassifier", "space": "monotone_constraints = [[1, 0], [1, 0, -1]]"}
    with pytest.raises(PresetError, match=r"space\.monotone_constraints: found 3 signs for 2 columns"):
        load_problem(written(N, tmp_path, signs))
    load_problem(written(N, tmp_path, signs | {"space": "monotone_constraints = [[1, 0], [1, -1]]"}))
    counted = {"estimator": "sklearn.naive_bayes.MultinomialNB", "space": "alpha = [1.0]"}
    assert fails(MultinomialNB(), F[["a", "b"]], F["y"])
    with pytest.raises(PresetError, match=r"model\.prepare: MultinomialNB takes no values below 0, and column a"):
        load_problem(written(N, tmp_path, counted))
    load_problem(written(N, tmp_path, counted | {"model": 'prepare = ["minmax"]'}))
