"""`tunetop export --format model` and `tunetop predict`: rows in, labels out, and one line for each mistake."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
import pandas as pd
import pytest
from running import preset_of, run_through
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tunetop.engine.data.kinds import Said, typed
from tunetop.engine.data.readings import read_as
from tunetop.engine.export.model import Source
from tunetop.engine.export.predict import Model, exported, predict
from tunetop.engine.scoring import scores
from tunetop.tui.cli.main import main

PRESET = """
title = "Flats"
[data]
source = "csv:flats.csv"
target = "let"
drop = ["id"]
positive = "ja"
seed = 3
[columns]
grade = ["low", "mid", "high"]
[model]
estimator = "sklearn.linear_model.LogisticRegression"
prepare = ["standard", "onehot"]
[space]
C = [0.1, 1.0]
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
"""
LABELS = ("nein", "ja")
HEADER = ["id", "area", "price", "town", "lift", "grade", "let"]


def rows(count: int, seed: int = 0) -> list[list[str]]:
    draw = np.random.default_rng(seed)
    made = []
    for row in range(count):
        area, town = draw.normal(70, 20), draw.choice(["Köln", "Bonn", "Ulm, alt"])
        grade, label = draw.choice(["low", "mid", "high"]), LABELS[int(area + draw.normal(0, 10) > 70)]
        price, lift = f"{draw.integers(5, 20) * 100},50", draw.choice(["yes", "no"])
        made.append([str(row), f"{area:.1f}", price, town, lift, grade, label])
    return made


def write(path: Path, header: list[str], body: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *body])
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the preset, with its model exported."""
    folder = tmp_path_factory.mktemp("flats")
    write(folder / "flats.csv", HEADER, rows(120))
    state = run_through(preset_of(PRESET, folder), folder / "runs", workers=1)
    assert state.info is not None
    path = folder / "runs" / state.info.run
    pytest.importorskip("skops", reason="the extra model is not installed")
    assert main(["export", str(path), "--format", "model"]) == 0
    return path


