"""Models as people have them: each preset runs to what scikit-learn gives by hand, or is answered by one message.

One row a case, as in `test_cases`: `RIGHT` says how a person would search the grid, `SAID` what the message holds.
"""

from __future__ import annotations

import functools
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from leaving import assert_all_that_leaves
from running import run_through
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import load_problem
from tunetop.tui.cli.main import main

CASES = Path(__file__).parent / "cases"
FEATURES = ["sqrt", "log2", 0.5, 1.0, 2]


def forest() -> RandomForestClassifier:
    return RandomForestClassifier(random_state=0, n_estimators=5)


def xgboost_by_hand() -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier()


def lightgbm_by_hand() -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(random_state=0, n_estimators=20, verbose=-1)


def catboost_by_hand() -> Any:
    from catboost import CatBoostClassifier

    return CatBoostClassifier(iterations=20, random_seed=0, verbose=False)


RIGHT: dict[str, tuple[Any, dict[str, list[Any]], str]] = {
    "15-none/none_text.toml": (forest, {"max_depth": [None, 3, 10], "max_features": FEATURES}, "accuracy"),
    "15-none/none_bundle.toml": (forest, {"max_depth": [None, 3, 10], "max_features": FEATURES}, "accuracy"),
    "16-nested/calibrated.toml": (CalibratedClassifierCV, {"method": ["sigmoid", "isotonic"]}, "neg_brier_score"),
    "20-class-weight/dict.toml": (
        LogisticRegression,
        {"C": [0.01, 0.1, 1.0, 10.0], "class_weight": ["balanced"]},
        "f1",
    ),
    "20-class-weight/space_dict.toml": (LogisticRegression, {"class_weight": [None, {0: 1, 1: 5}, "balanced"]}, "f1"),
    "31-boosters/xgb_bare.toml": (
        xgboost_by_hand,
        {"learning_rate": [0.1, 0.3], "max_depth": [2, 4], "n_estimators": [20]},
        "accuracy",
    ),
    "31-boosters/lgbm.toml": (lightgbm_by_hand, {"num_leaves": [4, 31]}, "neg_log_loss"),
    "31-boosters/cat.toml": (catboost_by_hand, {"depth": [2, 4]}, "accuracy"),
    "34-proba/linsvc.toml": (
        lambda: make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
        {"linearsvc__C": [0.1, 1.0]},
        "roc_auc",
    ),
    "34-proba/sgd.toml": (
        lambda: SGDClassifier(random_state=0),
        {"loss": ["log_loss", "modified_huber"], "alpha": [1e-4, 1e-2]},
        "neg_log_loss",
    ),
    "34-proba/sgd_prep.toml": (
        lambda: make_pipeline(StandardScaler(), SGDClassifier(random_state=0)),
        {"sgdclassifier__loss": ["log_loss", "modified_huber"], "sgdclassifier__alpha": [1e-4, 1e-2]},
        "neg_log_loss",
    ),
}

SAID = {
    "15-none/none_nondefault.toml": r'space\.leaves\.choices\.none: .*max_leaf_nodes.*or None\. Write "None" for None',
    "16-nested/ada.toml": r'space\.estimator__max_depth: .*is None.*class = "sklearn\.tree\.DecisionTreeClassifier"',
    "16-nested/bagging.toml": r'model\.params\.estimator: .*Write \{ class = "sklearn\.svm\.SVC" \}',
    "16-nested/bagging_n.toml": r'model\.params\.estimator: .*Write \{ class = "sklearn\.svm\.SVC" \}',
    "16-nested/pipeline.toml": r"model\.params\.steps: missing, and Pipeline needs it; allowed: steps = \[\[",
    "16-nested/voting.toml": r"model\.params\.estimators: missing, and VotingClassifier needs it",
    "34-proba/svc_prep.toml": r"score\.scoring: 'neg_log_loss' needs predict_proba, which SVC",
    "51-own/ada.toml": r"model\.estimator: found 'mymodels\.DeepAda'.*--allow-import mymodels",
}


