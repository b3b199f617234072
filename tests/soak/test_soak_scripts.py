"""Ten scripts that nobody changed, as their authors would type them: watched, each does and prints what it does anyway.

The first two are those of the documents that this project comes from: a comparison of three ways to tune a perceptron,
and a lesson on a logistic regression for the Titanic's passengers.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

LESSON = Path(__file__).resolve().parents[3] / "shared" / "titanic_lesson"
ITERATIONS = 60

ARTICLE = f"""
import warnings
import numpy as np
from scipy.stats import loguniform
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
warnings.filterwarnings("ignore")

X, y = load_breast_cancer(return_X_y=True)
X = StandardScaler().fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=42, stratify=y)
model = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter={ITERATIONS}, random_state=42)

param_grid = {{"learning_rate_init": [1e-4, 1e-3, 1e-2, 1e-1], "alpha": [1e-4, 1e-2]}}
grid = GridSearchCV(model, param_grid, cv=3, scoring="accuracy", n_jobs=-1)
grid.fit(X_train, y_train)
print("Grid Search:", grid.best_params_, grid.best_score_, grid.score(X_test, y_test))

space = {{"learning_rate_init": loguniform(1e-4, 1e-1), "alpha": loguniform(1e-5, 1e-1)}}
random = RandomizedSearchCV(model, space, n_iter=6, cv=3, scoring="accuracy", random_state=42, n_jobs=-1)
random.fit(X_train, y_train)
print("Random Search:", random.best_params_, random.best_score_)

def objective(log_lr, log_alpha):
    clf = MLPClassifier(hidden_layer_sizes=(64, 32), max_iter={ITERATIONS}, random_state=42,
                        learning_rate_init=10**log_lr, alpha=10**log_alpha)
    return cross_val_score(clf, X_train, y_train, cv=3, scoring="accuracy").mean()

rng = np.random.default_rng(0)
best = None
for _ in range(5):
    point = (rng.uniform(-4, -1), rng.uniform(-5, -1))
    score = objective(*point)
    if best is None or score > best[0]:
        best = (score, point)
print("By hand:", best)
"""

TITANIC = f"""
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

train = pd.read_csv("{LESSON}/clean_titanic_train.csv")
test = pd.read_csv("{LESSON}/clean_titanic_test.csv")
X_train, y_train = train.drop(columns="Survived"), train["Survived"]
X_test, y_test = test.drop(columns="Survived"), test["Survived"]

logreg = LogisticRegression(max_iter=1000)
params = {{"penalty": ["l1", "l2"], "C": [0.001, 0.01, 0.1, 1, 10, 100],
          "solver": ["newton-cg", "lbfgs", "liblinear", "sag", "saga"]}}
clf = GridSearchCV(logreg, params, scoring="accuracy", cv=5, n_jobs=2)
clf.fit(X_train, y_train)
print(clf.best_params_, clf.best_score_, clf.score(X_test, y_test))
"""

IRIS = """
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.svm import SVC
X, y = load_iris(return_X_y=True)
"""

COLUMNS = f"""{IRIS}
import numpy as np, pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
table = pd.DataFrame(X, columns=list("abcd")).assign(kind=np.where(y > 0, "x", "z"))
prepare = ColumnTransformer([("numbers", StandardScaler(), list("abcd")), ("kinds", OneHotEncoder(), ["kind"])])
pipe = Pipeline([("prepare", prepare), ("svc", SVC())])
search = GridSearchCV(pipe, {{"svc__C": [0.1, 1, 10], "prepare__numbers": [StandardScaler(), "passthrough"]}})
print(search.fit(table, y).best_score_)
"""

OPTUNA = f"""{IRIS}
import optuna
optuna.logging.set_verbosity(optuna.logging.WARNING)
def objective(trial):
    return cross_val_score(SVC(C=trial.suggest_float("C", 0.1, 10, log=True)), X, y).mean()
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1), study_name="irises")
study.optimize(objective, n_trials=8)
print(study.best_params, study.best_value)
"""

NESTED = f"""{IRIS}
found = cross_validate(GridSearchCV(SVC(), {{"C": [1, 2]}}, cv=3), X, y, cv=4)
print(found["test_score"])
"""

HALVING = f"""{IRIS}
from sklearn.experimental import enable_halving_search_cv
from sklearn.model_selection import HalvingGridSearchCV
search = HalvingGridSearchCV(SVC(), {{"C": [0.1, 1, 10, 100]}}, random_state=0).fit(X, y)
print(search.best_params_, search.best_score_, search.n_candidates_)
"""

SEVERAL = f"""{IRIS}
search = GridSearchCV(SVC(), {{"C": [0.1, 1]}}, scoring=["accuracy", "f1_macro"], refit="f1_macro", n_jobs=-1)
search.fit(X, y)
print(search.best_score_, search.cv_results_["mean_test_accuracy"])
"""

ARGUMENTS = f"""{IRIS}
import argparse, sys
parser = argparse.ArgumentParser(description="train")
parser.add_argument("--c", type=float, nargs="+", required=True)
options = parser.parse_args()
search = GridSearchCV(SVC(), {{"C": options.c}}).fit(X, y)
print(search.best_score_, __name__, sys.argv)
raise RuntimeError("the end of it")
"""

PACKAGE = f"""{IRIS}
from .other import C
if __name__ == "__main__":
    print(GridSearchCV(SVC(), {{"C": C}}, n_jobs=2).fit(X, y).best_score_, __package__)
