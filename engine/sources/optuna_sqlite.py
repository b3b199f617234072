"""Optuna's SQLite storage, read directly and read-only: a study of 10,000 trials in a third of a second.

Nothing is written and no file is made, not for a path that does not exist either: the file is opened with `mode=ro`.
What is finished never changes, so "newer than the last one seen, or unfinished then" is all that must be read again;
`PRAGMA data_version` tells whether anybody wrote at all. Statements are short, in slices, so that writers do not wait.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from ..errors import UsageError
from ..events import Record
from ..text import clean
from .json_text import parsed
from .optuna_base import StudyEntry, StudySource, chosen
from .optuna_write import StudyWriter
from .points import described
from .study import FIXED, StudyFacts, StudyTrial, constraints_of, distribution_of, fixed_point, value_of

KNOWN_SCHEMA = "v3.2.0.a"
"""The schema's name since Optuna 3.2."""

SLICE = 1000
"""Trials that are read at once."""

MAGIC = b"SQLite format 3\x00"

_WAIT = 0.05
"""Seconds to wait for a writer; then the next poll tries again."""

_PATIENT = 10.0
"""Seconds to wait for one where there is no next time: whoever opens a study that is being written means it."""

_MOST_SHOWN = 1000
"""Characters of an attribute that are read."""

_VALUES = {"INF_POS": float("inf"), "INF_NEG": float("-inf")}


