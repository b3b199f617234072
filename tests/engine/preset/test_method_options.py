"""What is said of a `[[method]]` table that is written wrong: file, key path, what was found, what is allowed."""

from __future__ import annotations

from typing import Any

import pytest
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.method_options import parse_methods
from tunetop.engine.space.spec import parse_space

GRID = {"C": {"log": [0.1, 10.0], "grid": [0.1, 1.0]}}
RANGE = {"C": {"log": [0.1, 10.0]}, "p": ["a", "b"]}
OF_HALVING = "candidates, factor, resource, min_resources, max_resources, aggressive_elimination, seed"


def said_of(space: dict[str, Any], *tables: dict[str, Any]) -> str:
    with pytest.raises(PresetError) as refused:
        list(parse_methods(tables, parse_space(space, "f.toml"), "f.toml"))
    return str(refused.value).removeprefix("f.toml: ")


SAMPLERS = "tpe, gp, cmaes, nsga2, qmc, or one of OptunaHub's as hub:samplers/auto_sampler"
KINDS = "grid, random, refine, bayes, halving, optuna"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, f"method[0].kind: missing; allowed: {KINDS}"),
    ({"kind": "grdi"}, f"method[0].kind: found 'grdi'; allowed: {KINDS}. Did you mean grid?"),
    (
        {"kind": "baseline"},
        f"method[0].kind: found 'baseline'; allowed: {KINDS}. The baseline always runs first, unasked.",
    ),
    (
        {"kind": "grid", "trials": 3},
        "method[0] (grid).trials: this method has no such option; allowed: kind, name, title, race",
    ),
    (
        {"kind": "random", "trials": 5, "sneed": 3},
        "method[0] (random).sneed: this method has no such option; allowed: kind, name, title, race, trials, seed. "
        "Did you mean seed?",
    ),
    (
        {"kind": "halving", "race": True},
        f"method[0] (halving).race: this method has no such option; allowed: kind, name, title, {OF_HALVING}",
    ),
    ({"kind": "random"}, "method[0] (random).trials: missing; allowed: a whole number from 1"),
    (
        {"kind": "random", "trials": 0},
        "method[0] (random).trials: found 0; allowed: a whole number from 1 to 2147483648",
    ),
    ({"kind": "random", "trials": 2.5}, "method[0].trials: found 2.5; allowed: a whole number"),
    ({"kind": "random", "trials": True}, "method[0].trials: found true; allowed: a whole number"),
    (
        {"kind": "random", "trials": 2**70},
        f"method[0] (random).trials: found {2**70}; allowed: a whole number from 1 to 2147483648",
    ),
    (
        {"kind": "refine", "draws": 3, "iterations": -1},
        "method[0] (refine).iterations: found -1; allowed: a whole number from 0 to 2147483648",
    ),
    (
        {"kind": "bayes", "trials": 5, "start": 0},
        "method[0] (bayes).start: found 0; allowed: a whole number from 1 to 2147483648",
    ),
    (
        {"kind": "optuna", "trials": 5, "sampler": "TPE"},
        f"method[0] (optuna).sampler: found 'TPE'; allowed: {SAMPLERS}",
    ),
    ({"kind": "optuna", "trials": 5, "sampler": 3}, f"method[0].sampler: found 3; allowed: text: {SAMPLERS}"),
    (
        {"kind": "halving", "candidates": "random"},
        "method[0] (halving).candidates: found 'random'; allowed: \"grid\", or a number of random candidates",
    ),
    (
        {"kind": "halving", "candidates": -1},
        "method[0] (halving).candidates: found -1; allowed: a whole number from 0 to 2147483648",
    ),
    ({"kind": "halving", "candidates": 2.5}, "method[0].candidates: found 2.5; allowed: a whole number or text"),
    (
        {"kind": "halving", "factor": 1},
        "method[0] (halving).factor: found 1; allowed: a whole number from 2 to 2147483648",
    ),
    (
        {"kind": "halving", "resource": "C", "max_resources": 9},
        "method[0] (halving).resource: C is searched already; allowed: rows, or another parameter",
    ),
    (
        {"kind": "halving", "resource": "max_iter"},
        "method[0] (halving).max_resources: missing; allowed: the most that max_iter may be",
    ),
    (
        {"kind": "halving", "resource": "a b"},
        "method[0] (halving).resource: found 'a b'; allowed: \"rows\", or a parameter of the estimator",
    ),
    ({"kind": "grid", "race": {"beta": 1}}, "method[0].race.beta: no such key; allowed: alpha"),
    (
        {"kind": "grid", "race": {"alpha": True}},
        "method[0].race.alpha: found true; allowed: a number between 0 and 0.5",
    ),
    ({"kind": "grid", "race": 1}, "method[0].race: found 1; allowed: true or false or a table"),
    ({"kind": "grid", "name": 3}, "method[0].name: found 3; allowed: text"),
    (
        {"kind": "grid", "name": "a b"},
        "method[0].name: found 'a b'; allowed: letters, digits, '.', '_', '-'; at most 64",
    ),
    (
        {"kind": "grid", "name": "manual"},
        "method[0].name: a second method named 'manual'; allowed: a name of its own for each method",
    ),
]


@pytest.mark.parametrize(("table", "said"), WRONG, ids=lambda value: "")
def test_a_wrong_table_is_answered_with_what_is_allowed(table: dict[str, Any], said: str) -> None:
    assert said_of(GRID, table) == said


@pytest.mark.parametrize("table", [{"kind": "grid"}, {"kind": "halving"}])
def test_a_grid_is_wanted_where_a_range_has_none(table: dict[str, Any]) -> None:
    said = "space.C: has no values for the grid method; allowed: grid = [value, …] or steps = n beside the range"
    assert said_of(RANGE, table) == said
    assert list(parse_methods([{"kind": "halving", "candidates": 4}], parse_space(RANGE, "f.toml"), "f.toml"))


def test_two_methods_have_two_names_and_twenty_are_enough() -> None:
    assert said_of(GRID, {"kind": "grid"}, {"kind": "grid"}).startswith("method[1].name: a second method named 'grid'")
    assert said_of(GRID, *[{"kind": "grid"}] * 21) == "method: found 21 methods; allowed: at most 20"
