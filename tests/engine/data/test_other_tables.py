"""Tables that need a package beside tunetop's own: the same data whatever file they come from, the same scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from running import preset_of, run_through
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from tunetop.engine.data import csv_arrow, csv_table
from tunetop.engine.data.csv_arrow import read_arrow
from tunetop.engine.data.csv_table import RawTable
from tunetop.engine.data.other_tables import read_other
from tunetop.engine.errors import PresetError
from tunetop.engine.export.model import _is_known
from tunetop.engine.preset.data_spec import DataSpec
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.preset.preset import Preset
from tunetop.engine.problem.first_preset import first_preset
from tunetop.engine.problem.problem import load_problem

TEXT = """
title = "Tables"
[data]
source = "{source}"
target = "y"
[model]
estimator = "sklearn.linear_model.LogisticRegression"
prepare = {prepare}
[space]
C = [0.1, 1.0]
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
"""
NEEDS = {"parquet": "pyarrow", "feather": "pyarrow", "excel": "openpyxl"}


def table(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=rows).round(4), "n": rng.integers(9, size=rows)})
    frame["colour"] = rng.choice(["red", "green", "blue"], rows)
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(900, size=rows), "D")
    frame["flag"] = rng.random(rows) > 0.5
    return frame.assign(y=np.where(frame["a"] + (frame["colour"] == "red") > 0.4, "yes", "no"))


def preset(folder: Path, source: str, prepare: str = '["standard", "onehot"]') -> Preset:
    return preset_of(TEXT.format(source=source, prepare=prepare), folder)


@pytest.mark.parametrize("kind", NEEDS)
def test_other_files_give_what_csv_gives(kind: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS[kind], reason=f"reading {kind} files is an extra")
    table().to_csv(tmp_path / "table.csv", index=False)
    writers = {"parquet": pd.DataFrame.to_parquet, "feather": pd.DataFrame.to_feather}
    if kind == "excel":
        table().to_excel(tmp_path / "table.xlsx", index=False)
    else:
        writers[kind](table(), tmp_path / f"table.{kind}")
    csv = load_problem(preset(tmp_path, "csv:table.csv"))
    other = load_problem(preset(tmp_path, f"{kind}:table.{'xlsx' if kind == 'excel' else kind}"))
    assert other.columns == csv.columns
    np.testing.assert_array_equal(other.split.train_target, csv.split.train_target)
    ours, theirs = (one.estimator.fit(one.split.train, one.split.train_target) for one in (other, csv))
    np.testing.assert_array_equal(ours.decision_function(other.split.test), theirs.decision_function(csv.split.test))


@pytest.mark.parametrize("kind", NEEDS)
def test_what_has_to_be_installed_is_said(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: Path) -> None:
        raise ImportError(f"No module named {NEEDS[kind]!r}")

    monkeypatch.setattr(csv_table.pd, f"read_{kind}", missing)
    (tmp_path / "table").touch()
    extra = "excel" if kind == "excel" else "parquet"
    with pytest.raises(PresetError, match=rf"needs {NEEDS[kind]}.*pip install 'tunetop\[{extra}\]'"):
        load_problem(preset(tmp_path, f"{kind}:table"))


def test_large_tables_are_read_by_pyarrow_as_by_pandas_own_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyarrow", reason="reading faster is an extra")
    lines = ["x,iso,moment,time,quoted,truth,nan,zeros,hole,y"]
    for i in range(40):
        day = f"2021-03-{i % 28 + 1:02d}"
        hole, nan = "" if i % 5 == 3 else i, "NaN" if i == 2 else i
        lines.append(
            f'{i % 7}.25,{day},{day} 10:00:00,12:3{i % 9},"a\nb, {i % 3}",{"true" if i % 2 else "false"},{nan},00{i},'
            f"{hole},{'yes' if i % 3 else 'no'}"
        )
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    slow = load_problem(preset(tmp_path, "csv:table.csv", '["impute", "onehot"]'))
    monkeypatch.setattr(csv_table, "_LARGE", 0)
    read, files = csv_table.read_arrow, []
    monkeypatch.setattr(csv_table, "read_arrow", lambda *a: files.append(a[0]) or read(*a))
    fast = load_problem(preset(tmp_path, "csv:table.csv", '["impute", "onehot"]'))
    assert [file.name for file in files] == ["table.csv"]
    assert fast.columns == slow.columns
    ours, theirs = (one.estimator.fit(one.split.train, one.split.train_target) for one in (fast, slow))
    np.testing.assert_array_equal(ours[:-1].transform(fast.split.test), theirs[:-1].transform(slow.split.test))


def test_lines_within_quotation_marks_are_no_rows_wherever_pyarrow_parts_the_file(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading faster is an extra")
    rng = np.random.default_rng(0)
    lines = [f'{row},"{"word, " * rng.integers(60)}{chr(10) * rng.integers(3)}end ""{row}"""' for row in range(9000)]
    (tmp_path / "texts.csv").write_text("number,text\n" + "\n".join(lines) + "\n")
    assert (tmp_path / "texts.csv").stat().st_size > 1 << 20
    fast = read_arrow(tmp_path / "texts.csv", ",")
    slow = pd.read_csv(tmp_path / "texts.csv")
    assert fast["f0"].tolist() == slow["number"].tolist()
    assert fast["f1"].tolist() == slow["text"].tolist()


