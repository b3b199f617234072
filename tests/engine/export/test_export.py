"""The files a run leaves behind, as the tools that read them would find them."""

from __future__ import annotations

import csv
import io
import json
import math
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hostile_text import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st
from made_run import AXES, MadeRun, flipped
from places import SUPPORT
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Axis, RunPaused
from tunetop.engine.export import optuna
from tunetop.engine.export.cv_results import cv_results
from tunetop.engine.export.formats import DEFAULT, FORMATS, export
from tunetop.engine.export.trials_csv import cell, text_cell, write
from tunetop.engine.files import OutputExists
from tunetop.engine.state import RunState
from tunetop.engine.text import clean, is_harmless
from tunetop.engine.verdict.figures import COLUMNS, table
from tunetop.engine.verdict.numbers import duration_text, interval_text
from tunetop.engine.verdict.summary import document, run_summary

TARGETS = [float(row % 2) for row in range(20)]


def _run(**info: Any) -> MadeRun:
    run = MadeRun(test_targets=TARGETS, **info)
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    run.finish("baseline", 0, 0.9, flipped(TARGETS, 3, 4))
    run.trial("grid", 0, [0.9, 0.95, 1 / 3], {"alpha": 1e-5, "solver": "adam"}, warnings={"slow": 2})
    run.trial("grid", 1, [], {"alpha": 1e-3, "solver": "sgd"}, error="ValueError: no, not that")
    run.trial("grid", 2, [0.9], {"alpha": 1e-2, "solver": "sgd"}, state="raced")
    run.finish("grid", 0, 0.95, flipped(TARGETS, 3))
    run.trial("random", 0, [0.9, 0.95, 1 / 3], {"alpha": 1e-5, "solver": "adam"}, reused=("grid", 0), manual=True)
    run.finish("random", 0, 0.95, flipped(TARGETS, 3))
    return run


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _trials(state: RunState) -> list[dict[str, str]]:
    return _rows(dict(FORMATS["csv"](state, run_summary(state)))["trials.csv"])  # type: ignore[arg-type]


# -- trials.csv ------------------------------------------------------------------------------------------------------


def test_trials_csv_has_a_row_a_trial_and_full_precision() -> None:
    rows = _trials(_run().end())
    assert [(row["method"], row["number"], row["state"]) for row in rows] == [
        ("baseline", "0", "done"),
        ("grid", "0", "done"),
        ("grid", "1", "failed"),
        ("grid", "2", "raced"),
        ("random", "0", "done"),
    ]
    grid, failed, raced, random = rows[1:]
    assert list(grid)[:7] == ["method", "number", "state", "alpha", "solver", "mean", "std"]
    assert float(grid["alpha"]) == 1e-5
    assert float(grid["split2"]) == 1 / 3
    assert float(grid["mean"]) == np.mean([0.9, 0.95, 1 / 3])
    assert float(grid["difference_to_baseline"]) == np.mean([0.9, 0.95, 1 / 3]) - np.mean([0.8, 0.9, 0.85])
    assert (float(grid["fit_seconds"]), float(grid["score_seconds"]), grid["warnings"]) == (0.75, 0.375, "2")
    assert (failed["mean"], failed["split0"], failed["error"]) == ("", "", "ValueError: no, not that")
    assert (raced["split0"], raced["split1"]) == ("0.9", "")
    assert (random["reused"], random["manual"], random["attempt"]) == ("grid 0", "True", "1")
    assert rows[0]["alpha"] == ""


def test_a_hyperparameter_called_like_a_column_gets_a_column_of_its_own() -> None:
    axes = [Axis(name=name, scale="linear", low=0, high=9) for name in ("number", "param_number", "a\x07", "a\\x07")]
    run = MadeRun(["grid"], axes=axes)
    run.trial("grid", 0, [0.5], {"number": 1, "param_number": 2, "a\x07": 3, "a\\x07": 4})
    row = _trials(run.state())[0]
    assert (row["number"], row["param_number"], row["param_number_2"]) == ("0", "1", "2")
    assert (row["a\\x07"], row["a\\x07_2"]) == ("3", "4")


