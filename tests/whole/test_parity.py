"""Every score equals scikit-learn's own, and the presets reproduce the articles that they follow."""

from __future__ import annotations

import fcntl
import functools
import warnings
from pathlib import Path

import numpy as np
import pytest
from breadth import WHOLE
from places import ROOT
from recorded_cancer import RecordedWorkers, sampled
from running import run_through
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, ParameterSampler
from tabulated_race import TABLES
from tunetop.engine.model.estimators import parameters_of
from tunetop.engine.preset.preset import load
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.engine.workers.backends import BACKENDS, LOCAL

LESSON = ROOT.parent / "shared" / "titanic_lesson"

CANCER_GRID = {
    "learning_rate_init": [1e-4, 1e-3, 1e-2, 1e-1],
    "alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
}


EACH = 1 if WHOLE else 40
"""Every so many candidates are fitted, and fitted again by scikit-learn; each winner always.

Most other fold scores are known from scikit-learn alone, but in `make soak`.
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder for all test processes that run side by side."""
    return tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent


def _run_once(folder: Path, preset: str, **options: object) -> RunState:
    """Return a run of a preset that whoever comes first has made, for all."""
    store = Store(folder / preset)
    with open(folder / f"{preset}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folders := store.list():
            return load_state(folders[0])[0]
        return run_through(load(preset), store.root, **options)


@pytest.fixture(scope="module")
def cancer(shared: Path) -> RunState:
    with pytest.MonkeyPatch.context() as patch:
        if not WHOLE:
            patch.setitem(BACKENDS, LOCAL, functools.partial(RecordedWorkers, each=EACH))
        return _run_once(shared, "breast_cancer_mlp", together=True, methods=("grid", "random", "refine"))


@pytest.fixture(scope="module")
def titanic(shared: Path) -> RunState:
    return _run_once(shared, "titanic_logistic", methods=("grid", "random"))


def test_the_breast_cancer_run_gives_the_articles_numbers(cancer: RunState) -> None:
    base, grid, random, refine = (cancer.methods[name] for name in ("baseline", "grid", "random", "refine"))
    assert [round(method.test_score or 0, 4) for method in (base, grid, random, refine)] == [0.9649] * 4
    assert grid.best is not None
    assert random.best is not None
    assert refine.best is not None
    assert grid.best.params == {"learning_rate_init": 0.001, "alpha": 1e-05}
    assert grid.best.mean == pytest.approx(0.978021978, abs=1e-9)
    assert random.best.params == {"learning_rate_init": 0.00029375384576328325, "alpha": 4.207988669606632e-05}
    assert random.best.mean == pytest.approx(0.982417582, abs=1e-9)
    assert len(refine.trials) == 34
    assert refine.best.params["learning_rate_init"] == pytest.approx(0.0003511356, rel=1e-6)
    assert refine.best.params["alpha"] == pytest.approx(1.5339e-05, rel=1e-4)
    assert refine.best.mean == pytest.approx(0.982417582, abs=1e-9)


def test_the_breast_cancer_run_says_that_its_scaler_leaks(cancer: RunState) -> None:
    assert cancer.info is not None
    assert any("before the split" in note for note in cancer.info.notes)


def test_every_mean_of_grid_and_random_is_scikit_learns_own(cancer: RunState) -> None:
    problem = load_problem(load("breast_cancer_mlp"))
    by_hand = {
        "grid": list(ParameterGrid(CANCER_GRID)),
        "random": list(
            ParameterSampler(
                {"learning_rate_init": loguniform(1e-4, 1e-1), "alpha": loguniform(1e-5, 1e-1)}, 40, random_state=42
            )
        ),
    }
    for name, candidates in by_hand.items():
        method = cancer.methods[name]
        assert [method.trials[number].params for number in range(len(method.trials))] == candidates
        means = [method.trials[number].mean or 0.0 for number in range(len(candidates))]
        assert method.best is not None
        assert method.best.number == int(np.argmax(means))
        chosen = sampled(TABLES[name][: len(candidates)], EACH)
        assert method.best.number in chosen
        search = GridSearchCV(
            clone(problem.estimator),
            [{key: [value] for key, value in candidates[number].items()} for number in chosen],
            cv=5,
            scoring="accuracy",
            n_jobs=2 if WHOLE else None,
            refit=False,
        ).fit(problem.split.train, problem.split.train_target)
        for place, number in enumerate(chosen):
            assert means[number] == pytest.approx(search.cv_results_["mean_test_score"][place], abs=1e-12)
            splits = [search.cv_results_[f"split{fold}_test_score"][place] for fold in range(5)]
            assert method.trials[number].scores == pytest.approx(splits, abs=1e-12)


def _titanic_search(problem, points):
    """Score labelled points as GridSearchCV would, one candidate list for all; refused ones are NaN."""
    space = problem.preset.space
    candidates = []
    for point in points:
        arguments = parameters_of(problem.estimator, space.arguments(point), problem.values)
        candidates.append({name: [value] for name, value in arguments.items()})
    search = GridSearchCV(clone(problem.estimator), candidates, cv=5, scoring="accuracy", refit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(problem.split.train, problem.split.train_target)
    return search.cv_results_["mean_test_score"]


def test_the_titanic_run_equals_scikit_learn_candidate_by_candidate(titanic: RunState) -> None:
    preset = load("titanic_logistic")
    problem = load_problem(preset)
    grid, random = titanic.methods["grid"], titanic.methods["random"]
    assert (grid.finished, random.finished) == (140, 100)
    assert grid.failed == 56
    assert grid.best is not None
    assert random.best is not None
    assert grid.best.params == {"C": 10.0, "penalty": "l1", "solver": "liblinear"}
    for method, points in ((grid, list(preset.space.grid())), (random, list(preset.space.sample(100, 42)))):
        assert [method.trials[number].params for number in range(len(points))] == points
        # the grid's 20 pairs of penalty and solver come round every 20 candidates: every seventh meets each of them
        chosen = sorted({*range(0, len(points), 1 if WHOLE else 7), method.best.number})
        means = _titanic_search(problem, [points[number] for number in chosen])
        assert 0 < np.isnan(means).sum() < len(chosen)
        for number, mean in zip(chosen, means, strict=True):
            ours = method.trials[number].mean
            if np.isnan(mean):
                assert ours is None
            else:
                assert ours == pytest.approx(mean, abs=1e-12)
    assert len({tuple(point.items()) for point in preset.space.sample(100, 42)}) == 100


def test_bayes_learns_which_combinations_the_titanics_model_refuses(tmp_path: Path) -> None:
    preset = load("titanic_logistic")
    bayes = run_through(preset, tmp_path, methods=("bayes",)).methods["bayes"]
    assert bayes.finished == 40
    assert bayes.failed <= 6
    assert bayes.best is not None
    best = _titanic_search(load_problem(preset), [bayes.best.params])[0]
    assert bayes.best.mean == pytest.approx(best, abs=1e-12)
    assert best == pytest.approx(0.802269, abs=1e-6)  # none of grid's 140 and random's 100 has more


def test_refused_combinations_are_failed_trials_of_one_fold_with_their_reason(titanic: RunState) -> None:
    failed = [trial for trial in titanic.methods["grid"].trials.values() if trial.phase == "failed"]
    assert all(len(trial.fit_seconds) == 1 for trial in failed if trial.reused is None)
    assert any("Only 'saga' solver supports elasticnet penalty" in reason for reason in titanic.failures)
    of_grid = [trial for trials in titanic.failures.values() for trial in trials if trial.method == "grid"]
    assert len(of_grid) == len(failed) == 56


@pytest.mark.skipif(not LESSON.is_dir(), reason="the lesson's CSV files are not beside this checkout")
def test_the_titanic_lesson_gives_its_numbers(tmp_path: Path) -> None:
    text = Path(load("titanic_logistic").path).read_text(encoding="utf-8")
    model = text[text.index("[model]") :].replace('prepare = ["impute", "minmax"]\n', "")
    head = f"""title = "Titanic lesson"
[data]
source = "csv:{LESSON / "clean_titanic_train.csv"}"
test = "csv:{LESSON / "clean_titanic_test.csv"}"
target = "Survived"
"""
    file = tmp_path / "lesson.toml"
    file.write_text(head + model, encoding="utf-8")
    state = run_through(load(file), tmp_path / "runs", methods=("grid", "random"))
    base, grid, random = (state.methods[name] for name in ("baseline", "grid", "random"))
    assert base.test_score == pytest.approx(0.8473282, abs=1e-7)
    assert grid.failed == 56
    assert grid.best is not None
    assert random.best is not None
    assert grid.best.params == {"C": 10.0, "penalty": "l1", "solver": "liblinear"}
    assert grid.best.mean == pytest.approx(0.858664844, abs=1e-9)
    assert grid.test_score == pytest.approx(0.8511450, abs=1e-7)
    assert random.best.params["penalty"] == "l2"
    assert random.best.params["C"] == pytest.approx(29.7635, abs=1e-4)
