"""What a check of a preset finds by fits on few rows: values that no fold has rows, columns or members enough for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from awkward_presets import RIDGE, F, N, written
from running import LONG, preset_of
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.workers.check import check_baseline, check_values

TEXT = """
title = "Ends"
[data]
source = "sklearn:iris"
test_size = 0.3
[model]
estimator = "sklearn.{estimator}"
{more}
[space]
{space}
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "random"
trials = 5
"""
PCA = 'prepare = [{ class = "sklearn.decomposition.PCA" }]'
CALIBRATED = 'params = { estimator = { class = "sklearn.naive_bayes.GaussianNB" } }'
SPACES = {
    "neighbours": ("neighbors.KNeighborsClassifier", "", "n_neighbors = { linear = [1, 70], integer = true }", 71),
    "components": ("linear_model.LogisticRegression", PCA, "PCA__n_components = [2, 4]", 5),
    "folds within": ("calibration.CalibratedClassifierCV", CALIBRATED, "cv = [2, 3]", 30),
    "columns drawn": ("ensemble.BaggingClassifier", "params = { random_state = 0 }", "max_features = [1, 4]", 5),
}


@pytest.mark.parametrize("case", SPACES)
def test_a_value_that_the_data_is_too_small_for_is_named_with_its_key(case: str, tmp_path: Path) -> None:
    estimator, more, space, beyond = SPACES[case]
    fits = TEXT.format(estimator=estimator, more=more, space=space)
    assert check_values(load_problem(preset_of(fits, tmp_path))) == []
    head, _, tail = fits.rpartition("]\n[score]") if space.endswith("]") else fits.rpartition("], integer")
    last = head.rpartition(", ")[0] + f", {beyond}"
    too_far = f"{last}{fits[len(head) : len(fits) - len(tail)]}{tail}"
    with pytest.raises(PresetError, match=f"= {beyond} fails on the 70 rows of a fold") as told:
        check_values(load_problem(preset_of(too_far, tmp_path)))
    assert told.value.key == f"space.{space.split(' = ')[0]}"


def test_an_untuned_estimator_that_cannot_be_scored_is_told(tmp_path: Path) -> None:
    """It knows no value beyond those that it was fitted on, of which some fold has one."""
    isotonic = {"estimator": "sklearn.isotonic.IsotonicRegression", "space": "increasing = [true, false]"}
    table = N[["a"]].assign(y=F["b"])
    with pytest.raises(PresetError, match=r"model: the untuned estimator cannot be scored: .*NaN"):
        check_baseline(load_problem(written(table, tmp_path, RIDGE | isotonic)), LONG)
    clipped = isotonic | {"model": 'params = { out_of_bounds = "clip" }'}
    assert check_baseline(load_problem(written(table, tmp_path, RIDGE | clipped)), LONG) == []


def test_a_baseline_that_fails_alone_is_noted(tmp_path: Path) -> None:
    more = "params = { l1_ratio = 1.0 }"  # which the solver that it has untuned does not take
    text = TEXT.format(estimator="linear_model.LogisticRegression", more=more, space='solver = ["saga", "liblinear"]')
    (note,) = check_baseline(load_problem(preset_of(text, tmp_path)), LONG)
    assert re.search("untuned estimator cannot be fitted: ValueError.*: the baseline will fail; set in params", note)


def test_a_value_that_needs_another_beside_it_is_good(tmp_path: Path) -> None:
    space = 'penalty = { choices = { l1 = { l1_ratio = 1.0 }, l2 = { l1_ratio = 0.0 } } }\nsolver = ["lbfgs", "saga"]'
    text = TEXT.format(estimator="linear_model.LogisticRegression", more="", space=space)
    assert check_values(load_problem(preset_of(text, tmp_path))) == []


def test_what_was_not_tried_for_want_of_time_is_said(tmp_path: Path) -> None:
    text = TEXT.format(estimator="tree.DecisionTreeClassifier", more="", space="max_depth = [1, 2, 3]")
    assert check_values(load_problem(preset_of(text, tmp_path)), seconds=-1) == [
        "0 of 3 values of the space were tried in -1 s: none of them fails"
    ]