def test_none_as_a_value_is_told_from_a_value_that_is_not_there() -> None:
    axes = [Axis(name="class_weight", scale="choice", labels=[None, "balanced"])]
    run = MadeRun(["baseline", "grid"], axes=axes)
    run.trial("baseline", 0, [0.5], {})
    run.trial("grid", 0, [0.5], {"class_weight": None})
    assert [row["class_weight"] for row in _trials(run.state())] == ["", "None"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\u200b=1"[1:]])
def test_a_text_that_a_spreadsheet_would_compute_is_defused(text: str) -> None:
    assert text_cell(text).startswith("'")


@pytest.mark.parametrize("number", [-1, -1.5, -1e-300, 0])
def test_numbers_stay_numbers(number: float) -> None:
    assert float(cell(number)) == number
    assert not cell(number).startswith("'")


_CELLS = st.one_of(st.text(max_size=40), st.sampled_from(HOSTILE), st.floats(), st.integers(), st.booleans(), st.none())


@given(st.lists(st.lists(_CELLS, min_size=2, max_size=5), min_size=1, max_size=5))
@settings(deadline=None)
def test_whatever_is_written_as_csv_reads_back(rows: list[list[Any]]) -> None:
    text = write([[cell(value) for value in row] for row in rows])
    assert is_harmless(text)
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert len(back) == len(rows)
    for row, read in zip(rows, back, strict=True):
        assert len(read) == len(row)
        for value, found in zip(row, read, strict=True):
            if isinstance(value, str):
                shown = clean(value, 2000)
                assert found == (f"'{shown}" if shown[:1] in set("=+-@＝＋－＠") and shown else shown)
            elif isinstance(value, bool) or value is None:
                assert found == ("" if value is None else str(value))
            elif isinstance(value, float) and not math.isfinite(value):
                assert found == ""
            else:
                assert float(found) == float(value)


# -- summaries -------------------------------------------------------------------------------------------------------

CONTRACT = {"run", "preset", "state", "seconds", "baseline", "methods", "verdict"}
METHOD_CONTRACT = {
    "method",
    "title",
    "trials",
    "failed",
    "best_params",
    "cv_score",
    "cv_std",
    "test_score",
    "test_interval",
    "seconds",
    "fit_seconds",
}


def test_the_summary_keeps_its_contract() -> None:
    summary = document(run_summary(_run(notes=["a leak"]).end()))
    assert summary.keys() >= CONTRACT
    assert [method["method"] for method in summary["methods"]] == ["grid", "random"]
    grid = summary["methods"][0]
    assert grid.keys() >= METHOD_CONTRACT
    assert summary["baseline"].keys() == grid.keys()
    assert (grid["trials"], grid["failed"], grid["raced"]) == (3, 1, 1)
    assert grid["best_params"] == {"alpha": 1e-5, "solver": "adam"}
    assert grid["cv_score"] == np.mean([0.9, 0.95, 1 / 3])
    assert grid["cv_std"] == np.std([0.9, 0.95, 1 / 3])
    assert grid["test_score"] == 0.95
    assert grid["test_interval"] == pytest.approx([0.764, 0.991], abs=5e-4)
    assert grid["fit_seconds"] == 1.25
    assert summary["state"] == "done"
    assert summary["failures"] == [
        {
            "reason": "ValueError: no, not that",
            "count": 1,
            "example": {"method": "grid", "number": 1, "params": {"alpha": 1e-3, "solver": "sgd"}},
        }
    ]
    assert "a leak" in summary["verdict"]
    assert summary["methods"][1]["reused"] == 1


def test_what_is_not_known_is_null() -> None:
    run = MadeRun(test_targets=TARGETS)
    run.trial("grid", 0, [math.inf, 1.0, math.nan])
    summary = document(run_summary(run.state()))
    text = json.dumps(summary, allow_nan=False)
    assert json.loads(text) == summary
    assert summary["baseline"]["best_params"] is None
    assert summary["baseline"]["seconds"] is None
    assert summary["methods"][0]["cv_score"] is None
    assert summary["methods"][1]["test_interval"] is None


def test_a_run_that_has_not_begun_has_a_summary_too() -> None:
    summary = run_summary(RunState())
    assert (summary.state, summary.run) == ("new", None)
    assert table(summary) == []
    json.dumps(document(summary), allow_nan=False)


def test_time_that_a_run_lay_paused_is_not_counted() -> None:
    run = _run()
    before = run_summary(run.state()).seconds
    run.add(RunPaused(reason="full disk"))
    paused = run_summary(run.state())
    assert paused.seconds == before + 1
    assert (paused.state, paused.reason) == ("paused", "full disk")
    run.add(*[RunPaused()] * 5)
    assert run_summary(run.state()).seconds == before + 1


def test_the_table_says_the_same_everywhere() -> None:
    summary = run_summary(_run().end())
    rows = table(summary)
    assert [row.method for row in rows] == ["baseline", "grid", "random"]
    assert rows[0].cv == "★ 0.8500"
    assert rows[1] == (
        "grid",
        "0.7278",
        "–",
        "0.9500",
        "[.764, .991]",
        "7.0 s",
        "3",
        "1",
        "1.2",
        "alpha=1e-05, solver=adam",
    )
    made = dict(FORMATS["md"](_run().end(), summary))["summary.md"]
    assert f"| {' | '.join(COLUMNS)} |" in made
    assert "| grid | 0.7278 | – | 0.9500 | \\[.764, .991\\] | 7.0 s | 3 | 1 | 1.2 | alpha=1e-05, solver=adam |" in made


def test_durations_and_intervals_read_well() -> None:
    assert [duration_text(s) for s in (None, 0.04, 8.1, 59.94, 59.96, 65, 7209)] == [
        "–",
        "0.0 s",
        "8.1 s",
        "59.9 s",
        "1:00",
        "1:05",
        "2:00:09",
    ]
    assert interval_text([0.9, 1.0]) == "[0.900, 1.000]"
    assert interval_text([-3.25, 0.5]) == "[-3.250, 0.500]"


def test_summary_csv_has_the_baseline_first_and_numbers_in_full() -> None:
    state = _run().end()
    rows = _rows(dict(FORMATS["csv"](state, run_summary(state)))["summary.csv"])  # type: ignore[arg-type]
    assert [row["method"] for row in rows] == ["baseline", "grid", "random"]
    assert float(rows[1]["cv_score"]) == np.mean([0.9, 0.95, 1 / 3])
    assert float(rows[1]["best_alpha"]) == 1e-5
    assert rows[0]["best_alpha"] == ""
    assert float(rows[1]["p"]) == 1.0


# -- cv_results ------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")
def test_cv_results_are_grid_search_cvs_own() -> None:
    """The same grid, with a combination that fails, in scikit-learn and as a run of ours."""
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    features, targets = load_iris(return_X_y=True)
    grid = {"C": [0.01, 1.0, 100.0], "solver": ["lbfgs", "no_such_solver"]}
    search = GridSearchCV(LogisticRegression(max_iter=50), grid, cv=3, error_score=np.nan)
    search.fit(features, targets)
    theirs = search.cv_results_

    run = MadeRun(["grid"], axes=[])
    for number, params in enumerate(theirs["params"]):
        scores = [float(theirs[f"split{fold}_test_score"][number]) for fold in range(3)]
        run.trial("grid", number, [] if np.isnan(scores).any() else scores, params)
    ours = json.loads(json.dumps(cv_results(run.state().methods["grid"], 3), allow_nan=False))

    assert list(ours) == list(theirs)
    left, right = pd.DataFrame(ours), pd.DataFrame(theirs)
    times = [name for name in left if str(name).endswith("_time")]
    for name in times:
        assert left[name].dtype == right[name].dtype
    left, right = left.drop(columns=times), right.drop(columns=times)
    pd.testing.assert_frame_equal(left, right, check_dtype=False, rtol=0, atol=1e-12)
    assert left["rank_test_score"].tolist() == right["rank_test_score"].tolist()
    assert left["params"].tolist() == right["params"].tolist()


def test_fit_times_in_cv_results_are_means_over_folds() -> None:
    run = MadeRun(["grid"])
    run.trial("grid", 0, [0.5, 0.6, 0.7], fit_seconds=[1.0, 2.0, 6.0], score_seconds=[0.1, 0.1, 0.1])
    results = cv_results(run.state().methods["grid"], 3)
    assert results["mean_fit_time"] == [3.0]
    assert results["std_fit_time"] == pytest.approx([np.std([1.0, 2.0, 6.0])])
    assert results["std_score_time"] == pytest.approx([0.0], abs=1e-12)


def test_a_raced_trial_keeps_its_folds_and_ranks_last() -> None:
    results = cv_results(_run().end().methods["grid"], 3)
    assert results["mean_test_score"][1:] == [None, None]
    assert results["split0_test_score"] == [0.9, None, 0.9]
    assert results["rank_test_score"] == [1, 2, 2]


# -- Optuna ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["optuna", "optuna-journal"])
def test_optuna_opens_what_was_exported(form: str, tmp_path: Path) -> None:
    import optuna as tool
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    (path,) = export(_run().end(), tmp_path, [form])
    storage: Any = f"sqlite:///{path}"
    if form == "optuna-journal":
        storage = tool.storages.JournalStorage(JournalFileBackend(str(path)))
    assert sorted(tool.get_all_study_names(storage)) == ["made-1 baseline", "made-1 grid", "made-1 random"]
    study = tool.load_study(study_name="made-1 grid", storage=storage)
    assert study.best_trial.params == {"alpha": 1e-5, "solver": "adam"}
    assert study.best_value == np.mean([0.9, 0.95, 1 / 3])
    assert study.user_attrs["test_score"] == 0.95
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED]
    assert study.trials[0].intermediate_values == {0: 0.9, 1: 0.95, 2: 1 / 3}
    assert study.trials[1].user_attrs["error"] == "ValueError: no, not that"
    assert study.trials[0].duration is not None
    assert study.trials[0].duration.total_seconds() == 1.0
    assert study.trials[0].distributions["alpha"] == tool.distributions.FloatDistribution(1e-5, 1e-1, log=True)


