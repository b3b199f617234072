"""Predictions of a run's winner for rows of a file: the table is read as the run's own was, labels are the data's."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..data.readings import read_as
from ..errors import UsageError
from ..preset.imports import ALLOWED
from ..scoring.detector_scores import seen_by_scorers
from ..state import RunState
from ..text import clean
from ..verdict.judgement import winner
from . import trials_csv
from .model import FACTS, SKOPS, ModelFacts, doubts, facts_of, read_facts, read_model
from .new_rows import rows_of
from .winner import Choice, method_of, winner_of


@dataclass(frozen=True)
class Model:
    """A fitted estimator, and what it takes and gives."""

    estimator: Any
    facts: ModelFacts
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Predictions:
    """One prediction a row, and with probabilities one column a class."""

    heading: list[str]
    rows: list[list[str]]
    notes: tuple[str, ...] = ()

    def csv(self) -> str:
        """Return them as CSV (RFC 4180 quoting, lines ending in a line feed)."""
        return trials_csv.write([self.heading, *self.rows])


def exported(path: Path, allowed: tuple[str, ...] = ALLOWED) -> Model:
    """Return the model of a `model.skops` or the `model.json` beside it."""
    facts = read_facts(path.with_name(FACTS))
    return Model(read_model(path.with_name(SKOPS), facts, allowed), facts)


def refitted(choice: Choice, state: RunState) -> Model:
    """Return a winner of a run, from the model in its folder where that is the same one, else fitted once more."""
    kept = choice.folder.path / SKOPS
    if kept.is_file() and kept.with_name(FACTS).is_file() and importlib.util.find_spec("skops") is not None:
        facts = read_facts(kept.with_name(FACTS))
        if facts.file == SKOPS and _is_current(facts, choice, state):
            return exported(kept, choice.allowed)
    again = winner_of(choice, state)
    fitted = again.fitted()
    facts = facts_of(again, fitted)
    notes = [f"{clean(again.method.plan.title or again.method.name)}, trial {again.trial.number}: fitted once more"]
    return Model(fitted, facts, (*notes, *doubts(facts)))


def _is_current(facts: ModelFacts, choice: Choice, state: RunState) -> bool:
    """Tell whether an exported model is of the trial that is the method's winner now."""
    best = winner(method_of(choice, state))
    named = (facts.method, facts.trial, facts.params)
    same_data = state.info is not None and facts.data == state.info.fingerprint
    return same_data and best is not None and (best.method, best.number, best.params) == named


def predict(model: Model, path: Path, *, probabilities: bool = False, named: str = "") -> Predictions:
    """Return a model's predictions for the rows of a file, which messages know as `named`, or by its path.

    Raises `UsageError` where the file lacks columns or holds what a column cannot, where the model has no
    probabilities, and where it cannot take the rows.
    """
    facts, named = model.facts, clean(named or path, 300)
    if probabilities and (not facts.classes or not hasattr(model.estimator, "predict_proba")):
        kind = "predicts numbers" if not facts.classes else "has no predict_proba"
        raise UsageError(f"--proba: {clean(facts.estimator, 80)} {kind}, so there are no probabilities")
    if not facts.columns or (facts.task == "classification" and not facts.classes):
        what = "several classes a row" if facts.columns else "no columns of a table"
        raise UsageError(f"{clean(facts.estimator, 80)} takes or gives {what}; load the model in Python instead")
    if not hasattr(model.estimator, "predict"):
        raise UsageError(f"{clean(facts.estimator, 80)} has no predict: it labels no rows that it is not fitted on")
    raw, read = rows_of(path, facts, named)
    table = read_as(raw, facts.columns, named)
    rows = np.ascontiguousarray(table.frame.to_numpy(dtype=np.float64)) if facts.plain else table.frame
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            seen = seen_by_scorers(model.estimator, labelled=bool(facts.classes))
            predicted = np.asarray(seen.predict(rows)).reshape(len(table.frame), -1)
            shares = model.estimator.predict_proba(rows) if probabilities else None
        except Exception as error:  # noqa: BLE001 - estimators refuse rows in any way they like
            first, *_ = [*str(error).splitlines(), ""]
            reason = clean(f"{type(error).__name__}: {first}", 300)
            raise UsageError(f"{named}: {clean(facts.estimator, 80)} refuses these rows: {reason}") from None
    several = predicted.shape[1] > 1
    heading = [f"prediction {place}" for place in range(1, predicted.shape[1] + 1)] if several else ["prediction"]
    columns: list[Sequence[str]] = [_named(column, facts) for column in predicted.T]
    if shares is not None:
        codes = [int(code) for code in model.estimator.classes_]
        heading += [f"probability {facts.classes[code]}" for code in codes]
        columns += [[repr(float(value)) for value in column] for column in np.asarray(shares).T]
    notes = (*model.notes, *(f"{named}: {note}" for note in (*read, *table.notes)))
    return Predictions(heading, [list(row) for row in zip(*columns, strict=True)], notes)


def _named(predicted: np.ndarray, facts: ModelFacts) -> list[str]:
    if facts.classes:
        return [facts.classes[int(code)] for code in predicted]
    return [repr(float(value)) for value in predicted]
