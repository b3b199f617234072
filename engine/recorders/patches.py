"""Where scikit-learn and Optuna are taken hold of while somebody watches, now or once they are imported.

Nothing is replaced that outlives the watching, and nothing that is pickled: `fit` of scikit-learn's searches, the
`Parallel` that searches and `cross_validate` hand their folds to, and a study's `optimize`.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from .settings import Watching, say, watching

_lock = threading.RLock()
_undo: dict[str, Callable[[], None]] = {}


def install(watch: Watching) -> None:
    """Take hold of what is imported, and of the rest when it is imported."""
    with _lock:
        watching.append(watch)
        for name in _TARGETS:
            if (module := sys.modules.get(name)) is not None and not _is_loading(module):
                _take_hold(name, module)
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)


def remove(watch: Watching) -> None:
    """Let go, once the last one who watches does."""
    with _lock:
        if watch in watching:
            watching.reverse()
            watching.remove(watch)
            watching.reverse()
        if not watching:
            for name in list(_undo):
                _undo.pop(name)()
            if _finder in sys.meta_path:
                sys.meta_path.remove(_finder)


def _take_hold(name: str, module: ModuleType) -> None:
    if name in _undo:
        return
    try:
        ours, _, hold = _TARGETS[name].partition(":")
        _undo[name] = getattr(importlib.import_module(f"{__package__}.{ours}"), hold)(module)
    except Exception as error:  # noqa: BLE001 - a version that we do not know is left alone, and that is said
        if watching:
            say(f"{name} is one that tunetop cannot watch: {type(error).__name__}: {error}", watching[-1].settings)


def _is_loading(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


_TARGETS = {
    "sklearn.model_selection._search": "sklearn:hold_searches",
    "sklearn.model_selection._validation": "cross_validation:hold_validation",
    "optuna.study.study": "optuna:hold_studies",
}
"""What is taken hold of -> the module here, and in it the function that does so and returns what lets go of it."""


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing itself, but has the modules of `_TARGETS` taken hold of when they have been executed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name not in _TARGETS:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(name, spec.loader)
                return spec
        return None


class _Loader(importlib.abc.Loader):
    def __init__(self, name: str, loader: Any) -> None:
        self._name, self._loader = name, loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        # the module is as it would be without us, whoever asks
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with _lock:
            if watching:
                _take_hold(self._name, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


_finder = _Finder()
