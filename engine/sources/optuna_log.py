"""The lines of Optuna's journal file, applied one after the other: studies and trials as they stand.

A torn line is passed over, and what was written behind its beginning, on the same line, is read.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from .json_text import parsed
from .optuna_base import StudyEntry
from .study import FIXED, STATES, StudyFacts

_BLOCK = 1 << 20
_MARK = b'{"op_code":'
_LONGEST_LINE = 16 << 20
_HEAD = 256


def is_journal(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is a journal of Optuna, by its first bytes."""
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD).lstrip().replace(b" ", b"").startswith(_MARK)
    except OSError:
        return False


class LoggedStudy:
    """A study as its journal tells of it."""

    def __init__(self, name: str, directions: list[Any]) -> None:
        self.name = name
        self.directions = ["maximize" if way == 2 else "minimize" for way in directions] or ["minimize"]
        self.metrics: list[str] = []
        self.trials: list[int] = []

    @property
    def facts(self) -> StudyFacts:
        """Name, directions and metrics."""
        return StudyFacts(self.name, self.directions, self.metrics)  # type: ignore[arg-type]


class LoggedTrial:
    """A trial as its journal tells of it; `params` holds the kept number and the distribution's JSON."""

    __slots__ = (
        "attributes",
        "constraints",
        "ended",
        "fixed",
        "number",
        "params",
        "started",
        "state",
        "steps",
        "study",
        "values",
    )

    def __init__(self, study: int, number: int) -> None:
        self.study, self.number, self.state = study, number, 0
        self.params: dict[str, tuple[float, str]] = {}
        self.values: list[float] | None = None
        self.steps: dict[int, float] = {}
        self.attributes: dict[str, Any] = {}
        self.constraints: list[float] = []
        self.fixed: Any = None
        """What is fixed for it before it begins."""
        self.started: float | None = None
        self.ended: float | None = None


