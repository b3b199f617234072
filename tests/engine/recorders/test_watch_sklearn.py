"""scikit-learn's searches watched from inside: what is told is what they find, and they find what they would anyway."""

from __future__ import annotations

import copy
import io
import math
import multiprocessing
import pickle
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import LONG, wait_until
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
)
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from tunetop import Watch
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.recorders import recorder, spool
from tunetop.engine.recorders.fold_run import FoldRun
from tunetop.engine.recorders.folds import FoldBook, TrialPlan
from tunetop.engine.recorders.spool import Said
from tunetop.engine.state import RunState

X, Y = load_iris(return_X_y=True)
GRID = {"C": [0.1, 1.0, 10.0, -1.0], "kernel": ["rbf", "linear"]}
MULTI = ["accuracy", "f1_macro"]


def grid(**more: Any) -> GridSearchCV:
    return GridSearchCV(SVC(), GRID, cv=3, **more)


SEARCHES: dict[str, Callable[..., Any]] = {
    "grid with failures": grid,
    "grid with scores for failures": lambda **more: grid(error_score=0.0, **more),
    "grid of a pipeline": lambda **more: GridSearchCV(
        make_pipeline(StandardScaler(), SVC()), [{"svc__C": [1, 10]}, {"svc__gamma": ["auto", 0.1, 1.0]}], **more
    ),
    "multimetric": lambda **more: grid(scoring=MULTI, refit="f1_macro", **more),
    "random": lambda **more: RandomizedSearchCV(
        DecisionTreeClassifier(), {"max_depth": randint(1, 9), "ccp_alpha": loguniform(1e-4, 1e-1)}, n_iter=9, **more
    ),
    "halving grid": lambda **more: HalvingGridSearchCV(
        DecisionTreeClassifier(), {"max_depth": [1, 2, 3, 4, 5], "min_samples_leaf": [1, 2, 5]}, cv=3, **more
    ),
    "halving random": lambda **more: HalvingRandomSearchCV(
        DecisionTreeClassifier(), {"max_depth": randint(1, 9), "ccp_alpha": loguniform(1e-4, 1e-1)}, cv=3, **more
    ),
}
BACKENDS = {"sequential": (None, None), "loky": (2, "loky"), "threading": (2, "threading")}


def fitted(search: Any, backend: str) -> Any:
    from joblib import parallel_config

    jobs, name = BACKENDS[backend]
    search.n_jobs = jobs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name is None:
            return search.fit(X, Y)
        with parallel_config(name):
            return search.fit(X, Y)


def runs(root: Path) -> list[RunFolder]:
    return list(reversed(Store(root).list()))


def only_run(root: Path) -> RunState:
    (folder,) = runs(root)
    state, damage = load_state(folder)
    assert not damage
    return state


def told(state: RunState) -> dict[tuple[int, int], float]:
    """Return each score that was told, by trial and fold."""
    return {
        (trial.number, fold): score
        for trial in state.trials
        for fold, score in enumerate(trial.scores)
        if score is not None
    }


def found(search: Any, metric: str = "score") -> dict[tuple[int, int], float]:
    """Return each finite score that the search itself has."""
    results = search.cv_results_
    return {
        (number, fold): float(results[f"split{fold}_test_{metric}"][number])
        for number in range(len(results["params"]))
        for fold in range(search.n_splits_)
        if math.isfinite(results[f"split{fold}_test_{metric}"][number])
    }


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", SEARCHES)
def test_every_fold_is_told_to_the_last_bit(name: str, backend: str, tmp_path: Path) -> None:
    search = SEARCHES[name]()
    with Watch(runs_dir=tmp_path, quiet=True):
        fitted(search, backend)
    state = only_run(tmp_path)
    metric = "f1_macro" if name == "multimetric" else "score"
    assert told(state) == found(search, metric)
    assert len(state.trials) == len(search.cv_results_["params"])
    assert (state.phase, state.info.folds) == ("done", search.n_splits_)  # type: ignore[union-attr]
    for trial in state.trials:
        params = search.cv_results_["params"][trial.number]
        assert trial.params == {
            key: getattr(value, "item", lambda value=value: value)() for key, value in params.items()
        }
        mean = search.cv_results_[f"mean_test_{metric}"][trial.number]
        assert trial.mean == mean if math.isfinite(mean) else trial.mean is None
    (method,) = state.methods.values()
    assert method.result is not None
    assert method.result.best == search.best_index_
    if name == "multimetric":
        others = {(t.number, fold): t.others["accuracy"][fold] for t in state.trials if t.others for fold in range(3)}
        assert others == found(search, "accuracy")


