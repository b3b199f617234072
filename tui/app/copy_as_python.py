"""A trial's parameters as Python code, to be pasted into a script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...engine.state import TrialState
    from ..sessions.run import Session


def arguments_as_python(session: Session, trial: TrialState) -> str:
    """Return what the estimator takes for a trial, as a Python dict.

    A labelled choice becomes the parameters that it stands for; where the run's preset cannot be read any more, the
    label is all that is known.
    """
    from ...engine.errors import PresetError
    from ...engine.problem.preset import load

    try:
        preset = session.preset or load(session.folder.preset_file)
    except PresetError:
        return as_python(trial.params)
    return as_python(preset.space.arguments(trial.params))


def as_python(values: Mapping[str, Any]) -> str:
    """Return a dict as Python code that needs no import: infinity is written `float("inf")`."""
    return "{" + ", ".join(f"{name!a}: {_code(value)}" for name, value in values.items()) + "}"


def _code(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, list | tuple):
        inside = ", ".join(_code(item) for item in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    return ascii(value)
