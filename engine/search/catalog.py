"""The search methods by kind: title, options, how many trials they plan, and how each is made.

One table for the preset's checks, the picker's card and the conductor. Nothing heavy is imported before a search is
made, for the picker reads this before its first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..space.space import Space
from .base import Search

Options = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of search: what it is called, the options that a preset may give it, and two functions of them.

    `plan` gives the number of trials, None when only the search itself will know; `make` builds the search.
    `budget` names the option that says how long the search goes on, None where there is no such choice.
    """

    title: str
    options: Options
    """Option -> default; None as default: the option must be given."""
    plan: Callable[[Space, Options], int | None]
    make: Callable[[Space, Options], Search]
    budget: str | None = None
    expect: Callable[[Options], int] | None = None
    """About how many trials there will be, where `plan` does not know."""
    needs: str = ""
    """What the space must have: "grid" for a finite grid; empty for any space."""
    least: dict[str, int] = field(default_factory=dict)
    """Option -> its least allowed value, for whole numbers."""
    check: Callable[[Options], None] | None = None
    """Raises `UsageError`, before a run begins, where something that it needs is not installed."""
    partial: bool = False
    """Whether it tries candidates on part of the resources; then `make` also gets the options rows, folds, classes."""

    @property
    def extendable(self) -> bool:
        """Whether a method of this kind can be given more trials: a longer search begins with the shorter one."""
        return self.budget == "trials"


def _grid(space: Space, options: Options) -> Search:
    from .grid import Grid

    return Grid(space)


def _random(space: Space, options: Options) -> Search:
    from .random import Random

    return Random(space, options["trials"], options["seed"], options.get("earlier", ()))


def _refine(space: Space, options: Options) -> Search:
    from .refine import Refine

    return Refine(space, options["draws"], options["seed"], options["iterations"])


def _bayes(space: Space, options: Options) -> Search:
    from .bayes.bayes import Bayes

    return Bayes(space, options["trials"], options["seed"], start=options["start"])


def _halving(space: Space, options: Options) -> Search:
    from .halving import Halving, Resources

    candidates = options["candidates"]
    resources = Resources(
        options["resource"],
        options["min_resources"],
        options["max_resources"],
        options["factor"],
        options["aggressive_elimination"],
        *(options[fact] for fact in ("rows", "folds", "classes")),
    )
    return Halving(space, candidates if isinstance(candidates, int) else None, options["seed"], resources)


def _optuna(space: Space, options: Options) -> Search:
    from .optuna import OptunaSearch

    return OptunaSearch(space, options["trials"], options["seed"], options["sampler"])


def _check_optuna(options: Options) -> None:
    from .optuna import check_installed

    check_installed(options["sampler"])


def _finite(space: Space, options: Options) -> int:
    return space.sample_size(options["trials"])


SAMPLERS = ("tpe", "gp", "cmaes", "qmc")

KINDS: dict[str, Kind] = {
    "grid": Kind("Grid", {}, lambda space, options: space.grid_size(), _grid, needs="grid"),
    "random": Kind("Random", {"trials": None, "seed": 0}, _finite, _random, budget="trials", least={"trials": 1}),
    "refine": Kind(
        "Explore + refine",
        {"draws": None, "seed": 0, "iterations": 20},
        lambda space, options: None,
        _refine,
        budget="draws",
        expect=lambda options: options["draws"] + options["iterations"],
        least={"draws": 1, "iterations": 0},
    ),
    "bayes": Kind(
        "Gaussian process",
        {"trials": None, "seed": 0, "start": 10},
        _finite,
        _bayes,
        budget="trials",
        least={"trials": 1, "start": 1},
    ),
    "halving": Kind(
        "Successive halving",
        {
            "candidates": "grid",
            "factor": 3,
            "resource": "rows",
            "min_resources": 0,
            "max_resources": 0,
            "aggressive_elimination": False,
            "seed": 0,
        },
        lambda space, options: None,
        _halving,
        least={"candidates": 0, "factor": 2},
        partial=True,
    ),
    "optuna": Kind(
        "Optuna",
        {"trials": None, "seed": 0, "sampler": "tpe"},
        _finite,
        _optuna,
        budget="trials",
        least={"trials": 1},
        check=_check_optuna,
    ),
}
