"""More trials for a method: how many are possible, said before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..errors import UsageError, choose
from ..events import MANUAL, MethodPlan
from ..preset.preset import Preset
from ..search.catalog import KINDS
from ..state import MethodState
from ..text import clean

MOST = 2**31
"""Trials that a method may have, at most."""


def refusal(preset: Preset, method: MethodState) -> str:
    """Return why a method cannot be given more trials, "" if it can."""
    plan, kind = method.plan, KINDS.get(method.plan.kind)
    if plan.kind == MANUAL:
        return "takes trials one by one, by hand"
    if kind is None or not kind.extendable or plan.trials is None:
        return "ends by itself"
    if method.result is not None and method.result.reason:
        return f"ended by a rule: {clean(method.result.reason)}"
    if preset.space.sample_size(plan.trials + 1) <= plan.trials:
        return f"has all {plan.trials} points of the space"
    return ""


def extended(preset: Preset, method: MethodState, trials: int) -> MethodPlan:
    """Return a method's plan with `trials` in all; raise `UsageError` where it cannot have so many.

    A finite space has only so many points: then the plan has as many.
    """
    if why := refusal(preset, method):
        able = [one.name for one in preset.methods if KINDS[one.kind].extendable and one.name != method.name]
        which = f"; it can be raised for {', '.join(able)}" if able else ""
        raise UsageError(f"{method.name} {why}: it has no number of trials to raise{which}")
    planned = method.plan.trials or 0
    most = preset.space.sample_size(trials)
    if not planned < most <= MOST:
        room = f"more than the {planned} it has" if trials <= planned else f"at most {MOST:,}"
        raise UsageError(f"{method.name}: found {trials} trials; allowed: {room}")
    return msgspec.structs.replace(method.plan, trials=most, earlier=[*method.plan.earlier, planned])


def wished(methods: Mapping[str, MethodState], preset: Preset, wishes: list[str]) -> list[MethodPlan]:
    """Return the plans that `--trials` asks for: `METHOD=N` in all, `METHOD=+N` more, `N` or `+N` for every method."""
    changed: dict[str, MethodPlan] = {}
    for wish in wishes:
        name, equals, number = wish.rpartition("=")
        count = number.strip().removeprefix("+")
        if not (count.isascii() and count.isdigit()) or len(count) > 10 or (equals and not name.strip()):
            raise UsageError(f"--trials: found {clean(wish, 60)!r}; allowed: N, +N, METHOD=N or METHOD=+N")
        names = [name.strip()] if equals else [n for n, method in methods.items() if not refusal(preset, method)]
        if not names:
            raise UsageError("--trials: no method of this run can be given more trials")
        for each in names:
            if each in changed:
                raise UsageError(f"--trials: found {clean(each, 60)} twice; allowed: each method once")
            if each not in methods:
                known = ", ".join(methods)
                hint = choose(each, list(methods))
                raise UsageError(f"--trials: there is no method {clean(each, 60)!r}; there are {known}. {hint}".strip())
            planned = methods[each].plan.trials or 0
            total = int(count) + (planned if number.strip().startswith("+") else 0)
            changed[each] = extended(preset, methods[each], total)
    return list(changed.values())
