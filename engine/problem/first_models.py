"""Models to begin with: their classes, preparation and search spaces.

The spaces are those of published studies: Feurer et al. 2015 (auto-sklearn), Probst, Boulesteix & Bischl 2019
(tunability).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A model that can be asked for: its classes, fixed parameters, preparation and space."""

    classifier: str
    regressor: str
    params: str
    prepare: str
    space: str
    only_classifier: str = ""


_SCALED = '["impute", "standard", "onehot"]'
_HGB = """learning_rate = { log = [0.01, 1.0], grid = [0.03, 0.1, 0.3] }
max_leaf_nodes = { log = [3, 255], integer = true, grid = [7, 31, 127] }
min_samples_leaf = { log = [1, 200], integer = true, grid = [20] }
l2_regularization = { log = [1e-8, 10.0], grid = [1e-8] }
"""
_BOOSTED = """learning_rate = { log = [0.005, 0.5], grid = [0.03, 0.1, 0.3] }
max_depth = { linear = [1, 12], integer = true, grid = [3, 6] }
subsample = { linear = [0.4, 1.0], grid = [1.0] }
reg_lambda = { log = [1e-3, 100.0], grid = [1.0] }
"""
_FOREST = """max_features = { linear = [0.1, 1.0], grid = [0.3, 1.0] }
min_samples_leaf = { log = [1, 30], integer = true, grid = [1, 3, 10] }
"""
MODELS: dict[str, Model] = {
    "hgb": Model(
        "sklearn.ensemble.HistGradientBoostingClassifier",
        "sklearn.ensemble.HistGradientBoostingRegressor",
        "random_state = 0",
        "[]",
        _HGB,
    ),
    "logistic": Model(
        "sklearn.linear_model.LogisticRegression",
        "sklearn.linear_model.Ridge",
        "",
        _SCALED,
        "STRENGTH = { log = [1e-4, 1e4], grid = [0.01, 0.1, 1.0, 10.0, 100.0] }\n",
        "max_iter = 1000",
    ),
    "forest": Model(
        "sklearn.ensemble.RandomForestClassifier",
        "sklearn.ensemble.RandomForestRegressor",
        "random_state = 0, n_estimators = 100",
        '["impute", "onehot"]',
        _FOREST,
    ),
    "svm": Model(
        "sklearn.svm.SVC",
        "sklearn.svm.SVR",
        "",
        _SCALED,
        "C = { log = [0.03125, 32768], grid = [0.1, 1.0, 10.0, 100.0] }\n"
        "gamma = { log = [3e-5, 8.0], grid = [0.001, 0.01, 0.1] }\n",
    ),
    "knn": Model(
        "sklearn.neighbors.KNeighborsClassifier",
        "sklearn.neighbors.KNeighborsRegressor",
        "",
        _SCALED,
        "n_neighbors = { log = [1, 50], integer = true, grid = [1, 3, 5, 11, 25] }\n"
        'weights = ["uniform", "distance"]\n',
    ),
    "mlp": Model(
        "sklearn.neural_network.MLPClassifier",
        "sklearn.neural_network.MLPRegressor",
        "random_state = 0, max_iter = 200, early_stopping = true",
        _SCALED,
        "learning_rate_init = { log = [1e-4, 0.1], grid = [1e-3, 1e-2] }\n"
        "alpha = { log = [1e-7, 0.1], grid = [1e-6, 1e-4, 1e-2] }\n",
    ),
    "xgboost": Model(
        "xgboost.XGBClassifier", "xgboost.XGBRegressor", "random_state = 0, n_estimators = 200", "[]", _BOOSTED
    ),
    "lightgbm": Model(
        "lightgbm.LGBMClassifier",
        "lightgbm.LGBMRegressor",
        "random_state = 0, n_estimators = 200, verbose = -1",
        "[]",
        _BOOSTED.replace("max_depth = { linear = [1, 12]", "num_leaves = { log = [2, 256]").replace(
            "[3, 6]", "[7, 31]"
        ),
    ),
}

METHODS = """[[method]]
kind = "grid"

[[method]]
kind = "random"
trials = 30
seed = 42

[[method]]
kind = "refine"
draws = 15
seed = 42

[[method]]
kind = "bayes"
trials = 30
seed = 42
"""
