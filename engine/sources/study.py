"""An Optuna study in this program's words: its trials as events, its distributions as axes.

Whoever reads a study, be it from its files or from inside its program, gives plain facts; what they mean is said here
once. Values keep their order: greater is better, so those of a minimised objective are kept with their sign changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from ..events import Axis, MethodPlan, Objective, Point, RunStarted, TrialFinished
from ..text import clean
from .header import watched_header
from .json_text import parsed
from .points import Labels, described, distinct

METHOD = "study"
"""The one method of a study."""

State = Literal["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING"]
STATES: tuple[State, ...] = ("RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING")
"""A trial's states, in the order of Optuna's numbers for them."""

NO_REASON = "failed; Optuna keeps no reason"


class StudyFacts(msgspec.Struct, frozen=True):
    """What is known of a study: its name, which way each objective counts, and what its metrics are called."""

    name: str
    directions: list[Literal["maximize", "minimize"]]
    metrics: list[str] = []

    @property
    def objectives(self) -> list[Objective]:
        """The objectives, the leading one first; unnamed ones are `value`, or `value 0` and so on."""
        several = len(self.directions) > 1
        names = [
            clean(self.metrics[place], 60) if place < len(self.metrics) else f"value {place}" if several else "value"
            for place in range(len(self.directions))
        ]
        return [Objective(*pair) for pair in zip(names, self.directions, strict=True)]

    @property
    def sign(self) -> float:
        """What makes the leading objective's values greater for better."""
        return -1.0 if self.directions and self.directions[0] == "minimize" else 1.0


FIXED = "fixed_params"
"""The system attribute that holds what is fixed for a trial before it begins."""


class StudyTrial(msgspec.Struct, frozen=True):
    """One trial as Optuna keeps it; times in seconds since the epoch, None where there is none.

    The parameters of a waiting one are those that are fixed for it.
    """

    number: int
    state: State
    params: Point
    values: list[float] | None = None
    steps: list[tuple[int, float]] = []
    attributes: Point = {}
    constraints: list[float] = []
    started: float | None = None
    ended: float | None = None
    heard: float | None = None
    """When its process last said that it lives, where it does so."""


def of_optuna(trial: Any, labels: Labels) -> StudyTrial:
    """Return a trial that Optuna itself has read, which is of its class `FrozenTrial`."""
    system = trial.system_attrs
    state = STATES[int(trial.state)]
    return StudyTrial(
        number=trial.number,
        state=state,
        params=fixed_point(trial.params or (system.get(FIXED) if state == "WAITING" else {}), labels),
        values=[float(value) for value in trial.values] if trial.values is not None else None,
        steps=sorted((int(step), float(value)) for step, value in trial.intermediate_values.items()),
        attributes={clean(name, 60): described(value) for name, value in trial.user_attrs.items()},
        constraints=constraints_of(system),
        started=trial.datetime_start.timestamp() if trial.datetime_start else None,
        ended=trial.datetime_complete.timestamp() if trial.datetime_complete else None,
    )


def constraints_of(attributes: Mapping[str, Any]) -> list[float]:
    """Return a trial's constraints from its system attributes: those kept as a list, or else those kept by name."""
    several = attributes.get("constraints")
    named = [value for name, value in attributes.items() if name.startswith("constraints:")]
    found = several if isinstance(several, list | tuple) and several else named
    return [float(one) for one in found if isinstance(one, int | float)]


def header_of(
    facts: StudyFacts,
    *,
    run: str,
    source: str,
    axes: Sequence[Axis] = (),
    planned: int | None = None,
    notes: Sequence[str] = (),
    versions: Mapping[str, str] | None = None,
    workers: int = 1,
) -> RunStarted:
    """Return the first event of a study's run."""
    return watched_header(
        run,
        title=clean(facts.name, 100),
        scoring=facts.objectives[0].name if facts.directions else "value",
        workers=workers,
        axes=list(axes),
        methods=[MethodPlan(METHOD, METHOD, "Optuna study", planned)],
        notes=list(notes),
        versions=dict(versions or {}),
        source=source,
        objectives=facts.objectives,
    )


def signed_steps(steps: Sequence[tuple[int, float]], facts: StudyFacts) -> list[tuple[int, float]]:
    """Return intermediate values as they are kept; those that are no finite number are left out."""
    return [(step, facts.sign * value) for step, value in steps if math.isfinite(value)]


def finished(trial: StudyTrial, facts: StudyFacts) -> TrialFinished:
    """Return the event for a trial that is through."""
    steps = signed_steps(trial.steps, facts)
    seconds = trial.ended - trial.started if trial.started is not None and trial.ended is not None else None
    attributes = dict(trial.attributes)
    if trial.constraints:
        attributes["feasible"] = all(value <= 0 for value in trial.constraints)
        attributes |= {f"constraint {place}": value for place, value in enumerate(trial.constraints)}
    common: dict[str, Any] = {
        "method": METHOD,
        "number": trial.number,
        "params": trial.params,
        "fit_seconds": [max(seconds, 0.0)] if seconds is not None else [],
        # no endless number can be kept
        "attributes": {k: v for k, v in attributes.items() if not isinstance(v, float) or math.isfinite(v)},
        "steps": steps,
    }
    if trial.state == "COMPLETE":
        return _complete(trial, facts, common)
    if trial.state == "PRUNED":
        return TrialFinished(state="raced", estimate=steps[-1][1] if steps else None, **common)
    return TrialFinished(state="failed", error=NO_REASON, **common)


