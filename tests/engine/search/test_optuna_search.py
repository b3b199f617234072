"""Optuna's samplers as a search method, driven as the conductor does."""

from __future__ import annotations

import importlib.util
import math
import sys
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest
from running import TREE, finish, preset_of, run_through, trials_of
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Point
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.search.base import WAIT
from tunetop.engine.search.optuna import OptunaSearch
from tunetop.engine.space.space import Choice, Dimension, Space

pytest.importorskip("optuna")

HAS_TORCH = importlib.util.find_spec("torch") is not None
SAMPLERS = [
    "tpe",
    "cmaes",
    "nsga2",
    "qmc",
    pytest.param("gp", marks=pytest.mark.skipif(not HAS_TORCH, reason="needs torch")),
]

SPACE = Space(
    (
        Dimension("rate", "log", 1e-4, 1e-1),
        Dimension("units", "log", 4, 256, integer=True),
        Dimension("share", "linear", 0.0, 1.0, steps=5),
        Dimension("depth", "choice", choices=tuple(Choice.of("depth", d) for d in (1, 3, 9)), ordered=True),
        Dimension("penalty", "choice", choices=(Choice("l1", {"l1_ratio": 1.0}), Choice("none", {"C": math.inf}))),
    )
)


def score(point: Mapping[str, Any]) -> float:
    if point["penalty"] == "none" and point["depth"] == 9:
        return math.nan
    return -((math.log10(point["rate"]) + 2) ** 2) - abs(point["share"] - 0.5) - 0.1 * point["depth"]


def drive(search: OptunaSearch, done: list[Point] | None = None) -> list[Point]:
    """Ask and tell to the end; first the recorded trials, if any, as a resumed run does."""
    points: list[Point] = []
    for number in range(1000):
        point = search.ask()
        if point is None:
            return points
        assert isinstance(point, dict)
        assert search.ask() is WAIT
        if done and number < len(done):
            assert point == done[number]
        points.append(point)
        search.tell(number, point, score(point))
    raise AssertionError("the search does not end")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_proposes_points_of_the_space_and_repeats_itself_under_a_seed(sampler: str) -> None:
    # more than the ten with which Optuna's samplers begin at random
    points = drive(OptunaSearch(SPACE, 13, 3, sampler))
    assert len(points) == 13
    assert [SPACE.problem_with(point) for point in points] == [None] * 13
    assert drive(OptunaSearch(SPACE, 13, 3, sampler), done=points[:9]) == points
    assert drive(OptunaSearch(SPACE, 2, 4, sampler)) != points[:2]


def test_no_more_asks_than_agreed_are_open_and_earlier_results_do_not_change_them() -> None:
    def proposed(told_at_once: bool) -> list[Point]:
        search = OptunaSearch(SPACE, 30, 3, open_asks=4)
        points: list[Point] = []
        told = 0
        while True:
            while isinstance(point := search.ask(), dict):
                points.append(point)
                assert len(points) - told <= 4
            if point is None:
                return points
            assert len(points) - told == 4
            for _ in range(4 if told_at_once else 1):
                search.tell(told, points[told], score(points[told]))
                told += 1

    assert len(proposed(False)) == 30
    assert proposed(True) == proposed(False)


def test_stepped_ranges_and_choices_come_back_as_their_own_values() -> None:
    points = drive(OptunaSearch(SPACE, 40, 0, "qmc"))
    assert {point["share"] for point in points} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert {point["depth"] for point in points} == {1, 3, 9}
    assert {point["penalty"] for point in points} == {"l1", "none"}
    assert all(isinstance(point["units"], int) for point in points)


def test_scores_are_maximised() -> None:
    space = Space((Dimension("x", "linear", 0.0, 1.0),))
    search = OptunaSearch(space, 60, 1, "tpe")
    found = []
    for number in range(60):
        point = search.ask()
        assert isinstance(point, dict)
        x = cast(float, point["x"])
        found.append(x)
        search.tell(number, point, -abs(x - 0.9))
    assert sum(abs(x - 0.9) < 0.1 for x in found[30:]) > 15


def test_failed_trials_and_trials_made_by_hand_reach_the_study() -> None:
    search = OptunaSearch(SPACE, 5, 0, "tpe")
    hand: Point = {"rate": 1e-2, "units": 8, "share": 0.25, "depth": 9, "penalty": "none"}
    search.tell(0, hand, math.nan)
    search.tell(1, hand | {"penalty": "l1"}, 0.5)
    point = search.ask()
    assert isinstance(point, dict)
    search.tell(2, hand | {"depth": 1}, 0.7)
    assert search.ask() is WAIT
    search.tell(3, point, math.nan)
    assert isinstance(search.ask(), dict)
    states = [trial.state.name for trial in search._study.trials]
    assert states == ["FAIL", "COMPLETE", "FAIL", "COMPLETE", "RUNNING"]
    assert search._study.trials[1].params["share"] == 1
    assert search._study.best_value == 0.7


