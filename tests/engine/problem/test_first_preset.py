"""A table becomes a preset that runs as it is, and says in comments what was decided."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from breadth import WHOLE
from places import ROOT
from sklearn.model_selection import GroupShuffleSplit
from tunetop.engine.errors import UsageError
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.first_preset import first_preset, named_after
from tunetop.engine.problem.problem import load_problem
from warm_process import Warmed

CASES = ROOT / "tests" / "whole" / "cases"
TABLES = (
    "01-telco/churn",
    "02-dialects/semicolon",
    "02-dialects/latin1",
    "02-dialects/utf16",
    "02-dialects/money",
    "02-dialects/newline",
    "03-na-tokens/dash",
    "04-none-label/sleep",
    "05-long-names/survey",
    "06-duplicate-columns/har",
    "07-unnamed-index/indexed",
    "09-pos-label/cards",
    "10-rare-class/rare",
    "17-mixed/mixed_empty",
    "21-text/reviews",
    "00-shared/regression",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("model", ["auto", "logistic", "forest"] if WHOLE else ["auto"])
def test_a_table_of_any_kind_becomes_a_preset_without_editing(table: str, model: str, tmp_path: Path) -> None:
    path = tmp_path / f"{Path(table).name}.csv"
    path.write_bytes((CASES / f"{table}.csv").read_bytes())
    first = first_preset(path, model=model)
    problem = load_problem(parse(first.text, named_after(path)))
    assert [method.kind for method in problem.preset.methods] == ["grid", "random", "refine", "bayes"]
    assert first.said


def test_what_was_guessed_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_bytes((CASES / "09-pos-label/cards.csv").read_bytes())
    text = first_preset(path).text
    assert 'target = "label"  # guessed' in text
    assert 'positive = "fraud"  # guessed: the rarer class' in text
    with pytest.raises(UsageError, match=r"no column 'lable'.*Did you mean label"):
        first_preset(path, target="lable")
    with pytest.raises(UsageError, match=r"--model: found 'logistics'.*Did you mean logistic"):
        first_preset(path, model="logistics")


def test_numbers_as_they_are_written_on_the_continent_are_numbers(tmp_path: Path) -> None:
    """Commas for decimals, points for thousands, a word for what is not known, letters beyond ASCII."""
    rng = np.random.default_rng(0)
    ages = [["n.d.", ""][row % 2] if row % 20 < 2 else str(row % 60 + 18) for row in range(400)]
    amounts = rng.integers(0, 9_999_999, 400)
    written = [f"{amount / 100:,.2f}".translate(str.maketrans(",.", ".,")) for amount in amounts]
    dates = [f"{row % 28 + 1:02d}/{row % 12 + 1:02d}/20{row % 13 + 10}" for row in range(400)]
    frame = pd.DataFrame(
        {"Âge": ages, "Solde (€)": written, "Entrée": dates, "Résilié": np.where(amounts % 3, "non", "oui")}
    )
    path = tmp_path / "clients.csv"
    frame.to_csv(path, sep=";", index=False, encoding="cp1252")
    text = first_preset(path).text
    assert 'target = "Résilié"' in text
    assert 'missing = ["n.d."]  # guessed: Âge: 360 of 400 are numbers' in text
    problem = load_problem(parse(text, named_after(path)))
    kinds = {column.name: column.kind for column in problem.card.columns}
    assert kinds == {"Âge": "number", "Solde (€)": "number", "Entrée": "date"}
    meant = pd.read_csv(path, sep=";", decimal=",", thousands=".", encoding="cp1252", na_values=["n.d."])
    rows = pd.concat([pd.DataFrame(problem.split.train), pd.DataFrame(problem.split.test)])
    for name in ("Âge", "Solde (€)"):
        np.testing.assert_array_equal(np.sort(rows[name].to_numpy(float)), np.sort(meant[name].to_numpy(float)))


@pytest.mark.parametrize(("odd", "kept"), [("n.k.", ""), ("> 90", "number"), ("12 or so", "category")])
def test_words_among_numbers_mean_nothing_unless_they_tell_a_number(odd: str, kept: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [odd if row % 15 == 0 else str(row) for row in range(90)], "y": ["p", "q", "q"] * 30})
    path = tmp_path / "odd.csv"
    frame.to_csv(path, index=False)
    text = first_preset(path).text
    assert tomllib.loads(text).get("columns", {}).get("a", "") == kept
    assert (f'missing = ["{odd}"]' in text) != bool(kept)


@pytest.mark.parametrize(("rows", "folds"), [(12, 4), (8, 3), (100, 5)])
def test_a_small_table_gets_no_more_folds_than_its_classes_have_rows(rows: int, folds: int, tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    pd.DataFrame({"x": np.arange(rows) ** 2 % 7, "y": ["a", "b"] * (rows // 2)}).to_csv(path, index=False)
    assert f"folds = {folds}\n" in first_preset(path).text


def test_the_command_writes_it_and_replaces_nothing_unasked(warmed: Warmed, tmp_path: Path) -> None:
    (tmp_path / "churn.csv").write_bytes((CASES / "01-telco/churn.csv").read_bytes())
    words = ["init", "churn.csv", "--target", "Churn"]
    done = warmed.run(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "target: Churn, 2 classes, positive: Yes" in done.stdout
    assert 'drop = ["customerID"]  # customerID: all different' in (tmp_path / "churn.toml").read_text()
    again = warmed.run(*words, cwd=tmp_path)
    assert again.returncode == 2
    assert "exists already; --force replaces it" in again.stderr


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    rows = "".join(f"K{row:03d}x,{row % 7},7,{'yes' if row % 3 else 'no'}\n" for row in range(60))
    (tmp_path / "people.csv").write_text(f"code,visits,same,came\n{rows}", encoding="utf-8")
    said = first_preset(tmp_path / "people.csv").said
    assert "left out (data.drop): 2 columns, code: all different; same: one value in all rows" in said


def _visits(rows: int = 200, persons: int = 40) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    person = draw.integers(0, persons, rows)
    days = pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d")
    illness = draw.choice(["none", "mild", "severe"], rows)
    columns = {"PatientID": person, "day": days, "age": draw.integers(20, 90, rows), "weight": draw.normal(70, 9, rows)}
    return pd.DataFrame({**columns, "illness": illness})


def _loaded(frame: pd.DataFrame, path: Path, target: str) -> tuple[str, list[tuple[np.ndarray, np.ndarray]]]:
    frame.to_csv(path, index=False)
    text = first_preset(path, target).text
    return text, list(load_problem(parse(text, named_after(path))).folds)


def test_rows_of_one_person_are_kept_together(tmp_path: Path) -> None:
    frame = _visits()
    text, folds = _loaded(frame, tmp_path / "visits.csv", "illness")
    assert 'groups = "PatientID"  # guessed: rows of one PatientID belong together' in text
    assert 'cv = "stratified_group"' in text
    parts = next(GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=42).split(frame, groups=frame["PatientID"]))
    persons = frame["PatientID"].to_numpy()[parts[0]]
    assert all(not set(persons[fitted]) & set(persons[scored]) for fitted, scored in folds)
    assert 'cv = "group"' in _loaded(frame, tmp_path / "weights.csv", "weight")[0]


@pytest.mark.parametrize("persons", [3, 1_000_000])
def test_a_few_persons_or_one_a_row_are_no_groups(persons: int, tmp_path: Path) -> None:
    assert "groups" not in _loaded(_visits(persons=persons), tmp_path / "visits.csv", "illness")[0]


def test_numbers_in_order_of_dates_are_scored_on_later_ones(tmp_path: Path) -> None:
    frame = _visits().drop(columns="PatientID")
    text, folds = _loaded(frame, tmp_path / "days.csv", "weight")
    assert 'time = "day"  # guessed: rows are in order of day' in text
    assert 'features = ["day", "age", "illness"]' in text
    assert "stratify" not in text
    assert all(fitted.max() < scored.min() for fitted, scored in folds)
    mixed = frame.sample(frac=1, random_state=0)
    assert "time" not in _loaded(mixed, tmp_path / "mixed.csv", "weight")[0]
    assert "time" not in _loaded(frame, tmp_path / "classes.csv", "illness")[0]


@pytest.mark.parametrize("name", ["patient_age", "UserAgent", "family income", "customer_type_id"])
def test_what_is_merely_said_of_persons_is_no_group(name: str, tmp_path: Path) -> None:
    assert "groups" not in _loaded(_visits().rename(columns={"PatientID": name}), tmp_path / "t.csv", "illness")[0]


@pytest.mark.parametrize("name", ["patient", "customer_no", "SubjectNumber", "USER_ID", "clientid"])
def test_what_tells_one_person_from_another_is_a_group(name: str, tmp_path: Path) -> None:
    assert "groups" in _loaded(_visits().rename(columns={"PatientID": name}), tmp_path / "t.csv", "illness")[0]


@pytest.mark.parametrize("form", ["{} EUR", "$1,{:03}", "({}.5)", "{} h 20", "{}-{}", "2024{:02}01"])
def test_what_is_a_number_with_something_beside_it_is_not_left_out_as_all_different(form: str, tmp_path: Path) -> None:
    cells = [form.format(number, number + 5) for number in range(1, 61)]
    frame = pd.DataFrame({"a": cells, "code": [f"X{n}Q" for n in range(60)], "b": range(60), "y": ["u", "v"] * 30})
    text, _ = _loaded(frame.assign(b=frame["b"] * 7 % 60), tmp_path / "t.csv", "y")
    assert 'drop = ["code"]' in text


@pytest.mark.parametrize("form", ["{:.1f}K", "{:.2f}-", "<{}"])
def test_numbers_that_are_too_many_for_categories_are_not_left_out(form: str, tmp_path: Path) -> None:
    rows = 700  # more than a histogram has bins for categories
    names = [f"C{row:04d}" for row in range(rows)]
    odd = [form.format(row * 1.5) for row in range(rows)]
    many = [f"{'abcdefghij'[row % 10]}-{row % 350}" for row in range(rows)]
    more = {"place": many, "age": [row % 37 for row in range(rows)], "ok": ["no", "yes"] * (rows // 2)}
    pd.DataFrame({"customer": names, "odd": odd, **more}).to_csv(tmp_path / "t.csv", index=False)
    first = first_preset(tmp_path / "t.csv", "ok")
    assert re.search(r'^"odd" = "number"  # guessed: .* may be ', first.text, re.MULTILINE), first.text
    problem = load_problem(parse(first.text, tmp_path / "t.toml"))
    assert {one.name for one in problem.columns} == {"odd", "age"}
    assert any("2 columns, customer: all different; column place holds" in line for line in first.said), first.said


def test_kinds_that_the_values_look_like_are_written_out_with_the_reason(tmp_path: Path) -> None:
    rows = range(60)
    frame = pd.DataFrame(
        {
            "dose": ["<0.5" if row % 4 == 0 else f"{row}.5" for row in rows],
            "value": [f"€{row}.5{'MK'[row % 2]}" for row in rows],
            "month": [f"{row % 12 + 1:02d}/{2010 + row // 12}" for row in rows],
            "took": [f"{row % 9}d {row % 24}h" for row in rows],
            "age": ["under 18", "18-25", "26+", "26+"] * 15,
            "y": ["yes", "no", "no"] * 20,
            "known": ["1+", "2+", "3+"] * 20,
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    first = first_preset(tmp_path / "t.csv")
    columns = tomllib.loads(first.text)["columns"]
    assert '"known"' in first.text.partition("[columns]")[0]  # which tells the target
    assert columns == {"dose": "number", "value": "number", "month": "%m/%Y", "took": "span"}
    assert '[columns] "dose" = "number", guessed: \'<0.5\' may be 0.5' in first.said
    problem = load_problem(parse(first.text, tmp_path / "t.toml"))
    assert {one.name: one.kind for one in problem.columns} == dict.fromkeys(columns, "number") | {
        "month": "date",
        "age": "category",
    }
