"""Dataset sources in; arrays, the split into training and test rows, and a fingerprint out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PresetError, choose, found
from ..text import clean
from .csv_table import Encoder, Table, codes, numbers, read_csv, read_parquet
from .preset import SHIPPED, DataSpec, Preset

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


@dataclass(frozen=True)
class Dataset:
    """A dataset before its split.

    `features` is float64 of shape (rows, columns), `target` of shape (rows,): class codes where `classes` names them,
    else numbers as they came. `test_rows` > 0: the last rows are a test set of the author's own.
    """

    features: np.ndarray
    target: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    categorical: tuple[int, ...] = ()
    test_rows: int = 0


@dataclass(frozen=True)
class Split:
    """Training and test rows, and whether something was fitted on all rows before they were parted."""

    train: np.ndarray
    train_target: np.ndarray
    test: np.ndarray
    test_target: np.ndarray

    def fingerprint(self) -> str:
        """SHA-256 over the four arrays, shapes and types included."""
        digest = hashlib.sha256()
        for array in (self.train, self.train_target, self.test, self.test_target):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def load_dataset(preset: Preset, classification: bool) -> Dataset:
    """Return the preset's data; raise `PresetError` where it is missing, malformed or without its target."""
    spec, file = preset.data, preset.path
    kind, _, rest = spec.source.partition(":")
    if kind in ("sklearn", "openml"):
        if spec.test is not None:
            raise PresetError(file, "data.test", found(spec.test), f"nothing beside {kind}:, which is one table")
        dataset = _bundled(rest, file) if kind == "sklearn" else _openml(rest, spec, file)
        if spec.features is not None:
            dataset = _chosen(dataset, spec.features, file)
        return dataset
    tables = [_table(spec.source, "data.source", preset)]
    if spec.test is not None:
        tables.append(_table(spec.test, "data.test", preset))
    return _from_tables(tables, spec, file, classification)


def split(dataset: Dataset, preset: Preset, prepare: Any = None) -> Split:
    """Return the training and test rows as `train_test_split` parts them, or as the author did.

    `prepare` is a transformer to fit on all rows first, as some articles do; it leaks.
    """
    features = dataset.features if prepare is None else np.asarray(prepare.fit_transform(dataset.features))
    target, spec = dataset.target, preset.data
    if dataset.test_rows:
        cut = len(target) - dataset.test_rows
        return Split(features[:cut], target[:cut], features[cut:], target[cut:])
    from sklearn.model_selection import train_test_split

    try:
        train, test, train_target, test_target = train_test_split(
            features,
            target,
            test_size=spec.test_size,
            random_state=spec.seed,
            stratify=target if spec.stratify else None,
        )
    except ValueError as error:
        key = "data.stratify" if spec.stratify else "data.test_size"
        raise PresetError(preset.path, key, f"the rows cannot be split: {error}") from None
    return Split(*(np.ascontiguousarray(part) for part in (train, train_target, test, test_target)))


def _bundled(name: str, file: str) -> Dataset:
    if name not in BUNDLED:
        allowed = ", ".join(f"sklearn:{known}" for known in BUNDLED)
        raise PresetError(file, "data.source", found(f"sklearn:{name}"), allowed, choose(name, list(BUNDLED)))
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    classes = tuple(clean(label, 40) for label in getattr(bunch, "target_names", ()))
    return Dataset(
        np.ascontiguousarray(bunch.data, dtype=np.float64),
        bunch.target,
        tuple(clean(feature, 80) for feature in bunch.feature_names),
        classes if name != "diabetes" else (),
    )


def _openml(name: str, spec: DataSpec, file: str) -> Dataset:
    from sklearn.datasets import fetch_openml

    options: dict[str, Any] = {"data_id": int(name)} if name.isdigit() else {"name": name}
    target = spec.target or "default-target"
    try:
        bunch: Any = fetch_openml(**options, target_column=target, as_frame=False, parser="liac-arff")
    except Exception as error:  # noqa: BLE001 - whatever the network or the parser says, the person must read it
        raise PresetError(file, "data.source", f"openml:{name} cannot be fetched: {error}") from None
    classes: tuple[str, ...] = ()
    values = np.asarray(bunch.target)
    if values.dtype == object:
        values, classes = _coded([str(value) for value in values])
    names = tuple(clean(feature, 80) for feature in bunch.feature_names)
    categorical = tuple(i for i, feature in enumerate(bunch.feature_names) if feature in (bunch.categories or {}))
    return Dataset(np.ascontiguousarray(bunch.data, dtype=np.float64), values, names, classes, categorical)