"""

SCRIPTS: dict[str, tuple[str, list[str], dict[str, int]]] = {
    "the article": (ARTICLE, ["train.py"], {"gridsearchcv": 8, "randomizedsearchcv": 6, "cross-validate": 5}),
    "the lesson": (TITANIC, ["train.py"], {"gridsearchcv": 60}),
    "a pipeline of columns": (COLUMNS, ["train.py"], {"gridsearchcv": 6}),
    "Optuna": (OPTUNA, ["train.py"], {"irises": 8}),
    "a search inside of cross_validate": (NESTED, ["train.py"], {"cross-validate": 1, "gridsearchcv": 8}),
    "halving": (HALVING, ["train.py"], {"halvinggridsearchcv": 6}),
    "several metrics": (SEVERAL, ["train.py"], {"gridsearchcv": 2}),
    "loky without a guard": (IRIS + "print(GridSearchCV(SVC(), {'C': [1, 2, 3]}, n_jobs=-1).fit(X, y).best_score_)",
                             ["train.py"], {"gridsearchcv": 3}),
    "arguments, and an exception": (ARGUMENTS, ["train.py", "--c", "0.5", "2"], {"gridsearchcv": 2}),
    "a package": (PACKAGE, ["-m", "train"], {"gridsearchcv": 2}),
}  # fmt: skip


def told(text: str) -> list[str]:
    """Return what a script said, without what differs from run to run."""
    return [re.sub(r"0x[0-9a-f]+", "0x", line) for line in text.splitlines() if "Warning" not in line]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_watched_and_does_what_it_does_anyway(name: str, tmp_path: Path) -> None:
    """All ten in 10 of 10; the article's with networks of 60 iterations and 3 folds, for the time that it takes."""
    if name == "the lesson" and not LESSON.is_dir():
        pytest.skip("the lesson's CSV files are not beside this checkout")
    script, words, expected = SCRIPTS[name]
    if words[0] == "-m":
        (tmp_path / "train").mkdir()
        (tmp_path / "train" / "__main__.py").write_text(script)
        (tmp_path / "train" / "__init__.py").touch()
        (tmp_path / "train" / "other.py").write_text("C = [1, 2]")
    else:
        (tmp_path / "train.py").write_text(script)
    alone = subprocess.run([sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=900)
    command = [sys.executable, "-m", "tunetop", "watch", "--json", "--runs-dir", tmp_path / "runs", "--"]
    done = subprocess.run([*command, sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=900)
    document = json.loads(done.stdout)
    assert done.returncode == document["exit"] == alone.returncode
    assert alone.stdout
    # both of its streams go to stderr, in whatever order
    assert sorted(told(done.stderr)) == sorted(told(alone.stdout) + told(alone.stderr))
    found: dict[str, int] = {}
    for run in document["runs"]:
        assert run["phase"] == "done"
        base = run["id"].rpartition("-")[0]
        found[base] = found.get(base, 0) + run["finished_trials"]
    assert found == expected
