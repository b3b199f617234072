"""What a run leaves on disk is its owner's alone, goes where it should, and is never unpickled."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from places import ROOT
from running import SHORT, TRUSTED, finish, preset_of, wait_until
from tunetop.engine.export.formats import DEFAULT, export
from tunetop.engine.files import UnsafePath
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.workers import local
from tunetop.engine.workers.shared import Shared
from turnstile import Turnstile
from warm_process import Warmed
from window_runs import command, enough


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of everything in a folder, by its path there."""
    found: dict[str, int] = {}
    for path in [folder, *folder.rglob("*")]:
        try:
            found[str(path.relative_to(folder))] = stat.S_IMODE(path.lstat().st_mode)
        except FileNotFoundError:
            continue  # a temporary file, put in its place meanwhile
    return found


def wrong(found: dict[str, int], folder: Path) -> dict[str, str]:
    return {name: oct(mode) for name, mode in found.items() if mode != (0o700 if (folder / name).is_dir() else 0o600)}


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_everything_of_a_run_is_its_owners_alone_whatever_the_umask(warmed: Warmed, tmp_path: Path, umask: int) -> None:
    gate = Turnstile(tmp_path, enough(6))
    arguments = command(tmp_path, 0.0, 6, workers=2, gate=gate)
    program = warmed.start(*arguments, "--headless", umask=umask, out=tmp_path / "out")
    store = Store(tmp_path / "runs")
    wait_until(lambda: store.list() and load_state(store.list()[0])[0].finished_trials >= 2)
    (run,) = store.list()
    run.send("pause")
    wait_until(lambda: load_state(run)[0].phase == "paused")
    during = modes(run.path)
    assert {"work", "work/data.pickle", "work/data.bin", "journal.jsonl", "lock", "log.txt", "control"} <= set(during)
    assert not wrong(during, run.path)
    run.send("unpause")
    gate.open()
    assert program.wait() == 0
    to = tmp_path / "made" / "out"
    assert warmed.start("export", run.path, "--to", to, "--format", "csv,json,md", umask=umask).wait() == 0
    assert warmed.start("list", "--runs-dir", store.root, umask=umask).wait() == 0
    after = modes(store.root)
    assert f"{run.id}/summary.json" in after
    assert f"{run.id}/trials.csv" in after
    assert not wrong(after, store.root)
    assert not wrong(modes(to.parent), to.parent)


def test_links_planted_in_a_runs_folder_are_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    gate = Turnstile(tmp_path)
    options = RunOptions(workers=1, allow_imports=TRUSTED)
    run = launch(preset_of(gate.text(SHORT), tmp_path), Store(tmp_path / "runs"), options)
    for name in ("summary.json", "summary.md", "summary.csv", "trials.csv", "entry.json"):
        path = run.folder.path / name
        if not path.exists():
            os.symlink(precious, path)
    gate.open()
    assert run.finished.wait(300)
    assert run.outcome == "done"
    assert precious.read_text() == "keep me"
    assert not (run.folder.path / "summary.json").is_symlink()
    paths = export(load_state(run.folder)[0], run.folder.path, DEFAULT, force=True)
    assert precious.read_text() == "keep me"
    assert all(path.is_file() and not path.is_symlink() for path in paths)


def test_a_planted_log_or_work_folder_is_not_written_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious, elsewhere = tmp_path / "precious", tmp_path / "elsewhere"
    precious.write_text("keep me")
    elsewhere.mkdir()
    store = Store(tmp_path / "runs")
    create = store.create

    def planted(preset: str, text: str) -> RunFolder:
        folder = create(preset, text)
        os.symlink(elsewhere, folder.path / "work")
        if len(store.list()) > 1:
            os.symlink(precious, folder.log)
        return folder

    monkeypatch.setattr(store, "create", planted)
    assert finish(launch(preset_of(SHORT, tmp_path), store, RunOptions(workers=1))).phase == "done"
    with pytest.raises(OSError, match=r"log\.txt is not a plain file"):
        launch(preset_of(SHORT, tmp_path), store, RunOptions(workers=1))
    assert precious.read_text() == "keep me"
    assert elsewhere.is_dir()
    assert not list(elsewhere.iterdir())


