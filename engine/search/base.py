"""Two contracts: `Search`, ask and tell, between a method and the conductor; `Kind`, a method's row in the catalog.

A search proposes points and knows nothing else: no pool, no journal, no clock. Three rules make it the same, trial for
trial, on one worker or sixty-four, and after a resume:

- results are told in trial order (number 0, then 1, …), whatever order they came in;
- `ask` may depend only on the construction arguments and on what was told so far, and on how many were asked;
- how many asks may be open at once is the search's own affair: it answers `WAIT` until it has been told enough.
  (Grid and random never wait; Nelder-Mead waits for every result; `bayes` keeps a small constant number open.)
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

from ..events import Point
from ..space.space import Space


class Wait(enum.Enum):
    """What `ask` answers when it needs to be told more before it can propose again."""

    WAIT = "wait"


WAIT = Wait.WAIT


@dataclass(frozen=True)
class Partial:
    """A point to be tried with part of the resources: so many rows, or another value of an iteration-like parameter.

    `final` tells the last and largest share, whose scores count; the others only say who comes next.
    """

    point: Point
    resource: int
    parameter: str = ""
    """The estimator's parameter that takes `resource`; empty: rows."""
    seed: int = 0
    final: bool = False


class Search(Protocol):
    """A search method at work."""

    def ask(self) -> Point | Partial | Wait | None:
        """Return the next point, `WAIT` to be asked again after the next tell, or None when there are no more."""
        ...

    def tell(self, number: int, point: Point, score: float) -> None:
        """Take the mean score of trial `number` (greater is better; NaN: the trial failed), in trial order.

        Points are told back as they were asked. A trial that a person added by hand, which was never asked for, is
        told as well, with the number that it got; a method may learn from it or pass over it.
        """


@runtime_checkable
class Extendable(Protocol):
    """A search that can be told to go on beyond its budget, as if the larger one had been given at the start."""

    def extend(self, trials: int) -> None:
        """Take a new number of trials in all."""


class Outcome(NamedTuple):
    """What came of a trial where a run has several objectives or constraints; NaN first: it failed."""

    objectives: tuple[float, ...]
    """Mean scores, the leading one first; greater is better in all of them."""
    margins: tuple[float, ...] = ()
    """By how much each constraint is kept; negative where it is broken."""


@runtime_checkable
class Several(Protocol):
    """A search that learns from several objectives and constraints: of such a run it is told by this alone."""

    def tell_all(self, number: int, point: Point, outcome: Outcome) -> None:
        """Take what came of trial `number`, as `tell` does."""


ROWS = "rows"
"""The resource of successive halving that stands for training rows; any other is a parameter of the estimator."""

MOST = 2**31
"""No option that is a whole number is larger."""

Natural = Annotated[int, msgspec.Meta(ge=0, le=MOST)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The options of a kind of search: each kind derives its own, whose fields have types, bounds and defaults.

    A field without a default must be given. The parser of `[[method]]` reads these structs and nothing else, so what a
    preset may say of a method, and what is said when it says it wrong, stands in the method's own file.
    """


Chosen = TypeVar("Chosen", bound=Options)


class Planned(NamedTuple):
    """The number of trials, None where only the search itself will know; then `expected` says about how many."""

    trials: int | None
    expected: int | None = None


@dataclass(frozen=True)
class Setting:
    """The run around a search, as far as one may depend on it."""

    earlier: tuple[int, ...] = ()
    """Numbers of trials that it was to make before it was given more, the oldest first."""
    rows: int = 0
    """Training rows."""
    folds: int = 0
    classes: int = 0
    """0 for regression."""
    objectives: int = 1


class Complaint(NamedTuple):
    """An option that does not go with the others or with the space: its name, what was found, what is allowed."""

    option: str
    found: str
    allowed: str


@dataclass(frozen=True, kw_only=True)
class Kind(Generic[Chosen]):
    """A kind of search, as the catalog, the preset's parser, the picker and the conductor know it.

    It stands at the end of the method's own file, which imports nothing heavy before `make` is called: the picker reads
    the catalog before its first paint.
    """

    kind: str
    """Its name in a preset."""
    title: str
    Options: type[Chosen]
    plan: Callable[[Space, Chosen], Planned]
    make: Callable[[Space, Chosen, Setting], Search]
    needs: Callable[[Chosen], Literal["grid", ""]] = lambda options: ""
    """What the space must have: a finite grid, or nothing."""
    check: Callable[[Space, Chosen], Complaint | None] = lambda space, options: None
    """Tells of an option that does not go with the rest; types and bounds have been looked at."""
    check_installed: Callable[[Chosen], None] = lambda options: None
    """Raises `UsageError`, before a run begins, where something that it needs is not installed."""
    runs: Callable[[Chosen], tuple[str, ...]] = lambda options: ()
    """Modules whose code, or the code that they fetch, it runs: somebody must have allowed them by name."""
    budget: str | None = None
    """The option that says how long the search goes on, None where there is no such choice."""
    partial: bool = False
    """Whether it tries candidates on part of the resources (`Partial`), so that scores are not always whole."""
    resource: Callable[[Chosen], str] = lambda options: ROWS
    """Of a partial search: what it shares out, rows or a parameter of the estimator."""

    one_score: Callable[[Chosen], str] = lambda options: ""
    """Why it can heed one score alone, so that it goes with neither further objectives nor constraints; "": it can."""

    @property
    def extendable(self) -> bool:
        """Whether it can be given more trials (`Extendable`): a longer search begins with the shorter one."""
        return self.budget == "trials"


def finite(space: Space, options: Any) -> Planned:
    """Return the plan of a search for `options.trials` points, no more than the space has."""
    return Planned(space.sample_size(options.trials))
