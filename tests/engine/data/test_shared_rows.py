"""A test set beside the training rows: what it shares with them is counted as pandas counts it by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.problem import Problem, load_problem

PRESET = """title = "t"
[data]
source = "{source}"
target = "y"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = {{ random_state = 0 }}
[space]
max_depth = [1, 2]
[score]
scoring = "accuracy"
folds = 2
{more}
[[method]]
kind = "grid"
"""


def table(rows: int, seed: int) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    values = {
        "a": draw.normal(size=rows).round(3),
        "b": draw.integers(3, size=rows),
        "c": draw.choice(["x", "y"], rows),
    }
    return pd.DataFrame(
        {**values, "who": [f"p{row // 4 + 100 * seed}" for row in range(rows)], "y": ["no", "yes"] * (rows // 2)}
    )


def loaded(folder: Path, train: pd.DataFrame, test: pd.DataFrame, more: str = "") -> Problem:
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    text = PRESET.format(source="csv:train.csv", more=more).replace("[model]", 'test = "csv:test.csv"\n[model]')
    return load_problem(parse(text, folder / "p.toml"))


def told(problem: Problem) -> list[str]:
    return [note for note in problem.card.notes if note.startswith("test set: ")]


@pytest.mark.parametrize("count", [1, 7, 20])
def test_rows_of_the_test_set_that_are_trained_on_are_counted(count: int, tmp_path: Path) -> None:
    train, test = table(60, 1), table(20, 2)
    test = pd.concat([train.sample(count, random_state=0), test[count:]])
    test.iloc[0, 1] = np.nan  # and one that is missing a value
    train.loc[test.index[0], "b"] = np.nan
    by_hand = int(test.merge(train.drop_duplicates(), how="left", indicator=True)["_merge"].eq("both").sum())
    assert by_hand == count
    said = "all its rows stand" if count == 20 else f"{count} of its 20 rows stand"
    problem = loaded(tmp_path, train, test)
    assert any(said in line for line in told(problem))
    assert not any("stand there before" in note for note in problem.card.notes)  # told once


def test_other_targets_few_values_and_other_rows_are_no_repeated_rows(tmp_path: Path) -> None:
    train, test = table(60, 1), table(20, 2)
    assert not told(loaded(tmp_path, train, test))
    other = train[:20].assign(y=train["y"][:20].map({"no": "yes", "yes": "no"}))
    assert not told(loaded(tmp_path, train, other))
    few = train.drop(columns=["a", "who"])
    assert not told(loaded(tmp_path, few, few[:20]))


def test_groups_of_the_test_set_that_are_trained_on_are_named(tmp_path: Path) -> None:
    train, test = table(60, 1), table(20, 2)
    test["who"] = ["p100"] * 3 + ["p101 "] * 2 + list(test["who"][5:])
    lines = told(loaded(tmp_path, train, test, 'groups = "who"'))
    assert len(lines) == 1
    groups = test["who"].str.strip()
    assert f"2 of its {groups.nunique()} groups by who" in lines[0]
    assert f"(p100, p101), {int(groups.isin(train['who']).sum())} of 20 rows" in lines[0]
    apart = test.assign(who="q")
    assert not told(loaded(tmp_path, train, apart, 'groups = "who"'))


def test_arrays_of_a_function_are_looked_at_alike(tmp_path: Path) -> None:
    code = "import numpy as np\nX = np.random.default_rng(0).normal(size=(40, 3))\ny = np.arange(40) % 2\n"
    (tmp_path / "mydata.py").write_text(
        code + "def load():\n    return dict(X=X, y=y, X_test=X[5:15], y_test=y[5:15])\n"
    )
    text = PRESET.format(source="python:mydata:load", more="").replace('target = "y"\n', "")
    assert any(
        "all its rows stand" in line
        for line in told(load_problem(parse(text, tmp_path / "p.toml"), (*ALLOWED, "mydata")))
    )
