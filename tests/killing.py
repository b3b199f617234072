"""Runs that are killed with -9 at random moments and resumed to their end, and what must be true of them."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from pathlib import Path

from running import TREE, trials_of
from tunetop.engine.events import TrialFinished
from tunetop.engine.journal import read
from tunetop.engine.state import RunState
from tunetop.engine.store import RunFolder, Store, load
from warmed import Warmed

TRAIN_ROWS = 105
"""Of the preset's data; a fit of as many rows is the refit of a method's winner."""


UNTUNED = {"criterion": "gini", "max_depth": None, "min_impurity_decrease": 0.0}
"""What the baseline's trial, which has no hyperparameters, is fitted with; in the ledger's order."""


def counted_preset(folder: Path, seconds: float = 0.01) -> Path:
    """Write a preset whose fits are noted in `ledger` beside it, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = TREE.replace('"sklearn.tree.DecisionTreeClassifier"', '"counting.Counted"').replace(
        "random_state = 0", f'random_state = 0, seconds = {seconds}, ledger = "{folder / "ledger"}"'
    )
    path = folder / "counted.toml"
    path.write_text(text, encoding="utf-8")
    return path


class Victim:
    """One run that is killed again and again."""

    def __init__(self, warmed: Warmed, folder: Path, *extra: str) -> None:
        self._warmed, self._preset = warmed, counted_preset(folder)
        self._store = Store(folder / "runs")
        self._common = ("--headless", "--allow-import", "counting", "--runs-dir", str(self._store.root), *extra)
        self._out = folder / "out"
        self._ledger = folder / "ledger"
        self.kills = 0
        self.code: int | None = None
        """The exit code of the process that was let live."""

    @property
    def folder(self) -> RunFolder | None:
        """The run's folder, once its journal has begun."""
        begun = [folder for folder in self._store.list() if read(folder.journal).records]
        return begun[0] if begun else None

    def live(self, seconds: float | None) -> bool:
        """Let the run live for so long (None: to its end), then kill it; return True once it has ended by itself."""
        folder = self.folder
        command = ("run", str(self._preset)) if folder is None else ("resume", str(folder.path))
        program = self._warmed.start(*command, *self._common, out=self._out)
        if seconds is not None:
            threading.Event().wait(seconds)
            program.kill(signal.SIGKILL)
        status = program.wait(300)
        if status == -signal.SIGKILL:
            self.kills += 1
            return False
        self.code = status
        assert status == 0, self._out.read_text()[-2000:]
        return True

    def state(self) -> RunState:
        """Return what the run's journal says."""
        assert self.folder is not None
        return load(self.folder)[0]

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
            assert victim.live(None)
        victim.check(kept, expected)
        victims.append(victim)
    return victims