def test_a_finite_space_ends_the_search() -> None:
    space = Space((Dimension("n", "choice", choices=tuple(Choice.of("n", n) for n in "abc")),))
    search = OptunaSearch(space, 50, 0, "tpe")
    for number in range(3):
        point = search.ask()
        assert isinstance(point, dict)
        search.tell(number, point, 0.0)
    assert search.ask() is None


def test_a_missing_optuna_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UsageError, match=r"pip install 'tunetop\[optuna\]'"):
        OptunaSearch(SPACE, 5, 0)


@pytest.mark.parametrize(
    ("sampler", "module", "what"),
    [
        ("tpe", "optuna", r"needs Optuna: pip install 'tunetop\[optuna\]'"),
        ("gp", "torch", "the sampler gp needs PyTorch, its CPU build will do: pip install torch"),
        ("cmaes", "cmaes", "the sampler cmaes needs the package cmaes"),
    ],
)
def test_what_a_sampler_lacks_is_told_before_anything_is_fitted(
    sampler: str, module: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = f'[[method]]\nkind = "optuna"\ntrials = 3\nsampler = "{sampler}"\n'
    preset = preset_of(TREE + method, tmp_path)
    there = find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == module else there(name, *more))
    with pytest.raises(UsageError, match=rf"\.toml: the method optuna: .*{what}"):
        launch(preset, Store(tmp_path / "runs"))
    assert not list((tmp_path / "runs").glob("*"))


@pytest.mark.parametrize("name", ["hub:../x", "hub:samplers/../x", "hub:", "hub:x/", "hub:/x"])
def test_a_package_of_optunahub_is_named_within_its_registry(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="sampler: found"):
        with_hub(tmp_path, f'sampler = "{name}"')


def test_a_sampler_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="tpe, gp, cmaes, nsga2, qmc"):
        OptunaSearch(SPACE, 5, 0, cast(Any, "annealing"))


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a package of OptunaHub's registry in its cache, as if it had been fetched once: Optuna's TPE anew."""
    pytest.importorskip("optunahub", reason="OptunaHub is not installed: pip install optunahub")
    monkeypatch.setenv("OPTUNAHUB_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "cache" / "github.com" / "optuna" / "optunahub-registry" / "main" / "package" / "samplers"
    (package / "again").mkdir(parents=True)
    (package / "again" / "__init__.py").write_text(
        "from optuna.samplers import BaseSampler\nfrom ._again import Again\n__all__ = ['Again']\n"
    )
    (package / "again" / "_again.py").write_text(
        "from optuna.samplers import TPESampler\n"
        "class Again(TPESampler):\n"
        "    def __init__(self, seed=None, n_startup_trials=4):\n"
        "        super().__init__(seed=seed, n_startup_trials=n_startup_trials)\n"
    )
    return package / "again"


def with_hub(tmp_path: Path, options: str) -> Any:
    return preset_of(TREE + f'[[method]]\nkind = "optuna"\ntrials = 8\n{options}\n', tmp_path)


def test_a_sampler_of_optunahub_searches_as_the_same_one_of_optuna(hub: Path, tmp_path: Path) -> None:
    params = "params = { n_startup_trials = 4 }"
    allowed: dict[str, Any] = {"workers": 1, "methods": ("optuna",), "allow_imports": ("optunahub",)}
    preset = with_hub(tmp_path, 'sampler = "hub:samplers/again"')
    own = trials_of(run_through(with_hub(tmp_path, params), tmp_path / "own", **allowed))
    assert trials_of(run_through(preset, tmp_path / "hub", **allowed)) == own
    store = Store(tmp_path / "hub")
    grown = finish(resume(store.find(None), RunOptions(**allowed), trials=["optuna=+2"]))
    assert len(grown.methods["optuna"].trials) == 10


def test_what_stands_in_the_way_of_a_sampler_of_optunahub_is_told_before_anything_is_fitted(
    hub: Path, tmp_path: Path
) -> None:
    (hub / "two.py").write_text("")

    def told(options: str, *allowed: str) -> str:
        with pytest.raises(UsageError) as error:
            launch(with_hub(tmp_path, options), Store(tmp_path / "runs"), RunOptions(allow_imports=allowed))
        assert not list((tmp_path / "runs").glob("*"))
        return str(error.value)

    named = 'sampler = "hub:samplers/again"'
    assert "To trust it, say --allow-import optunahub" in told(named)
    assert "besides its seed it takes n_startup_trials" in told(f"{named}\nparams = {{ startup = 4 }}", "optunahub")
    assert "multivariate" in told("params = { multivariat = true }")
    assert "hub:samplers/again:Again" in told('sampler = "hub:samplers/again:Other"', "optunahub")
    (hub / "__init__.py").write_text("import no_such_package_at_all")
    assert "no_such_package_at_all" in told(named, "optunahub")
    with pytest.raises(UsageError, match=r"sampler: found 'hub:\.\./x y'; allowed: tpe, .*hub:samplers/auto_sampler"):
        with_hub(tmp_path, 'sampler = "hub:../x y"')


def test_optuna_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    drive(OptunaSearch(SPACE, 12, 0, "tpe"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drive(OptunaSearch(SPACE, 3, 0, "qmc"))
    assert capfd.readouterr() == ("", "")
