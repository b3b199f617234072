"""How runs stand, told in one entry each: of finished, broken and copied ones, and of those that go on."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import msgspec
import pytest
from kept_runs import FOUR_TRIALS, header, trial, write
from tunetop.engine.events import (
    AnyEvent,
    MethodExtended,
    MethodFinished,
    MethodPlan,
    MethodStarted,
    RunFinished,
    RunResumed,
    TrialStarted,
)
from tunetop.engine.record import run_folder
from tunetop.engine.record import store as store_module
from tunetop.engine.record.follow import Follower
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store, run_entry
from tunetop.engine.verdict.summary import run_summary


def test_a_finished_run_is_told_in_one_entry(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = run_entry(folder)
    assert msgspec.structs.asdict(entry) == {
        "id": "demo-1",
        "path": str(folder.path),
        "title": "Demo",
        "preset": "demo",
        "phase": "done",
        "finished_trials": 4,
        "planned_trials": 4,
        "failed": 1,
        "best": 0.9,
        "best_method": "random",
        "started_at": 1000.0,
        "seconds": 5.0,
        "damage": "",
    }
    assert run_entry(folder) == entry


def test_a_run_without_its_process_counts_as_interrupted(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS[:2], TrialStarted(method="random", number=1, params={})])
    with folder.lock():
        entry = run_entry(folder)
        assert entry.phase == "running"
        assert load_state(folder)[0].running_jobs
        assert entry.seconds > 1e6
    state, damage = load_state(folder)
    assert (state.phase, damage) == ("interrupted", "")
    assert not state.running_jobs
    entry = run_entry(folder)
    assert (entry.phase, entry.finished_trials, entry.seconds) == ("interrupted", 2, 3.0)
    with folder.lock():
        assert run_entry(folder).phase == "running"


def test_an_entry_follows_a_run_that_goes_on(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS[:2]])
    assert run_entry(folder).finished_trials == 2
    write(folder, [RunResumed(workers=1), FOUR_TRIALS[2]], at=2000.0)
    assert run_entry(folder).finished_trials == 3
    write(folder, [FOUR_TRIALS[3], RunFinished(state="done")], at=3000.0)
    entry = run_entry(folder)
    assert (entry.phase, entry.finished_trials) == ("done", 4)


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ([], [(2, 1, 1), (3, 2, 2), (5, 4, 3), (8, 5, 5)]),
        ([RunFinished(state="stopped")], [(3, 2, 1), (5, 4, 3), (8, 6, 5), (12, 8, 7)]),
    ],
    ids=["killed", "stopped"],
)
def test_nights_between_the_parts_of_a_run_count_neither_for_it_nor_for_its_methods(
    folder: RunFolder, end: list[AnyEvent], expected: list[tuple[int, int, int]]
) -> None:
    more = MethodExtended(plan=MethodPlan("random", "random", "Random", 4))
    begins, ends = MethodStarted(method="random"), MethodFinished(method="random", state="done")
    parts: list[list[AnyEvent]] = [
        [header(), begins, FOUR_TRIALS[1]],
        [RunResumed(workers=1), FOUR_TRIALS[2]],
        [RunResumed(workers=1), FOUR_TRIALS[3], ends],
        [RunResumed(workers=1), more, begins, trial("random", 3, 0.5, 0.5)],
    ]
    for day, (events, seconds) in enumerate(zip(parts, expected, strict=True)):
        write(folder, [*events, *end], at=1000.0 + 86400 * day)
        state, _ = load_state(folder)
        (method,) = run_summary(state).methods
        # of the run, of the method, and of it until its last trial was through
        assert (run_entry(folder).seconds, method.seconds, state.methods["random"].spent) == seconds


def test_an_entry_is_not_made_twice_from_the_same_journal(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = run_entry(folder)
    monkeypatch.setattr(store_module, "load_state", lambda folder: pytest.fail("the journal was read again"))
    assert run_entry(folder) == entry


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"size": 1, "mtime_ns": 1, "entry": 3}'])
def test_a_spoilt_entry_is_made_anew(folder: RunFolder, content: bytes) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = run_entry(folder)
    (folder.path / "entry.json").write_bytes(content)
    assert run_entry(folder) == entry


def test_a_folder_that_cannot_be_written_to_is_still_told_about(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "read-only")

    monkeypatch.setattr(store_module, "write_atomically", refuse)
    assert run_entry(folder).finished_trials == 4
    assert not (folder.path / "entry.json").exists()


def test_a_copied_run_is_told_as_where_it_lies(folder: RunFolder, tmp_path: Path) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    original = run_entry(folder)
    shutil.copytree(folder.path, tmp_path / "copy")
    copied = run_entry(RunFolder(tmp_path / "copy"))
    assert copied == msgspec.structs.replace(original, id="copy", path=str(tmp_path / "copy"))


def test_a_run_that_never_began_is_told_about_too(folder: RunFolder) -> None:
    with folder.lock():
        entry = run_entry(folder)
        assert (entry.phase, entry.finished_trials, entry.planned_trials, entry.best) == ("new", 0, None, None)
        assert entry.damage == ""
    entry = run_entry(folder)
    assert (entry.phase, entry.damage) == ("interrupted", "there is no journal")


def test_damage_is_told_and_the_rest_is_shown(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(lines[0] + b"garbage\n" + b"".join(lines[2:]))
    entry = run_entry(folder)
    assert entry.damage.startswith("line 2 ")
    assert (entry.phase, entry.finished_trials, entry.best) == ("done", 3, 0.9)
    folder.journal.write_bytes(b"garbage\n" + b"".join(lines[1:]))
    entry = run_entry(folder)
    assert "header" in entry.damage
    assert (entry.title, entry.finished_trials, entry.best) == ("", 4, 0.9)


def test_a_torn_end_is_told_only_when_nobody_is_writing_it(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS])
    with folder.journal.open("ab") as file:
        file.write(b"12345678 {half")
    with folder.lock():
        assert load_state(folder)[1] == ""
    assert load_state(folder)[1] == "14 bytes after record 4 are no whole record"


def test_a_run_that_ends_while_it_is_looked_at_is_not_called_interrupted(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, [header(), *FOUR_TRIALS])
    lock = folder.lock()

    class EndsMeanwhile(Follower):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            lock.close()

    monkeypatch.setattr(run_folder, "Follower", EndsMeanwhile)
    assert load_state(folder)[0].phase == "running"
    monkeypatch.undo()
    assert load_state(folder)[0].phase == "interrupted"


def test_a_fifo_in_a_journals_place_is_not_waited_for(folder: RunFolder) -> None:
    os.mkfifo(folder.journal)
    os.mkfifo(folder.path / "entry.json")
    assert Store(folder.path.parent).list() == [folder]
    assert run_entry(folder).damage == "it is not a plain file"
