"""What every backend must do, whichever way it makes its workers: the contract `base.Workers`, run over all of them."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from processes import below, far_below, lives, makers_of
from ray_cluster import RayCluster
from running import TREE, preset_of, troubles, wait_until
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from tunetop.engine.errors import TunetopError, UsageError
from tunetop.engine.model.estimators import ALLOWED
from tunetop.engine.problem.problem import Problem, load_problem
from tunetop.engine.workers import backends, local, warm
from tunetop.engine.workers.backends import BACKENDS, backend_of, cores, make_workers, open_line
from tunetop.engine.workers.base import Answer, Kit, Lost, Unready, Workers
from tunetop.engine.workers.task import FoldTask, RefitResult

PLAINLY = "local, started plainly"
"""As on macOS: each worker imports for itself, which takes two seconds, so this is for tests of beginnings and ends."""

WAYS = [*BACKENDS, PLAINLY] if os.environ.get("TUNETOP_TESTS_RAY") else [name for name in BACKENDS if name != "ray"]
"""Ray, where each of these tests begins its own driver and actor, and all of the plain ones are for `make soak`."""

begins_and_ends = pytest.mark.parametrize("make", list(dict.fromkeys([*WAYS, PLAINLY])), indirect=True)

Make = Callable[..., Workers]

PLAIN = {"max_depth": 2, "min_impurity_decrease": 0.001, "criterion": "gini"}


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Make workers of the backend in question; whatever of them is left at the end is a fault."""
    backend = request.param
    cluster = request.getfixturevalue(backend) if backend in ("dask", "ray") else None
    address = cluster.address if cluster is not None else ""
    if backend not in BACKENDS:
        backend = "local"
        monkeypatch.setattr(warm, "FORKS", False)
        # a place is given up like that after one start or three
        monkeypatch.setattr(local, "_STARTS", 1)
    made: list[Workers] = []

    def make(
        problem: Problem, size: int = 1, allowed: tuple[str, ...] = ("failing_estimators",), ready: bool = True
    ) -> Workers:
        file = Path(problem.preset.path)
        kit = Kit(size, tmp_path / f"work-{len(made)}", file, (*ALLOWED, *allowed), address, tmp_path / "log.txt")
        workers = make_workers(backend, kit)
        workers.prepare(problem)
        made.append(workers)
        if ready:
            wait_until(lambda: workers.size == size)
        return workers

    # what Ray starts for itself, and when, is its own business
    rays = cluster.process.pid if isinstance(cluster, RayCluster) else None
    before = _family(rays)
    yield make
    for workers in made:
        workers.close(at_once=True)
    # what makes workers stays, for the next run: the fork server here, a post with one beside each of Dask's workers
    wait_until(lambda: not _family(rays) - before - set(makers_of(os.getpid())))


def _family(rays: int | None) -> set[psutil.Process]:
    """Return all that lives below this process, and of a Ray cluster what was begun on it."""
    found = {child for child in below(os.getpid()) if lives(child)}
    if rays is None:
        return found
    return found - set(below(rays)) | set(far_below(rays))


def problem_of(text: str, tmp_path: Path) -> Problem:
    return load_problem(preset_of(text, tmp_path), (*ALLOWED, "failing_estimators"))


def troubled(tmp_path: Path, *names: str, **options: str) -> Problem:
    return problem_of(troubles(*names, **options), tmp_path)


def ask(workers: Workers, task: FoldTask, timeout: float | None = None) -> Answer:
    """Have one task done and return its answer."""
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    workers.submit(task, answers.put, timeout)
    answer = answers.get(timeout=300)
    assert answers.empty()
    return answer


def trouble(name: str, folds: tuple[int, ...] = (0,), **more: Any) -> FoldTask:
    return FoldTask({"trouble": name, "max_depth": 2, **more}, folds)


