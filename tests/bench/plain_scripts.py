"""The same searches as plain scikit-learn scripts: what a person would write without tunetop.

`python plain_scripts.py breast_cancer [--jobs N] [--sleep FILE]` and `python plain_scripts.py titanic`. With `--sleep`
each fit sleeps for the seconds that FILE (JSON: parameters -> seconds a fold) recorded for it.
"""

from __future__ import annotations

import argparse
import csv
import os
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
os.environ["PYTHONWARNINGS"] = "ignore"


def breast_cancer(jobs: int, sleep: str) -> None:
    """The article's three methods: GridSearchCV, RandomizedSearchCV, and Nelder-Mead over cross_val_score."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.stats import loguniform
    from sklearn.datasets import load_breast_cancer
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score, train_test_split
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    features, target = load_breast_cancer(return_X_y=True)
    features = StandardScaler().fit_transform(features)
    train, test, train_target, test_target = train_test_split(
        features, target, test_size=0.2, random_state=42, stratify=target
    )

    def model(**params):
        if sleep:
            from sleeping import SleepingMLP

            return SleepingMLP(recorded=sleep, **params)
        return MLPClassifier(hidden_layer_sizes=(64, 32), max_iter=300, random_state=42, **params)

    print("baseline", cross_val_score(model(), train, train_target, cv=5, n_jobs=jobs).mean())
    print("baseline test", model().fit(train, train_target).score(test, test_target))
    grid = {"learning_rate_init": [1e-4, 1e-3, 1e-2, 1e-1], "alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]}
    search = GridSearchCV(model(), grid, cv=5, scoring="accuracy", n_jobs=jobs).fit(train, train_target)
    print("grid", search.best_params_, search.best_score_, search.score(test, test_target))
    space = {"learning_rate_init": loguniform(1e-4, 1e-1), "alpha": loguniform(1e-5, 1e-1)}
    search = RandomizedSearchCV(model(), space, n_iter=40, random_state=42, cv=5, scoring="accuracy", n_jobs=jobs).fit(
        train, train_target
    )
    print("random", search.best_params_, search.best_score_, search.score(test, test_target))

    def cost(position):
        params = {"learning_rate_init": 10 ** position[0], "alpha": 10 ** position[1]}
        return -cross_val_score(model(**params), train, train_target, cv=5, scoring="accuracy", n_jobs=jobs).mean()

    rng = np.random.RandomState(42)
    rates, alphas = rng.uniform(-4, -1, 15), rng.uniform(-5, -1, 15)
    draws = list(zip(rates, alphas, strict=True))
    costs = [cost(draw) for draw in draws]
    options = {"xatol": 0.05, "fatol": 0.001, "maxiter": 20}
    found = minimize(cost, draws[int(np.argmin(costs))], method="Nelder-Mead", options=options)
    best = model(learning_rate_init=10 ** found.x[0], alpha=10 ** found.x[1]).fit(train, train_target)
    print("refine", -found.fun, best.score(test, test_target))


def titanic(jobs: int, sleep: str) -> None:
    """GridSearchCV over 140 combinations and RandomizedSearchCV over 100 of 400, refused ones scored NaN."""
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score, train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    sexes, ports = {"male": 0.0, "female": 1.0}, {"": 0.0, "S": 1.0, "C": 2.0, "Q": 3.0}
    with (Path(__file__).resolve().parents[2] / "presets" / "data" / "titanic.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    features = [
        [float(r["Pclass"]), float(r["Fare"] or "nan"), sexes[r["Sex"]], ports[r["Embarked"]], float(r["FamMembers"])]
        for r in rows
    ]
    target = [int(row["Survived"]) for row in rows]
    train, test, train_target, test_target = train_test_split(
        np.array(features), np.array(target), test_size=0.2, random_state=42
    )

    def model():
        return make_pipeline(SimpleImputer(strategy="median"), MinMaxScaler(), LogisticRegression(random_state=42))

    def space(strengths):
        # no penalty is C = inf, whatever C would have been: as many candidates as the named penalties have
        names = ("C", "l1_ratio", "solver")
        solvers = ["newton-cg", "lbfgs", "liblinear", "sag", "saga"]
        tables = ((strengths, [1.0, 0.0, 0.5], solvers), ([np.inf] * len(strengths), [0.0], solvers))
        return [{f"logisticregression__{n}": v for n, v in zip(names, table, strict=True)} for table in tables]

    print("baseline", cross_val_score(model(), train, train_target, cv=5, n_jobs=jobs).mean())
    search = GridSearchCV(model(), space([10.0**k for k in range(-3, 4)]), cv=5, n_jobs=jobs)
    search.fit(train, train_target)
    print("grid", search.best_params_, search.best_score_, search.score(test, test_target))
    search = RandomizedSearchCV(
        model(), space(list(np.logspace(-4, 4, 20))), n_iter=100, random_state=42, cv=5, n_jobs=jobs
    )
    search.fit(train, train_target)
    print("random", search.best_params_, search.best_score_, search.score(test, test_target))


def main() -> None:
    """Run the script of that name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["breast_cancer", "titanic"])
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--sleep", default="")
    options = parser.parse_args()
    {"breast_cancer": breast_cancer, "titanic": titanic}[options.name](options.jobs, options.sleep)


if __name__ == "__main__":
    main()
