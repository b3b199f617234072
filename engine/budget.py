"""More trials for a method, and trials added by hand: what is possible, said before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .errors import UsageError, choose
from .events import MethodPlan, Point, Value
from .preset import Preset
from .search.catalog import KINDS
from .space import Space
from .text import clean


def extended(preset: Preset, plan: MethodPlan, trials: int) -> MethodPlan:
    """Return a method's plan with `trials` in all; raise `UsageError` where it cannot have so many."""
    kind = KINDS.get(plan.kind)
    if kind is None or not kind.extendable or plan.trials is None:
        able = [method.name for method in preset.methods if KINDS[method.kind].extendable]
        which = f"; it can be raised for {', '.join(able)}" if able else ""
        raise UsageError(f"{plan.name} ends by itself: it has no number of trials to raise{which}")
    most = preset.space.sample_size(trials)
    if not plan.trials < most <= 2**31:
        room = "the space has no more points" if most < trials else f"more than the {plan.trials} it has"
        raise UsageError(f"{plan.name}: found {trials} trials; allowed: {room}")
    return msgspec.structs.replace(plan, trials=most, earlier=[*plan.earlier, plan.trials])


def wished(plans: Mapping[str, MethodPlan], preset: Preset, wishes: list[str]) -> list[MethodPlan]:
    """Return the plans that `--trials` asks for: `METHOD=N` in all, `METHOD=+N` more, `N` or `+N` for every method."""
    changed: dict[str, MethodPlan] = {}
    for wish in wishes:
        name, equals, number = wish.rpartition("=")
        count = number.strip().removeprefix("+")
        if not count.isdigit() or len(count) > 10 or (equals and not name.strip()):
            raise UsageError(f"--trials: found {clean(wish, 60)!r}; allowed: N, +N, METHOD=N or METHOD=+N")
        names = [name.strip()] if equals else [n for n, plan in plans.items() if _can_grow(plan)]
        if not names:
            raise UsageError("--trials: no method of this run has a number of trials to raise")
        for each in names:
            if each not in plans:
                known = ", ".join(plans)
                hint = choose(each, list(plans))
                raise UsageError(f"--trials: there is no method {clean(each, 60)!r}; there are {known}. {hint}".strip())
            plan = plans[each]
            total = int(count) + (plan.trials or 0 if number.strip().startswith("+") else 0)
            changed[each] = extended(preset, plan, total)
    return list(changed.values())


def checked(space: Space, values: Mapping[str, Value]) -> Point:
    """Return a point for the space from values by name; raise `UsageError` where it is not in it."""
    if problem := space.problem_with(values):
        raise UsageError(f"this trial is not in the space: {problem}")
    point: Point = {}
    for dimension in space.dimensions:
        value = values[dimension.name]
        if dimension.scale != "choice" and isinstance(value, int | float):
            value = int(value) if dimension.integer else float(value)
        point[dimension.name] = value
    return point


def _can_grow(plan: MethodPlan) -> bool:
    kind = KINDS.get(plan.kind)
    return kind is not None and kind.extendable and plan.trials is not None