@pytest.mark.parametrize("name", SEARCHES)
def test_halving_and_others_count_through_and_the_best_is_the_searchs_own(name: str, tmp_path: Path) -> None:
    search = SEARCHES[name]()
    with Watch(runs_dir=tmp_path, quiet=True):
        fitted(search, "sequential")
    state = only_run(tmp_path)
    assert state.best is not None
    assert state.best.number == search.best_index_
    if "halving" in name:
        resources = {trial.number: trial.resource for trial in state.trials}
        assert [resources[number] for number in sorted(resources)] == list(search.cv_results_["n_resources"])
        last = search.cv_results_["iter"].max()
        assert {trial.number for trial in state.trials if trial.phase == "done"} == set(
            np.flatnonzero(search.cv_results_["iter"] == last).tolist()
        )


# -- watching changes nothing ----------------------------------------------------------------------------------------


class Timeless(BaseEstimator, ClassifierMixin):
    """Scores what its parameter says, and warns; its times are no part of what is compared."""

    until = staticmethod(lambda: None)
    """What a fit waits for."""

    def __init__(self, p: float = 0.0) -> None:
        self.p = p

    def fit(self, X: Any, y: Any) -> Timeless:
        if self.p > 2:
            raise ValueError("p is too large")
        warnings.warn(f"p is {self.p}", UserWarning, stacklevel=1)
        self.until()
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.classes_[int(self.p) % len(self.classes_)])


def outcome(search: Any, watch: Watch | None, backend: str = "sequential") -> dict[str, Any]:
    """Return all that a search leaves behind, times aside."""
    from joblib import parallel_config

    jobs, name = BACKENDS[backend]
    search.n_jobs = jobs
    with warnings.catch_warnings(record=True) as caught, parallel_config(name or "loky"):
        warnings.simplefilter("always")
        if watch is None:
            search.fit(X, Y)
        else:
            with watch:
                search.fit(X, Y)
    kept = {key: value for key, value in search.cv_results_.items() if "time" not in key}
    attributes = sorted(vars(search))
    data = pickle.dumps(search)
    assert b"tunetop" not in data
    return {
        "results": {key: np.asarray(value).tolist() for key, value in kept.items()},
        "attributes": attributes,
        "best": (search.best_index_, search.best_params_, repr(search.best_score_)),
        # threads warn in the order in which they come to it
        "warnings": sorted((str(one.category), str(one.message), one.filename, one.lineno) for one in caught),
        "size": len(data),
        "classes": [str(kind) for kind in type(search).__mro__],
        "fit": type(search).fit,
    }


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_watched_search_is_the_unwatched_one(backend: str, tmp_path: Path) -> None:
    def make() -> Any:
        return GridSearchCV(Timeless(), {"p": [0.0, 1.0, 2.0, 3.0]}, cv=3)

    plain = outcome(make(), None, backend)
    watched = outcome(make(), Watch(runs_dir=tmp_path, quiet=True), backend)
    for name, value in plain.items():
        assert str(watched[name]) == str(value), name
    assert plain["warnings"]


