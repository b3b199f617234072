"""`tunetop clean` removes what was asked for, after a question, and never a run that somebody works on."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from running import SHORT, preset_of, run_through
from terminal import Terminal
from tunetop.engine.record.run_folder import RunFolder
from tunetop.engine.record.store import REMOVED, Store
from tunetop.tui.cli.main import main

DAY = 86400.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three runs, untouched for 40, 20 and 0 days, and what is no run."""
    store = Store(tmp_path / "runs")
    preset = preset_of(SHORT, tmp_path)
    for days in (40, 20, 0):
        run_through(preset, store.root, workers=1)
        for path in (store.root / f"small-{len(store.list())}").rglob("*"):
            os.utime(path, times=(time.time() - days * DAY,) * 2)
    (store.root / "notes").mkdir()
    (store.root / "notes" / "important.txt").write_text("mine")
    return store


def names(store: Store) -> list[str]:
    return sorted(os.listdir(store.root))


def test_it_removes_what_is_old_and_says_so(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["clean", "--runs-dir", str(store.root)]
    assert main([*at, "--older-than", "30d", "--dry-run"]) == 0
    assert "small-1" in (out := capsys.readouterr().out)
    assert "1 run, " in out
    assert "small-2" not in out
    assert names(store) == ["notes", "small-1", "small-2", "small-3"]
    assert main([*at, "--older-than", "30d", "--yes"]) == 0
    assert names(store) == ["notes", "small-2", "small-3"]
    assert main([*at, "--keep", "1", "--yes"]) == 0
    assert names(store) == ["notes", "small-3"]
    assert main([*at, "small-3", "--yes"]) == 0
    assert names(store) == ["notes"]
    assert main([*at, "--keep", "0", "--yes"]) == 0
    assert capsys.readouterr().out.endswith("Nothing to remove.\n")
    assert (store.root / "notes" / "important.txt").read_text() == "mine"


def test_a_run_that_somebody_works_on_and_a_link_stay(store: Store, tmp_path: Path, capsys: object) -> None:
    elsewhere = tmp_path / "elsewhere"
    (store.root / "small-1").rename(elsewhere)
    (store.root / "small-1").symlink_to(elsewhere)
    with RunFolder(store.root / "small-2").lock():
        assert main(["clean", "--keep", "0", "--yes", "--runs-dir", str(store.root)]) == 0
        assert names(store) == ["notes", "small-1", "small-2"]
        assert main(["clean", "small-1", "small-2", "--yes", "--runs-dir", str(store.root)]) == 1
        assert names(store) == ["notes", "small-1", "small-2"]
    assert (elsewhere / "journal.jsonl").exists()


def test_what_a_broken_removal_left_is_no_run_and_goes_with_the_next(store: Store) -> None:
    (store.root / "small-1").rename(store.root / f"{REMOVED}small-1")
    left = store.root / f"{REMOVED}small-1"
    assert all(folder.path != left for folder in store.list())
    assert main(["clean", "--older-than", "400d", "--runs-dir", str(store.root)]) == 0
    assert not left.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say which"),
        (["--older-than", "soon"], "--older-than: found 'soon'"),
        (["--keep", "1"], "nobody can be asked here"),
        (["small-1", "--keep", "1"], "one or the other"),
        (["nothing-1"], "there is no run 'nothing-1'"),
    ],
)
def test_what_is_not_clear_removes_nothing(
    store: Store, words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115 - pytest's own stands for none
    assert main(["clean", *words, "--runs-dir", str(store.root)]) == 2
    assert said in capsys.readouterr().err
    assert names(store) == ["notes", "small-1", "small-2", "small-3"]


def test_a_person_is_asked(store: Store) -> None:
    import sys

    words = [sys.executable, "-m", "tunetop", "clean", "small-1", "--runs-dir", str(store.root)]
    for answer, code, left in (("n\n", 3, True), ("y\n", 0, False)):
        with Terminal(words) as terminal:
            terminal.wait_for("cannot be brought back")
            terminal.type(answer)
            assert terminal.process.wait(300) == code
        assert (store.root / "small-1").exists() == left
