"""Events of a run: the only vocabulary between the rooms.

Events are frozen data. The conductor makes them, the journal keeps them, `RunState` folds them. A trial is named by
its method and its number within that method, counted from 0 as in `cv_results_`, so its name is the same for any number
of workers and whether methods run in turn or together.

The bounds hold for what is read: a journal may come from anywhere, and what counts with its numbers relies on them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=2**48)]
"""How many of something; also a trial's number, a process's, a seed."""

Fold = Annotated[int, msgspec.Meta(ge=0, lt=1000)]
"""A fold's number, from 0."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
"""How long something took."""

Time = Annotated[float, msgspec.Meta(ge=0, le=2.5e11)]
"""Seconds since the epoch, in years of four digits."""

LARGEST = 2**63 - 1
"""No whole number is larger, or smaller than its negative."""

Value = None | bool | Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)] | float | str
"""A hyperparameter's value as people read it: a finite number, a flag, or the label of a choice."""

Point = dict[str, Value]
"""One configuration: hyperparameter name -> value, in the order in which the preset names them."""

TrialKey = tuple[str, Count]
"""A trial's name: its method and its number within it."""

Steps = list[tuple[Annotated[int, msgspec.Meta(ge=-LARGEST, le=LARGEST)], float]]
"""Values told on a trial's way, each with its step; the sign is that of the trial's score."""

RunOutcome = Literal["done", "stopped", "failed"]
MethodOutcome = Literal["done", "skipped", "failed"]
TrialOutcome = Literal["done", "failed", "raced"]


class Axis(msgspec.Struct, frozen=True, omit_defaults=True):
    """One hyperparameter, as a view needs it.

    `scale` is "log", "linear" or "choice"; `low` and `high` bound the first two, `labels` lists the choices in order;
    `grid` holds the values that the grid method visits (empty: none were named).
    """

    name: str
    scale: Literal["log", "linear", "choice"]
    low: float | None = None
    high: float | None = None
    labels: list[Value] = []
    grid: list[Value] = []
    integer: bool = False
    stands_for: dict[str, dict[str, Any]] = {}
    """Label -> what it sets of the estimator, as the preset has it, where that is more than its name and itself."""


