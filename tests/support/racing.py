"""Races for tests: real runs of a small preset, one seed after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from running import LONG, TREE, preset_of
from tunetop.engine.events import MethodPlan
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions
from tunetop.engine.state import MethodState, RunState, TrialState
from tunetop.engine.tournament import folder as races
from tunetop.engine.tournament.conductor import Tournament
from tunetop.engine.tournament.folder import TournamentFolder
from turnstile import Turnstile
from whole_journal import read

METHODS = ("random", "refine")

QUICK = TREE.replace("folds = 3", "folds = 2").replace("trials = 12", "trials = 8").replace("draws = 6", "draws = 4")


def counted(ledger: Path, gate: Turnstile | None = None) -> str:
    """Return the quick preset with fits that are noted in a ledger, and then go through a gate if there is one."""
    text = QUICK.replace('"sklearn.tree.DecisionTreeClassifier"', '"counting.Counted"')
    turnstile = "" if gate is None else gate.path
    return text.replace("random_state = 0", f'random_state = 0, turnstile = "{turnstile}", ledger = "{ledger}"')


def fits_before(seed: int, race: Tournament, ledger: Path) -> int:
    """Return how many fits a race of the counted preset had made before a seed's run began."""
    run = race.folder.run(race.plan, seed)
    assert run is not None
    began = read(run.journal).records[0].t
    return sum(float(line.split()[0]) < began for line in ledger.read_text().splitlines())


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


def method(name: str, means: list[float | None], seconds: float = 1.0) -> MethodState:
    """Return a method with a trial for each mean; None: it failed. Each took `seconds` to fit."""
    made = MethodState(MethodPlan(name, "random", name, len(means)))
    for number, mean in enumerate(means):
        trial = TrialState(name, number, {}, number, 0.0)
        trial.phase, trial.mean, trial.fit_seconds = ("done" if mean is not None else "failed"), mean, [seconds]
        made.trials[number] = trial
    return made


def states(*finals: tuple[float, float]) -> dict[int, RunState]:
    """Return a run for each pair of final scores, of the methods a and b."""
    made: dict[int, RunState] = {}
    for seed, (a, b) in enumerate(finals):
        state = RunState()
        state.methods = {"a": method("a", [a - 0.1, a, a - 0.2]), "b": method("b", [b, None], 2.0)}
        made[seed] = state
    return made