class Log:
    """The journal's lines, applied one after the other as Optuna applies them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.studies: dict[int, LoggedStudy] = {}
        self.trials: list[LoggedTrial] = []
        self.changed: dict[int, None] = {}
        """Trials that were told of since somebody looked, in order."""
        self.torn = 0
        self.unknown = 0
        self.restarted = False
        self.behind = True
        self._position = 0
        self._made = 0
        self._seen: tuple[int, int, int, int] | None = None
        self._mark = b""
        """What stands before the place that was read up to: something else there is another file."""

    def read(self, patience: float) -> bool:
        """Apply what is new; return True while there is more. Raises OSError where it cannot be read."""
        self.restarted = False
        status = os.stat(self.path)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a plain file")
        seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if seen == self._seen and not self.behind:
            return False
        until = time.monotonic() + patience
        with open(self.path, "rb") as file:
            if self._before(file) != self._mark:
                self.__init__(self.path)
                self.restarted = True
            self._seen, self.behind = seen, True
            file.seek(self._position)
            self._blocks(file, until)
            self._mark = self._before(file)
        return self.behind

    @property
    def damage(self) -> str:
        """What is wrong with the file; empty: nothing."""
        said = []
        if self.torn:
            said.append(f"{self.torn} torn record{'s' if self.torn > 1 else ''}; Optuna itself cannot load this file")
        if self.unknown:
            said.append(f"{self.unknown} records of a kind that is not known here")
        return "; ".join(said)

    def key_of(self, name: str) -> int | None:
        """Return the key of the study of that name, None where there is none."""
        return next((key for key, study in self.studies.items() if study.name == name), None)

    def entries(self) -> list[StudyEntry]:
        """Return the studies, in the order in which they were made."""
        return [
            StudyEntry(key, one.name, len(one.trials), sum(self.trials[t].state in (1, 2, 3) for t in one.trials))
            for key, one in self.studies.items()
        ]

    def _before(self, file: BinaryIO) -> bytes:
        start = max(self._position - _HEAD, 0)
        file.seek(start)
        return file.read(self._position - start)

    def _blocks(self, file: BinaryIO, until: float) -> None:
        wanted = _BLOCK
        while True:
            block = file.read(wanted)
            end = block.rfind(b"\n") + 1
            if end == 0:
                if len(block) < wanted or wanted >= _LONGEST_LINE:
                    self.behind = False
                    return
                wanted *= 2
                file.seek(self._position)
                continue
            for line in block[: end - 1].split(b"\n"):
                self._line(line)
            self._position += end
            file.seek(self._position)
            wanted = _BLOCK
            if time.monotonic() >= until:
                return

    def _line(self, line: bytes) -> None:
        log = _decoded(line)
        if log is not None:
            self._apply(log)
            return
        if not line.strip():
            return
        self.torn += 1
        # what was appended behind a torn record stands on its line
        place = line.find(_MARK, 1)
        while place > 0:
            log = _decoded(line[place:])
            if log is not None:
                self._apply(log)
                return
            place = line.find(_MARK, place + 1)

    def _apply(self, log: Mapping[str, Any]) -> None:
        try:
            operation = _OPERATIONS.get(log.get("op_code"))  # type: ignore[arg-type]
            if operation is None:
                self.unknown += 1
            else:
                operation(self, log)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            # a record that lacks what it should have is as good as torn
            self.torn += 1

    def _create_study(self, log: Mapping[str, Any]) -> None:
        if any(study.name == log["study_name"] for study in self.studies.values()):
            return
        self.studies[self._made] = LoggedStudy(str(log["study_name"]), list(log["directions"]))
        self._made += 1

    def _delete_study(self, log: Mapping[str, Any]) -> None:
        self.studies.pop(log["study_id"], None)

    def _study_attribute(self, log: Mapping[str, Any]) -> None:
        metrics = log["system_attr"].get("study:metric_names")
        if log["study_id"] in self.studies and isinstance(metrics, list):
            self.studies[log["study_id"]].metrics = [str(one) for one in metrics]

    def _create_trial(self, log: Mapping[str, Any]) -> None:
        study = self.studies.get(log["study_id"])
        if study is None:
            return
        key = len(self.trials)
        trial = LoggedTrial(log["study_id"], len(study.trials))
        trial.state = int(log.get("state", 0))
        trial.started = _time(log.get("datetime_start"))
        trial.ended = _time(log.get("datetime_complete"))
        kept = log.get("distributions") or {}
        trial.params = {
            name: (float(value), kept[name]) for name, value in (log.get("params") or {}).items() if name in kept
        }
        trial.values = _floats(log.get("values")) or _floats([log["value"]] if log.get("value") is not None else None)
        trial.steps = {int(step): _float(value) for step, value in (log.get("intermediate_values") or {}).items()}
        trial.attributes = dict(log.get("user_attrs") or {})
        _take_system(trial, log.get("system_attrs") or {})
        self.trials.append(trial)
        study.trials.append(key)
        self.changed[key] = None

    def _open(self, log: Mapping[str, Any]) -> LoggedTrial | None:
        key = log["trial_id"]
        trial = self.trials[key] if isinstance(key, int) and 0 <= key < len(self.trials) else None
        if trial is None or trial.state in (1, 2, 3):
            return None
        self.changed[key] = None
        return trial

    def _param(self, log: Mapping[str, Any]) -> None:
        name, value, distribution = log["param_name"], _float(log["param_value_internal"]), log["distribution"]
        if (trial := self._open(log)) is not None:
            trial.params[name] = (value, distribution)

    def _state(self, log: Mapping[str, Any]) -> None:
        state, values = int(log["state"]), _floats(log.get("values"))
        trial = self._open(log)
        if trial is None or not 0 <= state < len(STATES):
            return
        trial.state = state
        trial.values = values if values is not None else trial.values
        trial.started = _time(log.get("datetime_start")) or trial.started
        trial.ended = _time(log.get("datetime_complete")) or trial.ended

    def _step(self, log: Mapping[str, Any]) -> None:
        step, value = int(log["step"]), _float(log["intermediate_value"])
        if (trial := self._open(log)) is not None:
            trial.steps[step] = value

    def _attribute(self, log: Mapping[str, Any]) -> None:
        more = dict(log["user_attr"])
        if (trial := self._open(log)) is not None:
            trial.attributes.update(more)

    def _system_attribute(self, log: Mapping[str, Any]) -> None:
        more = dict(log["system_attr"])
        if (trial := self._open(log)) is not None:
            _take_system(trial, more)

    def _nothing(self, log: Mapping[str, Any]) -> None:
        """Pass over what says nothing that is shown."""


_OPERATIONS: dict[int, Any] = {
    0: Log._create_study,
    1: Log._delete_study,
    2: Log._nothing,
    3: Log._study_attribute,
    4: Log._create_trial,
    5: Log._param,
    6: Log._state,
    7: Log._step,
    8: Log._attribute,
    9: Log._system_attribute,
}


def _decoded(line: bytes) -> Mapping[str, Any] | None:
    found = parsed(line)
    return found if isinstance(found, dict) else None


def _float(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _floats(values: Any) -> list[float] | None:
    return [_float(value) for value in values] if isinstance(values, list) else None


def _take_system(trial: LoggedTrial, attributes: Mapping[str, Any]) -> None:
    trial.fixed = attributes.get(FIXED, trial.fixed)
    several = attributes.get("constraints")
    if isinstance(several, list):
        trial.constraints = [float(one) for one in several if isinstance(one, int | float)]
    for name, value in attributes.items():
        if name.startswith("constraints:") and isinstance(value, int | float):
            trial.constraints = [*trial.constraints, float(value)]


def _time(text: Any) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        return max(datetime.fromisoformat(text).timestamp(), 0.0)
    except (ValueError, OverflowError, OSError):
        return None