class Objective(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a search looks at: its name, and whether more or less of it is better."""

    name: str
    direction: Literal["maximize", "minimize"] = "maximize"


class Constraint(msgspec.Struct, frozen=True, omit_defaults=True):
    """A bound that a trial's mean of one figure has to keep to; one of the two is None."""

    name: str
    least: float | None = None
    most: float | None = None


class MethodPlan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One search method as planned: its name in this run, kind, title, and number of trials if known beforehand."""

    name: str
    kind: str
    title: str
    trials: Count | None = None
    seed: Count | None = None
    expected: Count | None = None
    """About how many trials there will be, where the number is not known beforehand."""
    earlier: list[Count] = []
    """The numbers of trials planned before more were added, oldest first."""
    start: Count = 0
    """So many of its first trials were not its own choice: the preset begins with them."""


class Simplest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A method's winner is its simplest configuration within one standard error of its best mean.

    `simple` has what counts, the weightiest hyperparameter first: "low", "high", or values, the simplest first.
    """

    simple: dict[str, list[Value] | str]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event", gc=False):
    """Base of all events; the tag in the journal is the class name in snake case.

    Plain data holds no cycles, so the collector need not look at it (`gc`): that would take a fifth of the reading.
    """


class OfTrial(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events that tell of one trial."""

    method: str
    number: Count


class RunStarted(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_started"):
    """The first event of a journal: everything a viewer needs that the preset's file alone does not tell."""

    run: str
    preset: str
    title: str
    digest: str
    """SHA-256 of the preset as run."""
    fingerprint: str
    """SHA-256 over the data, its split and the target."""
    task: Literal["classification", "regression", "unlabelled"]
    estimator: str
    scoring: str
    folds: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    train_rows: Count
    test_rows: Count
    features: Count
    workers: Count
    axes: list[Axis]
    methods: list[MethodPlan]
    fold_ratio: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """Rows that a fold is scored on for each that it is fitted on; 0: as the number of folds has it."""
    classes: dict[str, Count] = {}
    columns: list[tuple[str, str]] = []
    """The features, the first thousand of them: each one's name and the kind that it was read as."""
    positive: str = ""
    """Which class of two scorers such as recall are about; "" where none is."""
    notes: list[str] = []
    """Things to know about the numbers, such as a scaler fitted before the split."""
    test_targets: list[float] = []
    """The held-out target values (class codes or numbers), for the paired tests of the comparison."""
    train_targets: str = ""
    """The training targets in row order, packed by `record.predictions`; empty unless trials keep predictions."""
    metric: dict[str, Any] = {}
    """The leading metric as the preset has it, where it is more than a scorer's name: `{"metric": …, "beta": 2}`."""
    also: list[str] = []
    """The metrics that are recorded beside the leading one, by name."""
    choose: Simplest | None = None
    """The rule by which methods choose their winners; None: the best mean, of equal ones the lowest number."""
    targets: Count = 1
    """How many are predicted at once."""
    weighed: bool = False
    """Whether rows count by their weights in scores."""
    test_weights: list[float] = []
    """What each held-out row counts in scores, where they weigh."""
    together: bool = False
    host: str = ""
    pid: Count = 0
    cluster: str = ""
    """The address of the cluster that folds run on; empty: this host."""
    versions: dict[str, str] = {}
    source: str = ""
    """The program whose search this is, such as "scikit-learn 1.9.1", where it is not one of this program's own."""
    watched: bool = False
    """True for a search that another program makes: it has neither a preset nor held-out rows here."""
    objectives: list[Objective] = []
    """What the search looks at, the leading one first; empty: `scoring` alone, greater being better. Scores are kept so
    that greater is better: those of a minimised leading objective, which watched searches may have, are turned."""
    constraints: list[Constraint] = []
    """What a winner, and who is on the Pareto front, must keep to."""


class AxesKnown(Event, frozen=True, kw_only=True, omit_defaults=True, tag="axes_known"):
    """The hyperparameters of a watched search as far as they are known from now on; they replace those before."""

    axes: list[Axis]


class RunResumed(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_resumed"):
    """The run goes on in a new process."""

    workers: Count
    host: str = ""
    pid: Count = 0
    cluster: str = ""
    """As in `RunStarted`."""
    methods: list[MethodPlan] = []
    """The plan from now on, where trials were added; empty: as before."""


class WorkersChanged(Event, frozen=True, kw_only=True, omit_defaults=True, tag="workers_changed"):
    """Workers of a cluster have come or gone: told at most once a second."""

    workers: Count
    hosts: dict[str, Count] = {}
    """Host -> how many folds it does at a time."""
    kernels: dict[str, str] = {}
    """Host -> what linear algebra its processor gets."""
    notes: list[str] = []
    """What is to be known of the hosts, such as why one is not used, a line each."""


class RunPaused(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_paused"):
    """No new folds are begun, for the reason given."""

    reason: str = ""


class RunUnpaused(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_unpaused"):
    """Folds are begun again."""


class RunStopping(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_stopping"):
    """The run was asked to stop; running folds are still finishing."""


class RunFinished(Event, frozen=True, kw_only=True, omit_defaults=True, tag="run_finished"):
    """Nothing more will happen, unless the run is resumed."""

    state: RunOutcome
    reason: str = ""


class MethodStarted(Event, frozen=True, kw_only=True, omit_defaults=True, tag="method_started"):
    """A search method begins to propose trials."""

    method: str


class MethodFinished(Event, frozen=True, kw_only=True, omit_defaults=True, tag="method_finished"):
    """A method is through: its winner was refitted on all training rows and scored once on the test rows."""

    method: str
    state: MethodOutcome
    best: Count | None = None
    """Number of the winning trial by the run's rule (`RunStarted.choose`); None when no trial succeeded."""
    test_score: float | None = None
    test_predictions: list[float] = []
    """Predictions for the test rows, in order: class codes or numbers."""
    test_responses: list[str] = []
    """The probabilities or decision values that the test score was computed from, where the scorer takes such: for two
    classes those of the second, for more one column a class, each packed by `record.predictions`."""
    refit_seconds: Seconds | None = None
    test_others: dict[str, float] = {}
    """Further metrics of the winner on the test rows, by name."""
    error: str = ""
    reason: str = ""
    """Why the method ended before its budget, where it did."""


class MethodExtended(Event, frozen=True, kw_only=True, omit_defaults=True, tag="method_extended"):
    """A method was given more trials: its plan from now on."""

    plan: MethodPlan


class TrialAdded(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="trial_added"):
    """A person added a trial by hand; it is or will be trial `number` of the method, which may be new with it."""

    params: Point


class TrialWaiting(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="trial_waiting"):
    """A trial of a watched search stands in its queue; `params` are those that are fixed for it beforehand."""

    params: Point


class TrialStarted(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="trial_started"):
    """The first fold of a trial was handed to a worker."""

    params: Point
    attempt: Count = 1
    lost: Count = 0
    """How many workers have died over this trial so far."""
    host: str = ""
    """The host of a cluster that got all of its folds as one job."""


class FoldStarted(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="fold_started"):
    """Folds were handed to one worker as one job; not announced for a job that holds all folds of a trial."""

    folds: list[Fold]
    host: str = ""
    """The host of a cluster; empty: this one, or none has room yet."""


class FoldFinished(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="fold_finished"):
    """One fold was fitted and scored; not announced for a job that holds all folds of a trial."""

    fold: Fold
    score: float
    fit_seconds: Seconds
    score_seconds: Seconds
    others: dict[str, float] = {}
    """Further metrics of the fold, by name, with their own sign."""
    host: str = ""
    """The host of a cluster that it was done on."""


class StepsReported(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="steps_reported"):
    """A trial told how it stands on its way: an epoch, an iteration. Steps are no folds; none say that it lives."""

    steps: Steps


class TrialFinished(OfTrial, frozen=True, kw_only=True, omit_defaults=True, tag="trial_finished"):
    """A trial is through, and complete in itself: a reader needs no earlier event to know all about it."""

    params: Point
    state: TrialOutcome
    scores: Annotated[list[float], msgspec.Meta(max_length=1000)] = []
    """One score a fold, in fold order; a failed trial has none, a raced one those it got to."""
    fit_seconds: list[Seconds] = []
    score_seconds: list[Seconds] = []
    warnings: dict[str, Count] = {}
    """Warning text -> how often it was raised."""
    error: str = ""
    """The reason of a failure, one line; failures are grouped by it."""
    details: str = ""
    """The traceback's end, or whatever else is known of a failure."""
    reused: TrialKey | None = None
    """The trial whose effective configuration is the same and was scored before: nothing was fitted for this one."""
    attempt: Count = 1
    manual: bool = False
    """True for a trial that a person added by hand."""
    predictions: str = ""
    """Out-of-fold predictions of all training rows in row order, packed by `record.predictions`; empty: not kept."""
    estimate: float | None = None
    """What the search was told of a raced trial: the mean over all folds as reckoned when it was out, or the mean that
    it had on part of the resources."""
    by_fold: dict[Fold, float] = {}
    """The scores of a raced or failed trial that does not have them all, by fold."""
    resource: Count = 0
    """The rows, or the iterations, that successive halving allowed it; 0: all there are."""
    others: dict[str, list[float]] = {}
    """Further metrics by name, one number a fold, with their own sign."""
    attributes: Point = {}
    """What else its own tool keeps of a watched trial, by name."""
    steps: Steps = []
    """All that it told on its way, in order."""
    hosts: list[str] = []
    """The hosts of a cluster that its folds were done on, in fold order; empty: none but this one."""


AnyEvent = (
    RunStarted
    | RunResumed
    | RunPaused
    | RunUnpaused
    | RunStopping
    | RunFinished
    | MethodStarted
    | MethodFinished
    | MethodExtended
    | TrialAdded
    | TrialWaiting
    | TrialStarted
    | FoldStarted
    | FoldFinished
    | StepsReported
    | TrialFinished
    | AxesKnown
    | WorkersChanged
)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One line of a journal: format version, running number from 0, seconds since the epoch, and the event."""

    v: int
    n: Count
    t: Time
    event: AnyEvent


BASELINE = "baseline"


MANUAL = "manual"
"""The method that trials added by hand belong to, and its kind."""
