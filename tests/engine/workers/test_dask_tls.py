"""A Dask cluster that asks everybody for a certificate, found by its address and by its scheduler's file."""

from __future__ import annotations

from pathlib import Path

import certificates
import pytest
from certificates import Authority
from dask_cluster import DaskCluster
from running import LONG, TREE, finish, preset_of, run_through, trials_of, wait_until
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch
from warm_dask import WarmDask


@pytest.mark.skipif(not certificates.possible, reason="certificates are made by openssl, which is not installed")
def test_runs_with_a_certificate_are_those_of_this_machine_and_without_one_they_wait_and_say_why(
    warm_bridges: WarmDask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = Authority(tmp_path / "ours"), Authority(tmp_path / "others")
    (tmp_path / "cluster").mkdir()
    long = tmp_path / ("behind a path " * 15)
    long.mkdir()
    preset, store = preset_of(TREE, tmp_path), Store(tmp_path / "runs")
    cluster = DaskCluster(tmp_path / "cluster", (2,), settings=ours.settings("SCHEDULER", "WORKER"), warm=warm_bridges)
    try:
        assert cluster.address.startswith("tls://")
        here = run_through(preset, tmp_path / "here", workers=2, methods=("grid",))
        wait_until(cluster.file.exists, LONG)
        for authority, reason in (
            (None, "Dask's configuration has no certificates that can be read (distributed.comm.tls)"),
            (others, "(certificates are told in distributed.comm.tls)"),
        ):
            for name, value in (authority.settings("CLIENT") if authority is not None else {}).items():
                monkeypatch.setenv(name, value)
            run = launch(preset, store, RunOptions(cluster=f"file:{long / '..' / 'cluster' / cluster.file.name}"))
            wait_until(lambda run=run, reason=reason: reason in run.trouble, LONG)
            run.stop()
            assert finish(run).phase == "stopped"
        for name, value in ours.settings("CLIENT").items():
            monkeypatch.setenv(name, value)
        for address in (cluster.address, f"file:{cluster.file}"):
            state = run_through(preset, store.root, methods=("grid",), cluster=address)
            assert state.phase == "done", state.reason
            assert (state.cluster.address, len(state.cluster.hosts)) == (address, 1)
            assert trials_of(state) == trials_of(here)
    finally:
        cluster.close()
