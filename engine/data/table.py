"""From the tables that a preset names to features, target and what was assumed about them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError, found
from ..model.chains import is_plain
from ..preset.columns import chosen_names, named, no_column
from ..preset.imports import ALLOWED
from ..preset.preset import SHIPPED, Preset
from ..preset.specs import UNLABELLED
from .csv_table import RawTable, read_csv
from .dataset import Dataset
from .decimals import decimal_of
from .kinds import Said, Typed, typed
from .leaks import leaks_of, note_on_leak
from .other_tables import KINDS, read_other
from .repeats import notes_on_repeats
from .roles import role_columns, roles_of
from .rows import Numbers
from .shared_rows import notes_on_shared_groups, notes_on_shared_rows
from .target import Target, classes_of, numbers_of, several_of
from .without_target import note, with_target


def dataset_of(preset: Preset, classes: bool, *, labelled: bool = True) -> Dataset:
    """Return the data of a preset whose source, and test set if it has one of its own, are files."""
    spec, file = preset.data, preset.path
    tables = [_read(spec.source, "data.source", preset)]
    frames = [tables[0].frame]
    known = [str(name) for name in frames[0].columns]
    if spec.target is None and labelled:
        hint = f"Without one, scoring is one of {', '.join(UNLABELLED)}"
        raise PresetError(file, "data.target", "missing", f"a column: {', '.join(known)}", hint)
    if spec.test is not None:
        tables.append(_read(spec.test, "data.test", preset))
        frames.append(tables[1].frame)
    if isinstance(spec.target, list) and not spec.target:
        raise PresetError(file, "data.target", found(spec.target), "a column, or several")
    aims = spec.target if isinstance(spec.target, list) else [] if spec.target is None else [spec.target]
    try:
        names = [named(name, known, "data.target", file) for name in aims]
    except PresetError as error:
        other = "" if error.hint or spec.source.startswith("csv:") else "; ".join(tables[0].notes)
        raise PresetError(file, error.key, error.found, error.allowed, error.hint or other) from None
    target = names if isinstance(spec.target, list) else names[0] if names else None
    return dataset_from(frames, target, preset, classes and labelled, tables[0])


def dataset_from(
    frames: list[pd.DataFrame],
    target: str | list[str] | None,
    preset: Preset,
    classes: bool,
    raw: RawTable | None = None,
) -> Dataset:
    """Return the data in one frame, or in one to train on and one to test on; a target of None is 0 throughout."""
    spec, file = preset.data, preset.path
    known = [str(name) for name in frames[0].columns]
    parts = role_columns(preset, known)
    aims = [] if target is None else [target] if isinstance(target, str) else target
    names = chosen_names(known, spec.features, spec.drop, file, besides=(*aims, *parts.values()))
    if both := [name for name in aims if name in names]:
        raise PresetError(file, "data.features", f"holds the target {both[0]!r}", "columns other than the target")
    test_rows, notes = 0, []
    if len(frames) > 1:
        columns = [str(name) for name in frames[1].columns]
        for name in (*aims, *names, *([parts["weight"]] if "weight" in parts else [])):
            if name not in columns:
                raise no_column(name, columns, "data.test", file)
    if aims:
        frames, notes = _with_target(frames, aims, preset, classes=classes)
    whole: Any = frames[0]
    if len(frames) > 1:
        columns = [str(name) for name in frames[1].columns]
        test_rows = len(frames[1])
        whole = _joined([frame[[name for name in known if name in columns]] for frame in frames])
    said = Said(file, _said_columns(preset, names), spec.missing, spec.decimal, raw.layout.separator if raw else ",")
    if said.decimal is None:
        said = replace(said, decimal=decimal_of(whole, said.columns, said.separator))
    features = typed(whole[names], said)
    goal = (
        Target(np.zeros(len(whole)))
        if target is None
        else aim_of(whole[target], preset, classes=classes, decimal=said.decimal)
    )
    shared = _shared(frames, parts, features.frame, goal.values) if test_rows else []
    leaks = leaks_of(features.frame, goal.values, len(goal.labels)) if len(aims) == 1 else []
    trained = len(whole) - test_rows  # of what these share with a test set, `shared` tells
    repeats = notes_on_repeats(features.frame.iloc[:trained], goal.values[:trained])
    told = [note_on_leak(name, aims[0]) for name in leaks] + repeats
    others = [name for name in whole.columns if name not in names and name not in aims]
    return Dataset(
        features=_handed_over(features, preset),
        target=goal.values,
        columns=features.columns,
        classes=goal.classes,
        positive=goal.positive,
        moved=goal.moved,
        test_rows=test_rows,
        roles=roles_of(whole, len(frames[0]), parts, said),
        others=whole[others] if others else None,
        notes=(*(raw.notes if raw else ()), *notes, *goal.notes, *features.notes, *told, *shared),
        readings=features.readings,
        labels=goal.labels,
        leaks=tuple(leaks),
    )


def _shared(frames: list[Any], parts: dict[str, str], features: Any, target: np.ndarray) -> list[str]:
    """Return what to say of groups and rows of the test set that are to be trained on as well."""
    name = parts.get("groups", "")
    groups = [frame[name] for frame in frames if name in frame.columns]
    by_group = notes_on_shared_groups(groups[0], groups[1], name) if len(groups) > 1 else []
    return by_group + notes_on_shared_rows(features, target, len(frames[1]))


def _with_target(frames: list[Any], aims: list[str], preset: Preset, *, classes: bool) -> tuple[list[Any], list[str]]:
    """Return the tables without rows that have no target, and what to say of that."""
    kept, notes = [], []
    for frame, where in zip(frames, ("", " of data.test"), strict=False):
        there = with_target([frame[name] for name in aims], aims, where, preset, classes=classes)
        notes += note(there, where)
        kept.append(frame if there.all() else frame[there].reset_index(drop=True))
    return kept, notes


def aim_of(aim: Any, preset: Preset, *, classes: bool, decimal: str | None = None) -> Target:
    """Return the target that a column holds, or the targets of several, as classes or as numbers."""
    spec, file = preset.data, preset.path
    if aim.ndim == 2:
        return several_of([aim[name] for name in aim.columns], file, classes=classes, decimal=decimal or spec.decimal)
    if classes:
        return classes_of(aim, spec.positive, file)
    return numbers_of(aim, file, decimal or spec.decimal)


def _joined(frames: list[Any]) -> Any:
    return pd.concat(frames).reset_index(drop=True)


def _said_columns(preset: Preset, names: list[str]) -> dict[str, str | list[str]]:
    """Return what the preset says of each column's kind, or of the order of its values, by whole names."""
    said: dict[str, str | list[str]] = {}
    for key, table in (("data.categories", preset.data.categories), ("columns", preset.columns)):
        for name, kind in table.items():
            said[named(name, names, f"{key}.{name}", preset.path)] = kind
    return said