def _complete(trial: StudyTrial, facts: StudyFacts, common: dict[str, Any]) -> TrialFinished:
    values = trial.values or []
    if not values or not all(map(math.isfinite, values)):
        told = ", ".join(map(str, values)) or "none"
        return TrialFinished(state="failed", error=clean(f"its value is no finite number: {told}"), **common)
    names = [one.name for one in facts.objectives]
    others = {name: [value] for name, value in zip(names[1:], values[1:], strict=False)}
    return TrialFinished(state="done", scores=[facts.sign * values[0]], others=others, **common)


def axis_of(name: str, distribution: Mapping[str, Any], labels: Labels) -> Axis | None:
    """Return the axis of one of Optuna's distributions, given as its JSON says it; None for an unknown kind."""
    kind, facts = distribution.get("name"), distribution.get("attributes")
    if not isinstance(facts, Mapping):
        return None
    key = clean(name, 100)
    if kind == "CategoricalDistribution":
        return Axis(key, "choice", labels=distinct(labels.value(key, choice) for choice in _choices(facts)))
    low, high = facts.get("low"), facts.get("high")
    if kind not in _NUMBERS or not isinstance(low, int | float) or not isinstance(high, int | float):
        return None
    if not (math.isfinite(low) and math.isfinite(high)) or low > high:
        return None
    logarithmic = (facts.get("log") is True or "LogUniform" in str(kind)) and low > 0
    if low == high:
        return Axis(key, "choice", labels=[low])
    return Axis(key, "log" if logarithmic else "linear", float(low), float(high), integer=str(kind).startswith("Int"))


def _choices(facts: Mapping[str, Any]) -> list[Any]:
    found = facts.get("choices")
    return found if isinstance(found, list) else []


_NUMBERS = (
    "FloatDistribution",
    "IntDistribution",
    "UniformDistribution",
    "LogUniformDistribution",
    "DiscreteUniformDistribution",
    "IntUniformDistribution",
    "IntLogUniformDistribution",
)


def fixed_point(fixed: Any, labels: Labels) -> Point:
    """Return what Optuna's attribute `FIXED` fixes for a trial that waits."""
    found = fixed.items() if isinstance(fixed, Mapping) else ()
    return {(key := clean(name, 100)): labels.value(key, value) for name, value in found}


def value_of(name: str, internal: float, distribution: Mapping[str, Any], labels: Labels) -> Any:
    """Return a parameter's value from the number that Optuna keeps: an index for a choice, else the number itself."""
    kind, facts = distribution.get("name"), distribution.get("attributes")
    if kind == "CategoricalDistribution" and isinstance(facts, Mapping):
        choices = _choices(facts)
        place = int(internal) if math.isfinite(internal) else -1
        return labels.value(clean(name, 100), choices[place]) if 0 <= place < len(choices) else f"choice {internal:g}"
    if str(kind).startswith("Int") and math.isfinite(internal):
        return int(internal)
    return labels.value(clean(name, 100), float(internal))


class StudyAxes:
    """The axes of a study, as its distributions become known."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._axes: dict[str, Axis] = {}
        self._seen: set[tuple[str, str]] = set()

    @property
    def axes(self) -> list[Axis]:
        """The axes, in the order in which they became known."""
        return list(self._axes.values())

    def take(self, name: str, distribution_json: str) -> bool:
        """Take in a distribution as Optuna keeps it; return True where the axes are other ones now."""
        if (name, distribution_json) in self._seen:
            return False
        self._seen.add((name, distribution_json))
        axis = axis_of(name, distribution_of(distribution_json), self._labels)
        if axis is None:
            return False
        before = self._axes.get(axis.name)
        after = axis if before is None else _wider(before, axis)
        self._axes[axis.name] = after
        return after != before


def distribution_of(text: str) -> Mapping[str, Any]:
    """Return what a distribution's JSON says, or nothing where it is none."""
    found = parsed(text)
    return found if isinstance(found, Mapping) else {}


def _wider(one: Axis, other: Axis) -> Axis:
    if one.scale == "choice" or other.scale == "choice":
        labels = distinct([*one.labels, *other.labels])
        return msgspec.structs.replace(one, scale="choice", low=None, high=None, labels=labels, integer=False)
    assert one.low is not None
    assert one.high is not None
    assert other.low is not None
    assert other.high is not None
    low, high = min(one.low, other.low), max(one.high, other.high)
    scale = one.scale if one.scale == other.scale else "linear"
    return msgspec.structs.replace(one, low=low, high=high, scale=scale, integer=one.integer and other.integer)
