"""Columns that tell the target by themselves are said, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import preset_of
from tunetop.engine.data.repeats import notes_on_repeats
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset, named_after
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


def test_columns_and_rows_that_stand_there_twice_are_said() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.integers(3, size=60), "c": ["u", "v", None] * 20})
    twice = frame.assign(a2=frame["a"], c2=frame["c"], near=frame["a"].mask(frame.index == 59, 1.0), one=1, uno=1)
    notes = notes_on_repeats(twice, np.zeros(60))
    assert notes == [f'{n}2: the same as {n} in all rows; drop = ["{n}2"] leaves it out' for n in "ac"]
    rows = pd.concat([frame, frame[:9]], ignore_index=True)
    (note,) = notes_on_repeats(rows, np.zeros(69))
    assert note.startswith("9 of 69 rows stand there before, target included")
    for target in (np.arange(69), np.arange(69)[:, None]):
        assert notes_on_repeats(rows, target) == []
    # of few categories that is no wonder
    assert notes_on_repeats(rows[["b", "c"]], np.zeros(69)) == []
    units = frame.assign(f=frame["a"] * 1.8 + 32, k=-3 * frame["a"].round(2), near=frame["a"] + frame["b"] / 1000)
    assert notes_on_repeats(units, np.zeros(60)) == ['f: the same as a but for its unit; drop = ["f"] leaves it out']


@pytest.mark.parametrize("name", ["whole", "tenths", "few"])
def test_repeated_rows_are_also_found_among_very_many(name: str) -> None:
    rng = np.random.default_rng(0)
    columns = {"whole": rng.integers(10**6, size=90_000), "tenths": rng.integers(10**6, size=90_000) / 10}
    frame = pd.DataFrame({name: columns.get(name, rng.integers(9, size=90_000)), "z": rng.normal(size=90_000)})
    assert notes_on_repeats(frame, np.zeros(90_000)) == []
    (note,) = notes_on_repeats(pd.concat([frame, frame[:9_000]], ignore_index=True), np.zeros(99_000))
    found = re.fullmatch(r"about (\d+) of 99000 rows stand there before, .*", note)
    assert found is not None
    assert float(found[1]) == pytest.approx(9_000, rel=0.2)


def test_a_first_preset_leaves_out_what_tells_the_target(tmp_path: Path) -> None:
    pd.DataFrame(columns()).to_csv(tmp_path / "t.csv", index=False)
    first = first_preset(tmp_path / "t.csv", "Churn")
    assert first.text.count("tell Churn by themselves, so hardly known beforehand") == 1
    problem = load_problem(parse(first.text, named_after(tmp_path / "t.csv")))
    assert [column.name for column in problem.columns] == ["age", "city", "nearly", "price"]
    # one that is all there is stays, with its note
    pd.DataFrame(columns())[["flag", "Churn"]].to_csv(tmp_path / "t.csv", index=False)
    assert "drop" not in first_preset(tmp_path / "t.csv", "Churn").text.partition("[model]")[0]
