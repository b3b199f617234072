"""Runs begun by version 0.1, which made codes of text and left classes as they were numbered, go on as they began."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from made_run import MadeRun
from running import TREE, finish, preset_of, trials_of
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from tunetop.engine.data.readings import READING
from tunetop.engine.errors import UsageError
from tunetop.engine.problem.earlier import as_begun
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume

TABLE = TREE.replace('source = "sklearn:iris"', 'source = "csv:data.csv"\ntarget = "y"')


def table(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "", "blue"], rows)
    return pd.DataFrame({"a": rng.normal(size=rows).round(3), "colour": colour, "y": rng.integers(2, size=rows)})


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    codes = {"blue": 0, "green": 1, "red": 2}
    return frame.assign(colour=frame["colour"].map(codes))


def test_a_run_on_codes_of_text_goes_on_with_them(tmp_path: Path) -> None:
    coded(table()).to_csv(tmp_path / "data.csv", index=False)
    preset, store, options = (
        preset_of(TABLE, tmp_path),
        Store(tmp_path / "runs"),
        RunOptions(workers=1, methods=("random",)),
    )
    run = launch(preset, store, options)
    finish(run)
    whole = finish(resume(run.folder, options, trials=["random=14"]))
    begun = launch(preset, store, options)
    finish(begun)
    table().to_csv(tmp_path / "data.csv", index=False)
    assert trials_of(finish(resume(begun.folder, options, trials=["random=14"]))) == trials_of(whole)


def digest(*parts: np.ndarray) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(f"{part.dtype.str}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
    return found.hexdigest()


def begun_with(fingerprint: str) -> Any:
    return msgspec.structs.replace(MadeRun().state().info, fingerprint=fingerprint)


def test_classes_that_are_numbers_stay_these_and_other_data_are_refused(tmp_path: Path) -> None:
    frame = coded(table()).assign(y=lambda one: one["y"] + 1)
    frame.to_csv(tmp_path / "data.csv", index=False)
    X, y = frame[["a", "colour"]].to_numpy(float), frame["y"].to_numpy(np.int64)
    train, test, train_y, test_y = train_test_split(X, y, test_size=0.3, random_state=1, stratify=y)
    problem = load_problem(preset_of(TABLE, tmp_path))
    assert set(problem.split.train_target) == {0, 1}
    earlier = as_begun(problem, begun_with(digest(train, train_y, test, test_y)))
    np.testing.assert_array_equal(earlier.split.train_target, train_y)
    with pytest.raises(UsageError, match=r"changed since made-1 began.*if it is as it was.*start anew with"):
        as_begun(problem, begun_with("0" * 64))
    same = msgspec.structs.replace(begun_with("0" * 64), versions={"reading": READING})
    with pytest.raises(UsageError, match=r"changed since made-1 began.*; put it back, or start anew"):
        as_begun(problem, same)


def test_codes_that_were_one_hot_encoded_are_told_of(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "data.csv", index=False)
    frame = coded(table())
    X, y = frame[["a", "colour"]].to_numpy(float), frame["y"].to_numpy(np.int64)
    train, test, train_y, test_y = train_test_split(X, y, test_size=0.3, random_state=1, stratify=y)
    begun = begun_with(digest(train, train_y, test, test_y))
    problem = load_problem(preset_of(TABLE.replace("[space]", 'prepare = ["onehot"]\n[space]'), tmp_path))
    with pytest.raises(UsageError, match=r"one-hot encoded codes of colour.*the data are as they were.*Start anew"):
        as_begun(problem, begun)


def test_rows_that_were_held_out_at_random_before_folds_by_time_are_told_of(tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    train, test, train_y, test_y = train_test_split(X, y, test_size=0.3, random_state=1)
    text = TREE.replace("stratify = true\n", "").replace(
        "folds = 3", 'folds = 3\ncv = "sklearn.model_selection.TimeSeriesSplit"'
    )
    problem = load_problem(preset_of(text.replace('scoring = "accuracy"', 'scoring = "balanced_accuracy"'), tmp_path))
    with pytest.raises(UsageError, match=r"made-1 held out rows at random.*the data are as they were.*start anew"):
        as_begun(problem, begun_with(digest(train, train_y, test, test_y)))
