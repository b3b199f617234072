"""From an import path in a preset to the class or function that it names: the one place where a preset runs code.

What may be imported is said by name: scikit-learn and well-known libraries beside it, more on the command line, never
by the preset itself. The rule is checked before anything is imported, at each step of the path, and once more on the
object that comes out, so that an alias such as `sklearn.utils.os.system` leads nowhere.

An allowed module of one's own is looked for in the preset's folder first. It is imported from its file there, under
its plain name, and only what it imports itself may come from beside it, behind everything that is installed: a
`random.py` in somebody's folder takes no other module's place.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PresetError, choose, found
from ..text import clean

ALLOWED = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn", "skrub")

OWN = "python:"
"""Begins a reference to code of one's own: `python:MODULE:NAME`."""

_PACKAGES = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}
"""Modules whose package has another name."""

_FUNCTIONS = ("sklearn.metrics", "sklearn.feature_selection", "sklearn.preprocessing")
"""Where functions of scikit-learn may be named from: elsewhere there are some that read and write files."""

_UFUNCS = ("numpy", "scipy.special")

EXPERIMENTAL = {
    "IterativeImputer": "enable_iterative_imputer",
    "HalvingGridSearchCV": "enable_halving_search_cv",
    "HalvingRandomSearchCV": "enable_halving_search_cv",
}
"""Classes that scikit-learn has only where a module of `sklearn.experimental` was imported, and which."""


