"""Races for tests: real runs of a small preset, one seed after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from running import LONG, TREE, preset_of
from tunetop.engine import tournament_folder as races
from tunetop.engine.launch import RunOptions
from tunetop.engine.store import Store
from tunetop.engine.tournament_folder import TournamentFolder
from tunetop.engine.tournament_run import Tournament

METHODS = ("random", "refine")

QUICK = TREE.replace("folds = 3", "folds = 2").replace("trials = 12", "trials = 8").replace("draws = 6", "draws = 4")


def slow(ledger: Path, seconds: float = 0.02) -> str:
    """Return the quick preset with fits that take a while, and are noted in a ledger."""
    text = QUICK.replace('"sklearn.tree.DecisionTreeClassifier"', '"counting.Counted"')
    return text.replace("random_state = 0", f'random_state = 0, seconds = {seconds}, ledger = "{ledger}"')


def made(root: Path, seeds: Sequence[int] = (0, 1, 2), text: str = QUICK) -> TournamentFolder:
    """Return the folder of a race that was not begun."""
    root.mkdir(parents=True, exist_ok=True)
    return races.create(Store(root / "runs"), preset_of(text, root), METHODS, seeds)


def begun(folder: TournamentFolder, *, adopt: bool = False) -> Tournament:
    """Return a race under way."""
    race = Tournament(folder, RunOptions(2, METHODS, True, ("counting",)), adopt=adopt)
    race.start()
    return race


def ended(race: Tournament) -> Tournament:
    """Wait for a race's end."""
    assert race.finished.wait(LONG), "the race did not end"
    return race


def conductor(folder: TournamentFolder) -> Callable[[], Tournament]:
    """Return what an app begins the race with."""
    return lambda: begun(folder, adopt=True)
