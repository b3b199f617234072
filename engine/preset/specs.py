"""The schema of a preset's `[model]` and `[score]` tables, and mistakes in them that need no library to be seen."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ..errors import PresetError, choose, found


class EarlyStopping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A booster ends its rounds by rows that it is not fitted on, cut from those of each fold."""

    rounds: int
    """End after so many rounds in a row without improvement."""
    share: float = 0.1
    """How many of the rows to be fitted are kept back for that."""
    seed: int = 0

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        key = "model.early_stopping"
        if not 1 <= self.rounds <= 2**31:
            raise PresetError(file, f"{key}.rounds", found(self.rounds), "a whole number from 1")
        if not 0.0 < self.share < 1.0:
            raise PresetError(file, f"{key}.share", found(self.share), "a share between 0 and 1, such as 0.1")
        if not 0 <= self.seed < 2**32:
            raise PresetError(file, f"{key}.seed", found(self.seed), "a whole number from 0 to 4294967295")


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The estimator, its fixed parameters, and what is done to the features before it."""

    estimator: Annotated[str, Meta(description='the class, as "sklearn.ensemble.RandomForestClassifier"')]
    params: dict[str, Any] = {}
    prepare: list[Any] | dict[str, list[Any]] = []
    prepare_before_split: list[Any] | dict[str, list[Any]] = []
    early_stopping: EarlyStopping | None = None
    code: str | None = None
    """The folder that modules of one's own are looked for in first; None: the preset's."""

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        if self.early_stopping is not None:
            self.early_stopping.check(file)


OWN_SCORE = "score"
"""The name of an estimator's own `score`: a mixture's log-likelihood, minus the inertia of k-means."""

UNLABELLED = ("silhouette", "calinski_harabasz", "neg_davies_bouldin", OWN_SCORE)
"""Scorers that ask for no target."""

SCHEMES = (
    "stratified",
    "kfold",
    "shuffled",
    "repeated",
    "group",
    "stratified_group",
    "leave_one_group_out",
    "time",
    "predefined",
    "leave_one_out",
)
"""Words for `cv`; see `folds.splitter_of`."""

GROUPED = ("group", "stratified_group", "leave_one_group_out")


class ScoreSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a configuration is scored; `timeout` is in seconds a fold (a refit gets more, by the cube of its rows)."""

    scoring: Annotated[
        str | dict[str, Any], Meta(description='a metric of scikit-learn, such as "accuracy", "roc_auc" or "r2"')
    ]
    folds: int = 5
    timeout: float | None = None
    also: list[str | dict[str, Any]] = []
    """More metrics, recorded and shown beside the one that leads."""
    cv: str | dict[str, Any] | None = None
    """How rows are parted into folds: one of `SCHEMES`, or a splitter of scikit-learn's by import path."""
    seed: int = 0
    """For schemes that draw."""
    repeats: int = 10
    gap: int = 0
    """Rows left out between what is fitted and what is scored, in time."""
    groups: str | None = None
    """A column: rows of one value are never both fitted and scored on."""
    time: str | None = None
    """A column: what is scored is later than what is fitted."""
    predefined: str | None = None
    """A column with the number of the fold that each row is scored in; -1: in none."""
    weight: str | None = None
    """A column: how much each row counts in the fit."""
    weigh_scores: bool = False
    """Whether weights count in scores as well."""
    objectives: list[str] = []
    """Several things to look at, the leading score first, "-" before what is to be small: see `objectives`."""
    constraints: list[str] = []
    """Bounds that winners keep to, such as "recall >= 0.8"."""
    choose: str = "best"
    """How a method's winner is chosen: see `choosing`."""
    simple: dict[str, str | list[Any]] = {}
    """What is simple: hyperparameter -> "low", "high", or its choices, the simplest first; the first counts most."""

    @property
    def shown(self) -> str:
        """The leading metric, and how many stand beside it, in words."""
        named = self.scoring if isinstance(self.scoring, str) else str(self.scoring.get("metric", "a metric"))
        return f"{named} and {len(self.also)} more" if self.also else named

    @property
    def fold_count(self) -> int | None:
        """The number of folds, where the preset alone says it."""
        if self.scheme == "repeated":
            return self.folds * self.repeats
        alone = ("", "stratified", "kfold", "shuffled", "group", "stratified_group", "time")
        return self.folds if self.scheme in alone else None

    @property
    def scheme(self) -> str:
        """The word for how rows are parted; "named" for a splitter by import path, "" for scikit-learn's default."""
        if isinstance(self.cv, dict) or (self.cv and "." in self.cv):
            return "named"
        if self.cv:
            return self.cv
        return "group" if self.groups else "time" if self.time else "predefined" if self.predefined else ""

    @property
    def roles(self) -> dict[str, str]:
        """The columns that say something of rows and are no features: role -> name."""
        named = {"groups": self.groups, "time": self.time, "predefined": self.predefined, "weight": self.weight}
        return {role: name for role, name in named.items() if name is not None}

    def check(self, file: str) -> None:
        """Raise `PresetError` for what types alone do not say."""
        if not 2 <= self.folds <= 1000:
            raise PresetError(file, "score.folds", found(self.folds), "a whole number from 2 to 1000")
        if self.timeout is not None and not 0 < self.timeout < float("inf"):
            raise PresetError(file, "score.timeout", found(self.timeout), "seconds a fold, more than 0")
        if not 0 <= self.seed < 2**32:
            raise PresetError(file, "score.seed", found(self.seed), "a whole number from 0 to 4294967295")
        if not 1 <= self.repeats <= 500:
            raise PresetError(file, "score.repeats", found(self.repeats), "a whole number from 1 to 500")
        if not 0 <= self.gap <= 2**31:
            raise PresetError(file, "score.gap", found(self.gap), "a number of rows")
        scheme = self.scheme
        if scheme not in ("", "named", *SCHEMES):
            known = [*SCHEMES, "sklearn.model_selection.ShuffleSplit"]
            raise PresetError(file, "score.cv", found(self.cv), ", ".join(known), choose(scheme, known))
        for key, schemes in (("groups", GROUPED), ("time", ("time",)), ("predefined", ("predefined",))):
            given = getattr(self, key)
            if scheme in schemes and given is None:
                raise PresetError(file, f"score.{key}", f"missing, and cv = {scheme!r} needs it", f'{key} = "COLUMN"')
            if given is not None and scheme not in (*schemes, "named"):
                allowed = " or ".join(f'"{word}"' for word in schemes)
                raise PresetError(
                    file, "score.cv", f"found {scheme!r}, which pays no heed to {key} = {given!r}", allowed
                )
        if self.gap and scheme != "time":
            raise PresetError(file, "score.gap", found(self.gap), 'nothing beside cv = "time"')
        if self.weigh_scores and self.weight is None:
            raise PresetError(file, "score.weight", "missing, and weigh_scores needs it", 'weight = "COLUMN"')
