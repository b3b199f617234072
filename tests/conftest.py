"""What all tests share: settings and runs of their own, never those of whoever runs them."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import pytest
from hypothesis import HealthCheck, settings
from tunetop.engine.workers.warm import limit_threads, warm_up

# before anything loads numpy, as some of what follows does: tests run side by side, and searches think in them
limit_threads()

from breadth import WHOLE  # noqa: E402
from dask_cluster import AT_REST, DaskCluster  # noqa: E402
from ray_cluster import RayCluster  # noqa: E402
from rewritten import keep_rewritten  # noqa: E402
from slow import mark_slow  # noqa: E402
from tunetop.engine.record.run_folder import RunFolder  # noqa: E402
from tunetop.engine.record.store import Store  # noqa: E402
from tunetop.engine.workers import warm  # noqa: E402
from warm_dask import WarmDask  # noqa: E402
from warm_process import Warmed  # noqa: E402

# a suite in the background of a shell is born deaf to Ctrl+C, and so would be all that it starts
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# how long an example takes says more of the machine than of what is tested, whichever file is run
EXAMPLES = 300 if WHOLE else 50
settings.register_profile("tunetop", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=EXAMPLES)
settings.load_profile("tunetop")


# each record of a run is on the disk before the run goes on, and tests waited for it a tenth of their time: what they
# write lies in memory where there is much of it. Whoever names another place, as `make soak` does, has it there
MEMORY = Path("/dev/shm")
if os.access(MEMORY, os.W_OK) and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC and disk_usage(MEMORY).free > 4 << 30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


LONGEST = (
    "test_bytes.py",
    "test_kill.py",
    "test_method_life.py",
    "test_parity.py",
    "test_snapshots.py",
    "test_terminal_loss.py",
    "test_watch_killed.py",
)
"""Files with tests of ten seconds and more."""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TUNETOP_RUNS_DIR", str(tmp_path / "default-runs"))
    monkeypatch.setenv("TUNETOP_CONFIG_DIR", str(tmp_path / "config"))
    yield
    # not before: the process that only hands tests to others need not import scikit-learn
    from winners import check_journals

    # whatever a test was about: each run that it made has the right winners
    check_journals(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run's folder as it is before anything happened."""
    return Store(tmp_path / "runs").create("demo", "")


@pytest.fixture(scope="session")
def warmed() -> Iterator[Warmed]:
    """What begins programs that need not import anything, all of a test process's."""
    process = Warmed()
    yield process
    process.close()


@pytest.fixture(scope="session")
def warm_dask() -> Iterator[WarmDask]:
    """What begins Dask's processes and bridges to them that need not import anything, all of a test process's."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    process = WarmDask(AT_REST)
    yield process
    process.close()


@pytest.fixture
def warm_bridges(warm_dask: WarmDask, monkeypatch: pytest.MonkeyPatch) -> WarmDask:
    """The same, from which the bridges of a test are as well."""
    monkeypatch.setattr(warm, "start_python", warm_dask.starting_bridges(warm.start_python))
    return warm_dask


@pytest.fixture(scope="session")
def dask_head(tmp_path_factory: pytest.TempPathFactory, warm_dask: WarmDask) -> Iterator[DaskCluster]:
    """A cluster of two workers, one of which does two folds at a time; those that a test starts beside are its own."""
    cluster = DaskCluster(tmp_path_factory.mktemp("dask"), threads=(2, 1), warm=warm_dask)
    yield cluster
    cluster.close()


@pytest.fixture
def dask(dask_head: DaskCluster, warm_bridges: WarmDask) -> DaskCluster:
    """The same, to which the bridges of this test are from a warm start."""
    return dask_head


@pytest.fixture(scope="session")
def ray_head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCluster]:
    """A Ray cluster of one node that does three folds at a time."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'tunetop[ray]'")
    if not os.environ.get("TUNETOP_TESTS_RAY"):
        pytest.skip("a Ray cluster takes half a minute of processor time: make soak sets TUNETOP_TESTS_RAY")
    cluster = RayCluster(3)
    yield cluster
    cluster.close()


@pytest.fixture
def ray(ray_head: RayCluster, monkeypatch: pytest.MonkeyPatch) -> RayCluster:
    """The same, to be found by whatever begins in this test."""
    for name, value in ray_head.join.items():
        monkeypatch.setenv(name, value)
    return ray_head


@pytest.fixture(scope="session", autouse=True)
def _warm_workers() -> None:
    os.environ.pop("SSH_CONNECTION", None)
    warm_up()


def pytest_sessionstart(session: pytest.Session) -> None:
    # before other processes are begun, which then need not do it, each for itself
    if session.config.getoption("numprocesses", None):
        keep_rewritten(session.config, Path(__file__).parent.rglob("test_*.py"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect tests with Python's cycle collector at rest, and have it look at nothing of them ever after.

    Thousands of tests and the libraries that they import stay until the end: walking through them again and again took
    a third of the time of collecting, and a fifth of that of tests that draw screens. What tests leave behind, caches
    and modules, is walked through seldom: every 5,000 objects it took a fifth of the time (77 s against 62, two rooms).
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, *gc.get_threshold()[1:])
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Let all that is left go with the process: pytest looks through it, again and again, for what nobody awaited."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # the longest first, so that nobody waits for them at the end
    items.sort(key=lambda item: item.path.name not in LONGEST)
    mark_slow(config, items)
