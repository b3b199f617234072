"""Twelve tables of different kinds by the commands alone: `tunetop init`, then `run --headless`, nothing edited.

Seen on two cores with a load of about 13: 12 of 12, ten of them in 910 s, the last two in 183 s of another run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT
from test_first_presets import KEPT, MADE, TABLES

CASES = ROOT / "tests" / "whole" / "cases"


def tunetop(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tunetop", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=1800, check=False)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_searched_by_two_commands(table: str, tmp_path: Path) -> None:
    path = tmp_path / f"{Path(table).name}.csv"
    if table in MADE:
        MADE[table](path)
    else:
        kept = CASES / f"{table}.csv" if table in KEPT else ROOT / "presets" / "data" / "titanic.csv"
        shutil.copy(kept, path)
    made = tunetop(tmp_path, "init", path.name)
    assert made.returncode == 0, made.stderr
    preset = next(tmp_path.glob("*.toml"))
    done = tunetop(tmp_path, "run", preset.name, "--headless", "--runs-dir", "runs")
    assert done.returncode == 0, done.stderr
    summary = json.loads(next((tmp_path / "runs").glob("*/summary.json")).read_text())
    assert summary["state"] == "done"
    rows = [summary["baseline"], *summary["methods"]]
    assert [row["method"] for row in rows] == ["baseline", "grid", "random", "refine", "bayes"]
    assert all(row["trials"] and not row["failed"] and row["test_score"] is not None for row in rows)
