"""Runs and races that are killed with -9 and gone on with to their end, and what must be true of them."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from racing import METHODS, QUICK
from running import TREE, trials_of
from tunetop.engine.events import TrialFinished
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.engine.tournament import folder as races
from tunetop.engine.tournament.folder import TournamentFolder
from warm_process import Warmed
from whole_journal import read

TRAIN_ROWS = 105
"""Of the preset's data; a fit of as many rows is the refit of a method's winner."""


UNTUNED = {"criterion": "gini", "max_depth": None, "min_impurity_decrease": 0.0}
"""What the baseline's trial, which has no hyperparameters, is fitted with; in the ledger's order."""


def counted_preset(folder: Path, text: str = TREE, seconds: float = 0.01) -> Path:
    """Write a preset whose fits are noted in `ledger` beside it, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = text.replace('"sklearn.tree.DecisionTreeClassifier"', '"counting.Counted"').replace(
        "random_state = 0", f'random_state = 0, seconds = {seconds}, ledger = "{folder / "ledger"}"'
    )
    path = folder / "counted.toml"
    path.write_text(text, encoding="utf-8")
    return path


def timeless(document: Any) -> Any:
    """Return a summary without what a run was called and what it cost: times, and fits that were begun again."""
    if isinstance(document, dict):
        return {
            key: timeless(value)
            for key, value in document.items()
            if not key.endswith("seconds") and key not in ("run", "runs", "race", "started", "fits")
        }
    return [timeless(value) for value in document] if isinstance(document, list) else document


def leftovers(folder: Path) -> list[str]:
    """Return what should not be left in a folder once all has ended."""
    return [name for name in os.listdir(folder) if name.endswith(".tmp") or name == "work"]


class _Victim:
    """Something that is killed again and again."""

    def __init__(self, warmed: Warmed, folder: Path, text: str, *extra: str) -> None:
        self._warmed, self._preset = warmed, counted_preset(folder, text)
        self._store = Store(folder / "runs")
        self._common = ("--headless", "--allow-import", "counting", "--runs-dir", str(self._store.root), *extra)
        self._out = folder / "out"
        self.kills = 0

    def _command(self) -> tuple[str, ...]:
        raise NotImplementedError

    def live(self, seconds: float | None = None, **doom: object) -> bool:
        """Let it live for so long (None: to its end, or its doom), then kill it; True once it has ended by itself."""
        program = self._warmed.start(*self._command(), *self._common, out=self._out, doom=doom)
        if seconds is not None:
            threading.Event().wait(seconds)
            program.kill(signal.SIGKILL)
        status = program.wait()
        if status == -signal.SIGKILL:
            self.kills += 1
            return False
        assert status == 0, self._out.read_text()[-2000:]
        return True


