"""Axes and tasks of the tables that the search benchmark runs on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


def log(name: str, low: float, high: float, n: int, integer: bool = False) -> dict[str, Any]:
    """Return a log axis of `n` values; whole numbers, each once, if `integer`."""
    return _axis(name, "log", np.logspace(np.log10(low), np.log10(high), n), integer)


def linear(name: str, low: float, high: float, n: int, integer: bool = False) -> dict[str, Any]:
    """Return a linear axis of `n` values; whole numbers, each once, if `integer`."""
    return _axis(name, "linear", np.linspace(low, high, n), integer)


def choice(name: str, *values: Any, ordered: bool = False, bundles: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an axis of choices; `bundles` names the arguments that a choice sets, where they are several."""
    axis = {"name": name, "scale": "choice", "values": list(values), "ordered": ordered}
    return axis | ({"bundles": dict(bundles)} if bundles else {})


def _axis(name: str, scale: str, values: np.ndarray, integer: bool) -> dict[str, Any]:
    plain = list(dict.fromkeys(round(float(v)) for v in values)) if integer else [float(f"{v:.6g}") for v in values]
    return {"name": name, "scale": scale, "values": plain, "integer": integer}


@dataclass(frozen=True)
class Task:
    """One tuning task: data, axes, and an estimator for each point of their product."""

    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    axes: Sequence[dict[str, Any]]
    build: Callable[[Mapping[str, Any]], Any]
    scorer: str = "accuracy"
    staged: str | None = None
    """The last axis, if a single fit of its greatest value scores all of them (boosting stages)."""
    stages: Callable[[Any, np.ndarray, np.ndarray], list[float]] | None = None
    """The scores of a fitted estimator's stages: of every stage, or of those on the axis."""
