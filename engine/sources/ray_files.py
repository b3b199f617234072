"""Where Ray Tune keeps an experiment, and what its files say. Only JSON is read: nothing is unpickled.

While an experiment runs, its files are staged in the session's folder, line by line; `storage_path` gets them later.
The state file holds pickles in disguise, as hexadecimal text: those values are passed over.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..events import Point
from ..text import clean
from .json_text import parsed
from .points import Labels

_LARGEST = 256 << 20
_FAILURE = re.compile(r"^Failure # ([0-9]+) ", re.MULTILINE)
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


def find_experiment(text: str) -> Experiment | None:
    """Return the experiment of that name or folder, None where there is none."""
    path = Path(os.path.expanduser(text))
    if path.is_dir():
        path = path.resolve()
        if path.name == "driver_artifacts":
            return Experiment(path.parent.name, (path,))
        if (path / "driver_artifacts").is_dir():
            return Experiment(path.name, (path / "driver_artifacts",))
        staged = tuple(one for one in _staged(path.name) if _share(one, path))
        return Experiment(path.name, staged, path) if _is_stored(path) else None
    if os.sep in text or not text:
        return None
    staged = _staged(text)
    stored = Path.home() / "ray_results" / text
    if not staged and not _is_stored(stored):
        return None
    same = stored.is_dir() and (not staged or _share(staged[0], stored))
    return Experiment(text, staged, stored if same else None)


def experiments() -> list[Experiment]:
    """Return the experiments that are found in the usual places, newest first."""
    names: dict[str, float] = {}
    for place in (Path.home() / "ray_results", *(_sessions())):
        pattern = "*" if place.name == "ray_results" else "artifacts/*/*"
        for folder in place.glob(pattern):
            if folder.is_dir() and (_is_stored(folder) or (folder / "driver_artifacts").is_dir()):
                names[folder.name] = max(names.get(folder.name, 0.0), mtime(folder))
    found = [find_experiment(name) for name in sorted(names, key=names.__getitem__, reverse=True)]
    return [one for one in found if one is not None]


def _sessions() -> list[Path]:
    root = Path(os.environ.get("RAY_TMPDIR") or "/tmp") / "ray"
    return sorted((path for path in root.glob("session_*") if not path.is_symlink()), key=mtime, reverse=True)


def _staged(name: str) -> tuple[Path, ...]:
    """Return the folders in which sessions stage an experiment: those of its newest session, the last begun first."""
    for session in _sessions():
        found = [path for path in session.glob("artifacts/*/*/driver_artifacts") if path.parent.name == name]
        if found:
            return tuple(sorted(found, key=lambda path: path.parent.parent.name, reverse=True))
    return ()


def _share(staged: Path, stored: Path) -> bool:
    """Tell whether two folders are of one experiment: others may have its name."""
    return bool(_names(staged) & _names(stored))


def _names(folder: Path) -> set[str]:
    try:
        found = set(os.listdir(folder))
    except OSError:
        return set()
    return {name for name in found if name.startswith("experiment_state-") or trial_of(name) is not None}


def _is_stored(path: Path) -> bool:
    return any(True for _ in path.glob("experiment_state-*.json")) or any(True for _ in path.glob("*/params.json"))


def mtime(path: Path) -> float:
    """Return when a file was written last, 0 where there is none."""
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


class TrialError(NamedTuple):
    """What a trial's error file says: the reason of its last failure, the file's end, and how often it failed."""

    reason: str
    details: str
    failures: int = 1
    at: float = 0.0
    """When it failed last, in seconds since the epoch."""


def error_of(folder: Path) -> TrialError | None:
    """Return what a trial's error file says, its colours left out; None where it has none."""
    try:
        with open(folder / "error.txt", "rb") as file:
            at = os.fstat(file.fileno()).st_mtime
            file.seek(max(file.seek(0, os.SEEK_END) - 20_000, 0))
            text = _COLOUR.sub("", file.read().decode("utf-8", "replace"))
    except OSError:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    counted = _FAILURE.findall(text)
    reason = clean(lines[-1], 300) if lines else "failed without a word"
    return TrialError(reason, text[-6000:], int(counted[-1][:9]) if counted else 1, at)


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

    name: str
    """The name of its folder."""
    status: str
    config: Any
    tuned: tuple[str, ...]
    """The parameters that the search chose, by path; the others are the same for all."""
    retries: int
    """How often it may fail and begin again; less than 0: always."""
    started: float | None


def newest_state(folders: list[Path]) -> Path | None:
    """Return the state file of the session that went on with the experiment last: their names tell when it did."""
    files = [path for folder in folders for path in folder.glob("experiment_state-*.json")]
    return max(files, key=lambda path: (path.name, mtime(path)), default=None)


def state_of(file: Path) -> tuple[dict[str, Any], list[TrialRow]]:
    """Return what a state file says of the experiment, and of its trials; nothing while it is being written."""
    document = read_json(file)
    if not isinstance(document, Mapping):
        return {}, []
    pairs = document.get("trial_data") or ()
    rows = [_row(*map(_inner, pair)) for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    runner = document.get("runner_data")
    return dict(runner) if isinstance(runner, Mapping) else {}, [row for row in rows if row is not None]


def _row(facts: dict[str, Any], later: dict[str, Any]) -> TrialRow | None:
    if not isinstance(facts.get("trial_id"), str):
        return None
    tuned, retries, started = facts.get("evaluated_params"), facts.get("max_failures"), later.get("start_time")
    return TrialRow(
        name=os.path.basename(str(facts.get("relative_logdir") or "").rstrip("/")),
        status=str(facts.get("status") or ""),
        config=facts.get("config") or tuned or {},
        tuned=tuple(clean(name, 100) for name in tuned) if isinstance(tuned, Mapping) else (),
        retries=retries if isinstance(retries, int) else 0,
        started=started if isinstance(started, int | float) else None,
    )


def _inner(text: object) -> dict[str, Any]:
    found = parsed(text.encode()) if isinstance(text, str) else text
    return found if isinstance(found, dict) else {}
