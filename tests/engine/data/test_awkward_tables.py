"""Tables as they come: read as a person reads them with pandas, or one message says what was found and what to do."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from running import preset_of
from sklearn.model_selection import train_test_split
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset, named_after
from tunetop.engine.problem.problem import Problem, load_problem

TEXT = """
title = "Awkward"
[data]
source = "csv:table.csv"
target = "y"
seed = 1
{data}
[model]
estimator = "sklearn.{estimator}"
prepare = {prepare}
[space]
{space}
[score]
scoring = "{scoring}"
folds = 3
{score}
[[method]]
kind = "grid"
"""
PREPARE = '["impute", "standard", "onehot"]'
CLASSES = {"estimator": "linear_model.LogisticRegression", "space": "C = [0.1, 1.0]", "scoring": "accuracy"}
NUMBERS = {"estimator": "linear_model.Ridge", "space": "alpha = [0.1, 1.0]", "scoring": "r2"}


def table(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 2)).round(3), columns=["a", "b"])
    return frame.assign(y=np.where(frame["a"] > 0, "yes", "no"))


def load(folder: Path, content: pd.DataFrame | str | bytes, **parts: str) -> Problem:
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    (folder / "table.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_problem(
        preset_of(TEXT.format(**({"data": "", "score": "", "prepare": PREPARE} | CLASSES | parts)), folder)
    )


def refused(folder: Path, content: pd.DataFrame | str | bytes, **parts: str) -> PresetError:
    with pytest.raises(PresetError) as told:
        load(folder, content, **parts)
    return told.value


# -- targets with empty cells ----------------------------------------------------------------------------------------


def with_gaps(target: Any, gap: Any) -> pd.DataFrame:
    target = pd.Series(target).astype(object)
    target[[3, 7]] = gap
    return table().assign(y=target)


A = table()["a"]
TARGETS: list[tuple[dict[str, str], Any, Any, Any]] = [
    (CLASSES, table()["y"], "", (A > 0).astype(int)),
    (CLASSES, table()["y"], "   ", (A > 0).astype(int)),
    (CLASSES, (A > 0).astype(float), "", (A > 0).astype(int)),
    (NUMBERS, A * 2, "", A * 2),
    (NUMBERS, A * 2, "NA", A * 2),
    (NUMBERS, A * 2, "-999", A * 2),
]


@pytest.mark.parametrize(("model", "target", "gap", "meant"), TARGETS)
def test_rows_without_a_target_are_refused_or_left_out_as_dropna_leaves_them(
    model: dict[str, str], target: Any, gap: Any, meant: Any, tmp_path: Path
) -> None:
    frame, missing = with_gaps(target, gap), 'missing = ["-999"]\n'
    error = refused(tmp_path, frame, data=missing, **model)
    assert error.key == "data.target"
    assert "row 4 and 1 more have no value in 'y'" in str(error)
    assert 'missing_target = "drop"' in error.allowed
    problem = load(tmp_path, frame, data=missing + 'missing_target = "drop"', **model)
    kept = np.setdiff1d(np.arange(60), [3, 7])
    train, test, train_y, test_y = train_test_split(
        frame[["a", "b"]].loc[kept], meant[kept], random_state=1, test_size=0.2
    )
    np.testing.assert_array_equal(problem.split.train, train)
    np.testing.assert_array_equal(problem.split.test, test)
    np.testing.assert_allclose(problem.split.train_target, train_y, rtol=0, atol=1e-12)
    np.testing.assert_allclose(problem.split.test_target, test_y, rtol=0, atol=1e-12)
    assert "2 of 60 rows have no target and are left out (data.missing_target)" in problem.card.notes


def test_a_test_set_of_ones_own_and_columns_with_a_role_lose_the_same_rows(tmp_path: Path) -> None:
    frame = table().assign(w=np.arange(1.0, 61.0))
    frame.assign(y=frame["y"].mask(frame.index < 5)).iloc[:20].to_csv(tmp_path / "own.csv", index=False)
    parts = {"score": 'weight = "w"'}
    error = refused(tmp_path, frame, data='test = "csv:own.csv"', **parts)
    assert "row 1 and 4 more have no value in 'y' of data.test" in str(error)
    gaps = frame.assign(y=frame["y"].mask(frame.index % 10 == 4))
    problem = load(tmp_path, gaps, data='test = "csv:own.csv"\nmissing_target = "drop"', **parts)
    kept = gaps.dropna()
    np.testing.assert_array_equal(problem.split.train, kept[["a", "b"]])
    np.testing.assert_array_equal(problem.split.test, frame[["a", "b"]].iloc[5:20])
    np.testing.assert_array_equal(problem.weights[0], kept["w"])
    np.testing.assert_array_equal(problem.weights[1], frame["w"].iloc[5:20])


def test_several_targets_keep_the_rows_that_have_them_all(tmp_path: Path) -> None:
    frame = table().assign(y=A.mask(A.index == 2), z=(A * 3).mask(A.index == 9))
    target = {"data": "[columns]", "score": ""} | NUMBERS
    text = TEXT.format(**target, prepare=PREPARE).replace(
        'target = "y"', 'target = ["y", "z"]\nmissing_target = "drop"'
    )
    frame.to_csv(tmp_path / "table.csv", index=False)
    problem = load_problem(preset_of(text, tmp_path))
    found = np.vstack([problem.split.train_target, problem.split.test_target])
    np.testing.assert_array_equal(np.sort(found, axis=0), np.sort(frame.dropna()[["y", "z"]], axis=0))


@pytest.mark.parametrize(
    ("target", "model", "said"),
    [
        ([f"{v}" if row % 9 else "-" for row, v in enumerate(A)], NUMBERS, "holds '-' in 7 of 60 rows.*missing = "),
        (pd.date_range("2024-01-01", periods=60).strftime("%Y-%m-%d"), NUMBERS, "holds text, such as '2024-01-01'"),
        (range(60), CLASSES, "each of 48 training rows has a class of its own.*or a regressor"),
        ([row // 2 for row in range(60)], CLASSES, "allowed: 2 to 2, or more rows of each class"),
    ],
)
def test_targets_that_do_not_suit_the_estimator_are_shown(target: Any, model: Any, said: str, tmp_path: Path) -> None:
    assert re.search(said, str(refused(tmp_path, table().assign(y=target), **model)))


@pytest.mark.parametrize("word", ["nan", "?", "None"])
def test_words_for_nothing_that_are_classes_are_said(word: str, tmp_path: Path) -> None:
    frame = with_gaps(table()["y"], word)
    problem = load(tmp_path, frame)
    assert word in problem.card.classes
    assert any(f"y: {word!r} in 2 rows is a class of its own" in note for note in problem.card.notes)
    problem = load(tmp_path, frame, data=f'missing = ["{word}"]\nmissing_target = "drop"')
    assert set(problem.card.classes) == {"no", "yes"}
    assert problem.card.rows == 58


def test_classes_alike_but_for_capitals_and_those_of_the_test_rows_alone_are_said(tmp_path: Path) -> None:
    frame = table()
    notes = load(tmp_path, frame.assign(y=frame["y"].mask(frame.index % 4 == 0, "Yes"))).card.notes
    assert "y: classes that may mean the same: 'Yes' and 'yes'; write each in one way" in notes
    for written, said in {"<=50K.": "differ in capital letters, blanks or signs alone: '<=50K' and '<=50K.'"}.items():
        marked = frame.assign(y=frame["y"].map({"no": "<=50K", "yes": ">50K"}).mask(frame.index % 4 == 0, written))
        assert any(said in note for note in load(tmp_path, marked).card.notes)
    for odd, said in {
        "1": "may mean the same: '1' and 'yes'",
        "Unknown": "'Unknown' in 15 rows is a class of its",
    }.items():
        notes_on = load(tmp_path, frame.assign(y=frame["y"].mask(frame.index % 4 == 0, odd))).card.notes
        assert any(said in note for note in notes_on), notes_on
    frame.assign(y="maybe").iloc[:3].to_csv(tmp_path / "own.csv", index=False)
    notes = load(tmp_path, frame, data='test = "csv:own.csv"').card.notes
    assert "class 'maybe' is in the test rows alone, in 3 of them: no model can know it" in notes


def test_columns_of_weights_groups_and_times_with_empty_cells_are_named(tmp_path: Path) -> None:
    for role, values in {"weight": range(1, 61), "groups": list("abcdef") * 10, "time": range(60)}.items():
        column = pd.Series(values).astype(object)
        column[2] = ""
        error = refused(tmp_path, table().assign(r=column), score=f'{role} = "r"')
        assert (error.key, error.found) == (f"score.{role}", "row 3 has no value in 'r'")


def test_folds_that_tear_rows_of_one_time_apart_are_said(tmp_path: Path) -> None:
    days = ["2020-01-01"] * 20 + ["2020-01-02"] * 25 + ["2020-02-01"] * 15
    notes = load(tmp_path, table().assign(t=days), score='time = "t"').card.notes
    assert any("of 3 folds are fitted and scored on rows of the same time as well" in note for note in notes)
    own = load(tmp_path, table().assign(t=range(60)), score='time = "t"').card.notes
    assert not any("of the same time" in note for note in own)


POSITIVE = 'positive = "rare"'


# -- how a file is written -------------------------------------------------------------------------------------------

LINES = table().to_csv(index=False)
FILES: dict[str, tuple[str | bytes, str, str]] = {
    "Excel's first line": ("sep=;\n" + LINES.replace(",", ";"), "data.skip", "skip = 1, which passes"),
    "a line in front": ("# made by hand\n" + LINES, "data.comment", 'comment = "#", which passes'),
    "blanks": (LINES.replace(",", " "), "data.separator", "separator = '\\s+', as it seems"),
    "a NUL": (LINES.replace("yes", "y\0s", 1), "line 2", "found a NUL byte"),
    "a NUL at the end": (LINES + "\0" * 9, "line 62", "found a NUL byte"),
    "quoted lines": ("".join(f'"{line}"\n' for line in LINES.splitlines()), "line 1", "marks around whole lines"),
    "a quoted line": (LINES.replace("\n", '\n"1,2,no"\n', 1), "line 2", "marks around the whole line"),
    "an open quotation": (LINES.replace(",yes", ',"yes', 1), "line 2", "mark that nothing closes; allowed: quot"),
    "an open quotation further below": (',"'.join(LINES.rsplit(",", 1)), "line 61", "nothing closes"),
    "an open quotation in between": (LINES.replace("\n", '\n"', 1), "line 2", "nothing closes"),
    "backslashes": (LINES.replace(",yes", ',"a \\"b\\", yes"'), "line 2", "doubled, without backslashes"),
    "numbers as classes": (
        "a,b,y\n" + "".join(f"1,2,{row}.5%\n" for row in range(60)),
        "data.target",
        "holds numbers such as '0.5%', mostly different ones",
    ),
    "one class or nothing": (
        LINES.replace(",no", ","),
        "data.target",
        "a word for the other class where there is none: 'yes' is the only one",
    ),
    "LaTeX": ("\\begin{tabular}{ll}\na & b\\\\\n", "", "found LaTeX"),
    "SQL": ("-- made by hand\nINSERT INTO t VALUES (1, 2);\n", "", "found SQL"),
    "YAML": ("- a: 1\n  y: no\n- a: 2\n  y: yes\n", "", "found YAML"),
    "a tar": (b"t.csv".ljust(257, b"\0") + b"ustar\x0000" + LINES.encode(), "", "found a tar archive"),
    "a pickle": (pickle.dumps([1]), "", "found a pickled object"),
    "numpy's": (b"\x93NUMPY\1\0", "", "found an array of numpy"),
    "Stata's": (b"<stata_dta><header>", "", "found a Stata file"),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "", "git lfs pull"),
    "an archive": (b"PK\x03\x04" + LINES.encode(), "", "found a damaged zip file"),
    "no cp1252": (LINES.replace("yes", "\udc81", 1).encode("utf-8", "surrogateescape"), "data.encoding", "shift_jis"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_plain_csv_is_told_by_what_to_do(case: str, tmp_path: Path) -> None:
    content, key, said = FILES[case]
    error = refused(tmp_path, content)
    assert error.key == key
    assert said in str(error)


def test_what_may_be_read_otherwise_is_said(tmp_path: Path) -> None:
    frame = table().assign(
        zip=[f"{place:05d}" for place in range(100, 160)], s=[f"row of {place}" for place in range(60)]
    )
    frame.loc[5, "s"] = "row of 4"
    notes = load(tmp_path, frame).card.notes
    assert "zip: 00100 is read as 100; [columns] can say that it is a category" in notes
    assert 's: 59 different texts in 60 rows, taken as categories; drop = ["s"] leaves it out' in notes
    (tmp_path / "headless").mkdir()
    without = load(tmp_path / "headless", LINES.partition("\n")[2].replace("yes", "y", 1).replace("no", "y", 1))
    assert any("as if it were values; data.header = false" in note for note in without.card.notes)


@pytest.mark.parametrize("form", ["%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y"])
def test_dates_as_europe_and_america_write_them_have_their_hours(form: str, tmp_path: Path) -> None:
    days = pd.Series(pd.date_range("2020-01-01 09:07:05", periods=60, freq="31h"))
    problem = load(tmp_path, table().assign(d=days.dt.strftime(form)))
    read = pd.concat([problem.split.train["d"], problem.split.test["d"]]).sort_index()
    meant = pd.to_datetime(days.dt.strftime(form), format=form)
    np.testing.assert_array_equal(read.to_numpy("datetime64[s]"), meant.to_numpy("datetime64[s]"))


def test_many_rows_are_the_same_numbers_and_are_checked_by_some_of_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=30_000).round(4), "n": rng.integers(9, size=30_000)})
    frame = frame.assign(flag=rng.random(30_000) > 0.5, y=np.where(frame.index == 29_999, "rare", "usual"))
    frame.loc[:4, "y"] = "rare"
    # with the one row of a class at hand that some of the rows might pass over, the score is defined
    problem = load(tmp_path, frame, data='positive = "rare"\nstratify = true', scoring="roc_auc")
    rows = np.vstack([problem.split.train, problem.split.test])
    places = np.concatenate([problem.split.train_rows, problem.split.test_rows])
    np.testing.assert_array_equal(rows, frame[["a", "n", "flag"]].to_numpy(dtype=float)[places])
    error = refused(
        tmp_path, frame.assign(y=np.where(frame.index < 2, "rare", "usual")), scoring="roc_auc", data=POSITIVE
    )
    assert "'roc_auc' is undefined on" in str(error)


# -- first presets ---------------------------------------------------------------------------------------------------


def proposed(folder: Path, content: pd.DataFrame | bytes, target: str | None = None) -> tuple[str, str, Problem]:
    path = folder / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.to_csv(index=False).encode())
    first = first_preset(path, target)
    return first.text, "\n".join(first.said), load_problem(parse(first.text, named_after(path)))


def test_a_first_preset_leaves_rows_without_a_target_out_and_says_so(tmp_path: Path) -> None:
    text, said, problem = proposed(tmp_path, with_gaps(table()["y"], ""))
    assert 'missing_target = "drop"  # guessed' in text
    assert 'data.missing_target = "drop", guessed' in said
    assert problem.card.rows == 58


@pytest.mark.parametrize("written", ["{:.1f}%", "${:,.2f}", "{:.2f}", "{:.1f}k", "~{:.2f}"])
def test_numbers_with_marks_are_predicted_as_numbers(written: str, tmp_path: Path) -> None:
    _, said, problem = proposed(tmp_path, table().assign(y=[written.format(1000 * abs(a)) for a in A]), "y")
    assert problem.task == "regression"
    assert "target: y, a number" in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (LINES.replace("yes", "sí").encode("latin-1"), 'data.encoding = "cp1252", guessed'),
        (LINES.encode("utf-16-le"), 'data.encoding = "utf-16-le", guessed'),
        (LINES.replace(",", "  ").encode(), r'data.separator = "\\s+", guessed'),
    ],
)
def test_how_a_file_was_taken_to_be_written_is_said(content: bytes, said: str, tmp_path: Path) -> None:
    text, told, problem = proposed(tmp_path, content)
    assert said in told
    # of the two, one tells the target
    assert 'drop = ["a"]  # tell y by themselves' in text
    assert (problem.card.rows, len(problem.columns)) == (60, 1)


def test_a_target_of_one_value_or_none_is_refused_in_one_line(tmp_path: Path) -> None:
    for values, said in (("yes", "'yes' in all rows that have a value"), ("", "no value in any row")):
        with pytest.raises(UsageError, match=f"y cannot be predicted: it holds {said}; --target names another"):
            proposed(tmp_path, table().assign(y=values), "y")


def test_what_is_neither_a_number_nor_a_class_is_not_predicted(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"y cannot be predicted: 60 different values.*--target"):
        proposed(tmp_path, table().assign(y=[f"K-{place}" for place in range(60)]), "y")


@pytest.mark.parametrize("beside", ["2020-01-01", "1.5"])
def test_more_categories_than_a_histogram_has_bins_are_refused_before_the_first_fit(
    beside: str, tmp_path: Path
) -> None:
    """Also where other columns are prepared, so that the estimator is the last step of a pipeline."""
    frame = pd.DataFrame({"city": [f"c{row % 300}" for row in range(600)], "b": [beside] * 600, "y": ["u", "v"] * 300})
    frame.loc[::3, "b"] = beside.replace("1", "2")
    estimator = {"estimator": "ensemble.HistGradientBoostingClassifier", "space": "max_iter = [5]"}
    error = refused(tmp_path, frame, **estimator | {"data": "", "prepare": "[]"})
    assert error.key == "data.drop"
    # in the training rows, which are three quarters of them
    assert re.fullmatch(
        r"column city holds 2[6-9]\d categories, and HistGradientBoostingClassifier takes at most 255", error.found
    )
    assert "takes at most 255" in error.found


@pytest.mark.parametrize(
    ("library", "estimator", "name"),
    [
        ("xgboost", 'XGBClassifier"\nparams = { enable_categorical = true }', "size [cm]"),
        ("lightgbm", 'LGBMClassifier"', "a: b"),
    ],
)
def test_names_that_a_library_refuses_are_told_before_the_first_fit(
    library: str, estimator: str, name: str, tmp_path: Path
) -> None:
    pytest.importorskip(library, reason="boosters are an extra")
    table().assign(c=["u", "v"] * 30).rename(columns={"a": name}).to_csv(tmp_path / "table.csv", index=False)
    text = TEXT.format(data="", score="", prepare="[]", **CLASSES | {"space": "max_depth = [1, 2]"})
    whole = f'"sklearn.{CLASSES["estimator"]}"'
    text = text.replace(f"estimator = {whole}", f'estimator = "{library}.{estimator}')
    with pytest.raises(PresetError, match=rf'takes no column of the name {re.escape(repr(name))}; .*\["onehot"\]'):
        load_problem(preset_of(text, tmp_path))
    load_problem(preset_of(text.replace("prepare = []", 'prepare = ["onehot"]'), tmp_path))
