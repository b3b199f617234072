"""A date as numbers: what of it an estimator can make use of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin


class DateParts(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Turn each column of dates into its days since 1970, year, month, day and weekday, and its hour if it has any."""

    def fit(self, X: Any, y: Any = None) -> DateParts:
        """Note which columns there are, and which of them have hours."""
        frame = pd.DataFrame(X)
        self.n_features_in_ = frame.shape[1]
        self.feature_names_in_ = np.asarray([str(name) for name in frame.columns], dtype=object)
        self.hours_ = [bool((frame[name].dt.hour > 0).any()) for name in frame.columns]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the parts, shape (rows, 5 or 6 a column), NaN for a date that is missing."""
        frame = pd.DataFrame(X)
        return np.column_stack([part for place in range(frame.shape[1]) for part in self._parts(frame, place)])

    def _parts(self, frame: pd.DataFrame, place: int) -> list[np.ndarray]:
        dates: Any = frame.iloc[:, place].dt
        days = (frame.iloc[:, place] - pd.Timestamp(0)) / pd.Timedelta(days=1)
        parts = [days, dates.year, dates.month, dates.day, dates.day_of_week]
        return [np.asarray(part, dtype=np.float64) for part in ([*parts, dates.hour] if self.hours_[place] else parts)]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return a name for each part: the column's and the part's."""
        names = self.feature_names_in_ if input_features is None else input_features
        parts = ("days", "year", "month", "day", "weekday", "hour")
        return np.asarray(
            [f"{name}_{part}" for name, hours in zip(names, self.hours_, strict=True) for part in parts[: 5 + hours]],
            dtype=object,
        )
