"""`optuna`: Optuna's samplers through ask and tell, for those who have it installed.

The study lives in memory and is asked with fixed distributions, a fixed number of trials at a time, so that a sampler
with a seed gives the same trials on any number of workers. Akiba et al., *Optuna: A Next-generation Hyperparameter
Optimization Framework* (2019).
"""

from __future__ import annotations

import inspect
import math
import warnings
from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any

from msgspec import Meta

from ..errors import UsageError, told
from ..events import Point, Value
from ..space.space import Dimension, Space
from .base import WAIT, Kind, Natural, Options, Outcome, Positive, Wait, finite

SAMPLERS = ("tpe", "gp", "cmaes", "nsga2", "qmc")
HUB = "hub:"
"""Begins a sampler of OptunaHub: `hub:PACKAGE`, or `hub:PACKAGE:CLASS` where the package has several."""

Sampler = Annotated[
    str,
    Meta(
        pattern=rf"^({'|'.join(SAMPLERS)}|{HUB}\w[\w.-]*(/\w[\w.-]*)*(:\w+)?)$",
        description=f"{', '.join(SAMPLERS)}, or one of OptunaHub's as {HUB}samplers/auto_sampler",
    ),
]

POPULATION = 20
"""Trials of a generation of NSGA-II. Optuna's own 50 are as many as a tuning run often has in all."""


class OptunaOptions(Options, frozen=True):
    """How many trials, under which seed, by which of Optuna's samplers, and how many may be open at once."""

    trials: Positive
    seed: Natural = 0
    sampler: Sampler = "tpe"
    params: dict[str, Any] = {}
    """What the sampler takes besides its seed, by Optuna's names."""
    open: Positive = 1


