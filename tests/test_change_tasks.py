"""What is added most often is added in as few files as the recipes say: each done here, and used by the program.

Besides the file with a class of this one: a search method takes a row of `search/catalog.py`; a view, a row of
`views/catalog.py`; a column, a row of `trials/fields.py` and no file; a source, a line of `sources/find.py` (and one of
`sources/here.py`, where it is to be listed); a backend, its rows in `workers/backends.py`.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app_runs import made, stored
from monitor_app import LiveRun
from rich.text import Text
from running import TREE, preset_of, run_through
from tunetop.engine.events import Record
from tunetop.engine.problem.problem import Problem
from tunetop.engine.record.store import Store
from tunetop.engine.search import catalog
from tunetop.engine.search.base import Kind, Options, Planned
from tunetop.engine.sources import find
from tunetop.engine.state import RunState
from tunetop.engine.trials.arrays import columns
from tunetop.engine.workers import backends, fit
from tunetop.engine.workers.base import HERE, Answer, Kit
from tunetop.engine.workers.shared import Shared, write_shared
from tunetop.engine.workers.task import FoldTask
from tunetop.tui.cli.main import main
from tunetop.tui.render.look import Look
from tunetop.tui.trials import fields as registry
from tunetop.tui.trials.field import Field, Room, each
from tunetop.tui.trials.filter import parse
from tunetop.tui.trials.rows import Rows
from tunetop.tui.views.catalog import VIEWS, View
from tunetop.tui.views.options import ViewOptions
from tunetop.tui.widgets.table_layout import table_layout

# -- a search method, and a backend that its folds run on ------------------------------------------------------------


class Backwards:
    """The grid, from its last point to its first."""

    def __init__(self, points: list[Any]) -> None:
        self._points = points

    def ask(self) -> Any:
        return self._points.pop() if self._points else None

    def tell(self, number: int, point: Any, score: float) -> None:
        pass


BACKWARDS = Kind(
    kind="backwards",
    title="Backwards",
    Options=Options,
    plan=lambda space, options: Planned(space.grid_size()),
    make=lambda space, options, setting: Backwards(list(space.grid())),
    needs=lambda options: "grid",
)


class OneThread:
    """Folds one after the other on a thread of this process."""

    size, lag, where, trouble, unready = 1, 0.0, HERE, "", ""
    made: list[OneThread] = []

    def __init__(self, kit: Kit) -> None:
        self._kit, self.done = kit, 0
        self._tasks: queue.SimpleQueue[tuple[FoldTask, Callable[[Answer], None]] | None] = queue.SimpleQueue()
        self.made.append(self)

    def prepare(self, problem: Problem) -> None:
        write_shared(Shared.of(problem), self._kit.work)
        fit.prepare(str(self._kit.work), str(self._kit.preset_file), self._kit.allowed)
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (given := self._tasks.get()) is not None:
            self.done += 1
            given[1](fit.run_task(given[0]))

    def listen(self, changed: Callable[[], None]) -> None:
        pass

    def submit(self, task: FoldTask, answer: Callable[[Answer], None], timeout: float | None) -> str:
        self._tasks.put((task, answer))
        return ""

    def cancel(self, task: FoldTask) -> None:
        pass

    def close(self, *, at_once: bool = False) -> None:
        self._tasks.put(None)


def test_a_method_and_a_backend_are_a_file_and_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(catalog.KINDS, "backwards", BACKWARDS)
    monkeypatch.setitem(backends.BACKENDS, "thread", OneThread)
    monkeypatch.setitem(backends._ADDRESSES, "thread", "thread:")
    monkeypatch.setitem(backends._LIBRARIES, "thread", "threading")
    monkeypatch.setattr(fit, "_bench", None)
    head, _, _ = TREE.partition("[[method]]")
    both = preset_of(f'{head}[[method]]\nkind = "grid"\n[[method]]\nkind = "backwards"\n', tmp_path)
    state = run_through(both, tmp_path / "runs", cluster="thread:")
    assert state.phase == "done"
    grid, backwards = (
        [state.methods[name].trials[n].params for n in sorted(state.methods[name].trials)]
        for name in ("grid", "backwards")
    )
    assert len(grid) == 12
    assert backwards == grid[::-1]
    assert state.methods["backwards"].test_score is not None
    assert OneThread.made[-1].done >= 12


# -- a view ----------------------------------------------------------------------------------------------------------


def stripe(state: RunState, options: ViewOptions, width: int, height: int, look: Look) -> list[Text]:
    """Draw one mark a trial."""
    marks = ("|" * len(state.trials)).ljust(width)[:width]
    return [Text(marks), *(Text(" " * width) for _ in range(height - 1))]


def test_a_view_is_a_file_and_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made()
    stored(Store(tmp_path), run)
    monkeypatch.setitem(VIEWS, "stripe", View("stripe", "stripe", "S", stripe, "a mark a trial"))
    assert main(["show", "--view", "stripe", "--width", "40", "--height", "4", "--runs-dir", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[0].count("|") == len(run.state().trials)


# -- a column --------------------------------------------------------------------------------------------------------


def test_a_column_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    warned = each(lambda trial: float(sum((trial.warnings or {}).values())))
    column = Field(
        "warned", "warn", "how often it warned", lambda room: 5, lambda drawing, trial, width, best: [("", "")],  # type: ignore[list-item]
        warned, filter_term="warnings",
    )  # fmt: skip
    monkeypatch.setattr(registry, "BEHIND", (*registry.BEHIND, column))
    run = LiveRun()
    for number, warnings in enumerate(({}, {"slow": 3}, {"slow": 1})):
        run.whole("random", number, warnings=warnings)
    state = run.live()
    assert column in [one.field for one in table_layout(registry.fields(state), Room(120, ("random",))).columns]
    passing = parse("warnings>=1", state).mask(columns(state), state)
    assert [trial.number for trial, passes in zip(state.trials, passing, strict=True) if passes] == [1, 2]
    rows = Rows()
    rows.update(state)
    rows.choose(sort="warned", reverse=True)
    rows.update(state)
    assert [state.trials[place].number for place in rows.order] == [1, 2, 0]


# -- a source --------------------------------------------------------------------------------------------------------


class Kept:
    """A search whose records are there from the first."""

    id, writer, alive, behind, trouble, damage, restarts = "kept", None, None, False, "", "", 0

    def __init__(self, records: list[Record]) -> None:
        self._records = records

    def poll(self, patience: float) -> list[Record]:
        records, self._records = self._records, []
        return records


def test_a_source_is_a_file_and_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made(watched=True, source="somebody's tool", title="Kept")
    (tmp_path / "kept.bin").write_bytes(b"kept")
    monkeypatch.setattr(find, "of_file", lambda path, study, planned, way: Kept(run.records))
    arguments = ["watch", str(tmp_path / "kept.bin"), "--headless", "--runs-dir", str(tmp_path)]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert 'source="somebody\'s tool"' in said
    assert said.count(" trial method=") == len(run.state().trials)