FAULTS = [
    "tunetop.engine.recorders.spool.say",
    "tunetop.engine.recorders.spool.hold",
    "tunetop.engine.recorders.spool.SpoolReader.poll",
    "tunetop.engine.recorders.recorder.Recorder.__init__",
    "tunetop.engine.recorders.recorder.Recorder.tell",
    "tunetop.engine.recorders.recorder.Recorder.commands",
    "tunetop.engine.recorders.recorder.Recorder.close",
    "tunetop.engine.recorders.fold_run.FoldRun.expect",
    "tunetop.engine.recorders.fold_run.FoldRun.settle",
    "tunetop.engine.recorders.folds.FoldBook.take",
    "tunetop.engine.recorders.sklearn.begin",
    "tunetop.engine.recorders.sklearn._hold_run_search",
    "tunetop.engine.recorders.search.Keys",
    "tunetop.engine.recorders.search.axes_of",
    "tunetop.engine.recorders.search.Search._ticket",
    "tunetop.engine.recorders.search.Search._lighten",
    "tunetop.engine.recorders.search.Search._end",
    "tunetop.engine.recorders.search.Search.call_ended",
    "tunetop.engine.recorders.search.find_kept",
    "tunetop.engine.record.journal.Journal.append",
    "tunetop.engine.record.journal.Journal.create",
    "tunetop.engine.record.locked_folder.acquire",
]


@pytest.mark.parametrize("where", FAULTS)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("a fault of ours")])
def test_no_fault_of_the_watching_reaches_the_search(
    where: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make() -> Any:
        return GridSearchCV(Timeless(), {"p": [0.0, 1.0, 2.0, 3.0]}, cv=3)

    calls = []

    def fail(*_: Any, **__: Any) -> Any:
        calls.append(1)
        raise error

    plain = outcome(make(), None)
    monkeypatch.setattr(recorder, "LOOK", 0.001)
    monkeypatch.setattr(where, fail)
    if where.endswith("Recorder.commands"):
        # a thread asks for them every now and then, which the whole search might come before
        monkeypatch.setattr(Timeless, "until", staticmethod(lambda: wait_until(lambda: calls)))
    watched = outcome(make(), Watch(runs_dir=tmp_path, quiet=True))
    assert calls, "the fault was never met"
    for name, value in plain.items():
        assert str(watched[name]) == str(value), name
    # a thread that nobody ends would look for news for as long as the program lives
    assert "tunetop-recorder" not in {thread.name for thread in threading.enumerate()}


def test_a_search_that_raises_raises_the_same_and_is_recorded_as_failed(tmp_path: Path) -> None:
    search = GridSearchCV(Timeless(), {"p": [0.0, 9.0]}, cv=3, error_score="raise")
    with Watch(runs_dir=tmp_path, quiet=True), pytest.raises(ValueError, match="p is too large"):
        fitted(search, "sequential")
    state = only_run(tmp_path)
    assert (state.phase, state.reason) == ("failed", "ValueError: p is too large")


def test_as_a_callback_it_leaves_no_trace(tmp_path: Path) -> None:
    search = SEARCHES["random"]()
    if not hasattr(search, "set_callbacks"):
        pytest.skip("callbacks came with scikit-learn 1.9")
    search.set_callbacks(Watch(runs_dir=tmp_path, quiet=True))
    fitted(search, "loky")
    assert told(only_run(tmp_path)) == found(search)
    assert b"tunetop" not in pickle.dumps(search)
    # within a `with`, it is one run all the same; and a copy is watched as what it is a copy of
    search = copy.deepcopy(search.set_callbacks(Watch(runs_dir=tmp_path, quiet=True)))
    with Watch(runs_dir=tmp_path, quiet=True):
        fitted(search, "sequential")
    fitted(copy.deepcopy(search.set_callbacks(Watch(runs_dir=tmp_path, quiet=True))), "sequential")
    assert len(runs(tmp_path)) == 3


# -- pause, stop, resume ---------------------------------------------------------------------------------------------


class Gated(BaseEstimator, ClassifierMixin):
    """Fits when a file says so, and notes each fit in another one."""

    def __init__(self, p: int = 0, folder: str = "") -> None:
        self.p, self.folder = p, folder

    def __getstate__(self) -> Any:
        with open(f"{self.folder}/sent", "a") as file:
            file.write(f"{self.p}\n")
        return super().__getstate__()

    def fit(self, X: Any, y: Any) -> Gated:
        with open(f"{self.folder}/fits", "a") as file:
            file.write(f"{self.p}\n")
        wait_until(lambda: Path(f"{self.folder}/go{self.p}").exists() or Path(f"{self.folder}/go").exists())
        if Path(f"{self.folder}/fail{self.p}").exists():
            raise ValueError("this one was to fail")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.full(len(X), self.p % 3)


def fits(folder: Path, kind: str = "fits") -> list[int]:
    file = folder / kind
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def in_thread(search: Any, root: Path, backend: str = "sequential") -> threading.Thread:
    def work() -> None:
        with Watch(runs_dir=root, quiet=True):
            fitted(search, backend)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_stopped_search_ends_in_order_with_what_has_scores(backend: str, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    search = GridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(40))}, cv=3)
    for number in (0, 1):
        (tmp_path / f"go{number}").touch()
    thread = in_thread(search, root, backend)
    wait_until(lambda: 2 in fits(tmp_path))
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert search.best_index_ in (0, 1, 2, 3)
    # nor were the other hundred folds sent anywhere, and their data with them, but for what joblib had in its queue:
    # four batches of as many as eight, for the first six fits were quick
    assert len(fits(tmp_path, "sent")) < 60
    assert search.best_estimator_.classes_.tolist() == [0, 1, 2]
    # what ran was finished, and nothing else was begun; the last fit is that of the best
    assert max(fits(tmp_path)) <= 4
    state, _ = load_state(folder)
    assert state.phase == "stopped"
    assert set(told(state)) <= set(found(search))


