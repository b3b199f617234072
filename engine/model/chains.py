"""Which steps each kind of a table's columns goes through, and what of that nobody wrote.

A table of numbers alone goes through the steps one after the other. Where there are other kinds of columns, each kind
has a chain of its own, by name; steps behind the one that makes numbers of categories, and steps named by their import
path, are for all columns together. A preset may also write each kind's chain itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..preset.by_name import takes_table
from ..preset.columns import KINDS, Columns, Kind
from ..preset.steps import ALL, WORDS, Prepare, Step, name_of_step
from ..text import listed

_ENCODERS: dict[Kind, str] = {"category": "onehot", "text": "tfidf", "date": "parts"}
"""What makes numbers of a kind of column, where a preset does not say it."""

_OF_TABLES = ("SMOTENC", "SMOTEN")
"""Samplers that make rows of numbers and of categories: they stand in front of what makes numbers of these."""

_ENCODING = ("onehot", "ordinal", "OneHotEncoder", "OrdinalEncoder", "TargetEncoder")
"""Steps that make numbers of categories, wherever they are written."""


@dataclass(frozen=True)
class Plan:
    """What is done to the columns that there are."""

    chains: dict[Kind, list[Step]] = field(default_factory=dict)
    """Kind -> its steps; empty where all columns go through the same."""
    names: dict[Kind, list[str]] = field(default_factory=dict)
    """Kind -> its columns."""
    behind: list[Step] = field(default_factory=list)
    """What all columns go through after that."""
    assumed: tuple[Kind, ...] = ()
    """Kinds whose encoder nobody wrote."""
    keeps_categories: bool = False
    """Categories are left to the estimator."""
    front: list[Step] = field(default_factory=list)
    """What the table as it is goes through before all that: samplers that are told which columns are categories."""

    @property
    def categories(self) -> list[str]:
        """The categories that are left to the estimator."""
        return self.names.get("category", []) if self.keeps_categories else []


def plan(prepare: Prepare, columns: Columns, left: Collection[Kind] = ()) -> Plan:
    """Return what `prepare` comes to for these columns, and an estimator that is at home with those of some kinds."""
    steps = prepare if isinstance(prepare, list) else prepare.get(ALL, []) if set(prepare) == {ALL} else []
    if steps and (steps[0] == "table" or takes_table(steps[0], deep=False)):
        return Plan(behind=list(steps))
    if steps and name_of_step(steps[0]) in _OF_TABLES:
        return replace(plan(steps[1:], columns, left), front=[steps[0]])
    return _plan(prepare, columns, left)


def _plan(prepare: Prepare, columns: Columns, left: Collection[Kind]) -> Plan:
    names = _grouped(prepare, columns)
    if not prepare and set(names) - {"number"} and set(names) <= {"number", *left}:
        return Plan(names=names, chains={kind: [] for kind in names}, keeps_categories=True)
    native = "category" in left
    chains, behind = _by_kind(prepare, list(names))
    if set(names) <= {"number"}:
        return Plan(behind=[*chains.get("number", []), *behind])
    # vectorizers of text give no DataFrame, whose types an estimator would know categories by
    kept = native and "text" not in names and not behind and not any(map(_encodes, chains.get("category", [])))
    assumed = []
    for kind, encoder in _ENCODERS.items():
        if kind not in names or (kind == "category" and kept):
            continue
        told = isinstance(prepare, dict) and any(name_of_step(step) not in WORDS for step in chains[kind])
        if not told and not any(_encodes(step) or step == encoder for step in chains[kind]):
            chains[kind].append(encoder)
            assumed.append(kind)
    return Plan(chains, names, behind, tuple(assumed), kept and "category" in names)


def _grouped(prepare: Prepare, columns: Columns) -> dict[Kind, list[str]]:
    """Return the columns' names by what they are to these steps: yes and no are 1 and 0, or categories like others."""
    groups: dict[Kind, list[str]] = {}
    written = "category" in prepare if isinstance(prepare, dict) else any(map(_encodes, prepare))
    for column in columns:
        kind = column.kind
        if kind == "yes/no" and not (isinstance(prepare, dict) and kind in prepare):
            kind = "category" if written else "number"
        groups.setdefault(kind, []).append(column.name)
    # numbers first, as people write it: where a fit ends early the order of columns shows
    return {kind: groups[kind] for kind in KINDS if kind in groups}


def _encodes(step: Step) -> bool:
    return name_of_step(step) in _ENCODING


def _by_kind(prepare: Prepare, kinds: Sequence[Kind]) -> tuple[dict[Kind, list[Step]], list[Step]]:
    """Return which steps each kind of column goes through, and those that all columns do after that."""
    if isinstance(prepare, dict):
        return {kind: list(prepare.get(kind, [])) for kind in kinds}, list(prepare.get(ALL, []))
    chains: dict[Kind, list[Step]] = {kind: [] for kind in kinds}
    behind: list[Step] = []
    encoded = False
    for step in prepare:
        if _encodes(step):
            encoded = True
            chains.get("category", []).append(step)
        elif encoded or name_of_step(step) not in WORDS:
            encoded = True
            behind.append(step)
        elif step in ("tfidf", "parts"):
            chains.get("text" if step == "tfidf" else "date", []).append(step)
        else:
            for kind in kinds:
                if kind == "number" or (step == "impute" and kind == "category"):
                    chains[kind].append(step)
    return chains, behind


def is_plain(prepare: Prepare, columns: Columns) -> bool:
    """Tell whether all columns are numbers to these steps, so that they can come as one array."""
    return "table" not in prepare and set(_grouped(prepare, columns)) <= {"number"}


def assumptions(what: Plan, estimator: Any) -> list[str]:
    """Return what nobody wrote of the preparation, one line a kind of column."""
    said = {
        "category": "categories, one-hot encoded",
        "text": "text, made TF-IDF weights of its words",
        "date": "dates, made days, year, month, day and weekday",
    }
    notes = [f"{listed(what.names[kind], 4, 30)}: {said[kind]} (model.prepare, columns)" for kind in what.assumed]
    if what.keeps_categories:
        kept: list[Kind] = [kind for kind in what.names if kind != "number" and kind not in what.assumed]
        left = [name for kind in kept for name in what.names[kind]]
        kinds = "categories, " if kept == ["category"] else ""
        notes.append(f"{listed(left, 4, 30)}: {kinds}left to {type(estimator).__name__} (columns)")
    return notes
