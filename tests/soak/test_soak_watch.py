"""Watching at length: faults at any of its calls, stops from a second terminal, a study that writes under two watchers,
and two thousand hostile strings.

Figures are in each test's docstring: of a quiet machine of two cores where that is said, else under a load of 8 to 14.
"""

from __future__ import annotations

import itertools
import json
import os
import pkgutil
import random
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hostile_text import HOSTILE
from running import wait_until
from test_watch_sklearn import FAULTS, Timeless, outcome
from tunetop import Watch
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.recorders import recorder
from tunetop.engine.sources.find import source_of
from tunetop.engine.state import RunState
from tunetop.engine.text import is_harmless
from tunetop.tui.render.look import LOOKS
from tunetop.tui.views.catalog import views_for
from tunetop.tui.views.options import ViewOptions
from tunetop.tui.widgets.header import Header

SEARCHES = int(os.environ.get("TUNETOP_SOAK_SEARCHES", "200"))
STOPS = int(os.environ.get("TUNETOP_SOAK_STOPS", "20"))
SECONDS = float(os.environ.get("TUNETOP_SOAK_SECONDS", "300"))


def test_searches_are_as_if_unwatched_whichever_call_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault at the first to eighth call of a hook, a write, a lock: 419 searches identical, 200 of them met one."""
    from sklearn.model_selection import GridSearchCV

    def make() -> Any:
        return GridSearchCV(Timeless(), {"p": [0.0, 1.0, 2.0, 3.0]}, cv=3)

    chance, met, made = random.Random(1), 0, 0
    plain = {backend: outcome(make(), None, backend) for backend in ("sequential", "threading")}
    monkeypatch.setattr(recorder, "LOOK", 0.001)
    while met < SEARCHES:
        made += 1
        backend, where, at = chance.choice(list(plain)), chance.choice(FAULTS), chance.randrange(8)
        error = chance.choice([OSError(28, "No space left on device"), RuntimeError("a fault of ours"), MemoryError()])
        with monkeypatch.context() as patched:
            calls = fail_at(patched, where, at, error)
            watched = outcome(make(), Watch(runs_dir=tmp_path / str(made), quiet=True), backend)
        met += len(calls) > at
        for name, value in plain[backend].items():
            assert str(watched[name]) == str(value), (made, where, at, error, name)
    print(f"{made} searches identical, a fault met in {met}")


def fail_at(patched: pytest.MonkeyPatch, where: str, at: int, error: Exception) -> list[int]:
    """Have the call with that number fail, counted from 0; return a list that grows with each call."""
    calls: list[int] = []
    place, _, name = where.rpartition(".")
    owner = pkgutil.resolve_name(place)
    original = owner.__dict__[name]
    function = original.__func__ if isinstance(original, classmethod | staticmethod) else original

    def sometimes(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == at + 1:
            raise error
        return function(*args, **kwargs)

    patched.setattr(owner, name, type(original)(sometimes) if isinstance(original, classmethod) else sometimes)
    return calls


STOPPED = """
import contextlib, sys, time
from joblib import parallel_config
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
class Slow(DecisionTreeClassifier):
    def fit(self, X, y):
        time.sleep(seconds)
        return super().fit(X, y)
backend, seconds = sys.argv[1], float(sys.argv[2])
if __name__ == "__main__":
    jobs = 1 if backend == "sequential" else 2
    search = GridSearchCV(Slow(), {"max_depth": list(range(1, 2000))}, cv=3, n_jobs=jobs)
    with parallel_config(backend) if jobs > 1 else contextlib.nullcontext():
        search.fit(*load_iris(return_X_y=True))
    print("fitted", time.time(), search.best_estimator_.tree_.node_count)