def negative(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    return {"loss": -100.0 - estimator.p}


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_a_stopped_search_chooses_by_its_own_scorer_and_refit_among_what_was_fitted(
    backend: str, tmp_path: Path
) -> None:
    """A missing score is no 0, which is more than -100, and NaN, which numpy takes for the largest, is not chosen."""
    root = tmp_path / "runs"
    search = GridSearchCV(
        Gated(folder=str(tmp_path)), {"p": list(range(40))}, cv=3, error_score=0.0, return_train_score=True,
        scoring=negative, refit=lambda results: int(np.argmax(results["mean_test_loss"])),
    )  # fmt: skip
    (tmp_path / "go0").touch()
    thread = in_thread(search, root, backend)
    wait_until(lambda: 1 in fits(tmp_path))
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert search.best_params_ == {"p": 0}
    assert search.cv_results_["mean_test_loss"][0] == -100.0
    assert np.isnan(search.cv_results_["mean_test_loss"][39])
    assert search.best_estimator_.p == 0


def test_a_search_that_is_stopped_early_finishes_one_candidate(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    search = GridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(40))}, cv=3)
    thread = in_thread(search, root)
    wait_until(lambda: fits(tmp_path) == [0])
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert fits(tmp_path) == [0, 0, 0, 0]
    assert search.best_params_ == {"p": 0}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_search_that_is_stopped_before_any_score_goes_on_to_the_first_that_does_not_fail(
    backend: str, tmp_path: Path
) -> None:
    root = tmp_path / "runs"
    search = GridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(30))}, cv=3)
    for number in range(3):
        (tmp_path / f"fail{number}").touch()
    thread = in_thread(search, root, backend)
    wait_until(lambda: 0 in fits(tmp_path))
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert not thread.is_alive()
    assert math.isfinite(search.best_score_)
    assert search.best_params_["p"] >= 3
    assert max(fits(tmp_path)) <= 6
    assert load_state(folder)[0].phase == "stopped"


