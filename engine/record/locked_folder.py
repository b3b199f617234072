"""A folder that one process at a time works on: what run folders and tournament folders have in common."""

from __future__ import annotations

import os
from pathlib import Path

from .lock import LockOwner, RunLock, acquire, is_held, owner_of


class Inside:
    """What lies in a folder under a name: its path."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, folder: LockedFolder, owner: type[LockedFolder]) -> Path:
        return folder.path / self._name


class LockedFolder:
    """A folder with a lock in it, wherever it lies; two of one kind are equal where their paths are."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, LockedFolder) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def id(self) -> str:
        """The folder's own name."""
        return self.path.name or self.path.resolve().name

    preset_file = Inside("preset.toml")
    """The preset as it is run."""

    lock_file = Inside("lock")
    """Held by the process that works on it."""

    def lock(self) -> RunLock:
        """Take the folder for this process, until the lock is closed. Raises RunLocked naming host and pid."""
        return acquire(self.lock_file)

    def is_locked(self) -> bool:
        """Tell whether some process is working on it."""
        return is_held(self.lock_file)

    def owner(self) -> LockOwner | None:
        """Return the process that works on it, if one does and has said its name."""
        return owner_of(self.lock_file) if self.is_locked() else None