def test_scores_are_scikit_learns(make: Make, tmp_path: Path) -> None:
    problem = problem_of(TREE, tmp_path)
    workers = make(problem)
    split, estimator = problem.split, clone(problem.estimator).set_params(**PLAIN)
    expected = cross_val_score(estimator, split.train, split.train_target, cv=3, scoring="accuracy")
    results = ask(workers, FoldTask(PLAIN, (0, 1, 2)))
    assert isinstance(results, list)
    assert [result.fold for result in results] == [0, 1, 2]
    assert [result.score for result in results] == list(expected)
    refit = ask(workers, FoldTask(PLAIN))
    assert isinstance(refit, RefitResult)
    fitted = estimator.fit(split.train, split.train_target)
    assert refit.score == fitted.score(split.test, split.test_target)
    assert list(refit.predictions) == list(fitted.predict(split.test))


@pytest.mark.parametrize("size", [1, 3])
def test_every_task_is_answered_once_and_that_many_run_at_a_time(make: Make, tmp_path: Path, size: int) -> None:
    workers = make(problem_of(TREE, tmp_path), size)
    answers: queue.SimpleQueue[tuple[int, Answer]] = queue.SimpleQueue()
    tasks = [FoldTask(PLAIN | {"max_depth": depth}, (depth % 3,)) for depth in range(1, 31)]
    for number, task in enumerate(tasks):
        workers.submit(task, lambda answer, number=number: answers.put((number, answer)), None)
    found = dict(answers.get(timeout=300) for _ in tasks)
    assert sorted(found) == list(range(30))
    for number, answer in found.items():
        assert isinstance(answer, list)
        assert [result.fold for result in answer] == list(tasks[number].folds)
    workers.close()
    assert answers.empty()


def test_a_failing_fold_is_told_in_text_and_those_after_it_are_not_done(make: Make, tmp_path: Path) -> None:
    workers = make(troubled(tmp_path, "lambda"))
    answer = ask(workers, trouble("lambda", (0, 1, 2)))
    assert isinstance(answer, list)
    assert [result.error for result in answer] == ["ValueError: holds what cannot be pickled"]
    assert isinstance(ask(workers, trouble("")), list)


@begins_and_ends
def test_a_death_or_a_timeout_is_told_with_its_cause_and_concerns_one_task(make: Make, tmp_path: Path) -> None:
    problem = troubled(tmp_path, "kill", "exit_hard", "endless", "endless_refit", "stuck")
    workers, split = make(problem, 1), problem.split
    assert ask(workers, trouble("kill")) == Lost("its worker was killed by SIGKILL (out of memory?)")
    if warm.FORKS:
        assert ask(workers, trouble("exit_hard")) == Lost("its worker ended with exit code 3")
    assert isinstance(ask(workers, trouble("")), list)  # the next one is ready, and has all of its time
    kinds = (("stuck", (0,), "fold"), ("endless", (0,), "fold"), ("endless_refit", (), "refit"))
    for name, folds, what in kinds if warm.FORKS else kinds[:1]:
        began = time.monotonic()
        answer = ask(workers, trouble(name, folds), 0.5)
        assert answer == Lost(f"the {what} took longer than its timeout of 0.5 s", timed_out=True)
        assert time.monotonic() - began >= 0.5
    # whoever comes after all that does what scikit-learn does
    answer = ask(workers, trouble("", (0, 1, 2)), 60.0)
    assert isinstance(answer, list)
    expected = cross_val_score(
        clone(problem.estimator).set_params(max_depth=2), split.train, split.train_target, cv=3, scoring="accuracy"
    )
    assert [result.score for result in answer] == list(expected)
    refit = ask(workers, trouble("", ()), 60.0)
    assert isinstance(refit, RefitResult)
    fitted = clone(problem.estimator).set_params(max_depth=2).fit(split.train, split.train_target)
    assert list(refit.predictions) == list(fitted.predict(split.test))


def test_closing_lets_running_tasks_end(make: Make, tmp_path: Path) -> None:
    workers = make(problem_of(TREE, tmp_path), 2)
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    for _ in range(2):
        workers.submit(FoldTask(PLAIN, (0, 1, 2)), answers.put, None)
    workers.close()
    assert [len(answers.get_nowait()) for _ in range(2)] == [3, 3]  # type: ignore[arg-type]