def test_a_search_that_is_stopped_between_two_trials_finishes_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # trials are known as they are handed out: here none is until it has been decided which one is to be finished
    expect = FoldRun.expect

    def late(run: FoldRun, number: int, *args: Any, **more: Any) -> None:
        if number == 1:
            wait_until(lambda: (asked := spool.hold(run.folder)) is not None and asked.only != 0)
        expect(run, number, *args, **more)

    monkeypatch.setattr(FoldRun, "expect", late)
    root = tmp_path / "runs"
    search = GridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(30))}, cv=3)
    (tmp_path / "fail0").touch()
    thread = in_thread(search, root)
    wait_until(lambda: fits(tmp_path) == [0])
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert fits(tmp_path)[:6] == [0, 0, 0, 1, 1, 1]
    assert search.best_params_ == {"p": 1}
    assert load_state(folder)[0].phase == "stopped"


def test_whichever_trial_comes_next_is_the_one_that_a_stopped_search_finishes() -> None:
    book = FoldBook("grid")
    assert book.furthest() == 0
    book.expect(0, TrialPlan({"p": 0}, 1))
    book.take([Said("end", 0, 0, 0.0, result={"test_scores": math.nan, "fit_error": "ValueError: no"})])
    assert book.furthest() == 1
    book.expect(3, TrialPlan({"p": 3}, 1))
    assert book.furthest() == 3


def test_halving_that_is_stopped_keeps_what_its_iterations_found(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    search = HalvingGridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(9))}, cv=3, factor=3)
    for number in range(8):
        (tmp_path / f"go{number}").touch()
    thread = in_thread(search, root)
    wait_until(lambda: 8 in fits(tmp_path))
    (folder,) = runs(root)
    folder.send("stop")
    wait_until(lambda: load_state(folder)[0].phase == "stopping")
    (tmp_path / "go").touch()
    thread.join(LONG)
    assert set(search.cv_results_["iter"]) == {0}
    assert math.isfinite(search.best_score_)
    assert hasattr(search, "best_estimator_")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_paused_search_begins_no_fold_until_it_goes_on(backend: str, tmp_path: Path) -> None:
    root = tmp_path / "runs"
    search = GridSearchCV(Gated(folder=str(tmp_path)), {"p": list(range(8))}, cv=3)
    thread = in_thread(search, root, backend)
    # all that there are: none is about to begin its first fit
    wait_until(lambda: len(fits(tmp_path)) == (BACKENDS[backend][0] or 1))
    (folder,) = runs(root)
    folder.send("pause")
    wait_until(lambda: load_state(folder)[0].phase == "paused")
    had = len(fits(tmp_path))
    (tmp_path / "go").touch()
    wait_until(lambda: len(told(load_state(folder)[0])) >= had)
    assert len(fits(tmp_path)) == had
    folder.send("unpause")
    thread.join(LONG)
    assert len(fits(tmp_path)) == 8 * 3 + 1
    assert told(load_state(folder)[0]) == found(search)