"""


def test_a_stop_from_a_second_terminal_ends_a_search_soon_and_in_order(tmp_path: Path) -> None:
    """From the command's arrival to the return of `search.fit`, less one fit; the refit is in it.

    Told besides: how long `tunetop stop` takes to start, and when the program is over, its workers ended too. On a
    machine with more to do than it has cores, 2 s are as many times longer.
    Seen, load up to 8.2 on two cores, 20 stops: with fits of 0.01 s 0.4 to 1.6 s, with fits of 1 s (a refit as long)
    0.7 to 2.3 s; the program was over 4.0 s later than a fit at most. On quiet cores 0.40 to 0.44 and 1.15 to 1.20 s,
    the program over 1.7 s later than a fit at most.
    """
    (tmp_path / "train.py").write_text(STOPPED)
    excess: dict[str, list[float]] = {}
    starts: list[float] = []
    ends: list[float] = []
    load_seen = 0.0
    for number in range(STOPS):
        backend, seconds = ("sequential", "loky", "threading")[number % 3], (0.01, 1.0)[number // 3 % 2]
        runs = tmp_path / f"runs-{number}"
        command = [sys.executable, "-m", "tunetop", "watch", "--headless", "--runs-dir", str(runs), "--"]
        program = subprocess.Popen(
            [*command, sys.executable, "train.py", backend, str(seconds)], cwd=tmp_path,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        wait_until(lambda runs=runs: any(load_state(one)[0].folds_done > 4 for one in Store(runs).list()), 120)
        (folder,) = Store(runs).list()
        began = time.time()
        subprocess.run([sys.executable, "-m", "tunetop", "stop", folder.id, "--runs-dir", str(runs)], check=True)
        _, said = program.communicate(timeout=120)
        asked = os.stat(folder.path / "control").st_mtime
        starts.append(asked - began)
        ends.append(time.time() - asked - seconds)
        load_seen = max(load_seen, os.getloadavg()[0])
        (fitted,) = [line.split() for line in said.splitlines() if line.startswith("fitted")]
        excess.setdefault(f"{backend}, {seconds:g} s", []).append(float(fitted[1]) - asked - seconds)
        assert int(fitted[2]) > 0
        assert load_state(folder)[0].phase == "stopped"
    for name, found in excess.items():
        print(f"{name}: {', '.join(f'{one:.2f}' for one in found)} s over a fit")
    print(
        f"{STOPS} stops, load up to {load_seen:.1f}: the command took {statistics.median(starts):.1f} s to start,",
        end=" ",
    )
    print(f"the program was over {statistics.median(ends):.1f} s after a fit, at most {max(ends):.1f} s")
    assert max(map(max, excess.values())) <= 2.0 * max(1.0, load_seen / (os.cpu_count() or 1))


def test_searches_of_other_packages_are_told_as_they_have_them(tmp_path: Path) -> None:
    """`pip install scikit-optimize sklearn-genetic-opt`; the latter makes its fits by `cross_validate`, each one once.

    Both are one run of their own name.
    Seen with scikit-optimize 0.10.2 and sklearn-genetic-opt 0.12.0 on scikit-learn 1.9.1.
    """
    skopt = pytest.importorskip("skopt", reason="pip install scikit-optimize")
    genetic = pytest.importorskip("sklearn_genetic", reason="pip install sklearn-genetic-opt")
    from sklearn.datasets import load_iris
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(random_state=0)
    space = {"max_depth": skopt.space.Integer(1, 8), "ccp_alpha": skopt.space.Real(1e-4, 1e-1, prior="log-uniform")}
    genes = genetic.space
    grid = {"max_depth": genes.Integer(1, 8), "ccp_alpha": genes.Continuous(1e-4, 1e-1, distribution="log-uniform")}
    bayes = skopt.BayesSearchCV(tree, space, n_iter=8, cv=3, n_jobs=2, n_points=2, random_state=0)
    evolution = genetic.GASearchCV(
        estimator=tree, param_grid=grid, population_size=5, generations=2, cv=3, scoring="accuracy", verbose=False
    )
    for search in (bayes, evolution):
        runs = tmp_path / type(search).__name__
        with Watch(runs_dir=runs, quiet=True):
            search.fit(*load_iris(return_X_y=True))
        (folder,) = Store(runs).list()
        state, damage = load_state(folder)
        assert state.info is not None
        assert (state.phase, damage) == ("done", "")
        assert state.info.title == f"{type(search).__name__} of DecisionTreeClassifier"
        assert {axis.name: axis.scale for axis in state.info.axes} == {"max_depth": "linear", "ccp_alpha": "log"}
        rows = zip(*(search.cv_results_[f"split{fold}_test_score"] for fold in range(3)), strict=True)
        found, told = [list(map(float, row)) for row in rows], [trial.scores for trial in state.trials]
        if search is bayes:
            assert told == found
        # one whose genes were there before is a further row, and no further fit
        assert {tuple(one) for one in told} == {tuple(one) for one in found}  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["1.6", "1.7", "1.8"])
def test_every_fold_is_told_to_the_last_bit_in_older_versions(version: str, tmp_path: Path) -> None:
    """All tests of watched searches, in an environment made for them: pairs, faults, stops, what is gone on with.

    Seen with 1.6.1, 1.7.2 and 1.8.0, Python 3.11: 94 passed each, one (the callbacks of 1.9) skipped, 26 to 30 s.
    """
    python = tmp_path / "venv" / "bin" / "python"
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    wanted = [f"scikit-learn=={version}.*", "pandas", "msgspec", "platformdirs", "tomli-w", "pytest", "pytest-asyncio"]
    made = subprocess.run([*pip, *wanted], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"scikit-learn {version} does not install here: {made.stderr.strip().splitlines()[-1]}")
    subprocess.run([*pip, "--no-deps", "-e", root], check=True)
    told = [python, "-c", "import sklearn, tunetop; print(sklearn.__version__)"]
    found = subprocess.run(told, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()
    assert found.startswith(version + ".")
    tests = "tests/engine/recorders/test_watch_sklearn.py"
    words = [python, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", tests]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True)
    print(found, done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout[-3000:]


WRITER = """
import sys, time, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///study.db", study_name="demo", load_if_exists=True)
until, done = time.monotonic() + float(sys.argv[1]), open("../done", "a", buffering=1)
def objective(trial):
    for step in range(5):
        time.sleep(0.02)
        trial.report(step, step)
    return trial.suggest_float("x", 0, 1)
