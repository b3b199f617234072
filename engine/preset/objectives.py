"""Several objectives and constraints: `objectives` and `constraints` in a preset's `[score]`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import PresetError, choose, found
from ..events import Constraint, Objective
from ..search.catalog import KINDS
from ..state.objectives import SECONDS
from ..text import clean
from .method_options import Method
from .specs import ScoreSpec

MOST = 4
"""Objectives that a run may have, at most."""

_BOUND = re.compile(r"(?:score\.)?(?P<name>.+?)\s*(?P<sense>>=|<=)\s*(?P<bound>[^\s]+)")


@dataclass(frozen=True)
class Goals:
    """What a run looks at besides its leading score."""

    objectives: tuple[Objective, ...] = ()
    """The leading score first; empty where it is the only one."""
    constraints: tuple[Constraint, ...] = ()

    @property
    def figures(self) -> list[str]:
        """The names of the figures, each once."""
        return list(dict.fromkeys(one.name for one in (*self.objectives, *self.constraints)))

    @property
    def notes(self) -> list[str]:
        """What is to be known of them."""
        told = []
        if self.objectives:
            names = ", ".join(f"{'less' if o.direction == 'minimize' else 'more'} {o.name}" for o in self.objectives)
            told.append(f"several objectives: {names}; a method's winner goes by the first of them alone")
        if self.constraints:
            told.append(f"a winner keeps to {' and '.join(map(constraint_text, self.constraints))} in cross-validation")
        if seconds := [name for name in self.figures if name in SECONDS]:
            told.append(
                f"{' and '.join(seconds)}: measured, so that another run of the same preset may go another way "
                "(a resumed one goes by what was recorded)"
            )
        return told


def constraint_text(one: Constraint) -> str:
    """Return a constraint as it is written."""
    sign, bound = (">=", one.least) if one.least is not None else ("<=", one.most)
    return f"{clean(one.name, 60)} {sign} {bound:g}"


def goals_of(score: ScoreSpec, methods: Sequence[Method], file: str) -> Goals:
    """Return the goals; raise `PresetError` for what is wrong with them whatever the metrics are."""
    objectives = tuple(_objective(text, place, file) for place, text in enumerate(score.objectives))
    names = [one.name for one in objectives]
    if objectives and not 2 <= len(objectives) <= MOST:
        allowed = f'two to {MOST}, such as ["roc_auc", "-fit_seconds"]'
        raise PresetError(file, "score.objectives", f"found {len(objectives)} of them", allowed)
    if len(set(names)) < len(names):
        raise PresetError(file, "score.objectives", "names one twice", "each once")
    constraints = tuple(_constraint(text, place, file) for place, text in enumerate(score.constraints))
    goals = Goals(objectives, constraints)
    if goals.figures:
        _check_methods(methods, file)
    return goals


def check_names(goals: Goals, metrics: Sequence[str], file: str) -> None:
    """Raise `PresetError` where a goal is none of a run's figures, or another than the leading metric leads."""
    known = [*metrics, *SECONDS]
    for place, one in enumerate(goals.objectives):
        key = f"score.objectives[{place}]"
        if one.name not in known:
            raise PresetError(file, key, found(one.name), _allowed(known), choose(one.name, known))
        if place == 0 and (one.name != metrics[0] or one.direction == "minimize"):
            raise PresetError(file, key, found(one.name), f"{metrics[0]}, which leads by score.scoring")
        if one.name in SECONDS and one.direction == "maximize":
            raise PresetError(file, key, f"found {one.name!r}, of which more would be better", f'"-{one.name}"')
    for place, one in enumerate(goals.constraints):
        if one.name not in known:
            raise PresetError(
                file, f"score.constraints[{place}]", found(one.name), _allowed(known), choose(one.name, known)
            )


def _allowed(known: Sequence[str]) -> str:
    return f'{", ".join(known)}; more by also = ["METRIC"]'


def _objective(text: str, place: int, file: str) -> Objective:
    name = text.strip()
    less = name.startswith("-")
    name = name.removeprefix("-").strip()
    if not name:
        raise PresetError(file, f"score.objectives[{place}]", found(text), 'a figure, with "-" before one to minimise')
    return Objective(name, "minimize" if less else "maximize")


def _constraint(text: str, place: int, file: str) -> Constraint:
    match = _BOUND.fullmatch(text.strip())
    try:
        bound = float(match["bound"]) if match else math.nan
    except ValueError:
        bound = math.nan
    if match is None or not math.isfinite(bound):
        allowed = 'a figure, >= or <=, and a number: "recall >= 0.8"'
        raise PresetError(file, f"score.constraints[{place}]", found(text), allowed)
    name = match["name"].strip()
    return Constraint(name, least=bound) if match["sense"] == ">=" else Constraint(name, most=bound)


def _check_methods(methods: Sequence[Method], file: str) -> None:
    able = "grid, random, bayes, or optuna by tpe, gp, nsga2 or qmc"
    for index, method in enumerate(methods):
        key = f"method[{index}] ({method.kind})"
        if why := KINDS[method.kind].one_score(method.options):
            raise PresetError(file, key, f"{why}, and score has objectives or constraints", able)
        if method.race is not None:
            raise PresetError(
                file, f"{key}.race", "goes by one score, and score has objectives or constraints", "false"
            )
