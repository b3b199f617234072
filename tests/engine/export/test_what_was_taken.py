"""Beside a label stands what the estimator takes, and what trials warned of is told in groups."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from made_run import MadeRun
from running import TREE, preset_of, run_through
from tunetop.engine.events import Axis
from tunetop.engine.export.formats import export
from tunetop.engine.model.estimators import parameters_of
from tunetop.engine.preset.preset import load
from tunetop.engine.state import RunState
from tunetop.engine.verdict.arguments import arguments_of
from tunetop.engine.verdict.summary import document, run_summary
from tunetop.tui.cli.tables import comparison

SPACE = """[space]
max_depth = ["None", 3]
growth = { choices = { small = { min_samples_leaf = 5, max_depth = 2 }, free = { min_samples_leaf = 1 } } }
"""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    folder = tmp_path_factory.mktemp("labels")
    before, _, after = TREE.partition("[space]")
    text = before + SPACE + "[score]" + after.partition("[score]")[2]
    return run_through(preset_of(text, folder), folder / "runs", workers=1, methods=("grid",))


def test_arguments_are_those_that_the_estimator_was_given(state: RunState, tmp_path: Path) -> None:
    assert state.info is not None
    points = [trial.params for trial in state.methods["grid"].trials.values()]
    taken = [arguments_of(state.info.axes, point) for point in points]
    assert {(p["max_depth"], p["growth"]): t for p, t in zip(points, taken, strict=True)} == {
        ("None", "small"): {"max_depth": 2, "min_samples_leaf": 5},
        ("None", "free"): {"max_depth": None, "min_samples_leaf": 1},
        (3, "small"): {"max_depth": 2, "min_samples_leaf": 5},
        (3, "free"): {"max_depth": 3, "min_samples_leaf": 1},
    }
    space = load("titanic_logistic").space
    axes = [dimension.axis() for dimension in space.dimensions]
    point = {"C": 1.0, "penalty": "none", "solver": "saga"}
    assert arguments_of(axes, point) == {"C": "inf", "solver": "saga"}
    assert parameters_of(None, space.arguments(point)) == {"C": float("inf"), "solver": "saga"}


def test_arguments_stand_beside_labels_in_files(state: RunState, tmp_path: Path) -> None:
    export(state, tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "trials.csv").read_text())))
    free = next(row for row in rows if row["growth"] == "free" and row["max_depth"] == "None")
    assert (free["argument_max_depth"], free["argument_min_samples_leaf"]) == ("None", "1")
    results = json.loads((tmp_path / "cv_results-grid.json").read_text())
    assert results["arguments"][results["params"].index({"max_depth": 3, "growth": "free"})] == {
        "max_depth": 3,
        "min_samples_leaf": 1,
    }
    grid = json.loads((tmp_path / "summary.json").read_text())["methods"][0]
    assert set(grid["best_arguments"]) == {"max_depth", "min_samples_leaf"}
    assert "; the estimator takes " in (tmp_path / "summary.md").read_text()


def test_warnings_alike_but_for_numbers_are_one_group() -> None:
    axes = [Axis(name="alpha", scale="linear", low=0.0, high=1.0)]
    run = MadeRun(["baseline", "grid"], axes=axes)
    run.trial("baseline", 0, [0.5], warnings={"Slow: 100 iterations": 1})
    run.trial("grid", 0, [0.6], warnings={"Slow: 250 iterations": 2, "Odd": 1})
    run.trial("grid", 1, [0.7])
    summary = run_summary(run.end())
    assert document(summary)["warnings"] == [
        {"warning": "Slow: 100 iterations", "count": 3, "trials": 2, "first": {"method": "baseline", "number": 0}},
        {"warning": "Odd", "count": 1, "trials": 1, "first": {"method": "grid", "number": 0}},
    ]
    assert "    3  Slow: 100 iterations (2 trials)" in comparison(summary)
    assert "warnings" not in document(run_summary(MadeRun(["baseline"], axes=axes).state()))