while time.monotonic() < until:
    study.optimize(objective, n_trials=1)
    done.write(f"{time.time()}\\n")
"""


def test_a_study_that_writes_is_not_slowed_by_two_watchers(tmp_path: Path) -> None:
    """Five minutes of one writer, with two watchers who have caught up and without, 15 s each in turn.

    What the watchers take to begin is in neither part. Seen on a quiet machine of two cores, 300 s: 2,068 trials, no
    lock met, 0.991 of its rate (median of 9 pairs). Under a load of 21: 394 trials, no lock met, 0.96 (7 pairs, 0.68 to
    1.00); each watcher took 0.17 s of the processor in 30 s, the writer 2.0 s.
    """
    place = tmp_path / "study"
    place.mkdir()
    with open(tmp_path / "said", "wb") as said:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(SECONDS)], cwd=place, stdout=said, stderr=said)
    wait_until(lambda: (tmp_path / "done").exists() and (tmp_path / "done").read_text().count("\n") > 20, 300)
    parts: list[tuple[bool, float, float]] = []
    watched = 0
    while writer.poll() is None:
        began = time.time()
        time.sleep(15.0)
        parts.append((False, began, time.time()))
        watched += _watched_for(15.0, place, parts)
    assert writer.wait() == 0, (tmp_path / "said").read_text()
    assert "locked" not in (tmp_path / "said").read_text()
    assert watched > 0
    assert os.listdir(place) == ["study.db"]
    done = _times(tmp_path / "done")
    rates = [(on, sum(a <= at < b for at in done) / (b - a)) for on, a, b in parts if b <= max(done)]
    pairs = [b / a for (_, a), (on, b) in itertools.pairwise(rates) if on and a]
    ratio, load = statistics.median(pairs), os.getloadavg()[0]
    print(
        f"{len(done)} trials, {len(pairs)} pairs: {ratio:.3f} of its rate under two watchers, load {load:.1f},", end=" "
    )
    print(", ".join(f"{one:.2f}" for one in sorted(pairs)))
    assert ratio >= 0.97 - 0.02 * max(load - (os.cpu_count() or 1), 0.0)


def _times(path: Path) -> list[float]:
    return [float(line) for line in path.read_text().split()]


def _watched_for(seconds: float, place: Path, parts: list[tuple[bool, float, float]]) -> int:
    """Watch for so long from when both watchers have told of a trial; return how many lines they wrote."""
    words = [sys.executable, "-m", "tunetop", "watch", "study.db", "--headless"]
    told = [place.parent / f"told-{number}" for number in range(2)]
    watchers = []
    for path in told:
        with open(path, "wb") as file:
            watchers.append(subprocess.Popen(words, cwd=place, stdout=file, stderr=file))
    wait_until(lambda: all(b" trial method=study" in path.read_bytes() for path in told), 120)
    began = time.time()
    time.sleep(seconds)
    parts.append((True, began, time.time()))
    for watcher in watchers:
        watcher.send_signal(signal.SIGTERM)
        watcher.wait(60)
    said = [path.read_bytes() for path in told]
    assert not any(b"locked" in one or b"Traceback" in one for one in said), said
    return min(one.count(b"\n") for one in said)


def test_watching_changes_no_byte_and_makes_no_file(tmp_path: Path) -> None:
    """A study in SQLite's two modes and as a journal, by path, by address, and misspelt."""
    import sqlite3

    import optuna
    from optuna.storages.journal import JournalFileBackend

    journal = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "study.log")))
    for storage in (f"sqlite:///{tmp_path / 'study.db'}", f"sqlite:///{tmp_path / 'wal.db'}", journal):
        optuna.create_study(storage=storage).optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=5)
    with sqlite3.connect(tmp_path / "wal.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()

    def everything() -> dict[str, tuple[bytes, int]]:
        return {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in tmp_path.iterdir()}

    before = everything()
    sources = ["study.db", "wal.db", "study.log", f"sqlite:///{tmp_path / 'wal.db'}", "sqlite:///study.db"]
    for source in [*sources, "sudty.db", "sqlite:///sudty.db", "sqlite:////nowhere/study.db", "sudty.log"]:
        runs = str(tmp_path.parent / "runs")
        words = [sys.executable, "-m", "tunetop", "watch", source, "--json", "--runs-dir", runs]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, timeout=120)
        assert done.returncode == (0 if source in sources else 2), done.stderr
        assert everything() == before, source