class Victim(_Victim):
    """One run that is killed again and again."""

    def __init__(self, warmed: Warmed, folder: Path, *extra: str) -> None:
        super().__init__(warmed, folder, TREE, *extra)
        self._ledger = folder / "ledger"

    @property
    def folder(self) -> RunFolder | None:
        """The run's folder, once its journal has begun."""
        begun = [folder for folder in self._store.list() if read(folder.journal).records]
        return begun[0] if begun else None

    def _command(self) -> tuple[str, ...]:
        folder = self.folder
        return ("run", str(self._preset)) if folder is None else ("resume", str(folder.path))

    def state(self) -> RunState:
        """Return what the run's journal says."""
        assert self.folder is not None
        return load_state(self.folder)[0]

    def summary(self) -> Any:
        """Return what its summary says, times aside."""
        assert self.folder is not None
        return timeless(json.loads(self.folder.summary_json.read_text()))

    def check(self, kept: bytes, expected: dict[str, list[tuple[object, ...]]]) -> None:
        """Assert that nothing was lost or done twice; `kept` are the whole lines that were there after each kill."""
        folder = self.folder
        assert folder is not None
        assert folder.journal.read_bytes().startswith(kept)
        records = read(folder.journal)
        assert not records.damage
        ends = [(r.t, r.event) for r in records.records if isinstance(r.event, TrialFinished)]
        counts = Counter((event.method, event.number) for _, event in ends)
        assert set(counts.values()) == {1}
        assert trials_of(self.state()) == expected
        assert not leftovers(folder.path)
        self._check_fits(ends)

    def _check_fits(self, ends: list[tuple[float, TrialFinished]]) -> None:
        finished = {
            tuple(str(event.params.get(name, untuned)) for name, untuned in UNTUNED.items()): at
            for at, event in ends
            if event.reused is None
        }
        fits: Counter[tuple[str, ...]] = Counter()
        for line in self._ledger.read_text().splitlines():
            began, rows, *configuration = line.split()
            key = tuple(configuration)
            if int(rows) < TRAIN_ROWS and key in finished:
                assert float(began) <= finished[key] + 0.001, f"{key} was fitted again after it had finished"
                fits[key] += 1
        assert set(fits) == set(finished)
        # a life can only have begun the trials that were under way when it was ended
        lives = self.kills + 1
        assert all(3 <= count <= 3 * lives for count in fits.values())

    def whole_lines(self) -> bytes:
        """Return the journal up to its last whole line."""
        folder = self.folder
        return b"" if folder is None else folder.journal.read_bytes()[: read(folder.journal).good_bytes]


class RaceVictim(_Victim):
    """One race that is killed again and again."""

    def __init__(self, warmed: Warmed, folder: Path) -> None:
        super().__init__(warmed, folder, QUICK, "--workers", "2")

    @property
    def folder(self) -> TournamentFolder | None:
        """The race's folder, once it has a plan."""
        begun = races.all_of(self._store)
        return begun[0] if begun else None

    def _command(self) -> tuple[str, ...]:
        if self.folder is None:
            return ("race", str(self._preset), "--seeds", "3", "--methods", ",".join(METHODS))
        return ("race", str(self.folder.path), "--resume")

    def found(self) -> tuple[Any, list[dict[str, list[tuple[object, ...]]]]]:
        """Return what the race came to, times aside, and each seed's trials; every seed is one run, told in files."""
        folder = self.folder
        assert folder is not None
        plan = folder.read()
        assert plan.state == "done"
        runs = [run for seed in plan.seeds if (run := folder.run(plan, seed)) is not None]
        assert len({run.id for run in runs}) == len(plan.seeds)
        assert len([run for run in self._store.list() if read(run.journal).records]) == len(plan.seeds)
        for run in runs:
            records = read(run.journal)
            assert not records.damage
            ends = Counter((e.method, e.number) for r in records.records if isinstance(e := r.event, TrialFinished))
            assert set(ends.values()) == {1}
            assert json.loads(run.summary_json.read_text())["state"] == "done"
            assert not leftovers(run.path)
        assert not leftovers(folder.path)
        summary = timeless(json.loads((folder.path / "race.json").read_text()))
        return summary, [trials_of(load_state(run)[0]) for run in runs]


def kill_and_resume(
    warmed: Warmed, root: Path, kills: int, each: int, seed: int, expected: dict[str, list[tuple[object, ...]]]
) -> list[Victim]:
    """Kill runs `kills` times in all, each run about `each` times, resume them to their ends and check them."""
    chance = random.Random(seed)
    victims: list[Victim] = []
    while (left := kills - sum(victim.kills for victim in victims)) > 0:
        victim = Victim(warmed, root / f"victim-{len(victims)}")
        kept, ended = b"", False
        while victim.kills < min(each, left) and not ended:
            ended = victim.live(chance.uniform(0.0, 1.6))
            assert victim.whole_lines().startswith(kept)
            kept = victim.whole_lines()
        if not ended:
            assert victim.live()
        victim.check(kept, expected)
        victims.append(victim)
    return victims