def test_values_beyond_the_space_fit_into_optuna_too(tmp_path: Path) -> None:
    import optuna as tool

    axes = [*AXES, Axis(name="depth", scale="log", low=1, high=8, integer=True)]
    run = MadeRun(["refine"], axes=axes)
    points = [
        {"alpha": 3e-7, "solver": "adam", "depth": 3},
        {"alpha": 2.0, "solver": None, "depth": 20},
        {"alpha": 1.0, "solver": True, "depth": 1, "extra": 1},
        {"alpha": 1.0, "solver": 1, "depth": 1, "extra": 1.5},
    ]
    for number, params in enumerate(points):
        run.trial("refine", number, [0.5, 0.5, 0.5], params)
    (path,) = export(run.state(), tmp_path, ["optuna"])
    study = tool.load_study(study_name="made-1 refine", storage=f"sqlite:///{path}")
    assert [trial.params for trial in study.trials] == points
    assert study.trials[0].distributions["alpha"] == tool.distributions.FloatDistribution(3e-7, 2.0, log=True)


def test_without_optuna_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optuna, "installed", lambda: False)
    with pytest.raises(UsageError, match=r"pip install 'tunetop\[optuna\]'"):
        export(_run().end(), tmp_path, ["csv", "optuna"])
    assert list(tmp_path.iterdir()) == []
    assert len(export(_run().end(), tmp_path, ["all"])) == 7