def hostile_strings(count: int) -> list[str]:
    chance = random.Random(7)
    made = list(HOSTILE)
    while len(made) < count:
        made.append("".join(chance.choice(HOSTILE)[:40] for _ in range(chance.randrange(1, 4))))
    return [text.encode("utf-8", "replace").decode("utf-8") for text in made[:count]]


def test_two_thousand_hostile_strings_in_studies_are_harmless(tmp_path: Path) -> None:
    """In names of studies, parameters and attributes, in choices and values, through the journal to each view."""
    strings, look = hostile_strings(2000), LOOKS["dark"]
    for start in range(0, len(strings), 20):
        texts = strings[start : start + 20]
        path = tmp_path / f"{start}.log"
        lines: list[dict[str, Any]] = [{"op_code": 0, "study_name": texts[0], "directions": [1, 2]}]
        lines.append({"op_code": 3, "study_id": 0, "system_attr": {"study:metric_names": texts[1:3]}})
        for number, text in enumerate(texts):
            kind = {"name": "CategoricalDistribution", "attributes": {"choices": [text, "b"]}}
            lines.append({"op_code": 4, "study_id": 0, "datetime_start": "2026-01-01T00:00:00"})
            lines.append({"op_code": 5, "trial_id": number, "param_name": text, "param_value_internal": 0,
                          "distribution": json.dumps(kind)})  # fmt: skip
            lines.append({"op_code": 8, "trial_id": number, "user_attr": {text: text}})
            lines.append({"op_code": 7, "trial_id": number, "step": 1, "intermediate_value": 0.5})
            if number:
                lines.append({"op_code": 6, "trial_id": number, "state": 1, "values": [number, -number]})
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        source, state = source_of(str(path)), RunState()
        while records := source.poll(5.0):
            state.apply_all(records)
        assert len(state.trials) == len(texts)
        assert is_harmless(source.id)
        header = Header()
        shown = [header._first(state, 2e9, look, 120), header._second(state, 2e9, look, 120)]
        for view in views_for(state):
            shown += view.draw(state, ViewOptions(), 100, 20, look)
        assert all(is_harmless(line.plain) for line in shown)
