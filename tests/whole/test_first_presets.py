"""Twelve tables of different kinds run without editing what `tunetop init` wrote: here with one trial, on two folds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import ROOT
from running import run_through
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset, named_after

CASES = ROOT / "tests" / "whole" / "cases"
FEW = {"method.random.trials": 1, "score.folds": 2}


def numbers(rows: int = 90) -> tuple[pd.DataFrame, np.random.Generator]:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(rows, 3)).round(3), columns=list("abc")), rng


def prices(path: Path) -> None:
    """Separated by semicolons, decimals after commas, thousands after points."""
    frame, rng = numbers()
    frame["price"] = (1000 * frame["a"] + 5000 + rng.normal(size=len(frame))).round(2)
    frame.to_csv(path, index=False, sep=";", decimal=",")


def visits(path: Path) -> None:
    """Dates, per cents, truth values, an identifier and a constant."""
    frame, rng = numbers()
    days = pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(600, size=len(frame)), "D")
    frame = frame.assign(day=days.strftime("%d.%m.%Y"), share=[f"{abs(x) * 20:.1f}%" for x in frame["b"]])
    frame["member"] = rng.choice(["true", "false"], len(frame))
    frame["id"] = [f"K-{place:05d}" for place in range(len(frame))]
    frame.assign(unit="cm", came=np.where(frame["a"] > 0, "yes", "no")).to_csv(path, index=False)


def flowers(path: Path) -> None:
    """Classes that are numbers from 1, and an index without a name."""
    frame, _ = numbers()
    frame.assign(species=1 + np.digitize(frame["a"], [-0.5, 0.5])).to_csv(path)


def holes(path: Path) -> None:
    """Missing everywhere, spelt in several ways, and a column that is empty throughout."""
    frame, rng = numbers()
    text = frame.astype(str).mask(rng.random(frame.shape) < 0.1, "n/a")
    text["d"] = rng.choice(["low", "high", ""], len(frame))
    text.assign(empty="", y=np.where(frame["a"] > 0, "ham", "spam")).to_csv(path, index=False)


def wide(path: Path) -> None:
    """More columns than rows."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(40, 60)).round(3)).add_prefix("gene ")
    frame.assign(label=np.where(frame["gene 0"] > 0, 1, 0)).to_csv(path, index=False)


MADE: dict[str, Callable[[Path], None]] = {
    "prices": prices,
    "visits": visits,
    "flowers": flowers,
    "holes": holes,
    "wide": wide,
}
KEPT = (
    "02-dialects/latin1",
    "04-none-label/sleep",
    "05-long-names/survey",
    "10-rare-class/rare",
    "17-mixed/mixed_empty",
    "21-text/reviews",
)
TABLES = (*MADE, *KEPT, "titanic")


def test_there_are_twelve() -> None:
    assert len(TABLES) == 12


@pytest.mark.parametrize("table", TABLES)
def test_a_table_runs_without_editing(table: str, tmp_path: Path) -> None:
    path = tmp_path / f"{Path(table).name}.csv"
    if table in MADE:
        MADE[table](path)
    else:
        source = ROOT / "presets" / "data" / "titanic.csv" if table == "titanic" else CASES / f"{table}.csv"
        shutil.copy(source, path)
    text = first_preset(path).text
    fewer = {"model.params.max_iter": 10} if "HistGradientBoosting" in text else {}
    preset = parse(text, named_after(path), FEW | fewer)
    state = run_through(preset, tmp_path / "runs", workers=1, methods=("random",))
    assert state.phase == "done", state.reason
    assert {trial.phase for trial in state.trials} == {"done"}, [trial.error for trial in state.trials]
    assert all(method.test_score is not None for method in state.methods.values())
