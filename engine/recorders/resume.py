"""Recorded folds of watched runs, by what was fitted: such folds are not fitted again (memoisation)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..record.store import Store
from .settings import Settings, runs_dir_of
from .spool import FOLDER, kept_folds

_MOST_RUNS = 50
_LARGEST_DATA = 4 << 30
"""Bytes of data that are read to know them again, at most."""

_found: dict[Settings, tuple[object, dict[str, dict[str, Any]]]] = {}


def find_kept(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return the recorded folds of the runs that `settings.resume` names. Raises RunNotFound for a name that is none.

    Results are those of `_fit_and_score`, by key. `*` stands for the newest watched runs.
    """
    if not settings.resume:
        return {}
    store = Store(runs_dir_of(settings))
    paths: list[Path] = []
    for name in settings.resume:
        if name == "*":
            newest = [folder for folder in store.list() if (folder.path / FOLDER).is_dir()]
            paths += [folder.path for folder in newest[:_MOST_RUNS]]
        else:
            paths.append(store.find(name).path)
    signature = tuple((str(path), _size(path)) for path in paths)
    if settings in _found and _found[settings][0] == signature:
        return _found[settings][1]
    kept: dict[str, dict[str, Any]] = {}
    for path in reversed(paths):
        kept.update(kept_folds(path))
    _found[settings] = (signature, kept)
    return kept


def _size(run: Path) -> int:
    try:
        return sum(entry.stat().st_size for entry in os.scandir(run / FOLDER))
    except OSError:
        return 0


class Keys:
    """Names what a fold fits: estimator, data, split, parameters, scorer and version; "" where that cannot be named."""

    def __init__(self, estimator: Any, data: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self.data = ""
        self.search = ""
        self._splits: dict[int, tuple[Any, str]] = {}
        self._params: dict[int, tuple[Any, str]] = {}
        try:
            import sklearn

            if sum(_bytes(one) for one in data) <= _LARGEST_DATA:
                self.data = _hash(data)
            asked = {name: kwargs.get(name) for name in _WHAT_COUNTS}
            whole = (type(estimator).__module__, type(estimator).__qualname__, estimator, asked, sklearn.__version__)
            self.search = _hash(whole)
        except Exception:  # noqa: BLE001 - what cannot be pickled cannot be named; it is only never taken over
            self.search = ""

    def key(self, kwargs: Mapping[str, Any]) -> str:
        """Return the key of one fold, from what `_fit_and_score` is called with."""
        if not (self.data and self.search):
            return ""
        try:
            split = self._once(self._splits, kwargs["train"], (kwargs["train"], kwargs["test"]))
            params = self._once(self._params, kwargs.get("parameters"), kwargs.get("parameters"))
        except Exception:  # noqa: BLE001 - as above
            return ""
        return hashlib.sha1(f"{self.search} {self.data} {split} {params}".encode()).hexdigest()

    @staticmethod
    def _once(known: dict[int, tuple[Any, str]], one: Any, whole: Any) -> str:
        found = known.get(id(one))
        if found is None or found[0] is not one:
            if len(known) > 2000:
                known.clear()
            # the object is kept along: its number must not become another one's
            found = known[id(one)] = (one, _hash(whole))
        return found[1]


_WHAT_COUNTS = ("scorer", "fit_params", "score_params", "return_train_score", "return_n_test_samples", "error_score")


def _hash(value: Any) -> str:
    import joblib

    return str(joblib.hash(value, hash_name="sha1"))


def _bytes(value: Any) -> int:
    size = getattr(value, "nbytes", None)
    if isinstance(size, int):
        return size
    if not hasattr(value, "memory_usage"):
        return 0
    return int(value.memory_usage(index=True).sum())