def test_folds_that_are_recorded_are_not_fitted_again(tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    root = tmp_path / "runs"

    def make(values: list[int], **more: Any) -> Any:
        return GridSearchCV(Gated(folder=str(tmp_path)), {"p": values}, cv=KFold(3), **more)

    with Watch(runs_dir=root, quiet=True):
        fitted(make([0, 1, 2]), "sequential")
    assert len(fits(tmp_path)) == 10
    whole = make([0, 1, 2, 3])
    with Watch(runs_dir=root, quiet=True, resume="gridsearchcv-1"):
        fitted(whole, "loky")
    # the fourth candidate's three, and the refit
    assert len(fits(tmp_path)) == 14
    plain = fitted(make([0, 1, 2, 3]), "sequential")
    for key in ("split0_test_score", "split2_test_score", "mean_test_score", "rank_test_score"):
        assert whole.cv_results_[key].tolist() == plain.cv_results_[key].tolist()
    had = len(fits(tmp_path))
    # other folds, another scorer or other data are other fits
    others = [make([0], scoring="f1_macro"), GridSearchCV(Gated(folder=str(tmp_path)), {"p": [0]}, cv=KFold(4))]
    with Watch(runs_dir=root, quiet=True, resume=True):
        for other in others:
            fitted(other, "sequential")
    assert len(fits(tmp_path)) == had + 3 + 1 + 4 + 1


def test_resuming_from_nothing_is_a_mistake_told_at_once(tmp_path: Path) -> None:
    from tunetop.engine.record.store import RunNotFound

    with pytest.raises(RunNotFound, match="there is no run 'gone-1'"), Watch(runs_dir=tmp_path, resume="gone-1"):
        pass


# -- loops of one's own ----------------------------------------------------------------------------------------------


def test_calls_of_cross_validate_in_one_line_are_one_run(tmp_path: Path) -> None:
    scores: dict[float, list[float]] = {}
    with Watch(runs_dir=tmp_path, quiet=True):
        for c in (0.1, 1.0, 10.0):
            scores[c] = cross_val_score(make_pipeline(StandardScaler(), SVC(C=c)), X, Y, cv=3).tolist()
        last = cross_validate(SVC(), X, Y, cv=4, scoring=MULTI, n_jobs=2)
    first, second = (load_state(folder)[0] for folder in runs(tmp_path))
    assert [trial.scores for trial in first.trials] == list(scores.values())
    assert [trial.params.get("svc__C") for trial in first.trials] == [None, 1.0, 10.0] or [
        trial.params.get("svc__C") for trial in first.trials
    ] == [0.1, 1.0, 10.0]
    (trial,) = second.trials
    assert trial.scores == last["test_accuracy"].tolist()
    assert trial.others == {"f1_macro": last["test_f1_macro"].tolist()}


class Evolution(BaseSearchCV):
    """A search as sklearn-genetic-opt's: it makes its folds by `cross_validate`, and a `fit` of its own."""

    def __init__(self, estimator: Any, param_grid: Any) -> None:
        super().__init__(estimator)
        self.param_grid = param_grid

    def fit(self, X: Any, y: Any = None) -> Any:
        values = self.param_grid["C"]
        scores = [cross_val_score(clone(self.estimator).set_params(C=c), X, y, cv=3).mean() for c in values]
        # what was evaluated before stands twice in its results
        rows = [0, *range(len(values))]
        self.cv_results_ = {"params": [{"C": values[row]} for row in rows], "split0_test_score": [1.0] * len(rows)}
        self.best_index_ = 1 + int(np.argmax(scores))
        self.best_params_ = {"C": values[self.best_index_ - 1]}
        return self


def test_a_search_that_makes_its_folds_by_cross_validate_is_one_run(tmp_path: Path) -> None:
    class Later(Evolution):
        def fit(self, X: Any, y: Any = None) -> Any:
            return super().fit(X, y)

    with Watch(runs_dir=tmp_path, quiet=True):
        search = Later(SVC(), {"C": [1e-3, 1.0, 1e-4]}).fit(X, Y)

        class WithinIt(Evolution):
            def fit(self, X: Any, y: Any = None) -> Any:
                super().fit(X, y)
                raise ValueError("of its own accord")

        with pytest.raises(ValueError, match="of its own accord"):
            WithinIt(SVC(), {"C": [1.0]}).fit(X, Y)
    first, second = (load_state(folder)[0] for folder in runs(tmp_path))
    assert first.info is not None
    assert (first.info.title, first.phase) == ("Later of SVC", "done")
    assert [trial.params for trial in first.trials] == [{"C": 1e-3}, {"C": 1.0}, {"C": 1e-4}]
    assert [(axis.name, axis.low, axis.high) for axis in first.info.axes] == [("C", 1e-4, 1.0)]
    (method,) = first.methods.values()
    assert (method.result and method.result.best, search.best_index_) == (1, 2)
    assert (second.phase, second.reason) == ("failed", "ValueError: of its own accord")
    assert not hasattr(Evolution.fit, "__wrapped__")
    assert "__init_subclass__" not in vars(BaseSearchCV)


def test_a_forked_child_records_for_itself_and_leaves_its_parents_run_alone(tmp_path: Path) -> None:
    def score(times: int) -> None:
        for _ in range(times):
            cross_val_score(DecisionTreeClassifier(), X, Y, cv=2)

    with Watch(runs_dir=tmp_path, quiet=True):
        score(1)
        child = multiprocessing.get_context("fork").Process(target=score, args=(3,))
        child.start()
        child.join(300)
        assert child.exitcode == 0
        score(1)
    states = [load_state(folder)[0] for folder in runs(tmp_path)]
    assert [(state.phase, state.finished_trials) for state in states] == [("done", 2), ("done", 3)]


def test_each_thread_is_watched_by_its_own(tmp_path: Path) -> None:
    together = threading.Barrier(2)

    def work(name: str) -> None:
        with Watch(runs_dir=tmp_path / name, quiet=True):
            together.wait(300)
            GridSearchCV(SVC(), {"C": [1.0, 2.0]}, cv=2).fit(X, Y)
            together.wait(300)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert [only_run(tmp_path / name).finished_trials for name in "ab"] == [2, 2]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_search_inside_of_cross_validate_is_a_run_too(jobs: int, tmp_path: Path) -> None:
    with Watch(runs_dir=tmp_path, quiet=True):
        scores = cross_validate(GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=2), X, Y, cv=3, n_jobs=jobs)["test_score"]
    states = [load_state(folder)[0] for folder in runs(tmp_path)]
    outer = [state for state in states if state.info and state.info.methods[0].kind == "loop"]
    assert [trial.scores for trial in outer[0].trials] == [scores.tolist()]
    inner = [state for state in states if state not in outer]
    assert [state.finished_trials for state in inner] == [2, 2, 2]
    assert all("inside of a fold" in state.info.notes[0] for state in inner if state.info)


