"""Methods that begin with given points, or with the best of an earlier run: first, fitted anew, learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from running import TREE, finish, preset_of, run_through, trials_of, wait_until
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.tree import DecisionTreeClassifier
from tunetop.engine.errors import PresetError
from tunetop.engine.record.run_folder import load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import RunState

BAYES = """
[[method]]
kind = "bayes"
trials = 9
seed = 2
"""
OTHERS = TREE.replace("trials = 12", "trials = 8") + BAYES
POINTS = [
    {"max_depth": 3, "min_impurity_decrease": 0.002, "criterion": "entropy"},
    {"max_depth": 7, "min_impurity_decrease": 0.05, "criterion": "gini"},
]
START = """
[start]
points = [
  { max_depth = 3, min_impurity_decrease = 0.002, criterion = "entropy" },
  { criterion = "gini", min_impurity_decrease = "0.05", max_depth = "7" },
  { max_depth = 3, min_impurity_decrease = 0.002, criterion = "entropy" },
]
"""


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one run, of another seed."""
    folder = tmp_path_factory.mktemp("earlier")
    run_through(preset_of(TREE.replace("seed = 3", "seed = 11"), folder, "old.toml"), folder / "runs", workers=2)
    return folder / "runs"


def by_hand(point: dict[str, object]) -> float:
    X, y = load_iris(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, test_size=0.3, stratify=y, random_state=1)
    return float(np.mean(cross_val_score(DecisionTreeClassifier(random_state=0, **point), X, y, cv=3)))


@pytest.mark.parametrize(("workers", "together"), [(1, False), (3, True)])
def test_the_first_trials_are_the_given_points_scored_as_scikit_learn_scores_them(
    tmp_path: Path, workers: int, together: bool, once: dict[str, object]
) -> None:
    state = run_through(preset_of(OTHERS + START, tmp_path), tmp_path / "runs", workers=workers, together=together)
    for name, trials in (("random", 8), ("bayes", 9)):
        method = state.methods[name]
        assert (len(method.trials), method.plan.start) == (trials, 2)
        assert [method.trials[number].params for number in range(2)] == POINTS
        assert [method.trials[number].mean for number in range(2)] == pytest.approx(
            list(map(by_hand, POINTS)), abs=1e-12
        )
        later = [method.trials[number].params for number in range(2, trials)]
        assert name == "random" or not any(point in POINTS for point in later)
    assert [state.methods["grid"].plan.start, state.methods["refine"].plan.start] == [0, 0]
    assert state.info is not None
    assert "random, bayes begin with the 2 points of [start]; grid, refine have a plan without them" in state.info.notes
    assert once.setdefault("trials", trials_of(state)) == trials_of(state)


@pytest.fixture(scope="module")
def once() -> dict[str, object]:
    """What runs of the same preset must agree on."""
    return {}


def best_of(state: RunState, most: int) -> list[dict[str, object]]:
    """A plain loop: the different configurations by mean score, the earlier trial first on a tie."""
    done = [trial for trial in state.trials if trial.method != "baseline" and trial.mean is not None]
    found: list[dict[str, object]] = []
    for trial in sorted(done, key=lambda trial: -float(trial.mean or 0)):
        if trial.params not in found:
            found.append(dict(trial.params))
    return found[:most]


def test_the_best_of_an_earlier_run_come_first_and_the_run_needs_it_no_more(tmp_path: Path, earlier: Path) -> None:
    (old,) = Store(earlier).list()
    expected = best_of(load_state(old)[0], 4)
    preset = preset_of(OTHERS + f'[start]\nfrom = "{old.path}"\nmost = 4\n', tmp_path)
    store = Store(tmp_path / "runs")
    run = launch(preset, store, RunOptions(workers=2))
    wait_until(lambda: load_state(run.folder)[0].finished_trials > 12)
    run.stop()
    finish(run)
    again = resume(run.folder, RunOptions(workers=2), trials=["random=+4"])
    state = finish(again)
    moved = old.path.rename(tmp_path / "moved")
    try:
        assert load_state(run.folder)[1] == ""
        further = finish(resume(run.folder, RunOptions(workers=2), trials=["bayes=+2"]))
    finally:
        moved.rename(old.path)
    assert [further.methods["bayes"].trials[n].params for n in range(4)] == expected
    assert [state.methods["random"].trials[n].params for n in range(4)] == expected
    assert len(further.methods["random"].trials) == 12
    assert len(further.methods["bayes"].trials) == 11
    whole = OTHERS.replace("trials = 8", "trials = 12").replace("trials = 9", "trials = 11")
    whole += f'[start]\nfrom = "{old.path}"\nmost = 4\n'
    assert trials_of(run_through(preset_of(whole, tmp_path), tmp_path / "whole", workers=3)) == trials_of(further)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("points = [{ max_depth = 3 }]", "start.points[0]: min_impurity_decrease is missing"),
        (
            'points = [{ max_depth = 30, min_impurity_decrease = 0.01, criterion = "gini" }]',
            "start.points[0]: max_depth: 30 is outside 1 … 8",
        ),
        (
            'points = [{ max_depth = [3], min_impurity_decrease = 0.01, criterion = "gini" }]',
            "start.points[0].max_depth",
        ),
        ("most = 0", "start.most: found 0"),
        ('form = "old"', "form"),
        ('from = "nowhere-1"', "start.from"),
    ],
)
def test_a_wrong_start_is_told_with_its_key(tmp_path: Path, start: str, said: str) -> None:
    with pytest.raises(PresetError) as caught:
        launch(preset_of(f"{OTHERS}[start]\n{start}\n", tmp_path), Store(tmp_path / "runs"))
    assert said in str(caught.value)
    assert not Store(tmp_path / "runs").list()


def test_a_run_over_another_space_is_refused_with_what_does_not_fit(tmp_path: Path, earlier: Path) -> None:
    (old,) = Store(earlier).list()
    text = OTHERS.replace("[1, 8]", "[20, 30]").replace("grid = [1, 2, 3]", "grid = [20]")
    with pytest.raises(PresetError, match=r"start\.from: .* has nothing to begin with: max_depth: .* outside 20 … 30"):
        launch(preset_of(f'{text}[start]\nfrom = "{old.path}"\n', tmp_path), Store(tmp_path / "runs"))
