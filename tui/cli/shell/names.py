"""Names that a shell asks for while somebody types: runs, races, presets; without the command line's library."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ....engine.record.store import Store
from ....engine.text import NAME
from ...screens.picker.presets import SHIPPED
from ..quick import picker_options

SHELLS = ("bash", "zsh", "fish")


def _runs(store: Store) -> list[str]:
    return [folder.id for folder in store.list()]


def _races(store: Store) -> list[str]:
    return _runs(Store(store.root / "races"))


def _presets(_: Store) -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


NAMES: dict[str, Callable[[Store], list[str]]] = {
    "runs": _runs,
    "presets": _presets,
    "runs-races": lambda store: _runs(store) + _races(store),
    "presets-races": lambda store: _presets(store) + _races(store),
}
"""What can be asked for, and who knows it; runs and races the newest first."""


def names(what: str, store: Store) -> list[str]:
    """Return the names of one kind; such as a shell would have to quote are left out."""
    return [name for name in NAMES[what](store) if NAME.fullmatch(name)]


def asked_for(arguments: Sequence[str]) -> list[str] | None:
    """Return the names that a command line asks for, `completion runs [--runs-dir DIR]`; None where it does not."""
    if len(arguments) < 2 or arguments[0] != "completion" or arguments[1] not in NAMES:
        return None
    said = picker_options(arguments[2:])
    return None if said is None else names(arguments[1], Store(said.get("runs_dir")))
