"""The picker offers the tables of the current folder: from a CSV file to a search in one key."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from app_runs import SIZES, app_for, preset_file, text_of, until
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tunetop.engine.problem.first_preset import first_preset, named_after
from tunetop.engine.run.launch import RunOptions
from tunetop.tui.screens.comparison import ComparisonScreen
from tunetop.tui.screens.picker.presets import entries
from tunetop.tui.screens.picker.screen import PickerScreen


def flowers(rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)).round(3), columns=list("abc"))
    return frame.assign(species=np.where(frame["a"] + rng.normal(scale=0.5, size=rows) > 0, "elm", "ash"))


def tables(folder) -> None:
    """Write tables that can be used, and some that cannot."""
    folder.mkdir(parents=True)
    flowers().to_csv(folder / "flowers.csv", index=False)
    flowers().replace({"elm": "frêne"}).to_csv(folder / "umlaut.csv", index=False, sep=";", encoding="cp1252")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "header.csv").write_text("a,b\n")
    (folder / "ragged.csv").write_text("a,b\n1,2\n3,4,5\n")
    (folder / "noise.csv").write_bytes(np.random.default_rng(0).bytes(3000))
    (folder / "archive.csv").write_bytes(b"PK\x03\x04 and more")
    (folder / "same.csv").write_text("a\n1\n1\n")
    (folder / "folder.csv").mkdir()


ENDS = ("held out", "Mend the file")
"""What a card says only once all is known."""


def card(screen: PickerScreen) -> str:
    """Return what the card says, on one line."""
    return " ".join(" ".join(row.text.plain for row in screen.query_one("#card").rows).split())


async def cards(pilot, app) -> dict[str, str]:
    """Return the card of each table, by its file's name, once it says all."""
    screen = app.screen
    assert isinstance(screen, PickerScreen)
    found = {}
    for entry in screen.listing.entries:
        if entry.table:
            screen.query_one("#list").choose(("preset", entry.path))
            name = entry.path.name
            await until(pilot, lambda: name in card(screen) and any(end in card(screen) for end in ENDS))  # noqa: B023
            found[name] = card(screen)
    return found


@pytest.mark.parametrize("size", SIZES)
async def test_tables_are_offered_each_with_what_can_be_made_of_it_or_why_not(tmp_path, size):
    tables(tmp_path / "here")
    app = app_for(tmp_path)
    async with app.run_test(size=size) as pilot:
        found = await cards(pilot, app)
        await until(pilot, lambda: text_of(app).count("✗ broken") == 6)
        shown = text_of(app)
    assert "3 presets 8 tables" in " ".join(shown.split())
    # what came for its tables sees them first
    assert shown.index("flowers.csv") < shown.index("Titanic")
    assert "predicts species" in found["flowers.csv"]
    assert "tunetop init flowers.csv" in found["flowers.csv"]
    assert "encoding cp1252" in found["umlaut.csv"]
    for name, said in {
        "empty.csv": "found an empty file",
        "header.csv": "found a header and no rows",
        "ragged.csv": "line 3: found 3 values",
        "noise.csv": "found bytes that are no text",
        "archive.csv": "found a damaged zip file",
        "same.csv": "no column could be predicted",
    }.items():
        assert "Nothing can be made of this table" in found[name]
        assert said in found[name], found[name]


async def test_a_table_whose_preset_is_there_is_not_offered_again(tmp_path):
    preset_file(tmp_path / "here", "flowers")
    flowers().to_csv(tmp_path / "here" / "flowers.csv", index=False)
    app = app_for(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.listing.drafts and app.background.idle)
        assert "flowers.csv" not in text_of(app)


async def test_a_table_becomes_a_search_whose_scores_are_those_of_pandas_and_scikit_learn(tmp_path):
    (tmp_path / "here").mkdir()
    frame = flowers()
    frame.to_csv(tmp_path / "here" / "flowers.csv", index=False)
    app = app_for(tmp_path, options=RunOptions(workers=1))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = app.screen
        await until(pilot, lambda: screen.listing.drafts.get(tmp_path / "here" / "flowers.csv"))
        # the cursor is on it from the start; the grid alone is left switched on
        await pilot.press("tab", "down", "space", "down", "space", "down", "space")
        assert text_of(app).count("[x]") == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ComparisonScreen) and app.screen.state.ended)
        state = app.screen.state
    assert state.phase == "done"
    y = (frame.pop("species") == "elm").astype(int)
    train, test, train_y, test_y = train_test_split(frame, y, test_size=0.2, stratify=y, random_state=42)
    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000))
    grid = {"logisticregression__C": [0.01, 0.1, 1.0, 10.0, 100.0]}
    search = GridSearchCV(model, grid, cv=5, scoring="roc_auc").fit(train, train_y)
    method = state.methods["grid"]
    ours = [method.trials[number].mean for number in range(5)]
    np.testing.assert_allclose(ours, search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    assert method.test_score == pytest.approx(search.score(test, test_y), abs=1e-12)


def test_a_table_that_a_preset_reads_is_not_offered_again(tmp_path):
    for name in ("my churn, 2024.csv", "old.csv", "new.csv"):
        flowers().to_csv(tmp_path / name, index=False)
    named_after(tmp_path / "my churn, 2024.csv").write_text(first_preset(tmp_path / "my churn, 2024.csv").text)
    (tmp_path / "another.toml").write_text('title = "A"\n[data]\nsource = "csv:./old.csv"\n[model]\n[space]\n')
    assert [entry.path.name for entry in entries(tmp_path) if entry.table] == ["new.csv"]
