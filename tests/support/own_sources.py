"""Data as people's own functions give them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.datasets import load_iris, load_linnerud, make_classification, make_multilabel_classification

WORDS = ("good", "bad", "fine", "awful", "day", "film")


def arrays() -> Any:
    return make_classification(150, 6, flip_y=0.1, random_state=0)


def grouped() -> Any:
    X, y = arrays()
    return {"X": X, "y": np.where(y == 1, "good", "bad"), "who": np.arange(150) // 10}


def matrix() -> Any:
    X, y = arrays()
    return sparse.coo_matrix(np.where(abs(X) < 0.5, 0, X)), y


def texts() -> Any:
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(WORDS, 6)) for _ in range(120)]
    return lines, ["yes" if "good" in line else "no" for line in lines]


def frame() -> pd.DataFrame:
    X, y = arrays()
    return pd.DataFrame(X, columns=list("abcdef")).assign(goal=y)


def frame_and_series() -> Any:
    whole = frame()
    return whole.drop(columns="goal"), whole["goal"]


def with_test_set() -> Any:
    X, y = arrays()
    return {"X": X[:100], "y": y[:100], "X_test": X[100:], "y_test": y[100:]}


def rows_alone() -> Any:
    return {"X": load_iris().data}


def linnerud() -> Any:
    return load_linnerud(return_X_y=True)


def labels() -> Any:
    return make_multilabel_classification(120, 8, n_classes=3, random_state=0)


def broken() -> Any:
    raise ValueError("the server is away")


def three() -> Any:
    return 1, 2, 3
