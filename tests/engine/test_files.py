"""Files are private, whole, and never written through a link that somebody planted."""

from __future__ import annotations

import errno
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile_text import HOSTILE
from hypothesis import given
from hypothesis import strategies as st
from tunetop.engine import files
from tunetop.engine.files import (
    FileInTheWay,
    OutputExists,
    UnsafePath,
    make_private_dir,
    open_private,
    safe_name,
    write_all,
    write_atomically,
)
from tunetop.engine.text import NAME
from tunetop.tui.cli.exit_codes import message_of


def mode(path: Path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_files_and_folders_are_the_owners_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    target = tmp_path / "a" / "b" / "out.csv"
    write_atomically(target, "1,2\n", force=False)
    assert target.read_text() == "1,2\n"
    assert mode(target) == 0o600
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_dir(tmp_path / "new")
    assert mode(tmp_path) == 0o755


def test_a_file_in_a_folders_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileInTheWay, match=r"file is a file, and a folder is wanted there") as refused:
        make_private_dir(tmp_path / "file")
    assert refused.value.exit_code == 2
    with pytest.raises(FileInTheWay):
        write_atomically(tmp_path / "file" / "deeper" / "out.csv", "", force=True)


def test_nothing_is_replaced_unless_it_is_said(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("mine")
    with pytest.raises(OutputExists, match=r"out\.csv exists already; --force"):
        write_atomically(target, "new", force=False)
    assert target.read_text() == "mine"
    write_atomically(target, "new", force=True)
    assert target.read_text() == "new"
    assert mode(target) == 0o600
    assert os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("force", [False, True])
def test_a_planted_link_is_not_followed(tmp_path: Path, force: bool) -> None:
    victim, target = tmp_path / "victim", tmp_path / "out.csv"
    victim.write_text("precious")
    target.symlink_to(victim)
    if force:
        write_atomically(target, "new", force=True)
        assert not target.is_symlink()
        assert target.read_text() == "new"
    else:
        with pytest.raises(OutputExists):
            write_atomically(target, "new", force=False)
    assert victim.read_text() == "precious"


def test_a_dangling_link_counts_as_something_that_exists(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExists):
        write_atomically(target, "new", force=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_that_appears_while_another_is_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.csv"
    real = os.fsync

    def fsync_while_somebody_else_writes(fd: int) -> None:
        target.write_text("theirs")
        real(fd)

    monkeypatch.setattr(files.os, "fsync", fsync_while_somebody_else_writes)
    with pytest.raises(OutputExists):
        write_atomically(target, "ours", force=False)
    assert target.read_text() == "theirs"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_a_failing_disk_leaves_the_old_file_and_no_half_written_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, "new", force=True)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.csv"]


def test_of_several_files_all_are_written_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b.csv").write_text("old")
    left = [1, 1]

    def sync(fd: int) -> None:
        if not left:
            raise OSError(28, "No space left on device")
        left.pop()

    monkeypatch.setattr(files.os, "fsync", sync)
    with pytest.raises(OSError, match="No space") as caught:
        write_all(tmp_path, {"a.csv": "new", "b.csv": "new", "c.csv": "new"}, force=True)
    assert message_of(caught.value) == (
        f"{tmp_path / 'c.csv'}: No space left on device; make room there, or name another place"
    )
    assert os.listdir(tmp_path) == ["b.csv"]
    assert (tmp_path / "b.csv").read_text() == "old"


def test_a_reader_sees_the_old_file_or_the_new_one_and_nothing_between(tmp_path: Path) -> None:
    target = tmp_path / "summary.json"
    contents = {letter * 200_000 for letter in "ab"}
    write_atomically(target, "a" * 200_000, force=True)
    seen: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.add(target.read_text())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for content in sorted(contents) * 10:
        write_atomically(target, content, force=True)
    stop.set()
    watcher.join()
    assert seen
    assert seen <= contents


def test_a_file_is_on_the_disk_before_it_has_its_name_and_then_its_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, os.replace
    opened = lambda fd: os.readlink(f"/proc/self/fd/{fd}")  # noqa: E731
    monkeypatch.setattr(files.os, "fsync", lambda fd: (steps.append(f"sync {Path(opened(fd)).name}"), sync(fd)))
    monkeypatch.setattr(files.os, "replace", lambda old, new: (steps.append(f"name {new.name}"), replace(old, new)))
    write_atomically(tmp_path / "out.csv", "new", force=True)
    assert len(steps) == 3
    assert re.fullmatch(r"sync \.out\.csv\.[0-9a-f]{12}\.tmp", steps[0])
    assert steps[1:] == ["name out.csv", f"sync {tmp_path.name}"]


def test_where_nothing_may_be_written_the_file_that_was_wanted_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, flags: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(files, "open_private", refuse)
    with pytest.raises(PermissionError, match=r"Permission denied: '[^']*/out\.csv'$"):
        write_atomically(tmp_path / "out.csv", "new", force=True)


def test_what_killed_processes_left_half_written_is_swept_away_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(files.os, "replace", lambda *paths: None)
        killed.setattr(files.os, "unlink", lambda path: None)
        write_atomically(tmp_path / "summary.json", "half", force=True)
        write_atomically(tmp_path / "a name\nof two lines", "half", force=True)
    assert len(os.listdir(tmp_path)) == 2
    kept = [".mine.tmp", "summary.json", ".summary.json.0123456789ab.tmp.csv", "notes.0123456789ab.tmp"]
    for name in kept:
        (tmp_path / name).write_text("kept")
    (tmp_path / ".folder.0123456789ab.tmp").mkdir()
    files.sweep(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([*kept, ".folder.0123456789ab.tmp"])


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_only_plain_files_are_opened_for_writing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "journal.jsonl"
    if kind == "link":
        (tmp_path / "victim").write_text("precious")
        path.symlink_to(tmp_path / "victim")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    for access in (os.O_WRONLY, os.O_RDWR):
        with pytest.raises(UnsafePath, match=r"journal\.jsonl is not a plain file"):
            open_private(path, access | os.O_APPEND | os.O_CREAT)


def test_a_file_that_others_could_read_is_closed_to_them_when_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "control"
    path.write_text("")
    path.chmod(0o666)
    os.close(open_private(path, os.O_WRONLY | os.O_APPEND))
    assert mode(path) == 0o600


def test_text_that_is_no_unicode_is_still_written(tmp_path: Path) -> None:
    write_atomically(tmp_path / "out.txt", "a\ud800b", force=False)
    assert (tmp_path / "out.txt").read_bytes() == b"a\\ud800b"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("breast_cancer_mlp", "breast_cancer_mlp"),
        ("My Churn (v2).toml", "My-Churn-v2-.toml"),
        ("../../etc/passwd", "etc-passwd"),
        ("Größe é", "Groe-e"),
        ("日本語", "unnamed"),
        ("..", "unnamed"),
        ("-rf", "rf"),
    ],
)
def test_a_safe_name_keeps_what_it_can(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.one_of(st.text(st.characters(exclude_categories=())), st.sampled_from(HOSTILE)), st.integers(1, 64))
def test_a_safe_name_is_always_one(text: str, limit: int) -> None:
    name = safe_name(text, limit)
    assert NAME.fullmatch(name)
    assert len(name) <= limit
