"""More trials for a method, and trials added by hand: what is possible, said before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .errors import UsageError, choose
from .events import MethodPlan, Point, Value
from .preset import Preset, load
from .search.catalog import KINDS
from .space import Dimension, Space
from .state import MANUAL, MethodState, RunState
from .store import RunFolder
from .text import clean

MOST = 2**31
"""Trials that a method may have, at most."""

LONGEST_NUMBER = 40
"""Characters that a number may be written with: Python refuses to read thousands of digits, and nobody needs them."""


def preset_of(folder: RunFolder, state: RunState) -> Preset:
    """Return the preset that a run was begun with; raise `UsageError` where the file was changed since."""
    preset = load(folder.preset_file)
    if state.info is not None and preset.digest != state.info.digest:
        raise UsageError(
            f"{folder.id}: {folder.preset_file} was changed since the run began; put it back, or start a new run"
        )
    return preset


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


def read(dimension: Dimension, text: str) -> Value:
    """Return the value that a person wrote for a hyperparameter: a choice by its label, else a number.

    What is neither comes back as text, which `checked` refuses in words.
    """
    text = text.strip()
    if dimension.scale == "choice":
        labels = [choice.label for choice in dimension.choices]
        for label in labels:
            if written(label) == text:
                return label
        number = _number(text)
        named = {"true": True, "false": False, "none": None}
        for label in labels:
            alike = label == number and not isinstance(label, bool) if number is not None else False
            if alike or (not isinstance(label, str) and text.lower() in named and label is named[text.lower()]):
                return label
        return text
    number = _number(text)
    return text if number is None else number


def written(value: Value) -> str:
    """Return a value as a person writes it, such that `read` gives the very same one back."""
    return value if isinstance(value, str) else repr(value)


def _number(text: str) -> int | float | None:
    if len(text) > LONGEST_NUMBER:
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


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


def first_values(preset: Preset) -> Point:
    """Return a point to begin from: the estimator's own parameters where they are in the space, else the first values.

    A range without a grid begins in its middle.
    """
    point: Point = {}
    for dimension in preset.space.dimensions:
        own = preset.model.params.get(dimension.name)
        grid = dimension.grid_values()
        first = grid[0].label if grid else dimension.from_unit(0.5)
        point[dimension.name] = first if own is None or dimension.problem_with(own) else own
    return point