def is_sqlite(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is a SQLite database, by its first bytes."""
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def connect(path: str | os.PathLike[str], wait: float = _WAIT) -> sqlite3.Connection:
    """Open a database to read it and nothing else; `wait` for a writer. Raises UsageError for a path that is none."""
    real = os.path.abspath(path)
    if not os.path.isfile(real):
        raise UsageError(f"there is no file {clean(path, 400)}")
    if not is_sqlite(real):
        raise UsageError(f"{clean(path, 400)} is no SQLite database")
    # a database in WAL mode that nobody has open has no side files, and reading it the usual way would make them
    address = f"file:{quote(real)}?mode=ro" + ("&immutable=1" if _is_at_rest(real) else "")
    return sqlite3.connect(address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)


def _is_at_rest(path: str) -> bool:
    """Tell whether a database is in WAL mode and nobody has it open."""
    with open(path, "rb") as file:
        return file.read(20)[18:20] == b"\x02\x02" and not os.path.exists(path + "-shm")


def studies_of(path: str | os.PathLike[str]) -> list[StudyEntry]:
    """Return the studies that a database holds, in the order in which they were made.

    Raises UsageError where it is no storage of Optuna, or none that this reader knows.
    """
    connection = connect(path, _PATIENT)
    try:
        check_schema(connection, path)
        rows = connection.execute(
            "SELECT s.study_id, s.study_name, count(t.trial_id), "
            "coalesce(sum(t.state IN ('COMPLETE', 'PRUNED', 'FAIL')), 0) "
            "FROM studies s LEFT JOIN trials t ON t.study_id = s.study_id GROUP BY s.study_id ORDER BY s.study_id"
        ).fetchall()
        return [StudyEntry(*row) for row in rows]
    except sqlite3.Error as error:
        raise UsageError(f"{clean(path, 400)}: {_said(error)}") from error
    finally:
        connection.close()


def check_schema(connection: sqlite3.Connection, path: str | os.PathLike[str]) -> None:
    """Raise UsageError for a database that is no storage of Optuna, or one of another schema."""
    try:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not {"studies", "trials", "trial_params"} <= tables:
            raise UsageError(f"{clean(path, 400)} is a database, but holds no studies of Optuna")
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error as error:
        raise UsageError(f"{clean(path, 400)}: {_said(error)}") from error
    found = versions[0][0] if versions else "none"
    if found != KNOWN_SCHEMA:
        known = f"this reader knows {KNOWN_SCHEMA} (Optuna 3.2 to 5.0)"
        raise UsageError(f"{clean(path, 400)}: its schema is {clean(found, 40)}; {known}")


class SqliteStudy(StudySource):
    """One study of a SQLite file, as a source."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        study: str | None = None,
        *,
        planned: int | None = None,
        direction: Literal["minimize", "maximize"] | None = None,
    ) -> None:
        """Choose the study. Raises UsageError where there is no such file, storage or study."""
        self.path = Path(path)
        entry = chosen(studies_of(path), study, clean(path, 400))
        writer, note = StudyWriter(self.path, entry.name), "Read from the study's file; when it ends, nobody says."
        super().__init__(clean(self.path.name, 80), entry, writer, "Optuna, SQLite file", note, planned, direction)
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, ...] = ()
        self._at_rest = False
        self._version: object = None
        self._last = 0
        self._unfinished: dict[int, int] = {}
        self._first: tuple[int, int, str | None] | None = None
        """Key, number and start of the first trial that was read: another one there is of another study."""

    def poll(self, patience: float) -> list[Record]:
        """Return what is new, reading for about so many seconds at most."""
        until = time.monotonic() + patience
        try:
            return self._poll(until)
        except (sqlite3.Error, OSError, UsageError) as error:
            locked = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            self.trouble = "" if locked else f"cannot be read: {_said(error)}"
            self.close()
            return []

    def _poll(self, until: float) -> list[Record]:
        if self._connection is not None and self._stamp() != self._file:
            # another file lies there now, or one that was at rest is being written: it is looked at anew
            self.close()
        connection = self._connection or self._open()
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version and not self.behind:
            return []
        facts = self._facts(connection)
        if facts is None:
            self.trouble, self.behind = "the study is not there any more", False
            return []
        self.trouble = ""
        if self._teller.is_other(facts) or not self._is_the_same(connection):
            self.behind, self._last, self._first = True, 0, None
            self._unfinished.clear()
            self._restart()
        records: list[Record] = []
        if not self.behind:
            records += self._again(connection, facts)
        self.behind = True
        while self.behind:
            records += self._next(connection, facts)
            if time.monotonic() >= until:
                break
        if not self.behind:
            self._version = version
        return records

    def _stamp(self) -> tuple[int, ...]:
        """Return which file lies there, and of one that is at rest all that changes when it is written."""
        found = os.stat(self.path)
        if not self._at_rest:
            return found.st_dev, found.st_ino
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, os.path.exists(f"{self.path}-shm")

    def _open(self) -> sqlite3.Connection:
        self._at_rest = self.path.is_file() and _is_at_rest(str(self.path))
        connection = connect(self.path)
        self._file, self._version = self._stamp(), None
        self._connection = connection
        return connection

    def close(self) -> None:
        """Let go of the file, until the next poll."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _facts(self, connection: sqlite3.Connection) -> StudyFacts | None:
        """Return the facts of the study by its name, or by its key where it was renamed; None where it is neither."""
        found = connection.execute(
            "SELECT study_id, study_name FROM studies WHERE study_name = ? OR study_id = ? ORDER BY study_name <> ?",
            (self._name, self._study, self._name),
        ).fetchone()
        if found is None or (found[1] != self._name and not (self._first and self._is_the_same(connection))):
            return None
        if found != (self._study, self._name):
            self._study, self._name = found
            self.writer = StudyWriter(self.path, self._name)
        directions = connection.execute(
            "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective", (self._study,)
        ).fetchall()
        named = connection.execute(
            "SELECT value_json FROM study_system_attributes WHERE study_id = ? AND key = 'study:metric_names'",
            (self._study,),
        ).fetchone()
        metrics = _json(named[0]) if named else []
        ways: list[Any] = ["maximize" if way == "MAXIMIZE" else "minimize" for (way,) in directions]
        return StudyFacts(self._name, ways or ["minimize"], [str(one) for one in metrics] if metrics else [])

    def _is_the_same(self, connection: sqlite3.Connection) -> bool:
        """Tell whether the study still has the trials that were read: one that is made again has the same keys."""
        if self._first is None:
            return True
        key, number, started = self._first
        found = connection.execute(
            "SELECT number, datetime_start FROM trials WHERE trial_id = ? AND study_id = ?", (key, self._study)
        ).fetchone()
        return found is not None and found[0] == number and started in (None, found[1])

    def _next(self, connection: sqlite3.Connection, facts: StudyFacts) -> list[Record]:
        rows = connection.execute(
            "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
            "WHERE study_id = ? AND trial_id > ? ORDER BY trial_id LIMIT ?",
            (self._study, self._last, SLICE),
        ).fetchall()
        self.behind = len(rows) == SLICE
        if rows:
            self._last = rows[-1][0]
            self._first = self._first or (rows[0][0], rows[0][1], rows[0][3])
        return self._told(connection, rows, facts)

    def _again(self, connection: sqlite3.Connection, facts: StudyFacts) -> list[Record]:
        records: list[Record] = []
        waiting = list(self._unfinished)
        for start in range(0, len(waiting), SLICE):
            some = waiting[start : start + SLICE]
            rows = connection.execute(
                "SELECT trial_id, number, state, datetime_start, datetime_complete FROM trials "
                f"WHERE trial_id IN ({','.join('?' * len(some))})",
                some,
            ).fetchall()
            records += self._told(connection, rows, facts)
        return records

    def _told(self, connection: sqlite3.Connection, rows: Sequence[Any], facts: StudyFacts) -> list[Record]:
        if not rows and self._teller.facts is not None:
            return []
        ids = [row[0] for row in rows]
        grown = False
        params: dict[int, dict[str, Any]] = {}
        labels, axes = self._teller.labels, self._teller.axes
        for trial, name, value, distribution in self._of_trials(
            connection, "trial_params", "param_name, param_value, distribution_json", ids, "param_id"
        ):
            grown = axes.take(name, distribution) or grown
            value = float("nan") if value is None else value
            params.setdefault(trial, {})[clean(name, 100)] = value_of(
                name, value, distribution_of(distribution), labels
            )
        values: dict[int, list[float]] = {}
        for trial, value, kind in self._of_trials(connection, "trial_values", "value, value_type", ids, "objective"):
            values.setdefault(trial, []).append(_number(value, kind))
        steps: dict[int, list[tuple[int, float]]] = {}
        for trial, step, value, kind in self._of_trials(
            connection, "trial_intermediate_values", "step, intermediate_value, intermediate_value_type", ids, "step"
        ):
            steps.setdefault(trial, []).append((step, _number(value, kind)))
        attributes: dict[int, dict[str, Any]] = {}
        beginning = f"key, substr(value_json, 1, {_MOST_SHOWN})"
        for trial, key, text in self._of_trials(connection, "trial_user_attributes", beginning, ids, "key"):
            # of a long one the beginning is enough to be read, and is no JSON
            value = text if text is not None and len(text) == _MOST_SHOWN else _json(text)
            attributes.setdefault(trial, {})[clean(key, 60)] = described(value)
        constraints = self._constraints(connection, ids)
        fixed = self._fixed(connection, [row[0] for row in rows if row[2] == "WAITING"])
        heard = self._heartbeats(connection, [row[0] for row in rows if row[2] == "RUNNING"])
        found = []
        for trial, number, state, started, ended in rows:
            if state in ("RUNNING", "WAITING"):
                self._unfinished[trial] = number
            else:
                self._unfinished.pop(trial, None)
            found.append(
                StudyTrial(
                    number=number,
                    state=state,
                    params=fixed_point(fixed[trial], labels) if trial in fixed else params.get(trial, {}),
                    values=values.get(trial),
                    steps=steps.get(trial, []),
                    attributes=attributes.get(trial, {}),
                    constraints=constraints.get(trial, []),
                    started=_time(started),
                    ended=_time(ended),
                    heard=heard.get(trial),
                )
            )
        return self._teller.tell(found, facts, grown)

    def _fixed(self, connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, Any]:
        """Return what is fixed for trials that wait."""
        wanted = f"AND key = '{FIXED}'"
        found = self._of_trials(connection, "trial_system_attributes", "value_json", ids, "key", wanted)
        return {trial: _json(text) for trial, text in found}

    def _heartbeats(self, connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, float]:
        """Return when the processes of running trials last said that they live, where they do so."""
        found = self._of_trials(connection, "trial_heartbeats", "heartbeat", ids, "trial_id")
        return {trial: at for trial, text in found if (at := _time(text, UTC)) is not None}

    def _constraints(self, connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[float]]:
        attributes: dict[int, dict[str, Any]] = {}
        # samplers keep their own state beside them, which may be large
        wanted = "AND key >= 'constraints' AND key < 'constraints;'"
        for trial, key, text in self._of_trials(
            connection, "trial_system_attributes", "key, value_json", ids, "key", wanted
        ):
            attributes.setdefault(trial, {})[key] = _json(text)
        return {trial: constraints_of(found) for trial, found in attributes.items()}

    @staticmethod
    def _of_trials(
        connection: sqlite3.Connection, table: str, columns: str, ids: Sequence[int], order: str, wanted: str = ""
    ) -> Iterable[Any]:
        if not ids:
            return []
        if ids[-1] - ids[0] == len(ids) - 1:
            where, given = "trial_id BETWEEN ? AND ?", (ids[0], ids[-1])
        else:
            where, given = f"trial_id IN ({','.join('?' * len(ids))})", tuple(ids)
        return connection.execute(
            f"SELECT trial_id, {columns} FROM {table} WHERE {where} {wanted} ORDER BY trial_id, {order}", given
        ).fetchall()


def _said(error: Exception) -> str:
    """Return what keeps a file from being read, in words."""
    if getattr(error, "sqlite_errorname", "").startswith("SQLITE_READONLY"):
        return "its writer was killed in the middle of a write; it can be read once Optuna has opened it to write"
    return clean(error.strerror if isinstance(error, OSError) else error, 200)


def _number(value: float | None, kind: str) -> float:
    return _VALUES.get(kind, float("nan")) if value is None else float(value)


def _json(text: str | None) -> Any:
    return parsed(text) if text is not None else None


def _time(text: str | None, zone: tzinfo | None = None) -> float | None:
    """Return a time in seconds since the epoch; without a zone it is the writer's, taken to be this machine's."""
    if not text:
        return None
    try:
        return max(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp(), 0.0)
    except (ValueError, OverflowError, OSError):
        return None
