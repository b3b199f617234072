"""From a preset's source to its data: shipped with scikit-learn, on OpenML, or in files of one's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import PresetError, choose, found
from ..preset.columns import Column, chosen_names
from ..preset.imports import Imports
from ..preset.preset import Preset
from ..text import clean
from .dataset import Dataset
from .folds import by_order
from .own_data import own_dataset
from .readings import Reading
from .table import dataset_from, dataset_of

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def load_dataset(preset: Preset, classes: bool, imports: Imports, *, labelled: bool = True) -> Dataset:
    """Return the preset's data; raise `PresetError` where it is missing, malformed or without its target.

    `classes` says whether targets are classes rather than numbers; unless `labelled`, none is asked for.
    """
    dataset = _load(preset, classes, imports, labelled=labelled)
    if not by_order(preset.score):
        return dataset
    order = np.arange(len(dataset.target) - dataset.test_rows)
    held = "" if dataset.test_rows else ", and the last ones are held out"
    note = f'TimeSeriesSplit: rows are taken to stand in order of time{held}; time = "COLUMN" orders them (score.time)'
    return replace(dataset, roles=replace(dataset.roles, time=order), notes=(*dataset.notes, note))


def _load(preset: Preset, classes: bool, imports: Imports, *, labelled: bool) -> Dataset:
    spec, file = preset.data, preset.path
    kind, _, rest = spec.source.partition(":")
    if kind in ("sklearn", "openml"):
        if spec.test is not None:
            raise PresetError(file, "data.test", found(spec.test), f"nothing beside {kind}:, which is one table")
        return _bundled(rest, preset) if kind == "sklearn" else _openml(rest, preset, classes)
    if kind == "python":
        return own_dataset(preset, classes, imports, labelled=labelled)
    return dataset_of(preset, classes, labelled=labelled)


def _bundled(name: str, preset: Preset) -> Dataset:
    spec, file = preset.data, preset.path
    if name not in BUNDLED:
        allowed = ", ".join(f"sklearn:{known}" for known in BUNDLED)
        raise PresetError(file, "data.source", found(f"sklearn:{name}"), allowed, choose(name, list(BUNDLED)))
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    classes = tuple(clean(label, 40) for label in getattr(bunch, "target_names", ())) if name != "diabetes" else ()
    names = [str(feature) for feature in bunch.feature_names]
    dataset = Dataset(
        np.ascontiguousarray(bunch.data, dtype=np.float64),
        bunch.target,
        tuple(Column(feature) for feature in names),
        classes,
        classes[1] if len(classes) == 2 else "",
        readings=tuple(Reading(feature, "number") for feature in names),
        labels=classes,
    )
    chosen = chosen_names(names, spec.features, spec.drop, file)
    if chosen != names:
        places = [names.index(feature) for feature in chosen]
        features = np.ascontiguousarray(dataset.features[:, places])
        columns, readings = tuple(map(Column, chosen)), tuple(Reading(feature, "number") for feature in chosen)
        dataset = replace(dataset, features=features, columns=columns, readings=readings)
    if preset.names_columns(chosen):
        import pandas as pd

        dataset = replace(dataset, features=pd.DataFrame(dataset.features, columns=pd.Index(chosen)))
    return _with_positive(dataset, spec.positive, file)


def _with_positive(dataset: Dataset, positive: str | None, file: str) -> Dataset:
    """Return the dataset with that class of two as its positive one."""
    if positive is None or positive == dataset.positive:
        return dataset
    if positive not in dataset.classes:
        allowed = ", ".join(dataset.classes)
        raise PresetError(file, "data.positive", f"there is no class {positive!r}", allowed)
    if len(dataset.classes) != 2:
        raise PresetError(file, "data.positive", f"found {len(dataset.classes)} classes", "to be left out, but for two")
    return replace(
        dataset,
        target=1 - dataset.target,
        classes=dataset.classes[::-1],
        labels=dataset.labels[::-1],
        positive=positive,
        moved=True,
    )


def _openml(name: str, preset: Preset, classes: bool) -> Dataset:
    frame, names = fetched(name, preset)
    return dataset_from([frame], names if isinstance(preset.data.target, list) else names[0], preset, classes)


def fetched(name: str, preset: Preset) -> tuple[Any, list[str]]:
    """Return a data set of OpenML, by name or number, as a DataFrame, and the names of its targets."""
    from sklearn.datasets import fetch_openml

    options: dict[str, Any] = {"data_id": int(name)} if name.isdigit() else {"name": name}
    aims = preset.data.target
    target = aims or "default-target"
    try:
        bunch: Any = fetch_openml(**options, target_column=target, as_frame=True, parser="auto")
    except Exception as error:  # noqa: BLE001 - whatever the network or the parser says, the person must read it
        raise PresetError(preset.path, "data.source", f"openml:{name} cannot be fetched: {error}") from None
    frame = bunch.frame.copy()
    frame.columns = [str(column) for column in frame.columns]
    return frame, [str(name) for name in bunch.target_names]
