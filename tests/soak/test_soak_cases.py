"""What leaves a run, for every preset of the tables that people bring: script and model of the best method's winner.

`TUNETOP_CASES` names another folder of presets. What does not run at all is answered elsewhere, and is passed over.

Seen of 76 presets: 56 leave as they are, 17 are answered before they run, and three have no winner within the limit,
for their fits have no end.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from leaving import assert_model_predicts_as_the_winner, assert_script_prints_the_scores
from running import run_through
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store

CASES = Path(os.environ.get("TUNETOP_CASES") or Path(__file__).parents[1] / "whole" / "cases").resolve()
PRESETS = sorted(str(path.relative_to(CASES)) for path in CASES.rglob("*.toml"))
FEW = {"grid": {}, "random": {"trials": 3}, "bayes": {"trials": 3}, "optuna": {"trials": 3}, "refine": {"draws": 3}}

LIMIT = 60.0
"""Seconds for runs whose fits have no end, and for methods that are to stop: what they have by then leaves as well."""
DRAWN = ("27-random/none.toml",)
"""Presets whose estimator draws anew at each fit: what holds of these is in `whole/test_budget_cases.py`."""


@pytest.mark.parametrize("case", [case for case in PRESETS if case not in DRAWN])
def test_the_winner_of_a_case_leaves_as_it_is(case: str, tmp_path: Path) -> None:
    shutil.copytree(CASES, tmp_path / "cases")
    path = tmp_path / "cases" / case
    allowed = (*ALLOWED, *(own.stem for own in path.parent.glob("*.py")))
    try:
        preset = load(path)
        load_problem(preset, allowed)
    except (PresetError, UsageError) as error:
        pytest.skip(f"does not run: {error}")
    few = {
        f"method.{plan.name}.{key}": value for plan in preset.plans() for key, value in FEW.get(plan.kind, {}).items()
    }
    few |= {f"stop.{limit}": LIMIT for limit in ["total_seconds", *(["seconds"] if preset.stop.seconds else [])]}
    state = run_through(load(path, few), tmp_path / "runs", workers=2, allow_imports=allowed)
    (folder,) = Store(tmp_path / "runs").list()
    names = [name for name, method in state.methods.items() if method.test_score is not None and name != "baseline"]
    if not names:
        pytest.skip("no method has a winner")
    for name in names:
        assert_script_prints_the_scores(folder, tmp_path / "left", name, allowed)
        assert_model_predicts_as_the_winner(folder, tmp_path / "left", name, allowed)
