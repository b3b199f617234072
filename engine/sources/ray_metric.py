"""The metric of a Ray experiment, and which way it counts: as it was told, or a guess that is called one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ..events import Objective
from ..text import clean

LESS_IS_BETTER = ("loss", "error", "err", "mse", "rmse", "mae", "perplexity", "cost", "nll", "regret")
_MORE_IS_BETTER = ("acc", "score", "reward", "auc", "f1", "r2")


class Leading(NamedTuple):
    """The metric that leads, its way, and what is to be known of how it was found."""

    name: str
    way: Literal["maximize", "minimize"]
    notes: list[str]

    @property
    def sign(self) -> float:
        """What makes its values greater for better."""
        return -1.0 if self.way == "minimize" else 1.0

    @property
    def objective(self) -> Objective:
        """The objective that it is."""
        return Objective(clean(self.name, 60), self.way)


def leading(reported: Sequence[str], metric: str | None, mode: str | None, change: str) -> Leading:
    """Return the metric that leads of those that are reported; `change` says what is to be written to correct a guess.

    `change` holds `NAME` and `MODE`, in whose places the words go.
    """
    name = metric if metric is not None else _guessed(reported)
    if mode is not None:
        notes = [f"The metric {clean(name, 60)} is a guess: {_written(change, 'NAME', mode)} says otherwise."]
        return Leading(name, "minimize" if mode == "min" else "maximize", notes if metric is None else [])
    less = any(word in name.lower() for word in LESS_IS_BETTER)
    shown, other = ("less", "max") if less else ("more", "min")
    what = (
        f"The metric {clean(name, 60)}, and that {shown} of it"
        if metric is None
        else f"That {shown} of {clean(name, 60)}"
    )
    notes = [f"{what} is better, is a guess: {_written(change, 'NAME', other)} says otherwise."]
    return Leading(name, "minimize" if less else "maximize", notes)


def _written(change: str, name: str, mode: str) -> str:
    return change.replace("NAME", name).replace("MODE", mode)


def _guessed(reported: Sequence[str]) -> str:
    likely = [name for name in reported if any(word in name.lower() for word in (*LESS_IS_BETTER, *_MORE_IS_BETTER))]
    return next(iter([*likely, *reported]), "value")
