"""What a preset's `[model]` and `[score]` tables may say, and the mistakes in them that need no library to be seen."""

from __future__ import annotations

from typing import Any

import msgspec

from ..errors import PresetError, found


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The estimator, its fixed parameters, and what is done to the features before it."""

    estimator: str
    params: dict[str, Any] = {}
    prepare: list[str] = []
    prepare_before_split: list[str] = []
    code: str | None = None
    """The folder that modules of one's own are looked for in first; None: the preset's."""


class ScoreSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a configuration is scored; `timeout` is in seconds a fold (a refit gets more, by the cube of its rows)."""

    scoring: str
    folds: int = 5
    timeout: float | None = None

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        if not 2 <= self.folds <= 1000:
            raise PresetError(file, "score.folds", found(self.folds), "a whole number from 2 to 1000")
        if self.timeout is not None and not 0 < self.timeout < float("inf"):
            raise PresetError(file, "score.timeout", found(self.timeout), "seconds a fold, more than 0")