@begins_and_ends
def test_closing_at_once_waits_for_nothing(make: Make, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    workers = make(troubled(tmp_path, "endless", "family", mark=str(mark)), 2)
    answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
    for _ in range(5):
        workers.submit(trouble("endless"), answers.put, None)
    workers.close(at_once=True)  # that it returns is enough: none of them ends by itself
    assert answers.empty()


@begins_and_ends
def test_closing_at_once_before_a_worker_is_ready_is_as_good(make: Make, tmp_path: Path) -> None:
    problem = problem_of(TREE, tmp_path)
    for _ in range(3):
        make(problem, 3, ready=False).close(at_once=True)


@begins_and_ends
def test_a_module_that_no_worker_can_import_is_told_of_each_task(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUNETOP_TESTS_OWNER", str(os.getpid()))
    text = TREE.replace("sklearn.tree.DecisionTreeClassifier", "shy.Tree").replace("{ random_state = 0 }", "{}")
    problem = load_problem(preset_of(text, tmp_path), (*ALLOWED, "shy"))
    workers = make(problem, allowed=("shy",))
    for _ in range(3):
        answer = ask(workers, FoldTask(PLAIN, (0,)))
        assert isinstance(answer, Unready)
        assert answer.reason.endswith(r"RuntimeError: not in here \x1b[2J")


def test_a_full_disk_is_told_before_anything_runs(tmp_path: Path) -> None:
    problem = problem_of(TREE, tmp_path)
    (tmp_path / "file").touch()
    for backend in BACKENDS:
        workers = make_workers(backend, Kit(2, tmp_path / "file" / "work", Path(problem.preset.path), ALLOWED))
        with pytest.raises(OSError, match="file"):
            workers.prepare(problem)


def test_a_backend_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no backend 'locl'; there is local, dask, ray. Did you mean local\?"):
        make_workers("locl", Kit(1, tmp_path, tmp_path, ()))


@pytest.mark.parametrize("address", ["tcp://ada:8786", "tls://10.0.0.7:8786", "tcp://[::1]:8786", "file:/tmp/s.json"])
def test_a_clusters_address_says_which_backend_it_has(address: str) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'tunetop[dask]'")
    assert backend_of(address) == "dask"
    assert backend_of("") == "local"


def test_ray_is_found_on_a_node_of_its_cluster_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: name)
    assert backend_of("ray:auto") == "ray"
    for address in ("ray:", "ray:autos", "ray://auto"):
        with pytest.raises(UsageError, match="ray:auto on a node of a cluster"):
            backend_of(address)


@pytest.mark.parametrize(
    "address",
    [
        "ada:8786",
        "tcp://ada:65536",
        "tcp://ada:0",
        "tcp://ada",
        "tcp://ada:port",
        "http://ada:80",
        "file:",
        "ray://ada:1",
    ],
)
def test_what_is_no_clusters_address_is_told_with_what_is(address: str) -> None:
    with pytest.raises(UsageError, match=r"--cluster: found .*; allowed: tcp://HOST:PORT, tls://HOST:PORT or file:SCH"):
        backend_of(address)


def test_a_cluster_without_what_speaks_with_it_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TunetopError, match=r"--cluster needs distributed: pip install 'tunetop\[dask\]'"):
        backend_of("tcp://ada:8786")


def test_only_what_asks_nobody_and_is_reached_from_elsewhere_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "scheduler.json"
    assert open_line("tcp://ada:1").startswith("nothing asks at tcp://ada:1 who is there: ")
    for address in ("tls://ada:1", "tcp://127.0.0.1:1", "tcp://[::1]:1", "", f"file:{file}"):
        assert open_line(address) == ""
    file.write_text('{"address": "tcp://ada:1"}')
    assert open_line(f"file:{file}").endswith("; tls:// asks")
    for mode, line in (("token", ""), ("disabled", "RAY_AUTH_MODE=token asks")):
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
        assert open_line("ray:auto").endswith(line)
        assert bool(open_line("ray:auto")) == bool(line)


def test_there_are_as_many_workers_as_this_process_has_cores() -> None:
    assert cores() == len(os.sched_getaffinity(0))
