"""Presets as people write them over tables as they come: equal to pandas and GridSearchCV by hand, or one message."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from awkward_presets import CSV, DAY, LINES, MIXED, RIDGE, ROWS, F, N, check_equal, written
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem

QUICK = (
    "separators at the ends",
    "line ends of old Macs",
    "carets",
    "labels 1.0 and 2.0",
    "labels with commas",
    "weights of zero",
    "predefined, some never",
    "time with a gap",
    "a stack that passes through",
    "several labels",
    "a target in euros",
)
"""The others are equal as well: tests/soak/test_soak_awkward.py."""


@pytest.mark.parametrize("case", QUICK)
def test_scores_are_those_of_a_person_with_pandas(case: str, tmp_path: Path) -> None:
    check_equal(case, tmp_path)


LGBM = {"estimator": "lightgbm.LGBMClassifier", "space": "n_estimators = [5]"}
RANKER = {"estimator": "xgboost.XGBRanker", "space": "max_depth = [2]", "scoring": "r2"}
SVC = {"estimator": "sklearn.svm.SVC"}
WEIGHED = {"score": 'weight = "w"\nweigh_scores = true'}
REFUSED: dict[str, tuple[Any, dict[str, str], str, str]] = {
    "a second header": (LINES[0] + "\nm,s,-,-\n" + "\n".join(LINES[1:]), MIXED, "data.skip", "skip = 1, if"),
    "units below it": (LINES[0] + "\nkg,cm,,\n" + "\n".join(LINES[1:]), MIXED, "data.skip", "skip = [2], if"),
    "comments": (f"# made by hand\n{CSV}", MIXED, "data.comment", 'comment = "#"'),
    "groups without a value": (
        N.assign(g=np.where(ROWS, ROWS % 5, np.nan)),
        {"score": 'groups = "g"'},
        "score.groups",
        "row 1",
    ),
    "one group": (N.assign(g="x"), {"score": 'groups = "g"'}, "score.groups", "all rows are of one group"),
    "weights below zero": (N.assign(w=ROWS - 5), {"score": 'weight = "w"'}, "score.weight", "weights of 0 or more"),
    "a part that weighs nothing": (N.assign(w=(ROWS == 7) * 1), WEIGHED, "score.weight", "is 0 in all rows of a part"),
    "weights where none count": (
        N.assign(y=ROWS % 3, w=1),
        WEIGHED | {"scoring": "roc_auc_ovo"},
        "score.scoring",
        "3 classes",
    ),
    "areas of single rows": (
        N,
        {"scoring": "roc_auc", "score": 'cv = "leave_one_out"'},
        "score.scoring",
        "fold 0, one row",
    ),
    "repeats and groups": (N, {"score": 'cv = "repeated"\ngroups = "a"'}, "score.cv", "pays no heed to groups"),
    "a gap that leaves nothing": (N.assign(t=DAY), {"score": 'time = "t"\ngap = 40'}, "score.cv", "gap=40"),
    "one value to predict": (N.assign(y=1.5), RIDGE, "data.target", "one value only"),
    "numbers to stratify by": (
        N.assign(y=F["a"]),
        RIDGE | {"data": "stratify = true"},
        "data.stratify",
        "false, where values",
    ),
    "one row to train on": ("a,y\n1,0\n2,1\n", {}, "score.folds", "a table with more rows"),
    "names that LightGBM refuses": (
        F.rename(columns={"a": "a[0]"}),
        LGBM,
        "data.source",
        "no column of the name 'a[0]'",
    ),
    "a ranker": (N.assign(y=ROWS % 3), RANKER, "model.estimator", "no scorer"),
    "a kernel between rows": (
        N,
        SVC | {"model": 'params = { kernel = "precomputed" }'},
        "model.params.kernel",
        "own columns",
    ),
    "perhaps a kernel between rows": (N, SVC | {"space": 'kernel = ["rbf", "precomputed"]'}, "space.kernel", "by name"),
    "infinite": (F.assign(a=F["a"].mask(F.index == 3, np.inf)), MIXED, "data.missing", "inf"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_said_with_where_and_what_to_write(case: str, tmp_path: Path) -> None:
    content, parts, where, said = REFUSED[case]
    with pytest.raises(PresetError) as told:
        load_problem(written(content, tmp_path, parts))
    assert told.value.key == where
    assert said in str(told.value)
    assert told.value.allowed


NOTED: dict[str, tuple[Any, str]] = {
    "telephones": (
        F.assign(p=[f"+4930{place * 7919 % 9999991:07d}" for place in ROWS]),
        "p: +49300000000 is read as 49",
    ),
    "days as Excel counts them": (F.assign(date=45000 + ROWS % 7), "date: 45000 looks like a date as Excel counts"),
    "whole numbers of 19 digits": (
        F.assign(n=2**60 + ROWS * 997),
        'is rounded as a number; [columns] "n" = "category"',
    ),
    "one value": (F.assign(k=1, z=0.5, s="x"), "(k|z|s): one value in all rows"),
    "a row of sums": (f"{CSV}1.0,2.0,Total,yes\n", "its last row holds 'Total'"),
    "two columns of a name": (CSV.replace("a,b,c,y", "a,a,c,y"), "2 columns have the name a: the second is a.1"),
    "colons": (F.to_csv(index=False, sep=":"), "is read as separated by colons: data.separator"),
}


@pytest.mark.parametrize("case", NOTED)
def test_what_may_be_meant_otherwise_is_noted(case: str, tmp_path: Path) -> None:
    content, said = NOTED[case]
    notes = load_problem(written(content, tmp_path, MIXED)).card.notes
    lines = [note for note in notes if said in note or re.search(said.replace("[", r"\["), note)]
    assert len(lines) == (3 if case == "one value" else 1)
