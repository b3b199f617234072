"""A winner's script prints the run's own scores, whatever the preset says of folds, weights, columns and metrics."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
from hostile_text import HOSTILE
from leaving import assert_all_that_leaves, assert_script_prints_the_scores
from running import preset_of, run_through
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from tunetop.engine.errors import UsageError
from tunetop.engine.export.python_code import Code, as_python, laid_out, literal
from tunetop.engine.preset.preset import load
from tunetop.engine.record.store import Store

HEAD = """
title = "Whatever a script must say"
[data]
source = "csv:table.csv"
target = "y"
{data}
[model]
{model}
[space]
{space}
[score]
{score}
[[method]]
{method}
"""

SAID = {
    "data": "",
    "model": 'estimator = "sklearn.linear_model.Ridge"\nprepare = ["impute", "standard"]',
    "space": "alpha = { log = [0.1, 10.0], grid = [0.1, 10.0] }",
    "score": 'scoring = "r2"\nfolds = 3',
    "method": 'kind = "grid"',
}


def table(folder: Path, rows: int = 90, seed: int = 0) -> None:
    """Write a table with a column of every kind, and such as have a role."""
    draw = random.Random(seed)
    lines = ["day,when,size,paid,price,kind,words,street,fold,w,took,a,y"]
    for row in range(rows):
        size, kind, a = draw.choice("SML"), draw.choice(["x", "Y ", "n/a", "z"]), draw.gauss(0, 1)
        day = f"{1 + row % 28:02d}.{1 + row % 12:02d}.2024"
        when = f"2024-0{1 + row % 9}-11 0{row % 10}:30" if row % 7 else ""
        paid, price = draw.choice(["yes", "no", ""]), f'"{draw.randint(1, 9)},{draw.randint(100, 999)}.50 $"'
        words = " ".join(draw.choice(["good", "bad", "fine", "ugly", "slow"]) for _ in range(5)) + f" w{row}"
        y = a + "SML".index(size) + (paid == "yes") + draw.gauss(0, 0.5)
        roles = f"{draw.randint(0, 9)},{row % 4 - 1},{1 + row % 3}"
        took = ("", f"PT{row}M", f"{row} hrs 5 mins", f"{row} days", f"0{row % 9}:30:00")[row % 5]
        lines.append(f"{day},{when},{size},{paid},{price},{kind},{words},{roles},{took},{a},{y}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    (folder / "own.csv").write_text("\n".join([lines[0], *lines[-20:]]) + "\n")


NUMBERS = 'features = ["a", "size"]'
ORDER = '\n[columns]\nsize = ["S", "M", "L"]'
CASES: dict[str, dict[str, str]] = {
    "all kinds of columns": {
        "data": 'drop = ["street", "fold", "w"]' + ORDER + '\ntook = "span"',
        "model": 'estimator = "sklearn.ensemble.HistGradientBoostingRegressor"\nparams = { max_iter = 5 }',
        "space": "learning_rate = [0.1, 0.3]",
    },
    "rare categories and a PCA behind": {
        "model": 'estimator = "sklearn.linear_model.Ridge"\n[model.prepare]\nnumber = ["impute"]\n'
        'category = [{ class = "onehot", params = { min_frequency = 12 } }]\ndate = ["parts", "impute"]\n'
        'all = [{ class = "sklearn.decomposition.PCA", params = { n_components = 4 } }]',
        "data": 'drop = ["words", "took"]',
    },
    "groups": {"data": NUMBERS + ORDER, "score": 'scoring = "r2"\nfolds = 3\ngroups = "street"'},
    "time": {"data": NUMBERS + ORDER, "score": 'scoring = "r2"\nfolds = 3\ntime = "day"'},
    "time, with a test set of one's own": {
        "data": NUMBERS + '\ntest = "csv:own.csv"' + ORDER,
        "score": 'scoring = "r2"\nfolds = 3\ntime = "day"',
    },
    "weights in the scores as well": {
        "data": NUMBERS + ORDER,
        "score": 'scoring = "neg_mean_squared_error"\nfolds = 3\nweight = "w"\nweigh_scores = true',
    },
    "folds of one's own": {"data": NUMBERS + ORDER, "score": 'scoring = "r2"\npredefined = "fold"'},
    "repeated": {
        "data": NUMBERS + ORDER,
        "score": 'scoring = "r2"\nfolds = 3\ncv = "repeated"\nrepeats = 2\nseed = 4',
    },
    "a splitter and a metric with parameters": {
        "data": NUMBERS + ORDER,
        "score": 'scoring = { metric = "mean_pinball_loss", alpha = 0.9 }\n'
        'cv = { class = "sklearn.model_selection.ShuffleSplit", params = { n_splits = 4, test_size = 0.3 } }',
    },
    "halving by rows": {
        "data": NUMBERS + ORDER,
        "method": 'kind = "halving"\ncandidates = 6\nmin_resources = 20\nseed = 3',
    },
    "halving by iterations": {
        "data": NUMBERS + ORDER,
        "model": 'estimator = "sklearn.ensemble.RandomForestRegressor"\nparams = { random_state = 0 }',
        "space": "max_depth = { linear = [1, 5], integer = true, grid = [1, 2, 5] }",
        "method": 'kind = "halving"\ncandidates = 3\nresource = "n_estimators"\nmax_resources = 9\nmin_resources = 3',
    },
    "a function of scikit-learn's by its name": {"data": NUMBERS + ORDER, "score": 'scoring = "mean_pinball_loss"'},
    "early stopping behind a preparation, weighted": {
        "data": NUMBERS + ORDER,
        "model": 'estimator = "lightgbm.LGBMRegressor"\nprepare = ["standard"]\nearly_stopping = { rounds = 3 }\n'
        "params = { n_estimators = 30, verbose = -1, random_state = 0, n_jobs = 1 }",
        "space": "num_leaves = [4, 8]",
        "score": 'scoring = "r2"\nfolds = 3\nweight = "w"',
    },
    "a log target, and a tree within": {
        "data": NUMBERS + ORDER,
        "model": 'estimator = "sklearn.compose.TransformedTargetRegressor"\n[model.params]\n'
        'func = { function = "numpy.arcsinh" }\ninverse_func = { function = "numpy.sinh" }\n'
        'regressor = { class = "sklearn.ensemble.BaggingRegressor", params = { random_state = 0, n_estimators = 3, '
        'estimator = { class = "sklearn.tree.DecisionTreeRegressor", params = { max_depth = 3 } } } }',
        "space": 'regressor__estimator__max_depth = ["None", 2]',
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_script_prints_the_scores_and_a_model_predicts_as_the_winner(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunetop.engine.scoring.scores.SLOW_DRAWS", 8)  # intervals are no part of this
    table(tmp_path)
    preset = preset_of(HEAD.format(**SAID | CASES[case]), tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=1)
    assert_all_that_leaves(tmp_path / "runs", tmp_path / "left", list(state.methods)[-1])


def test_a_script_leaves_out_the_rows_without_a_target_that_the_run_left_out(tmp_path: Path) -> None:
    table(tmp_path)
    for name, gap in {"table.csv": "", "own.csv": "none yet"}.items():
        lines = (tmp_path / name).read_text().splitlines()
        for at in range(3, len(lines), 9):
            lines[at] = f"{lines[at].rpartition(',')[0]},{gap}"
        (tmp_path / name).write_text("\n".join(["A title; of 2024", *lines, "# no row", "Total"]))
    lines = 'skip = 1\nfooter = 1\ncomment = "#"'
    data = f'{NUMBERS}\n{lines}\ntest = "csv:own.csv"\nmissing = ["none yet"]\nmissing_target = "drop"{ORDER}'
    state = run_through(preset_of(HEAD.format(**SAID | {"data": data}), tmp_path), tmp_path / "runs", workers=1)
    assert_all_that_leaves(tmp_path / "runs", tmp_path / "left", list(state.methods)[-1])


@pytest.mark.parametrize("name", ["breast_cancer_mlp", "breast_cancer_mlp_clean", "titanic_logistic"])
def test_the_winners_of_shipped_presets_leave_as_they_are(name: str, tmp_path: Path) -> None:
    few = {"method.random.trials": 2}
    few |= {"model.params.max_iter": 30} if "mlp" in name else {}
    run_through(load(name, few), tmp_path / "runs", workers=2, methods=("random",))
    assert_all_that_leaves(tmp_path / "runs", tmp_path / "left", "random")


def test_what_no_script_can_say_is_said(tmp_path: Path) -> None:
    (tmp_path / "mydata.py").write_text("def load():\n    return [[float(i)] for i in range(40)], list(range(40))\n")
    text = HEAD.format(**SAID).replace("csv:table.csv", "python:mydata:load").replace('target = "y"\n', "")
    run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1, allow_imports=("mydata",))
    (folder,) = Store(tmp_path / "runs").list()
    with pytest.raises(UsageError, match="a function of one's own is not written as a script"):
        assert_script_prints_the_scores(folder, tmp_path / "left", allowed=("sklearn", "mydata"))


def test_hostile_columns_labels_and_parameters_stay_text(tmp_path: Path) -> None:
    names = ["'); raise SystemExit('", '"""\nimport os\n"""', "# coding: utf-7", "\u202egnp", "{name}", "a\\", "b\r\nc"]
    labels = ["__import__('os').abort()", "'\"\\\n"]
    header = ",".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in [*names, "y"])
    draw = random.Random(1)
    rows = []
    for row in range(60):
        label = labels[row % 2].replace('"', '""')
        rows.append(",".join([*(f"{draw.gauss(row % 2, 1):.3f}" for _ in names), f'"{label}"']))
    (tmp_path / "table.csv").write_text("\n".join([header, *rows]) + "\n", newline="")
    said = SAID | {
        "model": 'estimator = "sklearn.linear_model.LogisticRegression"',
        "space": "C = [0.1, 1.0]",
        "score": 'scoring = "accuracy"\nfolds = 3',
        "method": 'kind = "grid"\nname = "grid"',
    }
    run_through(preset_of(HEAD.format(**said), tmp_path, "coding=utf-7;import os.toml"), tmp_path / "runs", workers=1)
    assert_all_that_leaves(tmp_path / "runs", tmp_path / "left", "grid")


def test_whatever_is_in_a_text_it_comes_back_as_that_text_alone() -> None:
    draw = random.Random(5)
    parts = [
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "{",
        "}",
        "#",
        "'''",
        '"""',
        "\x00",
        "\u202e",
        "\ud800",
        "é",
        ")",
        ";",
        "\u2028",
    ]
    texts = [*HOSTILE, *("".join(draw.choices([*parts, *HOSTILE], k=6)) for _ in range(500))]
    for text in texts:
        written = literal({text: [text, (text,)]})
        assert ast.literal_eval(written) == {text: [text, (text,)]}
        assert written.isprintable()
        code = Code()
        model = Pipeline([(text, LogisticRegression(class_weight={text: 1.0}))])
        tree = ast.parse(laid_out(code.of(model)))
        calls = [
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        assert sorted(calls) == ["LogisticRegression", "Pipeline"]
        assert not any(isinstance(node, ast.Attribute | ast.JoinedStr) for node in ast.walk(tree))


def test_parameters_are_copied_as_a_dict_that_needs_no_import() -> None:
    assert as_python({"C": float("inf"), "k": ("a",), "n": None}) == '{"C": float("inf"), "k": ("a",), "n": None}'


def test_what_has_no_name_is_not_written() -> None:
    with pytest.raises(UsageError, match="cannot be written as Python code"):
        Code().of(lambda value: value)
    with pytest.raises(UsageError, match="object cannot be written"):
        literal(object())
