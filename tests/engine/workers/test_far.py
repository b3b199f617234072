"""What a host keeps of a run's data: whole or not at all, whoever sends it and whoever sweeps meanwhile."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from tunetop.engine.workers import far
from tunetop.engine.workers.bridge import PIECE, FarKit


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def kit_of(tmp_path: Path) -> FarKit:
    files = {"data.bin": os.urandom(PIECE + 10), "code/mine.py": b"", "preset.toml": b"title = 1"}
    for number, content in enumerate(files.values()):
        (tmp_path / str(number)).write_bytes(content)
    return FarKit("kit", {name: str(tmp_path / str(number)) for number, name in enumerate(files)}, (), {})


def kept(kit: FarKit) -> bool:
    folder = far._base() / kit.name
    return all((folder / name).read_bytes() == Path(here).read_bytes() for name, here in kit.files.items())


def test_two_hosts_with_one_temporary_folder_do_not_mix_what_they_are_sent(tmp_path: Path) -> None:
    kit = kit_of(tmp_path)
    for pieces in zip(kit.pieces(), kit.pieces(), strict=True):
        assert not far._has_data(kit.name)
        for transfer, piece in zip(("ada", "bob"), pieces, strict=True):
            far.receive(kit.name, transfer, *piece)
    assert far._has_data(kit.name)
    assert kept(kit)
    assert [folder.name for folder in far._base().iterdir() if folder.is_dir()] == [kit.name]


def test_data_that_is_swept_while_it_comes_is_not_taken_for_whole(tmp_path: Path) -> None:
    kit = kit_of(tmp_path)
    first, *others = kit.pieces()
    far.receive(kit.name, "ada", *first)
    long_ago = far.LEASE + 1
    folder = far._base() / "kit-ada"
    os.utime(folder, (os.stat(folder).st_atime, os.stat(folder).st_mtime - long_ago))
    assert not far._has_data("another run's")
    assert not folder.exists()
    with pytest.raises(OSError, match="was removed on its way"):
        far.receive(kit.name, "ada", *others[0])
    for piece in kit.pieces():
        far.receive(kit.name, "again", *piece)
    assert kept(kit)


def test_a_post_does_not_begin_without_its_data(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="hold"):
        far._hold("gone")
