"""Versions that must be the same on every host, so that a search is the same on all: told before anything is fitted.

Read from what is installed, importing none of it: that takes milliseconds.
"""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from collections.abc import Iterable, Mapping

from ... import __version__
from ..preset.imports import ALLOWED

_ALWAYS = ("scikit-learn", "numpy", "scipy", "pandas")

_PACKAGES = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


def wanted() -> dict[str, str]:
    """Return the versions that this process works with: of Python, tunetop, and what a preset has had it import."""
    libraries = [module for module in ALLOWED if module != "sklearn" and module in sys.modules]
    return installed(libraries)


def installed(libraries: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions that are installed; "" for what is not. `libraries` are further modules to look for."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "tunetop": __version__}
    found |= {package: version_of(package) for package in _ALWAYS}
    more = [module for module in libraries if module not in found]
    return found | {module: version_of(_PACKAGES.get(module, module)) or _of_module(module) for module in more}


def version_of(package: str) -> str:
    """Return the version of a package that is installed; "" where it is not."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _of_module(module: str) -> str:
    """Return the version of the package that brings a module, where that has another name."""
    for package in importlib.metadata.packages_distributions().get(module, ()):
        return version_of(package)
    return ""


def refusal(host: str, here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Return in one line what is not the same on a host, and what to do; "" where all of it is."""
    wrong = [
        f"{package} {there.get(package) or 'missing'}, and this run {version or 'none'}"
        for package, version in here.items()
        if there.get(package, "") != version
    ]
    if not wrong:
        return ""
    return f"{host} has {'; '.join(wrong)}: install the same there"