@functools.cache
def by_hand(name: str) -> tuple[np.ndarray, float]:
    """Return the mean scores, sorted, and the winner's score on the held-out rows."""
    made, grid, scoring = RIGHT[name]
    preset = load(CASES / name)
    frame = pd.read_csv(preset.folder / preset.data.source.partition(":")[2])
    target = frame.pop(str(preset.data.target)).to_numpy()
    target = np.unique(target, return_inverse=True)[1]
    X, test, y, test_y = train_test_split(frame.to_numpy(dtype=float), target, test_size=0.2, random_state=0)
    search = GridSearchCV(made(), grid, cv=3, scoring=scoring)
    # threads of boosters wait for each other at work where others work as well
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        search.fit(X, y)
        return np.sort(search.cv_results_["mean_test_score"]), float(search.score(test, test_y))


@pytest.mark.parametrize("name", RIGHT)
def test_a_case_runs_to_what_scikit_learn_gives_by_hand(name: str, tmp_path: Path) -> None:
    state = run_through(load(CASES / name), tmp_path / "runs", workers=1, methods=("grid",))
    # two spellings of one search
    best, expected = by_hand(name.replace("none_bundle", "none_text"))
    known = state.methods["grid"]
    means = sorted(trial.mean or 0.0 for trial in known.trials.values())
    np.testing.assert_allclose(means, best, rtol=1e-12, atol=1e-12)
    if best[-1] != best[-2]:
        assert known.test_score == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert_all_that_leaves(tmp_path / "runs", tmp_path / "left", "grid")


@pytest.mark.parametrize("name", SAID)
def test_a_case_is_answered_by_one_message(name: str) -> None:
    with pytest.raises(PresetError, match=SAID[name]):
        load_problem(load(CASES / name))


def test_own_code_is_found_beside_the_preset_in_workers_and_detached_runs_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = run_through(load(CASES / "51-own/ada.toml"), tmp_path / "runs", workers=1, allow_imports=("mymodels",))
    assert {trial.phase for method in state.methods.values() for trial in method.trials.values()} == {"done"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/mymaker.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n\n\ndef make(max_depth=None):\n"
        "    return DecisionTreeClassifier(max_depth=max_depth, random_state=0)\n"
    )
    text = (CASES / "51-own/ada.toml").read_text().replace('"mymodels.DeepAda"', '"python:mymaker:make"')
    text = text.replace("params = { random_state = 0, n_estimators = 30 }", "").replace("depth = [", "max_depth = [")
    text = text.replace("../00-shared", str(CASES / "00-shared"))
    (tmp_path / "mine/own.toml").write_text(text)
    arguments = [str(tmp_path / "mine/own.toml"), "--runs-dir", str(tmp_path / "runs")]
    assert main(["run", *arguments, "--headless", "--workers", "1"]) == 2
    assert "--allow-import mymaker" in capsys.readouterr().err
    assert main(["run", *arguments, "--headless", "--workers", "1", "--allow-import", "mymaker"]) == 0
    (tmp_path / "mine/mymaker.py").unlink()
    sys.modules.pop("mymaker", None)
    capsys.readouterr()
    assert main(["presets", "check", arguments[0], "--allow-import", "mymaker"]) == 2
    told = capsys.readouterr().err
    assert "there is no mymaker.py in" in told
    assert "pip install" not in told


@pytest.mark.parametrize("name", ["31-boosters/xgb.toml", "34-proba/sgd.toml", "17-mixed/robust_range.toml"])
def test_what_check_calls_good_is_fitted_once(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["presets", "check", str(CASES / name)]) == 0
    assert ": good; " in capsys.readouterr().out


def test_check_tells_why_the_baseline_cannot_be_fitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (CASES / "20-class-weight/dict.toml").read_text().replace("../00-shared", str(CASES / "00-shared"))
    (tmp_path / "wrong.toml").write_text(
        text.replace('"1" = 5', '"1" = 5 }, solver = "newton-cg", l1_ratio = 1.0, x = {')
    )
    (tmp_path / "wrong.toml").write_text(text.replace("class_weight = {", "l1_ratio = 1.0, class_weight = {", 1))
    assert main(["presets", "check", str(tmp_path / "wrong.toml")]) == 2
    assert "model: the untuned estimator cannot be fitted: ValueError" in capsys.readouterr().err
