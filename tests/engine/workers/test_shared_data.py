"""Data that every host has a copy of: mapped there, held against its fingerprint, and never sent."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dask_cluster import DaskCluster
from ray_cluster import RayCluster
from running import TREE, preset_of, run_through, trials_of, wait_until
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from tunetop.engine.state import RunState
from tunetop.engine.workers.mapped import Mapped, look, wrong
from tunetop.engine.workers.shared import LARGE, Shared, note_on_data, read_shared, write_shared
from warm_dask import WarmDask


def _sharing(text: str, folder: str) -> str:
    return text.replace("[data]\n", f"[data]\nshared = {folder!r}\n")


@pytest.fixture
def data(tmp_path: Path) -> Shared:
    return Shared.of(load_problem(preset_of(TREE, tmp_path)))


def test_arrays_lie_elsewhere_once_and_are_the_same(data: Shared, tmp_path: Path) -> None:
    (tmp_path / "everywhere").mkdir()
    assert write_shared(data, tmp_path / "plain") is None
    found = [write_shared(data, tmp_path / name, f"{tmp_path}/everywhere/") for name in ("one", "two")]
    (file,) = (tmp_path / "everywhere").iterdir()
    assert found[0] == found[1] == Mapped(str(file), (tmp_path / "plain" / "data.bin").stat().st_size, found[0].digest)
    assert file.read_bytes() == (tmp_path / "plain" / "data.bin").read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name in ("one", "two", "plain"):
        read = read_shared(tmp_path / name)
        assert (read.train == data.train).all()
        assert all(
            (a == b).all()
            for mine, theirs in zip(read.folds, data.folds, strict=True)
            for a, b in zip(mine, theirs, strict=True)
        )
    assert not (tmp_path / "one" / "data.bin").exists()


def test_what_is_wrong_with_a_file_is_told_and_put_right_where_the_run_is(data: Shared, tmp_path: Path) -> None:
    mapped = write_shared(data, tmp_path / "run", str(tmp_path))
    assert mapped is not None
    assert wrong(mapped) == ""
    content = mapped.here.read_bytes()
    mapped.here.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert wrong(mapped) == f"{mapped.here} is another file than this run's: its fingerprint differs"
    assert write_shared(data, tmp_path / "run", str(tmp_path)) == mapped
    assert mapped.here.read_bytes() == content
    mapped.here.write_bytes(content[:-1])
    assert "its fingerprint differs" in wrong(mapped)
    mapped.here.unlink()
    assert wrong(mapped) == f"{mapped.here} is missing"
    os.mkfifo(mapped.here)
    assert wrong(mapped) == f"{mapped.here} cannot be read: not a plain file"
    said: list[Any] = [look("a run", mapped)]
    wait_until(lambda: (said.append(look("a run", mapped)), said[-1] is not None)[1])
    assert (said[0], said[-1]) == (None, wrong(mapped))


def test_a_folder_that_cannot_be_is_refused(data: Shared, tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"data\.shared: found 'here'; allowed: a folder's whole path"):
        preset_of(_sharing(TREE, "here"), tmp_path)
    preset = preset_of(_sharing(TREE, f"{tmp_path}/nowhere"), tmp_path)
    with pytest.raises(UsageError, match="nowhere cannot be written to: No such file or directory; allowed: a folder"):
        launch(preset, Store(tmp_path / "runs"), RunOptions(workers=1))
    assert not list((tmp_path / "runs").glob("*/journal.jsonl"))


def test_large_data_on_a_cluster_are_worth_a_word(data: Shared) -> None:
    large = Shared(np.broadcast_to(np.zeros(1), LARGE // 8 + 1), *[np.zeros(1)] * 3, folds=[], columns=())
    assert note_on_data(large, None, "") == note_on_data(data, None, "tcp://h:1") == []
    (word,) = note_on_data(large, None, "tcp://h:1")
    assert word.startswith("200 MB of data go to each host; data.shared = ")


def test_a_node_of_rays_maps_its_own_file_and_is_refused_in_a_line_without_it(
    ray: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in (tmp_path, ray.home):
        (home / "big").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    preset = preset_of(_sharing(TREE, "~/big"), tmp_path)
    here = run_through(preset, tmp_path / "here", workers=1, methods=("grid",))
    (file,) = (tmp_path / "big").iterdir()
    theirs = ray.home / "big" / file.name

    def there() -> RunState:
        return run_through(preset, tmp_path / "runs", methods=("grid",), cluster=ray.address)

    assert f"{theirs} is missing (data.shared): copy it there" in there().reason
    theirs.write_bytes(file.read_bytes())
    state = there()
    assert state.phase == "done", state.reason
    assert trials_of(state) == trials_of(here)


def test_two_hosts_map_their_own_file_and_others_are_refused_in_a_line(
    warm_bridges: WarmDask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [tmp_path / name for name in ("ada", "bob")]
    for home in homes:
        (home / "big").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(homes[0]))
    preset = preset_of(_sharing(TREE, "~/big"), tmp_path)
    here = run_through(preset, tmp_path / "here", workers=1, methods=("grid",))
    assert (here.phase, here.info is not None) == ("done", True), here.reason
    assert here.info is not None
    assert here.info.notes[-1] == "0 MB of data are mapped from ~/big on every host (data.shared)"
    (file,) = (homes[0] / "big").iterdir()
    theirs = homes[1] / "big" / file.name
    cluster = DaskCluster(tmp_path, warm=warm_bridges)

    def there() -> RunState:
        return run_through(preset, tmp_path / "runs", methods=("grid",), cluster=cluster.address)

    try:
        # the rows are sent to nobody: a host that could do without its file would not fail, nor come to these scores
        cluster.workers.append(cluster.start_worker(1, HOME=str(homes[1])))
        assert f"{theirs} is missing (data.shared): copy it there" in there().reason
        theirs.write_bytes(file.read_bytes()[:-1] + b"?")
        assert f"{theirs} is another file than this run's: its fingerprint differs (data.shared)" in there().reason
        theirs.write_bytes(file.read_bytes())
        alone = there()
        cluster.workers.append(cluster.start_worker(1, HOME=str(homes[0])))
        both = there()
    finally:
        cluster.close()
    for state in (alone, both):
        assert state.phase == "done", state.reason
        assert trials_of(state) == trials_of(here)
