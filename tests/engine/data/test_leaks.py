"""Columns that tell the target by themselves are said, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import preset_of
from tunetop.engine.problem.problem import load_problem

ROWS = 400


def columns() -> dict[str, object]:
    rng = np.random.default_rng(0)
    churn = rng.random(ROWS) < 0.3
    day = pd.Series(pd.date_range("2024-01-01", periods=ROWS)).dt.strftime("%Y-%m-%d")
    return {
        "age": rng.integers(18, 90, ROWS),
        "row": [f"C{row}" for row in range(ROWS)],
        "city": rng.choice(["Oslo", "Rome", "Bern"], ROWS),
        "nearly": np.where(np.arange(ROWS) == 399, 1 - churn[399], churn[:ROWS]).astype(int) * 2.5,
        "churn_date": day.where(churn, ""),
        "status": np.where(churn, rng.choice(["left", "moved"], ROWS), "active"),
        "flag": churn.astype(int),
        "seconds": np.where(churn, 100 + rng.random(ROWS), rng.random(ROWS)),
        "refund": np.where(churn, rng.random(ROWS).astype(str), ""),
        "Churn": np.where(churn, "yes", "no"),
        "price": rng.normal(size=ROWS) * 1000,
    }


def told(folder: Path, target: str, estimator: str, **more: object) -> list[str]:
    pd.DataFrame(columns() | more).to_csv(folder / "table.csv", index=False)
    text = f"""
title = "Leaks"
[data]
source = "csv:table.csv"
target = "{target}"
[model]
estimator = "{estimator}"
prepare = ["impute", "onehot"]
[space]
max_depth = [1, 2]
[score]
scoring = "{"r2" if "Regressor" in estimator else "accuracy"}"
[[method]]
kind = "grid"
"""
    notes = load_problem(preset_of(text, folder)).card.notes
    return [note.partition(":")[0] for note in notes if f"tells {target} by itself" in note]


def test_what_stands_beside_one_class_alone_is_said(tmp_path: Path) -> None:
    found = told(tmp_path, "Churn", "sklearn.tree.DecisionTreeClassifier")
    assert found == ["churn_date", "status", "flag", "seconds", "refund"]


@pytest.mark.parametrize("factor", [1.17, 0.001, -2])
def test_a_number_in_another_unit_is_said(tmp_path: Path, factor: float) -> None:
    net = np.asarray(columns()["price"]) * factor + 3
    near = net + np.arange(ROWS) % 3 * abs(factor)
    assert told(tmp_path, "price", "sklearn.tree.DecisionTreeRegressor", net=net, near=near) == ["net"]
