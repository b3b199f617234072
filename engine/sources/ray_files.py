"""Where Ray Tune keeps an experiment, and what its files say. Only JSON is read: nothing is unpickled.

While an experiment runs, its files are staged in the session's folder, line by line; `storage_path` gets them later.
The state file holds pickles in disguise, as hexadecimal text: those values are passed over.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..events import Point
from ..text import clean
from .points import Labels

_LARGEST = 256 << 20
_TRIAL = re.compile(r"_([0-9a-f]{4,16}_([0-9]{5,}))(?:_|$)")
_PID = re.compile(r"session_.*_([0-9]+)$")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

OWN = frozenset(
    (
        *("timestamp", "checkpoint_dir_name", "should_checkpoint", "done", "training_iteration", "trial_id", "date"),
        *("time_this_iter_s", "time_total_s", "time_since_restore", "iterations_since_restore", "experiment_tag"),
        *("pid", "hostname", "node_ip", "config", "trial_log_path"),
    )
)
"""What Ray adds to each report."""


class Experiment(msgspec.Struct, frozen=True):
    """The folders of one experiment: those that its session stages, newest first, and the one it is stored in."""

    name: str
    staged: tuple[Path, ...] = ()
    stored: Path | None = None

    @property
    def folders(self) -> list[Path]:
        """All of them, the most up to date first."""
        return [*self.staged, *([self.stored] if self.stored is not None else [])]

    @property
    def driver(self) -> int | None:
        """The process that conducts it, by the name of its session."""
        for folder in self.staged:
            for part in folder.parts:
                if found := _PID.fullmatch(part):
                    return int(found[1])
        return None


def ray_folder() -> Path:
    """Return the folder of Ray's sessions."""
    return Path(os.environ.get("RAY_TMPDIR") or "/tmp") / "ray"


def find_experiment(text: str) -> Experiment | None:
    """Return the experiment of that name or folder, None where there is none."""
    path = Path(os.path.expanduser(text))
    if path.is_dir():
        path = path.resolve()
        if path.name == "driver_artifacts":
            return Experiment(path.parent.name, (path,))
        if (path / "driver_artifacts").is_dir():
            return Experiment(path.name, (path / "driver_artifacts",))
        staged = _staged(path.name)
        return Experiment(path.name, staged, path) if _is_stored(path) else None
    if os.sep in text or not text:
        return None
    staged = _staged(text)
    stored = Path.home() / "ray_results" / text
    if not staged and not _is_stored(stored):
        return None
    return Experiment(text, staged, stored if stored.is_dir() else None)


def experiments() -> list[Experiment]:
    """Return the experiments that are found in the usual places, newest first."""
    names: dict[str, float] = {}
    for place in (Path.home() / "ray_results", *(_sessions())):
        pattern = "*" if place.name == "ray_results" else "artifacts/*/*"
        for folder in place.glob(pattern):
            if folder.is_dir() and (_is_stored(folder) or (folder / "driver_artifacts").is_dir()):
                names[folder.name] = max(names.get(folder.name, 0.0), _mtime(folder))
    found = [find_experiment(name) for name in sorted(names, key=names.__getitem__, reverse=True)]
    return [one for one in found if one is not None]


def _sessions() -> list[Path]:
    root = ray_folder()
    return sorted((path for path in root.glob("session_*") if not path.is_symlink()), key=_mtime, reverse=True)


def _staged(name: str) -> tuple[Path, ...]:
    """Return the folders in which sessions stage an experiment: those of its newest session."""
    for session in _sessions():
        found = [path for path in session.glob("artifacts/*/*/driver_artifacts") if path.parent.name == name]
        if found:
            return tuple(sorted(found, key=_mtime, reverse=True))
    return ()


def _is_stored(path: Path) -> bool:
    return any(True for _ in path.glob("experiment_state-*.json")) or any(True for _ in path.glob("*/params.json"))


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def trial_of(folder: str) -> tuple[str, int] | None:
    """Return the id and the number of a trial from its folder's name, None where that names none."""
    found = _TRIAL.search(folder)
    return (found[1], int(found[2])) if found else None


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; None where there is none, or it is half written."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return parsed(path.read_bytes())
    except OSError:
        return None


def parsed(data: bytes) -> Any:
    """Return what JSON says, Python's NaN and Infinity included; None where it is none."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            return None


def point_of(params: object, labels: Labels) -> Point:
    """Return a trial's parameters, nested ones by path."""
    flat: dict[str, Any] = {}
    _flatten("", params, flat)
    return labels.point(flat)


def _flatten(path: str, value: object, into: dict[str, Any]) -> None:
    if isinstance(value, Mapping) and value and "_type" not in value and len(into) < 200:
        for name, item in value.items():
            _flatten(f"{path}/{name}" if path else str(name), item, into)
    elif path and len(into) < 200:
        into[path] = value


def numbers_of(report: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics of a report: its own numbers, nested ones by path."""
    flat: dict[str, Any] = {}
    _flatten("", {name: value for name, value in report.items() if name not in OWN}, flat)
    return {
        clean(name, 60): float(value)
        for name, value in flat.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def error_of(folder: Path) -> tuple[str, str] | None:
    """Return the reason and the end of a trial's error file, its colours left out; None where it has none."""
    try:
        with open(folder / "error.txt", "rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - 20_000, 0))
            text = _COLOUR.sub("", file.read().decode("utf-8", "replace"))
    except OSError:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    return (clean(lines[-1], 300) if lines else "failed without a word", text[-6000:])


def made_at(folder: Path) -> float:
    """Return when a folder was made, as far as that is known."""
    try:
        return folder.stat().st_ctime
    except OSError:
        return time.time()


def lives(pid: int) -> bool:
    """Tell whether a process of this machine is still at work."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


class TrialRow(msgspec.Struct, frozen=True):
    """What the experiment's state file says of one trial; it may be ten seconds old."""

    id: str
    folder: str
    status: str
    params: Any
    started: float | None


def state_of(folders: list[Path]) -> tuple[float, dict[str, Any], list[TrialRow]]:
    """Return the newest state file's time, what it says of the experiment, and of its trials."""
    files = [path for folder in folders for path in folder.glob("experiment_state-*.json")]
    newest = max(files, key=_mtime, default=None)
    document = read_json(newest) if newest is not None else None
    if newest is None or not isinstance(document, Mapping):
        return 0.0, {}, []
    rows = []
    for pair in document.get("trial_data") or ():
        first, second = (_inner(one) for one in pair) if isinstance(pair, list) and len(pair) == 2 else ({}, {})
        if isinstance(first.get("trial_id"), str):
            rows.append(
                TrialRow(
                    id=first["trial_id"],
                    folder=str(first.get("relative_logdir") or ""),
                    status=str(first.get("status") or ""),
                    params=first.get("evaluated_params") or first.get("config") or {},
                    started=second.get("start_time") if isinstance(second.get("start_time"), int | float) else None,
                )
            )
    runner = document.get("runner_data")
    return _mtime(newest), dict(runner) if isinstance(runner, Mapping) else {}, rows


def _inner(text: object) -> dict[str, Any]:
    found = parsed(text.encode()) if isinstance(text, str) else text
    return found if isinstance(found, dict) else {}
