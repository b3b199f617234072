"""A disk that is full or fails: the run waits for room in sight of all, or ends saying so; nothing is falsely kept."""

from __future__ import annotations

import errno
import io
import itertools
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from app_runs import app_for, text_of, until
from running import LONG, SHORT, TREE, finish, preset_of, trials_of, wait_until
from tunetop.engine.errors import TunetopError
from tunetop.engine.events import Record, TrialFinished
from tunetop.engine.export import summary_json
from tunetop.engine.preset.preset import Preset
from tunetop.engine.record.journal import Disk
from tunetop.engine.record.lines import decode_line
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run import conductor as run_module
from tunetop.engine.run.conductor import Run
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.run.method_run import MethodRun, OpenTrial
from tunetop.engine.state import RunState
from tunetop.tui.cli.exit_codes import exit_code
from tunetop.tui.cli.headless import watch
from tunetop.tui.sessions.run import Feed
from whole_journal import read


class Counting(Disk):
    """A disk that counts what it is asked."""

    def __init__(self) -> None:
        self.writes = self.syncs = 0

    def write(self, fd: int, data: bytes) -> int:
        self.writes += 1
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        self.syncs += 1
        super().sync(fd)


class FullNowAndThen(Counting):
    """A disk on which every record finds no room at first: not a byte, or half of it."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0

    def write(self, fd: int, data: bytes) -> int:
        self.writes += 1
        if self.writes % 2 and self.writes > 1:
            self.refused += 1
            if self.refused % 2:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return os.write(fd, data[: len(data) // 2])
        return os.write(fd, data)


class FailsAt(Counting):
    """A disk whose n-th write or sync fails for good."""

    def __init__(self, call: str, n: int) -> None:
        super().__init__()
        self._call, self._n = call, n
        self.failed = False

    def write(self, fd: int, data: bytes) -> int:
        if self._call == "write" and self.writes + 1 >= self._n:
            self.failed = True
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().write(fd, data)

    def sync(self, fd: int) -> None:
        if self._call == "sync" and self.syncs + 1 >= self._n:
            self.failed = True
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(fd)


class FullUntil(Disk):
    """A disk without room for the records of finished trials until `room` is set."""

    def __init__(self) -> None:
        self.room = threading.Event()

    def write(self, fd: int, data: bytes) -> int:
        if b'"trial_finished"' in data and not self.room.is_set():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(fd, data)


@pytest.fixture
def preset(tmp_path: Path) -> Preset:
    return preset_of(SHORT, tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "runs")


def begin(preset: Preset, store: Store, disk: Disk) -> Run:
    return launch(preset, store, RunOptions(workers=1), disk=disk)


def acknowledged(run: Run) -> dict[str, Any]:
    """Return the trials that the run itself took for finished."""
    return _done(run._state)


def _done(state: RunState) -> dict[str, Any]:
    return {f"{trial.method}#{trial.number}": trial.scores for trial in state.trials if trial.phase == "done"}


def test_a_disk_that_is_full_at_every_record_only_delays_the_run(
    preset: Preset, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "PATIENCE", 0.002)
    undisturbed = finish(begin(preset, store, Disk()))
    disk = FullNowAndThen()
    run = begin(preset, store, disk)
    state = finish(run)
    assert (run.outcome, run.trouble) == ("done", "")
    assert disk.refused >= 10
    assert trials_of(state) == trials_of(undisturbed)
    assert not read(run.folder.journal).damage


@pytest.mark.parametrize(("call", "least"), [("write", 12), ("sync", 8)])
def test_a_disk_that_fails_at_any_call_ends_the_run_and_acknowledges_nothing_falsely(
    preset: Preset, store: Store, call: str, least: int
) -> None:
    expected = trials_of(finish(begin(preset, store, Disk())))
    with pytest.raises(TunetopError, match=os.strerror(errno.EIO)):
        begin(preset, store, FailsAt(call, 1))
    assert not store.list()[0].is_locked()
    for n in itertools.count(2):
        disk = FailsAt(call, n)
        run = begin(preset, store, disk)
        assert run.finished.wait(LONG)
        if not disk.failed:
            # a run has a call more or less as its fits are quick or slow
            assert run.outcome == "done"
            assert n > least
            return
        assert exit_code(run.outcome) == 1, n
        assert os.strerror(errno.EIO) in run.trouble
        assert "cannot be" in run.folder.log.read_text()
        assert not run.folder.is_locked()
        assert acknowledged(run).items() <= _done(load_state(run.folder)[0]).items(), n
        if n % 4 == 0:
            assert trials_of(finish(resume(run.folder, RunOptions(workers=1)))) == expected, n


def test_no_search_is_told_of_a_trial_and_no_winner_is_refitted_before_it_is_on_the_disk(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: set[tuple[str, int]] = set()
    asked: list[tuple[str, int]] = []
    missing: list[tuple[str, int]] = []

    class Noting(Counting):
        def sync(self, fd: int) -> None:
            lines = os.pread(fd, os.fstat(fd).st_size, 0).splitlines()
            super().sync(fd)
            events = [record.event for record in map(decode_line, lines) if isinstance(record, Record)]
            kept.update((event.method, event.number) for event in events if isinstance(event, TrialFinished))

    def note(key: tuple[str, int]) -> None:
        asked.append(key)
        missing.extend({key} - kept)

    def instruct(
        method: MethodRun, room: int, tells: Any = (), more: Any = (), real: Any = MethodRun._instruct
    ) -> None:
        for told in tells:
            note((method.name, told[0]))
        real(method, room, tells, more)

    def refit(method: MethodRun, winner: OpenTrial, real: Any = MethodRun.begin_refit) -> None:
        note(winner.key)
        real(method, winner)

    monkeypatch.setattr(MethodRun, "_instruct", instruct)
    monkeypatch.setattr(MethodRun, "begin_refit", refit)
    options = RunOptions(workers=4, methods=("refine",))
    assert finish(launch(preset_of(TREE, tmp_path), store, options, disk=Noting())).phase == "done"
    assert len(asked) >= 8
    assert not missing


def test_a_full_disk_is_told_to_everybody_until_there_is_room(preset: Preset, store: Store) -> None:
    disk = FullUntil()
    run = begin(preset, store, disk)
    wait_until(lambda: run.trouble)
    # the reason first, whatever is left of a long path on a narrow screen
    assert run.trouble.startswith(f"paused until there is room: {os.strerror(errno.ENOSPC)}: ")
    wait_until(lambda: (owner := run.folder.owner()) is not None and owner.trouble == run.trouble)
    owner = run.folder.owner()
    assert owner is not None
    assert owner.pid == os.getpid()
    viewer = Feed(run.folder)
    viewer.poll()
    assert viewer.trouble == run.trouble
    assert not run.finished.wait(0.3)
    out = io.StringIO()

    def make_room() -> None:
        wait_until(lambda: " note paused until there is room" in out.getvalue())
        disk.room.set()

    threading.Thread(target=make_room, daemon=True).start()
    state = watch(Feed(run.folder), run, out)
    assert state.phase == "done"
    assert " note paused until there is room" in out.getvalue()
    assert " note going on" in out.getvalue()
    assert run.trouble == ""
    assert run.folder.log.read_text().count("paused until there is room") == 1


async def test_who_attaches_sees_what_keeps_a_run_from_going_on(preset: Preset, store: Store, tmp_path: Path) -> None:
    disk = FullUntil()
    run = begin(preset, store, disk)
    wait_until(lambda: run.trouble)
    app = app_for(tmp_path, store=store, folder=run.folder)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "! paused until there is room" in text_of(app))
        disk.room.set()
        await until(pilot, lambda: run.finished.is_set() and "paused until there" not in text_of(app))


def test_a_run_on_a_full_disk_can_be_stopped_and_resumed(preset: Preset, store: Store) -> None:
    disk = FullUntil()
    run = begin(preset, store, disk)
    wait_until(lambda: run.trouble)
    run.folder.send("stop-now")
    assert run.finished.wait(LONG)
    assert run.outcome == "stopped"
    assert not run.folder.is_locked()
    assert finish(resume(run.folder, RunOptions(workers=1))).phase == "done"


def test_the_summary_waits_for_room_as_well(preset: Preset, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    refused: list[int] = []
    whole = summary_json.files

    def full_at_first(state: Any, summary: Any) -> Any:
        if len(refused) < 2:
            refused.append(1)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return whole(state, summary)

    monkeypatch.setitem(
        __import__("tunetop.engine.export.formats", fromlist=["FORMATS"]).FORMATS, "json", full_at_first
    )
    run = begin(preset, store, Disk())
    assert finish(run).phase == "done"
    assert (run.outcome, len(refused)) == ("done", 2)
    assert run.folder.summary_json.exists()