@dataclass(frozen=True)
class Imports:
    """What one preset may import: its file for messages, the folder of its own modules, the modules it may name."""

    file: str = "preset"
    folder: Path | None = None
    allowed: tuple[str, ...] = ALLOWED

    def estimator(self, path: str, key: str) -> type:
        """Return the estimator class that a path names; raise `PresetError` where that is not allowed or wrong."""
        thing = self._walk(path, key)
        if not isinstance(thing, type) or not hasattr(thing, "fit") or not hasattr(thing, "get_params"):
            raise PresetError(self.file, key, f"{path!r} is no estimator", "a class with fit and get_params")
        return thing

    def part(self, path: str, key: str) -> type:
        """Return a class that may be a parameter of an estimator: an estimator, a kernel, a splitter."""
        thing = self._walk(path, key)
        whole = any(hasattr(thing, name) for name in ("get_params", "split", "get_metric"))
        if not isinstance(thing, type) or not whole:
            raise PresetError(self.file, key, f"{path!r} is no estimator, kernel or splitter", "a class of those")
        return thing

    def function(self, path: str, key: str) -> Any:
        """Return a function that may be a parameter: numpy's and scipy's elementwise ones, scikit-learn's scores."""
        import numpy as np

        home, _, name = path.rpartition(".")
        if home in _UFUNCS:
            ufunc = getattr(importlib.import_module(home), name, None)
            if isinstance(ufunc, np.ufunc):
                return ufunc
            raise PresetError(self.file, key, found(path), "an elementwise function, such as numpy.log1p")
        mine = not _under(path, ALLOWED)
        if not mine and not _under(path, _FUNCTIONS):
            places = ", ".join((*_FUNCTIONS, *_UFUNCS))
            raise PresetError(self.file, key, found(path), f"a function of {places}, such as numpy.log1p")
        thing = self._walk(path, key)
        if not callable(thing):
            raise PresetError(self.file, key, f"{path!r} is no function", "a function")
        return thing

    def own(self, reference: str, key: str) -> Any:
        """Return what `python:MODULE:NAME` names, a module of one's own that was allowed."""
        module, colon, name = reference.removeprefix(OWN).partition(":")
        if not colon or not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
            raise PresetError(self.file, key, found(reference), "python:MODULE:NAME, such as python:mymodels:make")
        if not _under(module, self.allowed):
            raise PresetError(self.file, key, found(reference), self._rule(), _trust(module))
        thing: Any = self._import(module, key)
        for part in name.split("."):
            if not hasattr(thing, part):
                known = [entry for entry in dir(thing) if not entry.startswith("_")]
                raise PresetError(self.file, key, f"{module} has no {name!r}", ", ".join(known), choose(name, known))
            thing = getattr(thing, part)
        return thing

    def _rule(self) -> str:
        return f"a class of {', '.join(self.allowed)}"

    def _walk(self, path: str, key: str) -> Any:
        """Follow a dotted path, each step within what is allowed."""
        parts = path.split(".")
        if len(parts) < 2 or not all(part.isidentifier() for part in parts):
            raise PresetError(self.file, key, found(path), "an import path such as sklearn.svm.SVC")
        if not _under(path, self.allowed):
            raise PresetError(self.file, key, found(path), self._rule(), _trust(parts[0]))
        thing: Any = self._import(parts[0], key)
        if parts[0] == "sklearn" and parts[-1] in EXPERIMENTAL:
            self._import(f"sklearn.experimental.{EXPERIMENTAL[parts[-1]]}", key)
        for depth, part in enumerate(parts[1:], 2):
            if isinstance(thing, types.ModuleType) and not hasattr(thing, part):
                thing = self._import(".".join(parts[:depth]), key)
                continue
            if not hasattr(thing, part):
                raise PresetError(self.file, key, f"{path!r} has no {part!r}", self._rule(), choose(part, dir(thing)))
            thing = getattr(thing, part)
            home = thing.__name__ if isinstance(thing, types.ModuleType) else getattr(thing, "__module__", "")
            if not _under(str(home), self.allowed):
                raise PresetError(
                    self.file, key, f"{path!r} leads to {clean(home, 60) or 'something else'}", self._rule()
                )
        return thing

    def _import(self, module: str, key: str) -> types.ModuleType:
        root = module.partition(".")[0]
        try:
            if root not in ALLOWED and self.folder is not None and (mine := _file_of(root, self.folder)) is not None:
                _import_file(root, mine)
            return importlib.import_module(module)
        except ImportError as error:
            raise self._missing(module, key, error) from None
        except PresetError:
            raise
        except Exception as error:
            reason = f"{module} cannot be imported: {type(error).__name__}: {error}"
            raise PresetError(self.file, key, reason) from error

    def _missing(self, module: str, key: str, error: ImportError) -> PresetError:
        parent, _, name = module.rpartition(".")
        lacks = getattr(error, "name", None)
        if parent and lacks in (None, module):
            known = [entry for entry in dir(importlib.import_module(parent)) if not entry.startswith("_")]
            return PresetError(self.file, key, f"{parent} has no {name!r}", hint=choose(name, known))
        if module.partition(".")[0] in ALLOWED:
            package = _PACKAGES.get(module, module)
            return PresetError(self.file, key, f"{module} is not installed: {error}", hint=f"pip install {package}")
        if lacks not in (None, module):
            return PresetError(self.file, key, f"{module} cannot be imported: {error}")
        place = f"{module}.py in {self.folder}" if self.folder is not None else f"module {module}"
        return PresetError(
            self.file, key, f"there is no {place}, and no installed module of that name", "a module beside the preset"
        )


def _under(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _trust(module: str) -> str:
    root = module.partition(".")[0]
    return f"To trust another module, say --allow-import {clean(root, 60)}" if root.isidentifier() else ""


def _file_of(root: str, folder: Path) -> Path | None:
    """Return the file of a module or package in a folder, None if it has none."""
    for file in (folder / f"{root}.py", folder / root / "__init__.py"):
        if file.is_file():
            return file
    return None


def _import_file(root: str, file: Path) -> None:
    """Import a module from its file under its plain name, unless it is that very file's already."""
    known = sys.modules.get(root)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return
    for name in [name for name in sys.modules if name == root or name.startswith(f"{root}.")]:
        del sys.modules[name]  # another folder's module of that name
    if str(file.parent) not in sys.path and file.name != "__init__.py":
        sys.path.append(str(file.parent))
    package = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(root, file, submodule_search_locations=package)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[root] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[root]
        raise