def by_hand(folder: Path, new: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return what pandas and scikit-learn alone predict for rows, and the probability of "ja"."""

    def prepared(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.assign(price=frame["price"].str.replace(",", ".").astype(float))
        return frame.assign(grade=frame["grade"].map({"low": 0.0, "mid": 1.0, "high": 2.0}))

    frame = prepared(pd.read_csv(folder.parent.parent / "flats.csv")).drop(columns="id")
    X, y = frame.drop(columns="let"), (frame["let"] == "ja").astype(int)
    X_train, _, y_train, _ = train_test_split(X, y, test_size=0.2, random_state=3)
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = [("number", StandardScaler(), ["area", "price", "grade"]), ("category", encoder, ["town", "lift"])]
    best = json.loads((folder / "model.json").read_text())["params"]["C"]
    model = make_pipeline(ColumnTransformer(parts), LogisticRegression(C=best)).fit(X_train, y_train)
    given = prepared(new)[list(X.columns)]
    return np.where(model.predict(given) == 1, "ja", "nein"), model.predict_proba(given)[:, 1]


def test_predictions_are_those_of_a_fit_by_hand_with_labels_as_in_the_data(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "new.csv", HEADER, rows(30, seed=9))
    assert main(["predict", str(run), str(file), "--proba", "--to", str(tmp_path / "out.csv")]) == 0
    assert "30 rows" in capsys.readouterr().err
    found = pd.read_csv(tmp_path / "out.csv")
    labels, shares = by_hand(run, pd.read_csv(file))
    assert list(found) == ["prediction", "probability nein", "probability ja"]
    assert list(found["prediction"]) == list(labels)
    np.testing.assert_allclose(found["probability ja"], shares, atol=1e-12)
    # the same from the model alone, wherever it is copied, and from a fit made anew
    (tmp_path / "copy").mkdir()
    for name in ("model.skops", "model.json"):
        (tmp_path / "copy" / name).write_bytes((run / name).read_bytes())
    assert main(["predict", str(tmp_path / "copy" / "model.skops"), str(file)]) == 0
    out = capsys.readouterr().out
    assert [row[0] for row in csv.reader(io.StringIO(out))][1:] == list(labels)
    assert main(["predict", str(run), str(file), "--method", "baseline"]) == 0
    assert "fitted once more" in capsys.readouterr().err


def test_columns_in_another_order_more_of_them_and_new_categories_are_told_of(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = [[row[5], row[4].upper(), row[3], row[2], row[1], "x"] for row in rows(6, seed=2)]
    body[1][2] = "Wien"
    header = ["grade", "lift", "town", "price", "area", "other"]
    assert main(["predict", str(run), str(write(tmp_path / "new.csv", header, body))]) == 0
    said = capsys.readouterr()
    assert "passed over: other" in said.err
    assert "column town holds what the model has never seen, in 1 rows: 'Wien'" in said.err
    assert len(said.out.splitlines()) == 7
    body[4][3] = ""
    assert main(["predict", str(run), str(write(tmp_path / "new.csv", header, body))]) == 2
    said = capsys.readouterr()
    # an estimator that takes no missing values says so itself
    assert (said.out, "LogisticRegression refuses these rows: ValueError: Input X contains NaN" in said.err) == (
        "",
        True,
    )


def written(path: Path, encoding: str, separator: str) -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=separator).writerows([HEADER, *rows(12, seed=4)])
    return path


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_rows_written_in_another_way_than_the_runs_are_read_and_told_of(
    encoding: str, separator: str, run: Path, tmp_path: Path
) -> None:
    model = exported(run / "model.skops")
    wanted = predict(model, written(tmp_path / "plain.csv", "utf-8", ","))
    facts = msgspec.structs.replace(model.facts, source=Source(separator=";", encoding="latin-1"))
    found = predict(Model(model.estimator, facts), written(tmp_path / "new.csv", encoding, separator))
    assert found.rows == wanted.rows
    told = [note.partition(": ")[2] for note in found.notes if "not as the run's own data" in note]
    assert ["encoding" in note for note in told] == [*[True] * (encoding != "latin-1"), *[False] * (separator != ";")]


LINES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a title, as in the run's": ({"skip": 2}, "Flats\nof May\n{header}{rows}", "passed over as in the run's own data"),
    "no title": ({"skip": 2}, "{header}{rows}", "read as a header and rows alone"),
    "a total, as in the run's": ({"footer": 1}, "{header}{rows}Total,,,,,,\n", "passed over as in the run's own data"),
    "no header, as in the run's": ({"header": False, "names": HEADER}, "{rows}", ""),
    "a header": ({"header": False, "names": HEADER}, "{header}{rows}", "read as a header and rows alone"),
}


@pytest.mark.parametrize("lines", LINES)
def test_lines_that_are_no_rows_are_told_of_as_they_are_in_the_new_file(lines: str, run: Path, tmp_path: Path) -> None:
    model = exported(run / "model.skops")
    plain = written(tmp_path / "plain.csv", "utf-8", ",")
    header, *body = plain.read_text().splitlines(keepends=True)
    said, text, note = LINES[lines]
    (tmp_path / "new.csv").write_text(text.format(header=header, rows="".join(body)))
    facts = msgspec.structs.replace(model.facts, source=Source(**said))
    found = predict(Model(model.estimator, facts), tmp_path / "new.csv")
    assert found.rows == predict(model, plain).rows
    told = [one for one in found.notes if "the run's own data" in one]
    assert len(told) == bool(note)
    assert all(note in one for one in told)


def test_rows_are_read_from_the_sheet_that_the_runs_own_are_on_where_there_is_one(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="reading excel files is an extra")
    model, plain = exported(run / "model.skops"), written(tmp_path / "plain.csv", "utf-8", ",")
    facts = msgspec.structs.replace(model.facts, source=Source(sheet="flats", skip=1))
    wanted, frame = predict(model, plain).rows, pd.read_csv(plain)
    for sheet, row, note in (("flats", 1, "as in the run's own data"), ("new", 0, "as a header and rows alone")):
        with pd.ExcelWriter(tmp_path / "new.xlsx") as book:
            if sheet == "flats":
                pd.DataFrame({"see": ["flats"]}).to_excel(book, sheet_name="about", index=False)
            frame.to_excel(book, sheet_name=sheet, startrow=row, index=False)
        found = predict(Model(model.estimator, facts), tmp_path / "new.xlsx")
        assert [row[-1] for row in found.rows] == [row[-1] for row in wanted]
        assert any(note in one for one in found.notes), found.notes


def test_rows_come_from_a_pipe_and_go_into_one(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "new.csv", "utf-16", ",")
    assert main(["predict", str(run), str(file)]) == 0
    wanted = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert main(["predict", str(run), "-", "--to", "-"]) == 0
    said = capsys.readouterr()
    assert said.out == wanted
    assert "stdin: columns that the model does not know" in said.err
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(file.read_bytes()), daemon=True)
    writer.start()
    assert main(["predict", str(run), str(tmp_path / "pipe")]) == 0
    assert capsys.readouterr().out == wanted
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert main(["predict", str(run), "-"]) == 2
    assert "tunetop: stdin: found an empty file" in capsys.readouterr().err


def test_a_run_that_can_only_be_read_leaves_everything_elsewhere(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in run.iterdir()}

    def refusing(real: Any, writes: Callable[..., bool]) -> Any:
        def call(path: Any, *more: Any, **named: Any) -> Any:
            if isinstance(path, str | Path) and Path(path).is_relative_to(run.parent) and writes(*more):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
            return real(path, *more, **named)

        return call

    monkeypatch.setattr(os, "open", refusing(os.open, lambda flags, *_: flags & (os.O_WRONLY | os.O_RDWR)))
    for name in ("mkdir", "unlink", "rename", "replace", "link", "chmod"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name), lambda *_: True))
    file = write(tmp_path / "new.csv", HEADER, rows(3))
    for words in (
        f"report {run} --to {tmp_path / 'run.html'}",
        f"export {run} --to {tmp_path / 'out'} --format csv,md,model,python",
        f"predict {run} {file} --to {tmp_path / 'said.csv'}",
        f"show {run}",
        f"compare {run}",
    ):
        assert main(words.split()) == 0, capsys.readouterr().err
    assert len(list((tmp_path / "out").iterdir())) == 6
    capsys.readouterr()
    for words in (f"report {run}", f"export {run}"):
        assert main(words.split()) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith(f"tunetop: {run}/")
        assert line.endswith("Read-only file system; name another place")
    assert {path: path.read_bytes() for path in run.iterdir()} == before


WRONG = {
    "a column is missing": (lambda row: [*row[:3], *row[4:]], "1 of the model's 5", "missing: town"),
    "a number is none": (lambda row: [*row[:1], "large", *row[2:]], "column area holds 'large' in row 1", "a number"),
    "a comma is a point": (lambda row: [*row[:2], "12x", *row[3:]], "column price holds '12x'", "decimal comma"),
    "neither yes nor no": (lambda row: [*row[:4], "both", *row[5:]], "column lift holds 'both'", "no or yes"),
    "out of order": (lambda row: [*row[:5], "top", row[6]], "column grade holds 'top'", "low, mid, high"),
}


@pytest.mark.parametrize("case", WRONG)
def test_rows_that_cannot_be_are_told_of_in_one_line(
    case: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change, *parts = WRONG[case]
    header = HEADER if case != "a column is missing" else [*HEADER[:3], *HEADER[4:]]
    file = write(tmp_path / "new.csv", header, [change(row) for row in rows(4, seed=1)])
    assert main(["predict", str(run), str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith(f"tunetop: {file}")
    for part in parts:
        assert part in line


def test_what_is_asked_wrongly_is_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "new.csv", HEADER, rows(2))
    for arguments, part in (
        ([str(run), str(tmp_path / "none.csv")], "no such file"),
        ([str(run), str(file), "--to", str(file)], "exists already; --force replaces it"),
        ([str(run), str(tmp_path)], "is no file of rows"),
        ([str(run), str(file), "--to", str(tmp_path)], "is a folder; name a file in it"),
        ([str(run / "model.skops"), str(file), "--method", "grid"], "--method is for a run"),
        ([str(run), str(file), "--method", "gird"], "has no method 'gird'; it has baseline, grid. Did you mean grid?"),
        ([str(run), str(run / "journal.jsonl")], "no table in JSON"),
    ):
        assert main(["predict", *arguments]) == 2
        assert part in capsys.readouterr().err
    assert main(["export", str(run), "--format", "csv", "--method", "grid", "--to", str(tmp_path / "out")]) == 2
    assert "--method is for a winner" in capsys.readouterr().err


def test_clusters_are_numbers_whatever_they_are_held_against(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # what these leave is not about the bounds of the scores, for each of which scikit-learn is called
    monkeypatch.setattr(scores, "SLOW_DRAWS", 20)
    write(tmp_path / "flats.csv", HEADER, rows(60))
    text = PRESET.replace("linear_model.LogisticRegression", "cluster.Birch").replace('positive = "ja"', "")
    text = text.replace("C = [0.1, 1.0]", "n_clusters = [2]").replace('"accuracy"', '"adjusted_rand_score"')
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    assert state.info is not None
    path = str(tmp_path / "runs" / state.info.run)
    assert main(["predict", path, str(tmp_path / "flats.csv")]) == 0
    assert set(capsys.readouterr().out.split()[1:]) == {"0.0", "1.0"}
    assert main(["export", path, "--format", "python", "--to", str(tmp_path)]) == 0
    assert main(["export", path, "--format", "model", "--to", str(tmp_path)]) == 2
    assert "type Birch are not supported yet; --format joblib does" in capsys.readouterr().err


def test_a_pickle_is_written_where_it_is_asked_for_and_never_loaded(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "new.csv", HEADER, rows(20, seed=5))
    assert main(["export", str(run), "--format", "joblib", "--to", str(tmp_path / "out")]) == 0
    assert "a pickle: whoever loads it runs whatever is in it" in capsys.readouterr().err
    frame = pd.read_csv(file)
    labels, _ = by_hand(run, frame)
    facts = json.loads((tmp_path / "out" / "model.json").read_text())
    assert facts["classes"] == ["nein", "ja"]
    model = joblib.load(tmp_path / "out" / "model.joblib")
    ours = frame.assign(price=frame["price"].str.replace(",", ".").astype(float))
    ours = ours.assign(grade=ours["grade"].map({"low": 0.0, "mid": 1.0, "high": 2.0}))
    codes = model.predict(ours[[column["name"] for column in facts["columns"]]])
    assert [facts["classes"][code] for code in codes] == list(labels)
    assert main(["predict", str(tmp_path / "out" / "model.json"), str(file)]) == 2
    assert "is not loaded, for that would run whatever is in it" in capsys.readouterr().err
    # of both beside one another the safe one is described
    assert main(["export", str(run), "--format", "model,joblib", "--to", str(tmp_path / "both")]) == 0
    assert main(["predict", str(tmp_path / "both" / "model.skops"), str(file)]) == 0


def test_a_model_that_holds_anything_else_is_refused(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "new.csv", HEADER, rows(2))
    with zipfile.ZipFile(run / "model.skops") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = content["schema.json"].decode()
    evil = schema.replace('"StandardScaler"', '"system"').replace("sklearn.preprocessing._data", "os", 1)
    assert evil != schema
    for text, part in ((evil, "no known library has"), ("{", "cannot be loaded")):
        with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
            for name, data in (content | {"schema.json": text.encode()}).items():
                archive.writestr(name, data)
        facts = json.loads((run / "model.json").read_text())
        (tmp_path / "model.json").write_text(json.dumps(facts))
        assert main(["predict", str(tmp_path / "model.skops"), str(file)]) == 2
        assert "not the file that model.json beside it describes" in capsys.readouterr().err
        facts["sha256"] = hashlib.sha256((tmp_path / "model.skops").read_bytes()).hexdigest()
        (tmp_path / "model.json").write_text(json.dumps(facts))
        assert main(["predict", str(tmp_path / "model.skops"), str(file)]) == 2
        assert part in capsys.readouterr().err
    for text in ("{", "[]", "{}", json.dumps(facts | {"columns": [{"name": 1}]}), json.dumps(facts | {"format": 9})):
        (tmp_path / "model.json").write_text(text)
        assert main(["predict", str(tmp_path / "model.skops"), str(file)]) == 2
        assert "model.json" in capsys.readouterr().err


def test_a_model_from_before_its_parts_were_moved_predicts_as_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("skops", reason="the extra model is not installed")
    days = pd.date_range("2024-01-01", periods=60, freq="D").strftime("%Y-%m-%d")
    file = write(tmp_path / "days.csv", ["day", "let"], [[day, str(int(day[-2:]) % 2)] for day in days])
    text = PRESET.replace("flats", "days").replace('drop = ["id"]\npositive = "ja"\n', "")
    text = text.replace('[columns]\ngrade = ["low", "mid", "high"]\n', "").replace('["standard", "onehot"]', "[]")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    run = tmp_path / "runs" / state.info.run  # type: ignore[union-attr]
    assert main(["export", str(run), "--format", "model"]) == 0
    assert main(["predict", str(run / "model.skops"), str(file)]) == 0
    expected = capsys.readouterr().out.splitlines()[-60:]
    with zipfile.ZipFile(run / "model.skops") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    schema = content["schema.json"].decode()
    older = schema.replace("tunetop.engine.model.date_parts", "tunetop.engine.problem.date_parts")
    assert older != schema
    with zipfile.ZipFile(run / "model.skops", "w") as archive:
        for name, data in (content | {"schema.json": older.encode()}).items():
            archive.writestr(name, data)
    facts = json.loads((run / "model.json").read_text())
    facts["sha256"] = hashlib.sha256((run / "model.skops").read_bytes()).hexdigest()
    (run / "model.json").write_text(json.dumps(facts))
    assert main(["predict", str(run / "model.skops"), str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-60:] == expected


def test_new_rows_are_read_as_the_old_ones_were() -> None:
    """The rows that kinds were guessed from come out the same when they are read as was written down."""
    frame = pd.DataFrame(
        {
            "money": ["1,200.50 $", "3 $", "", "n/a"] * 10,
            "comma": ["1.200,5", "3,25", "4", "5"] * 10,
            "iso": ["2024-05-01", "2023-01-31 10:20", "", "2020-02-29"] * 10,
            "german": ["31.01.2024", "1.2.2023", "-", "29.02.2020"] * 10,
            "flag": [True, False, True, False] * 10,
            "yes": ["Ja", "nein", "", "nein"] * 10,
            "code": [3, 1, 2, 3] * 10,
            "word": ["b ", "a", "NA", "c"] * 10,
            "whole": [1, 2, 3, 4] * 10,
            "gone": [1.0, -9.0, np.nan, 4.0] * 10,
        }
    )
    said = Said("preset.toml", {"code": "category"}, ["-9", "-"])
    first = typed(frame, said)
    again = read_as(frame, first.readings, "new.csv")
    assert not again.notes
    for name in frame:
        ours, theirs = again.frame[name], first.frame[name]
        if str(theirs.dtype) == "category":
            pd.testing.assert_series_equal(ours, theirs)
        else:
            pd.testing.assert_series_equal(ours, theirs, check_dtype=False)
    alone = read_as(frame.iloc[[2]], first.readings, "new.csv")
    assert alone.frame.iloc[0].isna().sum() == 6
