"""The runs folder: private, one process a run, found by any name, readable from anywhere."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hostile import HOSTILE
from tunetop.engine import lock as lock_module
from tunetop.engine import store as store_module
from tunetop.engine.control import ControlReader, NotOwner, is_command
from tunetop.engine.events import (
    AnyEvent,
    MethodPlan,
    RunFinished,
    RunResumed,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.journal import Follower, Journal
from tunetop.engine.store import (
    RunFolder,
    RunLocked,
    RunNotFound,
    Store,
    StoreError,
    default_runs_dir,
    load,
    summarise,
)
from tunetop.engine.text import NAME

BASELINE = [MethodPlan("baseline", "baseline", "Baseline", 1), MethodPlan("random", "random", "Random", 3)]


def header(run: str = "demo-1") -> RunStarted:
    return RunStarted(
        run=run,
        preset="demo",
        title="Demo",
        digest="d",
        fingerprint="f",
        task="classification",
        estimator="E",
        scoring="accuracy",
        folds=2,
        train_rows=8,
        test_rows=2,
        features=1,
        workers=1,
        axes=[],
        methods=BASELINE,
    )


def trial(method: str, number: int, *scores: float) -> TrialFinished:
    state = "done" if scores else "failed"
    error = "" if scores else "no convergence"
    return TrialFinished(method=method, number=number, params={}, state=state, scores=list(scores), error=error)


FOUR_TRIALS: list[AnyEvent] = [
    trial("baseline", 0, 0.8, 0.8),
    trial("random", 0, 0.7, 0.9),
    trial("random", 1, 0.9, 0.9),
    trial("random", 2),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "runs")


def write(folder: RunFolder, events: list[AnyEvent], at: float = 1000.0) -> None:
    """Append events, the first of them at the time `at`, each a second after the one before."""
    times = iter(range(100))
    clock = lambda: at + next(times)  # noqa: E731
    journal = Journal.open(folder.journal, clock=clock) if folder.journal.exists() else None
    journal = journal or Journal.create(folder.journal, clock=clock)
    for event in events:
        journal.append(event)
    journal.close()


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- creating, listing, finding --------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_a_run_is_its_owners_alone_whatever_the_umask(store: Store, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder = store.create("demo", "title = 'x'\n")
        with folder.lock():
            write(folder, [header()])
            folder.send("stop")
        summarise(folder)
    finally:
        os.umask(before)
    assert mode(store.root) == mode(store.root.parent) == mode(folder.path) == 0o700
    files = sorted(path.name for path in folder.path.iterdir())
    assert files == ["control", "entry.json", "journal.jsonl", "lock", "preset.toml"]
    assert {mode(folder.path / name) for name in files} == {0o600}


def test_runs_are_numbered_by_preset(store: Store) -> None:
    ids = [store.create(name, "").id for name in ("breast_cancer_mlp", "breast_cancer_mlp", "titanic", "a-1", "a")]
    assert ids == ["breast_cancer_mlp-1", "breast_cancer_mlp-2", "titanic-1", "a-1-1", "a-1"]
    shutil.rmtree(store.root / "breast_cancer_mlp-1")
    assert store.create("breast_cancer_mlp", "text").id == "breast_cancer_mlp-3"
    assert (store.root / "breast_cancer_mlp-3" / "preset.toml").read_text() == "text"


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_presets_name_leads_out_of_the_runs_folder(store: Store, name: str) -> None:
    folder = store.create(name, "")
    assert folder.path.parent == store.root
    assert NAME.fullmatch(folder.id)
    assert os.listdir(store.root) == [folder.id]


def test_runs_made_at_the_same_moment_get_folders_of_their_own(store: Store) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(store.create("demo", "").id)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == sorted(f"demo-{number}" for number in range(1, 17))


def test_runs_are_listed_newest_first_and_other_things_are_not(store: Store) -> None:
    assert store.list() == []
    for name, at in (("old", 100.0), ("new", 3e9), ("middle", 200.0)):
        write(store.create(name, ""), [header()], at)
    (store.root / "not a run").mkdir()
    (store.root / "file").write_text("")
    just_made = store.create("just-made", "")
    assert [folder.id for folder in store.list()] == ["new-1", just_made.id, "middle-1", "old-1"]


def test_a_run_is_found_by_its_names(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, at in (("alpha", 100.0), ("alpha", 300.0), ("beta", 200.0)):
        write(store.create(name, ""), [header()], at)
    copied = tmp_path / "elsewhere" / "copy"
    shutil.copytree(store.root / "beta-1", copied)
    assert store.find(None).id == "alpha-2"
    assert store.find("alpha-1").path == store.root / "alpha-1"
    assert store.find("b").id == "beta-1"
    assert store.find(str(copied)).path == copied
    assert store.find(str(copied / "journal.jsonl")).path == copied
    monkeypatch.chdir(copied)
    assert store.find(".").id == "copy"
    assert store.find("journal.jsonl").id == "copy"
    assert store.find("../copy").journal.exists()


def test_a_run_that_is_not_there_is_answered_with_those_that_are(store: Store) -> None:
    with pytest.raises(RunNotFound, match=r"no runs in .* yet: start one with tunetop run"):
        store.find()
    with pytest.raises(RunNotFound, match="it holds no runs"):
        store.find("x")
    for at, name in enumerate(("alpha", "alpha", "beta")):
        write(store.create(name, ""), [header()], float(at))
    with pytest.raises(RunNotFound, match=r"no run 'gamma' .* there are beta-1, alpha-2, alpha-1$"):
        store.find("gamma")
    with pytest.raises(RunNotFound, match=r"'alpha' fits several runs .*alpha-2, alpha-1$"):
        store.find("alpha")
    for ref in ("", "..", "/", "nowhere/at/all", "~nobody-of-that-name/x", "\x00", "x" * 5000):
        with pytest.raises(RunNotFound):
            store.find(ref)


def test_the_runs_folder_is_where_it_is_said_to_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "mine"))
    assert default_runs_dir() == Store().root == tmp_path / "mine"
    monkeypatch.delenv("TUNETOP_RUNS_DIR")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    if sys.platform == "linux":
        assert default_runs_dir() == tmp_path / "data" / "tunetop" / "runs"


# -- one process a run -----------------------------------------------------------------------------------------------


@pytest.fixture
def folder(store: Store) -> RunFolder:
    return store.create("demo", "")


@pytest.fixture
def holder(folder: RunFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the run's lock."""
    code = f"""
from tunetop.engine.store import RunFolder
lock = RunFolder({str(folder.path)!r}).lock()
print("held", flush=True)
input()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_refused_and_told_who_is_first(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    assert folder.is_locked()
    with pytest.raises(
        RunLocked, match=rf"demo-1 is being run by process {holder.pid} on {socket.gethostname()} since"
    ):
        folder.lock()
    owner = folder.owner()
    assert owner
    assert (owner.pid, owner.host) == (holder.pid, socket.gethostname())
    assert abs(owner.started - time.time()) < 60


def test_a_lock_is_free_at_once_after_its_holder_was_killed(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert not folder.is_locked()
    assert folder.owner() is None
    with folder.lock():
        assert folder.is_locked()


def test_a_lock_is_not_stolen_for_its_age(folder: RunFolder, holder: subprocess.Popen[str]) -> None:
    os.utime(folder.lock_file, (0, 0))
    assert folder.is_locked()
    with pytest.raises(RunLocked):
        folder.lock()


def test_a_lock_that_was_given_back_can_be_taken_again(folder: RunFolder) -> None:
    for _ in range(3):
        lock = folder.lock()
        with pytest.raises(RunLocked, match=str(os.getpid())):
            folder.lock()
        lock.close()
        lock.close()
        assert not folder.is_locked()
        assert folder.lock_file.read_bytes() == b""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_does_not_keep_its_parents_lock(folder: RunFolder, method: str) -> None:
    context = multiprocessing.get_context(method)
    lock = folder.lock()
    child = context.Process(target=time.sleep, args=(600,))
    child.start()
    assert folder.is_locked()
    lock.close()
    try:
        assert child.is_alive()
        assert not folder.is_locked()
        folder.lock().close()
    finally:
        child.kill()
        child.join()


def test_a_child_that_outlives_a_killed_parent_does_not_keep_the_lock(folder: RunFolder) -> None:
    code = f"""