@pytest.fixture(scope="module")
def over(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("over")
    run = launch(preset_of(SHORT, folder), Store(folder / "runs"), RunOptions(workers=1))
    assert finish(run).phase == "done"
    return run.folder


class Planted:
    """Things planted in a copy of a run's folder, and what they lead to."""

    def __init__(self, over: RunFolder, root: Path) -> None:
        self.folder = RunFolder(shutil.copytree(over.path, root / "copy-1"))
        self._precious, self._nowhere = root / "precious", root / "nowhere"
        self._precious.write_text("keep me")

    @contextmanager
    def plant(self, name: str, kind: str) -> Iterator[None]:
        """Put a `link`, a `dangling` one, a `fifo` or a `folder` in a file's place."""
        path = self.folder.path / name
        path.unlink(missing_ok=True)
        held = None
        if kind == "folder":
            path.mkdir()
        elif kind == "fifo":
            os.mkfifo(path)
            held = os.open(path, os.O_RDWR)  # so that nobody who opens it stands waiting
        else:
            path.symlink_to(self._precious if kind == "link" else self._nowhere)
        yield
        assert self._precious.read_text() == "keep me"
        assert not self._nowhere.exists()
        if held is not None:
            os.set_blocking(held, False)
            with pytest.raises(BlockingIOError):
                os.read(held, 1)
            os.close(held)


@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder"])
@pytest.mark.parametrize("name", ["log.txt", "torn.bin", "lock"])
def test_a_run_is_left_as_it_was_where_something_is_planted_in_it(
    over: RunFolder, tmp_path: Path, name: str, kind: str
) -> None:
    planted = Planted(over, tmp_path)
    with planted.folder.journal.open("ab") as file:
        file.write(b"torn")
    before = planted.folder.journal.read_bytes()
    with planted.plant(name, kind), pytest.raises(UnsafePath, match=rf"{name} is not a plain file"):
        resume(planted.folder, RunOptions(workers=1))
    assert planted.folder.journal.read_bytes() == before.removesuffix(b"torn" if name == "log.txt" else b"")
    assert not planted.folder.work.exists()
    assert not planted.folder.is_locked()


def test_what_is_planted_where_files_are_put_in_place_is_put_aside(over: RunFolder, tmp_path: Path) -> None:
    planted = Planted(over, tmp_path)
    places = {"work": "fifo", "summary.json": "dangling", "trials.csv": "fifo", "control": "dangling"}
    with planted.folder.journal.open("ab") as file:
        file.write(b"torn")
    with ExitStack() as stack:
        for name, kind in places.items():
            stack.enter_context(planted.plant(name, kind))
        assert finish(resume(planted.folder, RunOptions(workers=1))).phase == "done"
    for name in ("summary.json", "trials.csv"):
        assert stat.S_ISREG((planted.folder.path / name).lstat().st_mode)
    assert "4 bytes after record" in planted.folder.log.read_text()


def test_a_run_that_finds_no_room_to_go_on_is_left_as_it_was(
    over: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Planted(over, tmp_path).folder
    before = {path.name: path.read_bytes() for path in folder.path.iterdir()}

    def full(_data: Shared, work: Path, _elsewhere: str | None) -> None:
        work.mkdir()
        (work / "data.bin").write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(local, "write_shared", full)
    with pytest.raises(OSError, match="No space"):
        resume(folder, RunOptions(workers=1))
    assert {path.name: path.read_bytes() for path in folder.path.iterdir()} == before
    assert not folder.is_locked()
    store = Store(tmp_path / "runs")
    with pytest.raises(OSError, match="No space"):
        launch(preset_of(SHORT, tmp_path), store, RunOptions(workers=1))
    assert os.listdir(store.root) == []


def test_runs_of_one_process_leave_no_file_open(tmp_path: Path) -> None:
    run = launch(preset_of(SHORT, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=1))
    finish(run)
    opened: list[str] = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that lists them
            opened.append(os.readlink(link))
    assert not [path for path in opened if path.startswith(str(run.folder.path))]


UNPICKLING = re.compile(
    r"allow_pickle\s*=\s*True|\b(?:c?[pP]ickle|dill|cloudpickle|from joblib|joblib\.load|shelve|marshal)\b(?!-)"
)


OWN = {
    "engine/workers/shared.py": "what a run has written itself, into a folder of its own, for its own workers",
    "engine/workers/post.py": "tasks, from the run that has begun it, through a pipe",
    "engine/workers/remote.py": "tasks are written, and never read",
    "engine/workers/dask_session.py": "calls that a run sends to its own cluster; answers come as msgpack",
    "engine/workers/far_session.py": "calls are written, and never read",
    "engine/workers/ray_far.py": "calls that a run sends to its own cluster, read by its actors there",
    "engine/export/model.py": "writes one where that is asked for, with its warning, and reads none",
}
"""Files that may handle pickles, and whose those are."""


def test_nothing_in_the_package_reads_pickles_of_others() -> None:
    for folder in ("engine", "tui", "presets"):
        for path in set((ROOT / folder).rglob("*.py")) - {ROOT / name for name in OWN}:
            code = re.sub(r'"""[\s\S]*?"""|#.*', "", path.read_text())
            found = [line for line in code.splitlines() if UNPICKLING.search(line.replace("allow_pickle=False", ""))]
            assert not found, (path, found)
            for call in re.findall(r"np\.load\([^)]*\)?[^)]*\)", code):
                assert "allow_pickle=False" in call, path