def test_codes_that_look_hexadecimal_are_the_text_that_pandas_has(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading faster is an extra")
    lines = [f"{row % 7},0x{row:02X},{'' if row == 3 else hex(row)},{row}.5,box" for row in range(40)]
    (tmp_path / "codes.csv").write_text("\n".join(["number,code,holes,share,text", *lines]) + "\n")
    fast, slow = read_arrow(tmp_path / "codes.csv", ","), pd.read_csv(tmp_path / "codes.csv")
    fast.columns = slow.columns
    assert slow["code"].iloc[31] == "0x1F"
    pd.testing.assert_frame_equal(fast, slow)


def test_a_file_is_parsed_once_and_searched_for_codes_only_where_there_may_be_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time in a large table, counted: one more pass over its bytes by an expression is half of all."""
    pytest.importorskip("pyarrow", reason="reading faster is an extra")
    rows = "".join(f"{row % 7},{row}.5\n" for row in range(60_000))
    (tmp_path / "numbers.csv").write_text("x0,x1\n" + rows)
    searched, parsed, search, read = [], [], csv_arrow.re.search, csv_arrow._read
    monkeypatch.setattr(csv_arrow.re, "search", lambda what, where: searched.append(len(where)) or search(what, where))
    monkeypatch.setattr(csv_arrow, "_read", lambda *a, **k: parsed.append(a) or read(*a, **k))
    assert len(read_arrow(tmp_path / "numbers.csv", ",")) == 60_000
    assert (len(searched), len(parsed)) == (1, 1)
    assert searched[0] < (tmp_path / "numbers.csv").stat().st_size / 2
    # a code that the first bytes do not show, nor any part of the file by itself
    (tmp_path / "numbers.csv").write_text("a,bc\n" + rows + "0x1F,1\n")
    size = (tmp_path / "numbers.csv").stat().st_size
    monkeypatch.setattr(csv_arrow, "_AT_ONCE", size - len("x1F,1\n"))
    assert read_arrow(tmp_path / "numbers.csv", ",").iloc[-1, 0] == "0x1F"


def by_hand(chain: list[object]) -> tuple[list[float], float]:
    from imblearn.pipeline import make_pipeline

    frame = table()
    target = (frame.pop("y") == "yes").astype(int)
    train, test, train_y, test_y = train_test_split(frame, target, test_size=0.2, random_state=0)
    search = GridSearchCV(make_pipeline(*chain, LogisticRegression()), {"logisticregression__C": [0.1, 1.0]}, cv=3)
    search.fit(train, train_y)
    return list(search.cv_results_["mean_test_score"]), float(search.score(test, test_y))


def check(folder: Path, prepare: str, chain: list[object]) -> None:
    pytest.importorskip("pyarrow", reason="reading parquet files is an extra")
    table().to_parquet(folder / "table.parquet")
    state = run_through(preset(folder, "parquet:table.parquet", prepare), folder / "runs", workers=1)
    means, test_score = by_hand(chain)
    grid = state.methods["grid"]
    assert [grid.trials[number].mean for number in range(2)] == pytest.approx(means, abs=1e-12)
    assert grid.test_score == pytest.approx(test_score, abs=1e-12)


def test_the_one_word_table_is_skrubs(tmp_path: Path) -> None:
    skrub = pytest.importorskip("skrub", reason="the word table is an extra")
    pytest.importorskip("imblearn", reason="not needed by anybody else here")
    check(tmp_path, '["table", "standard"]', [skrub.TableVectorizer(), *_standard()])
    # of many different texts it makes numbers by chance, and no two fits may be others
    made = load_problem(preset(tmp_path, "parquet:table.parquet", '["table"]')).estimator.steps[0][1]
    texts = pd.DataFrame({"said": [f"{row} {row * row % 97} {row % 7}" for row in range(60)]})
    first, second = (clone(made).fit_transform(texts) for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    # and such a model can be loaded again
    skops = pytest.importorskip("skops.io", reason="the extra model is not installed")
    parts = skops.get_untrusted_types(data=skops.dumps(clone(made).fit(table().drop(columns="y"))))
    assert any("skrub" in name for name in parts)
    assert [name for name in parts if not _is_known(name, ALLOWED)] == []


def _standard() -> list[object]:
    from sklearn.preprocessing import StandardScaler

    return [StandardScaler()]


def test_samplers_change_the_rows_that_are_fitted_alone(tmp_path: Path) -> None:
    sampling = pytest.importorskip("imblearn.under_sampling", reason="imbalanced-learn is not needed by anything else")
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OneHotEncoder
    from tunetop.engine.model.date_parts import DateParts

    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = [("n", "passthrough", ["a", "n"]), ("c", encoder, ["colour", "flag"]), ("d", DateParts(), ["day"])]
    sampler = '{ class = "imblearn.under_sampling.RandomUnderSampler", params = { random_state = 0 } }'
    chain = [ColumnTransformer(parts), sampling.RandomUnderSampler(random_state=0)]
    check(tmp_path, f'["onehot", {sampler}]', chain)


JSON = {
    "lines": {"orient": "records", "lines": True},
    "records": {"orient": "records", "indent": 2},
    "columns": {"orient": "columns"},
    "split": {"orient": "split"},
}


@pytest.mark.parametrize("form", JSON)
def test_json_is_a_table_whose_values_have_their_types(form: str, tmp_path: Path) -> None:
    meant = table().drop(columns="day").assign(modified=np.arange(120) + 1_700_000_000, code=["012", "2", "x"] * 40)
    meant.to_json(tmp_path / "t.json", **JSON[form])
    raw = read_other("json", tmp_path / "t.json", "data.source", "p.toml", DataSpec("json:x"))
    pd.testing.assert_frame_equal(raw.frame, meant, check_dtype=False, check_exact=True)
    again = pd.read_json(tmp_path / "t.json", **raw.options)
    pd.testing.assert_frame_equal(again.reset_index(drop=True), raw.frame)
    (tmp_path / "t.json").write_text('[{"a": 1,')
    with pytest.raises(PresetError, match="cannot be read"):
        read_other("json", tmp_path / "t.json", "data.source", "p.toml", DataSpec("json:x"))


def test_a_sheet_is_named_and_so_is_what_stands_above_it(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="reading excel files is an extra")
    path = tmp_path / "table.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"see": ["data"]}).to_excel(book, sheet_name="about", index=False)
        table(4).to_excel(book, sheet_name="data", index=False, startrow=3)

    def read(**said: object) -> RawTable:
        return read_other("excel", path, "data.source", "p.toml", DataSpec("excel:x", **said))

    assert read().notes == ("table.xlsx: 'about', the first of 2 sheets, is read; data.sheet = \"data\" takes another",)
    with pytest.raises(PresetError, match=r"data\.sheet: .*no sheet 'Data'.*Did you mean data"):
        read(sheet="Data")
    for beyond in (2, -3):
        with pytest.raises(PresetError, match=rf"data\.sheet: .*no sheet {beyond}; allowed: about, data"):
            read(sheet=beyond)
    with pytest.raises(PresetError, match=r"data\.skip: .*names 0 of 6 columns; allowed: skip = 3"):
        read(sheet="data")
    raw = read(sheet=1, skip=3)
    pd.testing.assert_frame_equal(raw.frame, table(4), check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_excel(path, **raw.options), raw.frame)
    with pytest.raises(PresetError, match=r"no column 'y'; allowed: see\. .*first of 2 sheets"):
        load_problem(preset(tmp_path, "excel:table.xlsx"))


def test_sheets_as_people_leave_them_become_presets(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl", reason="reading excel files is an extra")
    frame = table(60)[["a", "n", "colour", "y"]]
    path, again = tmp_path / "t.xlsx", {}
    with pd.ExcelWriter(path) as book:
        pd.DataFrame().to_excel(book, sheet_name="Cover", index=False)
        frame.to_excel(book, sheet_name="Data", index=False)
    again["sheet"] = first_preset(path)
    pd.concat({"g": frame[["a", "n"]], "h": frame[["colour", "y"]]}, axis=1).to_excel(path)
    again["two lines of names"] = first_preset(path)
    pd.concat([frame, pd.DataFrame({"colour": ["Total"], "n": [frame["n"].sum()]})]).to_excel(path, index=False)
    again["totals"] = first_preset(path)
    frame.to_csv(path, index=False)
    again["text"] = first_preset(path)
    for case, key in {"sheet": 'sheet = "Data"', "two lines of names": "skip = 1", "totals": "footer = 1"}.items():
        assert key in again[case].text
    assert 'source = "csv:t.xlsx"' in again["text"].text
    for case, first in again.items():
        assert "target: y, 2 classes, positive: yes" in "\n".join(first.said), case
        assert first.said[0].startswith("60 rows"), case


def test_rows_under_a_name_of_a_document_are_no_table_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"status": "ok", "results": [{"a": 1}, {"a": 2}]}')
    with pytest.raises(PresetError, match="its rows stand under 'results'"):
        first_preset(tmp_path / "t.json", "a")


def test_an_index_that_is_left_out_is_said(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="reading parquet files is an extra")
    table(9).set_index("a").to_parquet(tmp_path / "t.parquet")
    raw = read_other("parquet", tmp_path / "t.parquet", "data.source", "p.toml", DataSpec("parquet:x"))
    assert raw.notes == ("t.parquet: its index a is left out; saved with reset_index() it is a column",)
