"""The runs folder: private, numbered, found by any name."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import threading
from pathlib import Path

import pytest
from hostile_text import HOSTILE
from kept_runs import header, write
from tunetop.engine.errors import StoreError
from tunetop.engine.files import FileInTheWay
from tunetop.engine.record import store as store_module
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.store import RunNotFound, Store, default_runs_dir, run_entry
from tunetop.engine.text import NAME


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "runs")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_a_run_is_its_owners_alone_whatever_the_umask(store: Store, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder = store.create("demo", "title = 'x'\n")
        with folder.lock():
            write(folder, [header()])
            folder.send("stop")
        run_entry(folder)
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


def test_a_run_and_its_journal_have_their_names_on_the_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(Path(os.readlink(f"/proc/self/fd/{fd}"))), sync(fd)))
    folder = store.create("demo", "")
    assert store.root in synced
    synced.clear()
    Journal.create(folder.journal).close()
    assert synced == [folder.path]


def test_a_file_where_the_runs_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    for act in (lambda: store.create("demo", ""), store.list, store.find):
        with pytest.raises(FileInTheWay, match="file is a file, and a folder is wanted there"):
            act()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_where_one_may_not_write_it_says_what_to_do(store: Store, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "mkdir", refuse)
    with pytest.raises(StoreError, match=rf"{os.strerror(number)}\): name another folder with --runs-dir"):
        store.create("demo", "")


def test_a_run_that_finds_no_room_leaves_nothing_behind(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module, "write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        store.create("demo", "")
    assert os.listdir(store.root) == []


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
