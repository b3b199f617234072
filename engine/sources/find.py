"""From what a person types to a source: an address as Optuna's users write it, or a path whose file is looked into."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from ..errors import UsageError
from ..text import clean
from .address import OTHERWISE, Address, without_credentials
from .base import Source

Direction = Literal["minimize", "maximize"]
_DIRECTIONS: dict[str, Direction] = {"min": "minimize", "max": "maximize"}
_BY_OPTUNA = ("postgresql", "mysql", "mariadb", "oracle", "mssql", "grpc", "redis")
_REMOTE = ("s3", "gs", "gcs", "az", "abfs", "abfss", "hdfs", "http", "https", "ssh", "sftp")
ALLOWED = (
    "a SQLite file or a journal file of Optuna, sqlite:///FILE, postgresql://… or mysql://… of Optuna's, "
    "a Ray Tune experiment's folder or name, or -- COMMAND"
)


def source_of(
    text: str,
    *,
    study: str | None = None,
    planned: int | None = None,
    metric: str | None = None,
    mode: str | None = None,
) -> Source:
    """Return the source that `text` names.

    `study` chooses among several, `planned` says how many trials there will be, `metric` says what a Ray experiment
    measures, and `mode` ("min", "max") which way what leads counts. Raises UsageError, with what is allowed.
    """
    way = _DIRECTIONS.get(mode or "")
    address = Address(text)
    scheme = address.scheme
    if text == ":memory:" or (scheme == "sqlite" and text.partition("://")[2] in ("", "/", "/:memory:")):
        raise UsageError(f"{clean(text, 40)}: a study in memory is nowhere to be read; {OTHERWISE}")
    if scheme == "sqlite":
        return of_file(path_of_url(text), study, planned, way)
    if scheme in _BY_OPTUNA:
        from .optuna_storage import StorageStudy

        return StorageStudy(text, study, planned=planned, direction=way)
    if scheme == "file":
        # as Ray's own options take a folder
        return source_of(unquote(urlsplit(text).path), study=study, planned=planned, metric=metric, mode=mode)
    if scheme in _REMOTE:
        name = clean(text.rstrip("/").rpartition("/")[2], 80)
        raise UsageError(
            f"{address.shown} is not on this machine, and only files of this one are read: an experiment that runs "
            f"here is watched by its name alone (tunetop watch {name}), a finished one once its folder is copied here"
        )
    if scheme or not text.strip():
        raise UsageError(f"found {address.shown!r}; allowed: {ALLOWED}")
    path = Path(os.path.expanduser(text))
    if path.is_file():
        return of_file(path, study, planned, way)
    from .ray import RayExperiment, find_experiment

    experiment = find_experiment(text)
    if experiment is not None:
        return RayExperiment(experiment, again=lambda: find_experiment(text), metric=metric, mode=mode, planned=planned)
    if path.is_dir():
        raise UsageError(f"{clean(text, 400)} is a folder, but no Ray Tune experiment; allowed: {ALLOWED}")
    raise UsageError(f"there is no {clean(without_credentials(text), 400)}; allowed: {ALLOWED}")


def file_of(text: str) -> Path | None:
    """Return the file that `text` names, None where it is none that is there."""
    path = path_of_url(text) if text.lower().startswith("sqlite:") else Path(os.path.expanduser(text))
    return path if path.is_file() else None


def path_of_url(url: str) -> Path:
    """Return the file that a `sqlite:` address names, a relative path after three slashes or an absolute one."""
    rest = urlsplit(url)
    path = unquote(rest.path)
    if rest.netloc or not path.startswith("/") or len(path) < 2:
        raise UsageError(f"found {Address(url).shown!r}; allowed: sqlite:///FILE, with a path after three slashes")
    return Path(path[1:])


def of_file(path: Path, study: str | None, planned: int | None, direction: Direction | None = None) -> Source:
    """Return the source that a file is, by its first bytes."""
    from .optuna_journal import JournalStudy, is_journal
    from .optuna_sqlite import SqliteStudy, is_sqlite

    if not path.exists():
        raise UsageError(f"there is no file {clean(path, 400)}")
    if is_sqlite(path):
        return SqliteStudy(path, study, planned=planned, direction=direction)
    if is_journal(path):
        return JournalStudy(path, study, planned=planned, direction=direction)
    raise UsageError(f"{clean(path, 400)} is neither a SQLite file nor a journal of Optuna; allowed: {ALLOWED}")