def test_searches_of_worker_processes_are_runs_or_it_is_said_how_they_become_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    members = [(name, GridSearchCV(SVC(), {"C": [0.1, 1.0]}, cv=2)) for name in "ab"]
    for jobs in (None, 2):
        with Watch(runs_dir=tmp_path):
            votes = VotingClassifier(members, n_jobs=jobs).fit(X, Y).predict(X)
        assert (votes == VotingClassifier(members).fit(X, Y).predict(X)).all()
        said = capsys.readouterr().err
        assert ("tunetop watch -- python" in said) is (jobs == 2)
    # those that this process makes are runs
    assert [load_state(folder)[0].finished_trials for folder in runs(tmp_path)] == [2, 2]


def test_a_watch_is_had_without_scikit_learn_and_textual() -> None:
    import subprocess
    import sys

    code = "from tunetop import Watch\nwith Watch(): pass\nimport sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tunetop.engine.recorders.watch" in loaded
    assert not {"sklearn", "numpy", "textual", "rich", "optuna", "joblib"} & set(loaded)


def test_odd_parameters_get_labels(tmp_path: Path) -> None:
    steps = [SVC(C=1), SVC(C=2), DecisionTreeClassifier(), "passthrough"]
    pipe = make_pipeline(StandardScaler(), SVC())
    search = GridSearchCV(pipe, {"svc": steps[:3], "standardscaler": [StandardScaler(), "passthrough"]}, cv=2)
    search = copy.deepcopy(search)
    with Watch(runs_dir=tmp_path, quiet=True):
        search.fit(X, Y)
    state = only_run(tmp_path)
    assert state.info is not None
    axes = {axis.name: axis.labels for axis in state.info.axes}
    assert axes["svc"] == ["SVC(C=1)", "SVC(C=2)", "DecisionTreeClassifier()"]
    assert {trial.params["svc"] for trial in state.trials} == set(axes["svc"])
    assert pickle.loads(pickle.dumps(search)).best_score_ == search.best_score_
    assert io.BytesIO(pickle.dumps(search)).read().find(b"tunetop") < 0
