"""What the reading of a table asks, answered with the likeliest for a first preset, each with its reason."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..data.categories import likely_kind
from ..data.csv_table import RawTable
from ..data.readings import PANDAS_MISSING
from ..data.target import classes_of
from ..errors import PresetError
from ..text import clean


@dataclass
class Answers:
    """What is written into the preset's `[data]`, `[columns]` and `[score]`, key by key, each with its reason."""

    data: dict[str, tuple[Any, str]] = field(default_factory=dict)
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    score: dict[str, tuple[Any, str]] = field(default_factory=dict)


_POSITIVE = "guessed: the rarer class; the one that scores are about"


def answer_positive(answers: Answers, raw: RawTable, target: str) -> None:
    """Answer which of two classes is the positive one where their labels do not say it.

    The reading would ask only once all columns are read, which takes long where they are very many.
    """
    with suppress(PresetError):
        aim: Any = raw.frame[target].dropna()
        goal = classes_of(aim, None, "")
        if len(goal.labels) == 2 and not goal.positive:
            answers.data["positive"] = (goal.labels[int(np.bincount(goal.values).argmin())], _POSITIVE)


def answered(error: PresetError, answers: Answers, raw: RawTable, target: str) -> bool:
    """Answer what the reading of the table asks for; False where it is something else."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', error.allowed)
    column = error.key.removeprefix("columns.")
    if error.key == "data.positive" and quoted and "positive" not in answers.data:
        answers.data["positive"] = (quoted[-1], _POSITIVE)
    elif error.key == "data.decimal" and "decimal" not in answers.data:
        answers.data["decimal"] = (".", "guessed: what marks the decimals in numbers with commas")
    elif error.key.startswith("columns.") and error.found.startswith("dates") and quoted:
        answers.columns[column] = (quoted[0], "guessed: it may as well be month before day")
    elif error.key.startswith("columns.") and (words := _mean_nothing(error.allowed)):
        missing, _ = answers.data.get("missing", ([], ""))
        answers.data["missing"] = ([*missing, *words], f"guessed: {clean(column, 30)}: {error.found}")
    elif error.key.startswith("columns.") and column not in answers.columns:
        rough = error.allowed.startswith("[columns]") and ' = "number", which reads' in error.allowed
        answers.columns[column] = ("number" if rough else "category", error.found)
    elif error.key == "data.drop" and quoted:
        drop, why = answers.data.get("drop", ([], ""))
        if quoted[0] in drop:
            return False
        if quoted[0] not in answers.columns and (kind := _likelier(raw, quoted[0])):
            answers.columns[quoted[0]] = kind
            return True
        told = clean(error.found, 80)
        answers.data["drop"] = ([*drop, quoted[0]], f"{why}; {told}" if why else told)
    elif error.key == "score.folds" and "folds" not in answers.data:
        counts = raw.frame[target].value_counts()
        answers.data["folds"] = (max(2, int(counts.min() * 0.8)), "")
    elif error.key == "data.stratify" and "stratify" not in answers.data:
        answers.data["stratify"] = (False, "a class has too few rows to be parted")
    elif error.key == "score.scoring" and "scoring" not in answers.data:
        answers.data["scoring"] = ("accuracy", "classes are too rare for one that weighs them")
    elif error.key == "data.target" and "missing_target" in error.allowed and "missing_target" not in answers.data:
        answers.data["missing_target"] = ("drop", "guessed: rows without a target teach nothing")
    elif error.key == "data.missing":
        answers.data["missing"] = (["inf", "-inf"], "infinite values")
    else:
        return False
    return True


def _likelier(raw: RawTable, column: str) -> tuple[str, str] | None:
    """Return what a column of very many categories rather holds, such as numbers that no program writes, and why."""
    if column not in raw.frame or raw.frame[column].dtype.kind not in "OTU":
        return None
    texts = raw.frame[column].dropna().astype("str").str.strip().unique().tolist()
    kind, why = likely_kind([text for text in texts if text not in PANDAS_MISSING])
    return (kind, f"guessed: {why}") if kind else None


def _mean_nothing(allowed: str) -> list[str]:
    """Return the few words among a column's numbers that a person would take for "no value"; none if it may be more."""
    listed = re.match(r"data\.missing = (\[.*?\]) where", allowed)
    if listed is None or "…" in listed[1]:
        return []
    words = json.loads(listed[1])
    return [] if any(any(character.isnumeric() for character in word) for word in words) else words