def _handed_over(features: Typed, preset: Preset) -> Any:
    """Return what estimators get: one array where all are numbers, for those whose ways with a table are known."""
    own = preset.model.estimator.partition(".")[0] not in ALLOWED
    if (
        own
        or preset.names_columns([column.name for column in features.columns])
        or not is_plain(preset.model.prepare, features.columns)
    ):
        return features.frame
    numbers = Numbers([features.frame[name].to_numpy() for name in features.frame.columns])
    before = preset.model.prepare_before_split
    return numbers.parted(np.arange(len(features.frame)))[0] if before else numbers


def _read(source: str, key: str, preset: Preset) -> RawTable:
    kind, _, rest = source.partition(":")
    if kind == "shipped":
        shipped = [file.name for file in sorted((SHIPPED / "data").glob("*.csv"))]
        if rest not in shipped:
            raise PresetError(preset.path, key, found(source), ", ".join(f"shipped:{name}" for name in shipped))
        return read_csv(SHIPPED / "data" / rest, key, preset.path, preset.data)
    if kind not in ("csv", *KINDS):
        raise PresetError(preset.path, key, found(source), ", ".join(f"{one}:PATH" for one in ("csv", *KINDS)))
    path = preset.folder / Path(rest).expanduser()
    if kind == "csv":
        return read_csv(path, key, preset.path, preset.data)
    return read_other(kind, path, key, preset.path, preset.data)
