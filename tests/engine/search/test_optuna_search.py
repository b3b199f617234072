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
from running import TREE, preset_of
from tunetop.engine.errors import UsageError
from tunetop.engine.events import Point
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import launch
from tunetop.engine.search.base import WAIT
from tunetop.engine.search.optuna import OptunaSearch, SamplerName
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
def test_every_sampler_proposes_points_of_the_space_and_repeats_itself_under_a_seed(sampler: SamplerName) -> None:
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
    with pytest.raises(UsageError, match=what):
        launch(preset, Store(tmp_path / "runs"))
    assert not list((tmp_path / "runs").glob("*"))


def test_a_sampler_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="tpe, gp, cmaes, nsga2, qmc"):
        OptunaSearch(SPACE, 5, 0, cast(Any, "annealing"))


def test_optuna_writes_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    drive(OptunaSearch(SPACE, 12, 0, "tpe"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drive(OptunaSearch(SPACE, 3, 0, "qmc"))
    assert capfd.readouterr() == ("", "")