def _chosen(dataset: Dataset, features: list[str], file: str) -> Dataset:
    for name in features:
        if name not in dataset.names:
            raise _no_column(name, list(dataset.names), "data.features", file)
    places = [dataset.names.index(name) for name in features]
    categorical = tuple(i for i, place in enumerate(places) if place in dataset.categorical)
    columns = np.ascontiguousarray(dataset.features[:, places])
    return Dataset(columns, dataset.target, tuple(features), dataset.classes, categorical)


def _table(source: str, key: str, preset: Preset) -> Table:
    kind, _, rest = source.partition(":")
    if kind == "shipped":
        shipped = [file.name for file in sorted((SHIPPED / "data").glob("*.csv"))]
        if rest not in shipped:
            raise PresetError(preset.path, key, found(source), ", ".join(f"shipped:{name}" for name in shipped))
        return read_csv(SHIPPED / "data" / rest, key, preset.path)
    if kind not in ("csv", "parquet"):
        raise PresetError(preset.path, key, found(source), "csv:PATH or parquet:PATH")
    path = preset.folder / Path(rest).expanduser()
    return (read_csv if kind == "csv" else read_parquet)(path, key, preset.path)


def _no_column(name: str, known: list[str], key: str, file: str) -> PresetError:
    return PresetError(file, key, f"there is no column {name!r}", ", ".join(known), choose(name, known))


def _from_tables(tables: list[Table], spec: DataSpec, file: str, classification: bool) -> Dataset:
    known = list(tables[0].columns)
    if spec.target is None:
        raise PresetError(file, "data.target", "missing", f"a column: {', '.join(known)}")
    names = spec.features or [name for name in known if name != spec.target]
    for key, table in zip(("data.source", "data.test"), tables, strict=False):
        for name, field in ((spec.target, "data.target"), *((name, "data.features") for name in names)):
            if name not in table.columns:
                raise _no_column(name, list(table.columns), field if key == "data.source" else key, file)
    if spec.target in names:
        raise PresetError(file, "data.features", f"holds the target {spec.target!r}", "columns other than the target")
    if not names:
        raise PresetError(file, "data.features", "found no feature column", "at least one")
    encoder = Encoder.of(tables, names, spec.categories, file)
    target, classes = _target([value for table in tables for value in table.columns[spec.target]], file, classification)
    return Dataset(
        np.ascontiguousarray(np.vstack([encoder.features(table) for table in tables])),
        target,
        tuple(names),
        classes,
        encoder.categorical,
        tables[1].rows if len(tables) > 1 else 0,
    )


def _target(values: list[str], file: str, classification: bool) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the target as whole numbers where it can be, class codes with their names where it is text."""
    if "" in values:
        raise PresetError(file, "data.target", f"row {values.index('') + 1} has no value", "a value in every row")
    numeric = numbers(values)
    if numeric is not None and not np.isfinite(numeric).all():
        raise PresetError(file, "data.target", "holds an infinite value", "finite numbers")
    if not classification:
        if numeric is None:
            raise PresetError(file, "data.target", "holds text", "numbers, for a regressor")
        return numeric, ()
    if numeric is not None:
        if (numeric != np.round(numeric)).any() or abs(numeric).max() > 2**53 or len(np.unique(numeric)) > 1000:
            raise PresetError(file, "data.target", "holds a continuous number", "classes, for a classifier")
        return numeric.astype(np.int64), ()
    if (different := len(set(values))) > 1000:
        raise PresetError(file, "data.target", f"holds {different} different texts", "at most 1000 classes")
    return _coded(values)


def _coded(values: list[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return texts as whole numbers, and the classes that those stand for; two whose names look alike stay two."""
    classes = tuple(sorted(set(values)))
    return codes(values, classes).astype(np.int64), tuple(clean(label, 40) for label in classes)
