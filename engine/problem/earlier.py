"""Data as version 0.1 read them, for runs that it began: those go on with what they began with.

There, columns of text were codes 0, 1, … in the order of their sorted values, and classes that are numbers were these
numbers. The fingerprint of such a run tells whether it is the data that changed since, or only how they are read.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..data.dataset import Dataset, split
from ..data.folds import by_order
from ..data.loading import load_dataset
from ..data.readings import READING
from ..errors import UsageError
from ..events import RunStarted
from ..model.estimators import build
from ..model.prepare import preparation
from ..preset.columns import Column
from ..preset.preset import SHIPPED, Preset
from ..preset.steps import names_of_steps
from ..text import clean
from .problem import Problem

_MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?"})


def as_begun(problem: Problem, begun: RunStarted) -> Problem:
    """Return the problem as the run that began so has it; raise `UsageError` where its data are others, or read so."""
    if problem.split.fingerprint() == begun.fingerprint:
        return problem
    read = _read(problem.preset, problem.task == "classification")
    if read is not None:
        earlier = _problem(problem, read)
        if earlier.split.fingerprint() == begun.fingerprint:
            return earlier if not _encodes(problem.preset) else _refuse(problem.preset, read, begun)
    anew = f"start anew with tunetop run {clean(problem.preset.path, 300)}"
    if _unordered(problem) == begun.fingerprint:
        raise UsageError(
            f"{clean(begun.run)} held out rows at random for TimeSeriesSplit; now they stand in order of time, the "
            f"last ones held out, so that its trials cannot be gone on with (the data are as they were): {anew}"
        )
    version = clean(begun.versions.get("tunetop", "an earlier version"), 20)
    same = begun.versions.get("reading", "1") == READING
    otherwise = f"if it is as it was, this version reads it otherwise than tunetop {version} did, such as its dates, "
    otherwise += "missing values or kinds of columns: "
    raise UsageError(
        f"what is read from {clean(problem.preset.data.source, 300)} changed since {clean(begun.run)} began "
        f"(another fingerprint); put it back, or {'' if same else otherwise}{anew}"
    )


def _unordered(problem: Problem) -> str:
    """Return the fingerprint that data had whose folds go by time without a column, while their order did not count."""
    preset = problem.preset
    if not by_order(preset.score) or preset.model.prepare_before_split:
        return ""
    dataset = load_dataset(preset, problem.of_classes, problem.values.imports, labelled=problem.labelled)
    return split(replace(dataset, roles=replace(dataset.roles, time=None)), preset).fingerprint()


def _refuse(preset: Preset, read: _Earlier, begun: RunStarted) -> Problem:
    columns = ", ".join(clean(name, 40) for name in read.texts[:4]) or "its columns"
    version = clean(begun.versions.get("tunetop", "an earlier version"), 20)
    raise UsageError(
        f"{clean(begun.run)} was begun by tunetop {version}, which one-hot encoded codes of {columns}; these are "
        f"categories now, so that its trials cannot be gone on with (the data are as they were). Start anew with "
        f"tunetop run {clean(preset.path, 300)}"
    )


@dataclass(frozen=True)
class _Earlier:
    """A table as numbers throughout."""

    dataset: Dataset
    texts: list[str]
    """The columns that are codes."""


def _problem(problem: Problem, read: _Earlier) -> Problem:
    """Return the problem with its data read so, and an estimator for columns that are all numbers."""
    preset, dataset = problem.preset, read.dataset
    values = replace(problem.values, classes=dataset.classes)
    steps = preset.model.prepare_before_split
    parts = split(dataset, preset, preparation(steps, dataset.columns, values) if steps else None)
    columns = () if steps else dataset.columns
    return replace(problem, split=parts, columns=columns, values=values, estimator=build(preset.model, columns, values))


def _encodes(preset: Preset) -> bool:
    """Tell whether the preparation looks at which columns are codes."""
    model = preset.model
    return "onehot" in [*names_of_steps(model.prepare), *names_of_steps(model.prepare_before_split)]


def _read(preset: Preset, classification: bool) -> _Earlier | None:
    """Return the preset's CSV files as they were read; None where they are something else, or could not be read."""
    spec = preset.data
    sources = [source for source in (spec.source, spec.test) if source is not None]
    if any(source.partition(":")[0] not in ("csv", "shipped") for source in sources) or not isinstance(
        spec.target, str
    ):
        return None
    try:
        tables = [_table(_path(source, preset)) for source in sources]
        names = spec.features or [name for name in tables[0] if name != spec.target]
        columns = {name: [value for table in tables for value in table[name]] for name in (*names, spec.target)}
    except (OSError, ValueError, KeyError, csv.Error):
        return None
    texts = [name for name in names if _numbers(columns[name]) is None or name in spec.categories]
    features = [
        _codes(columns[name], spec.categories.get(name) or _sorted(columns[name]))
        if name in texts
        else _numbers(columns[name])
        for name in names
    ]
    target, classes = _target(columns[spec.target], classification)
    dataset = Dataset(
        np.ascontiguousarray(np.column_stack([np.asarray(one) for one in features])),
        target,
        tuple(Column(name) for name in names),
        classes,
        test_rows=len(tables[1][spec.target]) if len(tables) > 1 else 0,
    )
    return _Earlier(dataset, texts)


def _path(source: str, preset: Preset) -> Path:
    kind, _, rest = source.partition(":")
    return SHIPPED / "data" / rest if kind == "shipped" else preset.folder / Path(rest).expanduser()


def _table(path: Path) -> dict[str, list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as stream:
        header, *rows = [row for row in csv.reader(stream) if row]
    columns = zip(*rows, strict=True)
    return {
        clean(name, 80): ["" if value.strip() in _MISSING else value.strip() for value in column]
        for name, column in zip(header, columns, strict=True)
    }


def _numbers(values: list[str]) -> np.ndarray | None:
    try:
        return np.array([float(value or "nan") for value in values])
    except ValueError:
        return None


def _sorted(values: list[str]) -> list[str]:
    return sorted(set(values) - {""})


def _codes(values: list[str], categories: list[str]) -> np.ndarray:
    places = {category: float(code) for code, category in enumerate(categories)}
    return np.array([places.get(value, np.nan) for value in values])


def _target(values: list[str], classification: bool) -> tuple[Any, tuple[str, ...]]:
    numbers = _numbers(values)
    if numbers is None:
        classes = _sorted(values)
        return _codes(values, classes).astype(np.int64), tuple(clean(label, 40) for label in classes)
    # what is not finite is refused where data are read
    return (np.nan_to_num(numbers).astype(np.int64) if classification else numbers), ()
