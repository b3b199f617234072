"""Tasks and the far places that they are given to, with places of our own choosing in the cluster's stead."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from running import TREE, finish, preset_of, wait_until
from tunetop.engine.problem.problem import Problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import launch
from tunetop.engine.workers import backends
from tunetop.engine.workers.base import HERE, Answer, Kit, Lost
from tunetop.engine.workers.bridge import Found, Place
from tunetop.engine.workers.remote import RemoteWorkers
from tunetop.engine.workers.task import FoldResult, FoldTask
from tunetop.engine.workers.wire import encode


class Far:
    """Far places, one of which dies as soon as a culprit is among the tasks that it does."""

    def __init__(self, folder: Path, places: int, threads: int) -> None:
        self.workers = RemoteWorkers(Kit(0, folder, folder, ()))
        self._threads, self._serial = threads, itertools.count()
        self.tasks: dict[str, dict[int, FoldTask]] = {self._address(): {} for _ in range(places)}
        self.deaths = 0
        self._tell()

    def _address(self) -> str:
        return f"tcp://ada:{next(self._serial)}"

    def _tell(self) -> None:
        self.workers._take_places(Found(tuple(Place(address, "ada", self._threads) for address in self.tasks)))

    def step(self) -> bool:
        """Have a place die of what it does, or if none does, have one answer; tell whether there was anything to do."""
        while not self.workers._orders.empty():
            order = self.workers._orders.get()
            assert order is not None
            word, *rest = order
            if word == "begin":
                address, number, task, _ = rest
                self.tasks[address][number] = pickle.loads(task)
        for address, tasks in self.tasks.items():
            if any(task.arguments["culprit"] for task in list(tasks.values())[: self._threads]):
                self.deaths += 1
                del self.tasks[address]
                self._tell()
                self.tasks[self._address()] = {}
                self._tell()
                return True
        busy = next((tasks for tasks in self.tasks.values() if tasks), None)
        if busy is None:
            return False
        number = next(iter(busy))
        fold = busy.pop(number).folds[0]
        self.workers._take_answer(number, encode([FoldResult(fold, 1.0, 0.0, 0.0)]))
        return True


@pytest.mark.parametrize(("places", "threads"), [(1, 1), (1, 4), (2, 2), (3, 4)])
def test_what_places_die_of_is_found_out_and_what_was_done_beside_it_is_not_charged(
    tmp_path: Path, places: int, threads: int
) -> None:
    far = Far(tmp_path, places, threads)
    answers: dict[int, Answer] = {}
    culprits = {3, 4, 11}
    for number in range(24):
        task = FoldTask({"culprit": number in culprits}, (number,))
        far.workers.submit(task, lambda answer, number=number: answers.update({number: answer}), None)
    while far.step():
        pass
    assert sorted(answers) == list(range(24))
    assert {number for number, answer in answers.items() if isinstance(answer, Lost)} == culprits
    assert {answers[number] for number in culprits} == {Lost("3 far workers vanished while they did it")}  # type: ignore[arg-type]
    assert far.deaths <= 3 * len(culprits)
    # and whatever comes next has all places to itself again
    for _ in range(2 * places * threads):
        far.workers.submit(FoldTask({"culprit": False}, (0,)), lambda answer: None, None)
    assert sum(len(place.tasks) for place in far.workers._places.values()) == 2 * places * threads


class Away:
    """Workers that were given folds, and cannot be reached since."""

    size, lag, unready, where, trouble = 2, 0.0, "", HERE, ""

    def __init__(self, kit: Kit) -> None:
        self.closed: list[bool] = []

    def listen(self, changed: Callable[[], None]) -> None: ...

    def prepare(self, problem: Problem) -> None: ...

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        self.trouble = "the scheduler does not answer, since 5 s"
        return "ada"

    def close(self, *, at_once: bool = False) -> None:
        self.closed.append(at_once)


def test_a_run_that_is_stopped_does_not_wait_for_folds_that_it_cannot_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Away(Kit(0, tmp_path, tmp_path, ()))
    monkeypatch.setitem(backends.BACKENDS, "local", lambda kit: away)
    run = launch(preset_of(TREE, tmp_path), Store(tmp_path / "runs"))
    wait_until(lambda: run.trouble == away.trouble != "")
    run.stop()
    assert finish(run).phase == "stopped"
    assert away.closed == [True]
