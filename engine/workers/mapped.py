"""A run's arrays in a folder that every host has under the same path: mapped there, not sent (`[data] shared`).

A file of plain bytes, named after what is in it, so that runs of the same rows and folds have one. What arrays they
are goes to each host by the run's own way: nothing of this file is ever executed, and it is held against its SHA-256
before anything maps it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..files import only_plain, open_private
from ..text import clean


@dataclass(frozen=True)
class Mapped:
    """A file for workers to map: its path as the preset has the folder (`~` is each host's own), bytes and SHA-256."""

    path: str
    size: int
    digest: str

    @property
    def here(self) -> Path:
        """The path on this host."""
        return Path(self.path).expanduser()


def keep(pieces: Sequence[memoryview], folder: str) -> Mapped:
    """Write a file of these bytes into the folder, unless it lies there already; raise `UsageError` where it cannot."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    name = f"tunetop-{digest.hexdigest()[:32]}.bin"
    mapped = Mapped(f"{folder.rstrip('/')}/{name}", sum(piece.nbytes for piece in pieces), digest.hexdigest())
    if wrong(mapped):
        _write(pieces, mapped.here)
    return mapped


def _write(pieces: Sequence[memoryview], path: Path) -> None:
    """Put the whole file in its place: other runs may map the one that is there."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        with os.fdopen(open_private(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
            file.writelines(pieces)
        os.replace(temporary, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        found = f"data.shared: {clean(str(path.parent), 300)} cannot be written to: {error.strerror or error}"
        raise UsageError(f"{found}; allowed: a folder that every host has under this path") from None


def wrong(mapped: Mapped) -> str:
    """Return in a few words what is wrong with the file on this host, "" where it is the very same; reads all of it."""
    path = mapped.here
    try:
        with open(path, "rb", opener=only_plain) as file:
            same = os.fstat(file.fileno()).st_size == mapped.size
            same = same and hashlib.file_digest(file, "sha256").hexdigest() == mapped.digest
    except FileNotFoundError:
        return f"{path} is missing"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return "" if same else f"{path} is another file than this run's: its fingerprint differs"


_looks: dict[str, list[str]] = {}
"""Looks at files, by who asked: empty as long as it lasts, then what came of it."""


def look(asker: str, mapped: Mapped) -> str | None:
    """Return what is wrong with the file on this host; None as long as it is being read: ask again."""
    if asker not in _looks:
        said = _looks[asker] = []
        threading.Thread(target=lambda: said.append(wrong(mapped)), name="tunetop-look", daemon=True).start()
        return None
    return _looks.pop(asker)[0] if _looks[asker] else None