import os, subprocess, sys, time
from tunetop.engine.store import RunFolder
lock = RunFolder({str(folder.path)!r}).lock()
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
forked = os.fork()
if forked == 0:
    print("forked", flush=True)
    time.sleep(600)
print(started.pid, forked, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = sorted([process.stdout.readline(), process.stdout.readline()])
        children = [int(pid) for pid in lines[0].split()]
        try:
            assert folder.is_locked()
            process.kill()
            process.wait()
            for pid in children:
                os.kill(pid, 0)
            assert not folder.is_locked()
            folder.lock().close()
        finally:
            for pid in children:
                os.kill(pid, signal.SIGKILL)


def test_readers_never_make_a_starting_writer_fail(folder: RunFolder) -> None:
    stop = threading.Event()
    looks = [0, 0, 0]

    def look(index: int) -> None:
        while not stop.is_set():
            folder.is_locked()
            looks[index] += 1

    readers = [threading.Thread(target=look, args=(index,)) for index in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(100):
            with folder.lock():
                assert folder.is_locked()
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert min(looks) > 0


def test_looking_at_a_lock_makes_no_file_and_changes_nothing(folder: RunFolder) -> None:
    assert not folder.is_locked()
    assert not folder.lock_file.exists()
    with folder.lock():
        before = folder.lock_file.read_bytes()
        assert folder.is_locked()
        assert folder.lock_file.read_bytes() == before


def test_a_lock_file_that_is_deleted_while_it_is_waited_for_is_made_anew(folder: RunFolder) -> None:
    first = folder.lock()
    timer = threading.Timer(0.1, lambda: (folder.lock_file.unlink(), first.close()))
    timer.start()
    second = folder.lock()
    timer.join()
    assert folder.is_locked()
    second.close()


def test_a_lock_is_not_taken_through_a_link(folder: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    folder.lock_file.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="lock"):
        folder.lock()
    assert (tmp_path / "victim").read_text() == "precious"


def test_where_the_file_system_has_no_locks_the_named_process_decides(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(fd: int, operation: int) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(StoreError, match=r"cannot be locked .* --runs-dir"):
        folder.lock()
    me = lock_module.LockOwner(socket.gethostname(), os.getpid(), 0.0, lock_module._birth(os.getpid()))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for owner, held in [
        (me, True),
        (msgspec.structs.replace(me, birth="1"), sys.platform != "linux"),
        (msgspec.structs.replace(me, pid=ended.pid), False),
        (msgspec.structs.replace(me, pid=2**40), True),
        (msgspec.structs.replace(me, host="another-host", pid=ended.pid), True),
    ]:
        folder.lock_file.write_bytes(msgspec.json.encode(owner))
        assert folder.is_locked() is held, owner
    folder.lock_file.write_bytes(b"garbage")
    assert not folder.is_locked()


# -- commands --------------------------------------------------------------------------------------------------------


def test_commands_arrive_once_and_in_order(folder: RunFolder) -> None:
    reader = ControlReader(folder.path)
    assert reader.poll() == []
    commands = ["pause", "unpause", "skip:random", 'add:{"method":"random","params":{"alpha":0.1}}', "stop", "stop-now"]
    for command in commands[:3]:
        folder.send(command)
    assert reader.poll() == commands[:3]
    assert reader.poll() == []
    for command in commands[3:]:
        folder.send(command)
    assert reader.poll() == commands[3:]
    assert mode(folder.control) == 0o600


def test_commands_from_before_the_start_are_passed_over(folder: RunFolder) -> None:
    folder.send("stop")
    reader = ControlReader(folder.path)
    assert reader.poll() == []
    folder.send("pause")
    assert reader.poll() == ["pause"]


def test_a_half_written_command_waits_for_its_end(folder: RunFolder) -> None:
    reader = ControlReader(folder.path)
    with folder.control.open("wb", buffering=0) as file:
        file.write(b"pa")
        assert reader.poll() == []
        file.write(b"use\nst")
        assert reader.poll() == ["pause"]
        file.write(b"op\n")
        assert reader.poll() == ["stop"]


def test_a_control_file_that_is_replaced_or_emptied_is_read_from_its_start(folder: RunFolder) -> None:
    reader = ControlReader(folder.path)
    folder.send("skip:random")
    assert reader.poll() == ["skip:random"]
    folder.control.unlink()
    assert reader.poll() == []
    folder.send("pause")
    assert reader.poll() == ["pause"]
    folder.control.write_text("")
    assert reader.poll() == []
    folder.send("stop")
    assert reader.poll() == ["stop"]


@pytest.mark.parametrize(
    "command",
    ["", "destroy", "stop\nstop-now", "skip:", "skip:../x", "skip:a b", "add:", "add:\x1b[2J", "add:{}\n", "STOP"],
)
def test_what_is_no_command_is_neither_sent_nor_received(folder: RunFolder, command: str) -> None:
    with pytest.raises(ValueError, match="no such command"):
        folder.send(command)
    reader = ControlReader(folder.path)
    folder.control.write_text("".join(f"{line}\n" for line in command.split("\n")) + "pause\n", newline="")
    assert [line for line in reader.poll() if line not in ("stop", "stop-now", "add:{}")] == ["pause"]


def test_megabytes_of_garbage_are_passed_over(folder: RunFolder) -> None:
    reader = ControlReader(folder.path)
    folder.control.write_bytes(b"\xff" * 3_000_000 + b"\nstop\n")
    got: list[str] = []
    wait_for(lambda: got.extend(reader.poll()) or got)
    assert got == ["stop"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_no_command(text: str) -> None:
    assert not is_command(text)


def test_a_file_system_that_is_away_for_a_while_ends_no_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ControlReader(folder.path)
    folder.send("pause")

    def stale(*args: object, **options: object) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", stale)
        assert reader.poll() == []
    assert reader.poll() == ["pause"]


def test_a_fifo_in_a_journals_place_is_not_waited_for(store: Store, folder: RunFolder) -> None:
    os.mkfifo(folder.journal)
    os.mkfifo(folder.path / "entry.json")
    assert store.list() == [folder]
    assert summarise(folder).damage == "it is not a plain file"


def test_only_the_owner_commands_a_run(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ControlReader(folder.path)
    somebody = os.geteuid() + 1
    folder.send("pause")
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: somebody)
        with pytest.raises(NotOwner, match="only its owner"):
            folder.send("stop")
        assert reader.poll() == []
    assert reader.poll() == ["pause"]


def test_a_planted_control_link_is_neither_written_nor_read(folder: RunFolder, tmp_path: Path) -> None:
    reader = ControlReader(folder.path)
    (tmp_path / "victim").write_text("stop\n")
    folder.control.symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="control"):
        folder.send("pause")
    assert reader.poll() == []
    assert (tmp_path / "victim").read_text() == "stop\n"


# -- how runs stand --------------------------------------------------------------------------------------------------


def test_a_finished_run_is_told_in_one_entry(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = summarise(folder)
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
    assert summarise(folder) == entry


def test_a_run_without_its_process_counts_as_interrupted(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS[:2], TrialStarted(method="random", number=1, params={})])
    with folder.lock():
        entry = summarise(folder)
        assert entry.phase == "running"
        assert load(folder)[0].running_jobs
        assert entry.seconds > 1e6
    state, damage = load(folder)
    assert (state.phase, damage) == ("interrupted", "")
    assert not state.running_jobs
    entry = summarise(folder)
    assert (entry.phase, entry.finished_trials, entry.seconds) == ("interrupted", 2, 3.0)
    with folder.lock():
        assert summarise(folder).phase == "running"


def test_an_entry_follows_a_run_that_goes_on(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS[:2]])
    assert summarise(folder).finished_trials == 2
    write(folder, [RunResumed(workers=1), FOUR_TRIALS[2]], at=2000.0)
    assert summarise(folder).finished_trials == 3
    write(folder, [FOUR_TRIALS[3], RunFinished(state="done")], at=3000.0)
    entry = summarise(folder)
    assert (entry.phase, entry.finished_trials) == ("done", 4)


def test_an_entry_is_not_made_twice_from_the_same_journal(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = summarise(folder)
    monkeypatch.setattr(store_module, "load", lambda folder: pytest.fail("the journal was read again"))
    assert summarise(folder) == entry


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"size": 1, "mtime_ns": 1, "entry": 3}'])
def test_a_spoilt_entry_is_made_anew(folder: RunFolder, content: bytes) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    entry = summarise(folder)
    (folder.path / "entry.json").write_bytes(content)
    assert summarise(folder) == entry


def test_a_folder_that_cannot_be_written_to_is_still_told_about(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])

    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(errno.EACCES, "read-only")

    monkeypatch.setattr(store_module, "write_atomically", refuse)
    assert summarise(folder).finished_trials == 4
    assert not (folder.path / "entry.json").exists()


def test_a_copied_run_is_told_as_where_it_lies(folder: RunFolder, tmp_path: Path) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    original = summarise(folder)
    shutil.copytree(folder.path, tmp_path / "copy")
    copied = summarise(RunFolder(tmp_path / "copy"))
    assert copied == msgspec.structs.replace(original, id="copy", path=str(tmp_path / "copy"))


def test_a_run_that_never_began_is_told_about_too(folder: RunFolder) -> None:
    with folder.lock():
        entry = summarise(folder)
        assert (entry.phase, entry.finished_trials, entry.planned_trials, entry.best) == ("new", 0, None, None)
        assert entry.damage == ""
    entry = summarise(folder)
    assert (entry.phase, entry.damage) == ("interrupted", "there is no journal")


def test_damage_is_told_and_the_rest_is_shown(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS, RunFinished(state="done")])
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(lines[0] + b"garbage\n" + b"".join(lines[2:]))
    entry = summarise(folder)
    assert entry.damage.startswith("line 2 ")
    assert (entry.phase, entry.finished_trials, entry.best) == ("done", 3, 0.9)
    folder.journal.write_bytes(b"garbage\n" + b"".join(lines[1:]))
    entry = summarise(folder)
    assert "header" in entry.damage
    assert (entry.title, entry.finished_trials, entry.best) == ("", 4, 0.9)


def test_a_torn_end_is_told_only_when_nobody_is_writing_it(folder: RunFolder) -> None:
    write(folder, [header(), *FOUR_TRIALS])
    with folder.journal.open("ab") as file:
        file.write(b"12345678 {half")
    with folder.lock():
        assert load(folder)[1] == ""
    assert load(folder)[1] == "14 bytes after record 4 are no whole record"


def test_a_run_that_ends_while_it_is_looked_at_is_not_called_interrupted(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, [header(), *FOUR_TRIALS])
    lock = folder.lock()

    class EndsMeanwhile(Follower):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            lock.close()

    monkeypatch.setattr(store_module, "Follower", EndsMeanwhile)
    assert load(folder)[0].phase == "running"
    monkeypatch.undo()
    assert load(folder)[0].phase == "interrupted"
