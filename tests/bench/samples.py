"""Data sets that scikit-learn ships, as the tables of the search benchmark take them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.preprocessing import MinMaxScaler, OrdinalEncoder, StandardScaler


def _rows(X: np.ndarray, y: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    keep = np.random.RandomState(0).permutation(len(y))[:rows]
    return X[keep], y[keep]


def digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Return some of the digits, as they are."""
    return _rows(*datasets.load_digits(return_X_y=True), rows)


def breast_cancer(rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the breast cancer data, or some of its rows, standardised."""
    X, y = datasets.load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    return _rows(X, y, rows) if rows else (X, y)


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Return the diabetes data, standardised."""
    X, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def titanic(rows: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return five columns of the passengers, or of some of them, each in [0, 1]."""
    from gzip import decompress

    from sklearn.externals import _arff

    folder = Path(datasets.__file__).parent / "tests/data/openml/id_40945"
    file = _arff.load(decompress((folder / "data-v1-dl-16826755.arff.gz").read_bytes()).decode())
    people = [dict(zip((name for name, _ in file["attributes"]), row, strict=True)) for row in file["data"]]
    fares = np.array([np.nan if r["fare"] is None else float(r["fare"]) for r in people])
    columns = [
        [float(r["pclass"]) for r in people],
        np.where(np.isnan(fares), np.nanmedian(fares), fares),
        OrdinalEncoder().fit_transform([[r["sex"]] for r in people])[:, 0],
        OrdinalEncoder().fit_transform([[r["embarked"] or "S"] for r in people])[:, 0],
        [float(r["sibsp"]) + float(r["parch"]) for r in people],
    ]
    X, y = MinMaxScaler().fit_transform(np.column_stack(columns)), np.array([int(r["survived"]) for r in people])
    return _rows(X, y, rows) if rows else (X, y)