# -- files -----------------------------------------------------------------------------------------------------------


def test_the_usual_export_is_these_files(tmp_path: Path) -> None:
    paths = export(_run().end(), tmp_path / "out")
    names = ["trials.csv", "summary.csv", "summary.md"]
    names += [f"cv_results-{method}.json" for method in ("baseline", "grid", "random")]
    names += ["summary.json"]  # last: whoever finds it finds the others
    assert [path.name for path in paths] == names
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in paths)
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["run"] == "made-1"


def test_nothing_is_overwritten_unasked_and_nothing_half_exported(tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("mine")
    with pytest.raises(OutputExists, match=r"summary\.md exists already"):
        export(_run().end(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.md"]
    export(_run().end(), tmp_path, force=True)
    assert (tmp_path / "summary.md").read_text().startswith("# A made run")


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").symlink_to(tmp_path / "precious")
    with pytest.raises(OutputExists):
        export(_run().end(), tmp_path / "out", ["json"])
    export(_run().end(), tmp_path / "out", ["json"], force=True)
    assert not (tmp_path / "precious").exists()
    assert not (tmp_path / "out" / "summary.json").is_symlink()


def test_an_unknown_format_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"found 'xlsx'; allowed: csv, json, md"):
        export(_run().end(), tmp_path, ["xlsx"])


# -- text from outside -----------------------------------------------------------------------------------------------


def _hostile_run(text: str) -> RunState:
    run = MadeRun(
        ["baseline", text or "grid"],
        run=text,
        preset=text,
        title=text,
        estimator=text,
        notes=[text],
        classes={text: 3},
        versions={text: text},
        axes=[Axis(name=text, scale="choice", labels=[text, "x"])],
        test_targets=TARGETS,
    )
    run.trial("baseline", 0, [0.8, 0.9, 0.85], {})
    run.finish("baseline", 0, 0.9, flipped(TARGETS, 3, 4))
    method = text or "grid"
    run.trial(method, 0, [0.9, 0.9, 0.9], {text: text}, warnings={text: 1})
    run.trial(method, 1, [], {text: "x"}, error=text, details=text)
    run.finish(method, 0, 0.95, flipped(TARGETS, 3))
    return run.end()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_reaches_no_file_raw(text: str, tmp_path: Path) -> None:
    paths = export(_hostile_run(text), tmp_path, DEFAULT)
    assert len(paths) == 6
    for path in paths:
        assert path.parent == tmp_path
        assert is_harmless(path.read_bytes().decode()), path
        assert path.stat().st_size < 60_000
    for path in paths:
        if path.suffix == ".csv":
            read = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
            assert len({len(row) for row in read}) == 1
            for row in read:
                assert not any(value.startswith(("=", "+", "@", "＝")) for value in row)
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "\ud800", "=1+1", "x" * 10_000, "../../../etc/passwd", ""])
def test_hostile_text_fits_into_optuna(text: str, tmp_path: Path) -> None:
    import optuna as tool

    (path,) = export(_hostile_run(text), tmp_path, ["optuna"])
    names = tool.get_all_study_names(f"sqlite:///{path}")
    assert len(names) == 2
    assert all(is_harmless(name) for name in names)


def test_markdown_shows_hostile_text_as_it_is(tmp_path: Path) -> None:
    (path,) = export(_hostile_run("<b>[x](javascript:1)|`$"), tmp_path, ["md"])
    title = path.read_text().splitlines()[0]
    assert title == "# \\<b\\>\\[x\\](javascript:1)\\|\\`$"


def test_neither_importing_nor_judging_by_accuracy_imports_scikit_learn() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(SUPPORT)!r})
import tunetop.engine.export.formats, tunetop.engine.verdict.summary
assert not {{"scipy", "sklearn", "optuna"}} & set(sys.modules)
from made_run import MadeRun
run = MadeRun(["baseline", "grid"], test_targets=[0.0, 1.0])
for method in ("baseline", "grid"):
    run.trial(method, 0, [0.5, 0.6, 0.7])
    run.finish(method, 0, 1.0, [0.0, 1.0])
print(tunetop.engine.verdict.summary.run_summary(run.end()).outcome)
assert not {{"scipy.stats", "sklearn"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("tie\n", "")