class OptunaSearch:
    """A search by a sampler of Optuna, `tpe`, `gp`, `cmaes`, `nsga2` or `qmc` (scrambled Sobol), or of OptunaHub.

    Unordered choices are categorical, by label. Ordered choices and ranges cut into steps are whole numbers, their
    position in the list. Failed trials are told as failed; trials made by hand are added to the study. `open_asks` is
    the number of asks that may await their result at once: the study always knows exactly the results before those of
    the last `open_asks` - 1, even when more are in, so that the search is the same on any number of workers. A space
    of finitely many points ends the search after as many trials, though Optuna may repeat some of them.

    Raises `UsageError` when Optuna, or what the sampler needs beside it, is not installed, or will not take `params`.
    """

    def __init__(
        self,
        space: Space,
        trials: int,
        seed: int,
        sampler: str = "tpe",
        open_asks: int = 1,
        objectives: int = 1,
        params: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._space, self._trials, self._open_asks = space, space.sample_size(trials), open_asks
        self._optuna: Any = _import("optuna")
        self._optuna.logging.disable_default_handler()
        self._optuna.logging.set_verbosity(self._optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=self._optuna.exceptions.ExperimentalWarning)
        self._study = self._optuna.create_study(
            directions=["maximize"] * objectives,
            sampler=_sampler(self._optuna, sampler, seed, open_asks, params),
        )
        self._distributions = {d.name: _distribution(self._optuna, d) for d in space.dimensions}
        self._asked: list[Any] = []
        """Optuna's trials, in the order in which they were asked for."""
        self._told: deque[tuple[Point, Outcome, bool]] = deque()
        """Results that the study does not know yet: point, outcome, and whether it was asked for."""
        self._n_told = self._n_known = 0

    def ask(self) -> Point | Wait | None:
        """Return the sampler's next point, `WAIT` while too many are open, None after the last."""
        needed = max(len(self._asked) - self._open_asks + 1, 0)
        if self._n_told < needed:
            return WAIT
        if len(self._asked) >= self._trials:
            return None
        self._inform(needed)
        self._asked.append(self._study.ask(self._distributions))
        return self._point(self._asked[-1].params)

    def tell(self, number: int, point: Mapping[str, Value], score: float) -> None:
        """Take the score of a trial; NaN tells that it failed. A trial made by hand is added to the study."""
        self.tell_all(number, point, Outcome((score,)))

    def tell_all(self, number: int, point: Mapping[str, Value], outcome: Outcome) -> None:
        """Take what came of a trial where there are several objectives or constraints."""
        own = self._n_told < len(self._asked) and self._point(self._asked[self._n_told].params) == dict(point)
        self._told.append((dict(point), outcome, own))
        self._n_told += own

    def _inform(self, own: int) -> None:
        """Let the study know what was told before the result of this search's own trial number `own`."""
        while self._told and not (self._told[0][2] and self._n_known == own):
            point, outcome, asked = self._told.popleft()
            states = self._optuna.trial.TrialState
            state = states.COMPLETE if all(map(math.isfinite, outcome.objectives)) else states.FAIL
            values = list(outcome.objectives) if state == states.COMPLETE else None
            # Optuna counts what is above 0 as broken
            broken = {str(place): -margin for place, margin in enumerate(outcome.margins)}
            if asked:
                for name, amount in broken.items():
                    self._asked[self._n_known].set_constraint(name, amount)
                self._study.tell(self._asked[self._n_known], values, state=state)
                self._n_known += 1
                continue
            made = self._optuna.trial.create_trial(
                params={d.name: _outward(d, point[d.name]) for d in self._space.dimensions},
                distributions=self._distributions,
                values=values,
                state=state,
                constraints=broken or None,
            )
            self._study.add_trial(made)

    def extend(self, trials: int) -> None:
        """Go on to so many trials in all."""
        self._trials = self._space.sample_size(trials)

    def _point(self, params: Mapping[str, Any]) -> Point:
        return self._space.point({d.name: _inward(d, params[d.name]) for d in self._space.dimensions})


def _by_position(dimension: Dimension) -> bool:
    """Tell whether a dimension is shown to Optuna as a position in its list of values."""
    return dimension.ordered if dimension.scale == "choice" else dimension.steps is not None


def _inward(dimension: Dimension, value: Any) -> Value:
    return dimension.values()[value].label if _by_position(dimension) else value


def _outward(dimension: Dimension, value: Value) -> Any:
    if _by_position(dimension):
        positions = [dimension.to_unit(choice.label) for choice in dimension.values()]
        wanted = dimension.to_unit(value)
        return min(range(len(positions)), key=lambda index: abs(positions[index] - wanted))
    return value


def _distribution(optuna: Any, dimension: Dimension) -> Any:
    kinds = optuna.distributions
    if _by_position(dimension):
        return kinds.IntDistribution(0, len(dimension.values()) - 1)
    if dimension.scale == "choice":
        return kinds.CategoricalDistribution([choice.label for choice in dimension.choices])
    log = dimension.scale == "log"
    if dimension.integer:
        return kinds.IntDistribution(math.ceil(dimension.low), math.floor(dimension.high), log=log)
    return kinds.FloatDistribution(dimension.low, dimension.high, log=log)


def _sampler(optuna: Any, name: str, seed: int, open_asks: int, params: Mapping[str, Any]) -> Any:
    """Return the sampler of a name; raise `UsageError` where it does not take a seed and `params`."""
    make: Callable[..., Any]
    samplers, own = optuna.samplers, {}
    if name in _ALSO:
        _import(_ALSO[name])
    if name == "tpe":
        make, own = samplers.TPESampler, {"constant_liar": open_asks > 1}
    elif name == "nsga2":
        make, own = samplers.NSGAIISampler, {"population_size": POPULATION}
    elif name == "gp":
        make, own = samplers.GPSampler, {"warn_independent_sampling": False}
    elif name == "cmaes":
        make, own = samplers.CmaEsSampler, {"warn_independent_sampling": False}
    elif name == "qmc":
        quiet = {"warn_independent_sampling": False, "warn_asynchronous_seeding": False}
        make, own = samplers.QMCSampler, {"scramble": True, **quiet}
    elif name.startswith(HUB):
        make = _of_hub(optuna, name)
    else:
        raise UsageError(f"unknown Optuna sampler {name!r}; allowed: {', '.join(SAMPLERS)}, {HUB}PACKAGE")
    try:
        return make(**{"seed": seed, **own, **params})
    except (TypeError, ValueError) as error:
        known = [parameter for parameter in inspect.signature(make).parameters if parameter not in ("seed", "self")]
        takes = f"; besides its seed it takes {', '.join(known)}" if known else ""
        raise UsageError(f"the sampler {name} cannot be made: {error}{takes}") from error


def _of_hub(optuna: Any, name: str) -> Callable[..., Any]:
    """Return the class of a sampler of OptunaHub, fetched the first time and kept by OptunaHub in its cache."""
    package, _, wanted = name.removeprefix(HUB).partition(":")
    hub = _import("optunahub")
    try:
        module = hub.load_module(package)
    except Exception as error:  # of git, GitHub, the network, or of the package's own code
        raise UsageError(
            f"OptunaHub's {package} cannot be loaded: {told(error)}; where there is no network, load it once elsewhere "
            "and copy OptunaHub's cache (OPTUNAHUB_CACHE_HOME)"
        ) from error
    named = {
        label: thing
        for label, thing in vars(module).items()
        if isinstance(thing, type)
        and issubclass(thing, optuna.samplers.BaseSampler)
        and not thing.__module__.startswith("optuna.")
    }
    if wanted in named or (not wanted and len(named) == 1):
        return named[wanted or next(iter(named))]
    has = ", ".join(f"{HUB}{package}:{label}" for label in named) or "none"
    raise UsageError(f"OptunaHub's {package} has no one sampler {wanted}".rstrip() + f"; there is {has}")


_ALSO = {"gp": "torch", "cmaes": "cmaes"}
"""What samplers of Optuna need beside it."""

_NEEDED = {
    "optuna": "kind optuna needs Optuna: pip install 'tunetop[optuna]'",
    "optunahub": "samplers of OptunaHub need its package, and what the sampler's page names: pip install optunahub",
    "torch": "the sampler gp needs PyTorch, its CPU build will do: pip install torch",
    "cmaes": "the sampler cmaes needs the package cmaes: pip install 'tunetop[optuna]'",
}


def check_installed(options: OptunaOptions) -> None:
    """Raise `UsageError` where Optuna, or what the sampler needs beside it, is not there.

    Nothing is imported for it but where the sampler must be made to see whether it can be: one of OptunaHub's, or with
    parameters.
    """
    from importlib.util import find_spec

    also = "optunahub" if options.sampler.startswith(HUB) else _ALSO.get(options.sampler)
    for module in filter(None, ("optuna", also)):
        if find_spec(module) is None:
            raise UsageError(_NEEDED[module])
    if options.params or also == "optunahub":
        _sampler(_import("optuna"), options.sampler, options.seed, options.open, options.params)


def _import(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(f"{_NEEDED[module]} ({error})") from error


KIND = Kind(
    kind="optuna",
    title="Optuna",
    Options=OptunaOptions,
    plan=finite,
    make=lambda space, options, setting: OptunaSearch(
        space, options.trials, options.seed, options.sampler, options.open, setting.objectives, options.params
    ),
    one_score=lambda options: "CMA-ES goes by one score" if options.sampler == "cmaes" else "",
    check_installed=check_installed,
    runs=lambda options: ("optunahub",) if options.sampler.startswith(HUB) else (),
    budget="trials",
)
