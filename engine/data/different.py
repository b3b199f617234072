"""A column's different values as text, so that what they mean is looked at once each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .plain_types import cannot_hold


@dataclass
class Different:
    """A column's different values, stripped of white space, how often each stands there, and where each row has it."""

    name: str
    codes: np.ndarray
    texts: list[str]
    counts: np.ndarray
    rows: int

    @classmethod
    def of(cls, name: str, series: pd.Series, file: str) -> Different:
        """Return the values of a column; raise `PresetError` where its cells hold lists or the like."""
        try:
            codes, values = pd.factorize(series)
        except TypeError:
            raise cannot_hold(name, series, file) from None
        if isinstance(values.dtype, pd.StringDtype):
            values = np.asarray(values, dtype=object)  # of which Python has each in a tenth of the time
        texts = [str(value).strip() for value in values]
        if len(set(texts)) < len(texts):
            places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            codes = np.append([places[text] for text in texts], -1)[codes]
            texts = list(places)
        return cls(name, codes, texts, np.bincount(codes + 1, minlength=len(texts) + 1)[1:], len(series))

    def spread(self, values: Sequence[float]) -> np.ndarray:
        """Return each row's number, by its different values' numbers."""
        return np.append(np.asarray(values, dtype=np.float64), np.nan)[self.codes]
