"""What a test set of the author's own shares with the rows to train on: whole rows, or groups; scores flatter then.

What is held out of one table is parted by groups, as folds are; a file beside it is as its author made it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pandas.util

from ..text import clean, listed

_LOOKED_AT = 1000


def notes_on_shared_rows(features: pd.DataFrame, target: np.ndarray, tested: int) -> list[str]:
    """Return a line where test rows, the last `tested`, stand among those to train on, target included.

    None where rows are alike by nature, being of few values: where no column has mostly different ones.
    """
    rows = len(features) - tested
    first = features.iloc[rows:].iloc[:_LOOKED_AT, :_LOOKED_AT]
    counts = [int(first.iloc[:, place].nunique()) for place in range(first.shape[1])]
    if not counts or max(counts) <= 0.5 * len(first):
        return []
    column: Any = features.iloc[:, int(np.argmax(counts))]
    known = np.flatnonzero(column.iloc[:rows].isin(column.iloc[rows:]).to_numpy())
    chosen = np.append(known, np.arange(rows, rows + tested))
    aims = {f"target {place}": one[chosen] for place, one in enumerate(np.atleast_2d(target.T))}
    library: Any = pandas.util
    prints = library.hash_pandas_object(features.iloc[chosen].assign(**aims), index=False).to_numpy()
    shared = int(np.isin(prints[len(known) :], prints[: len(known)]).sum())
    if not shared:
        return []
    told = "all its rows stand" if shared == tested > 1 else f"{shared} of its {tested} rows stand{'s' * (shared == 1)}"
    return [
        f"test set: {told} among the training rows as well, target included: scores on them flatter; "
        "leave them out of one of the two"
    ]


def notes_on_shared_groups(trained: Any, tested: Any, name: str) -> list[str]:
    """Return a line where groups of the test set are among those to train on."""
    ours, theirs = (set(column.dropna().astype("str").str.strip()) for column in (trained, tested))
    shared = sorted(ours & theirs)
    if not shared:
        return []
    rows = int(tested.astype("str").str.strip().isin(shared).sum())
    return [
        f"test set: {len(shared)} of its {len(theirs)} groups by {clean(name, 40)} are among the training rows as well "
        f"({listed(shared, 3, 20)}), {rows} of {len(tested)} rows: scores on them flatter; score.groups keeps folds "
        "apart, but no file of one's own"
    ]
