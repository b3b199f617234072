"""Which fits draw at random, held against fits: two that begin from other states of chance, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.preprocessing import KBinsDiscretizer, QuantileTransformer
from tunetop.engine.problem.checks import left_to_chance


def _boosting(**parameters: Any) -> Any:
    return HistGradientBoostingRegressor(max_iter=2, max_leaf_nodes=4, **parameters)


@pytest.mark.parametrize(
    ("estimator", "rows"),
    [
        (_boosting(), 10_000),
        (_boosting(), 10_001),
        (_boosting(early_stopping=False), 10_001),
        (_boosting(early_stopping=True), 200),
        (QuantileTransformer(n_quantiles=20, subsample=50), 50),
        (QuantileTransformer(n_quantiles=20, subsample=50), 51),
        (KBinsDiscretizer(encode="ordinal", subsample=200, quantile_method="linear"), 200),
        (KBinsDiscretizer(encode="ordinal", subsample=200, quantile_method="linear"), 400),
    ],
)
def test_fits_differ_by_chance_where_that_is_said(estimator: Any, rows: int) -> None:
    draw = np.random.default_rng(0)
    X = draw.normal(size=(rows, 2))
    y = X[:, 0] + draw.normal(size=rows)
    given = []
    for seed in range(3):
        np.random.seed(seed)  # where estimators without a random_state draw from
        fitted = estimator.fit(X, y)
        given.append(fitted.predict(X) if hasattr(fitted, "predict") else fitted.transform(X))
    same = all(np.array_equal(given[0], one) for one in given[1:])
    assert left_to_chance(estimator, rows) == ([] if same else ["random_state"])
