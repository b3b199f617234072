"""Constraints that nothing can keep, and objectives that ask for what is bad, are refused before the first fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import TREE, preset_of
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem

SCORE = """scoring = "f1_macro"
also = ["recall_macro", "neg_log_loss", { metric = "fbeta_score", beta = 2, average = "macro", name = "f2" }]
"""


def refused(tmp_path: Path, goals: str) -> PresetError:
    text = TREE.replace('scoring = "accuracy"\n', f"{SCORE}{goals}\n").partition('[[method]]\nkind = "refine"')[0]
    with pytest.raises(PresetError) as told:
        load_problem(preset_of(text, tmp_path))
    return told.value


@pytest.mark.parametrize(
    ("goal", "found"),
    [
        ("recall_macro >= 2", "recall_macro is never more than 1"),
        ("f1_macro <= -0.5", "f1_macro is never less than 0"),
        ("neg_log_loss >= 0.3", "neg_log_loss is never more than 0"),
        ("f2 >= 95", "f2 is never more than 1"),
        ("fit_seconds <= -1", "fit_seconds is never less than 0"),
    ],
)
def test_a_bound_that_no_configuration_keeps(goal: str, found: str, tmp_path: Path) -> None:
    error = refused(tmp_path, f'constraints = ["f2 >= 0.1", "{goal}"]')
    assert (error.key, error.allowed) == ("score.constraints[1]", "a bound that can be kept")
    assert found in error.found


@pytest.mark.parametrize(
    ("goals", "key", "said"),
    [
        ('objectives = ["f1_macro", "-recall_macro"]', "score.objectives[1]", "greater is better"),
        ('objectives = ["f1_macro", "-fit_second"]', "score.objectives[1]", "fit_seconds"),
        ('constraints = ["recal_macro >= 0.5"]', "score.constraints[0]", "recall_macro"),
    ],
)
def test_an_objective_that_is_misspelt_or_turned_round(goals: str, key: str, said: str, tmp_path: Path) -> None:
    error = refused(tmp_path, goals)
    assert error.key == key
    assert said in str(error)
