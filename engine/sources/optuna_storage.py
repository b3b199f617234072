"""Optuna's other storages, read through Optuna itself: PostgreSQL, MySQL, a gRPC server. Reading is all that is done.

A database that is no storage of Optuna is left as it is: no table is made, and no schema is changed.
"""

from __future__ import annotations

import time
from typing import Any, Literal

from ..errors import UsageError
from ..events import Record
from ..text import clean
from .optuna_base import StudyEntry, StudyTeller, attribute, chosen
from .optuna_write import StudyWriter
from .study import STATES, StudyFacts, StudyTrial

_EVERY = 1.0
"""Seconds between two looks: each one asks the server for all unfinished trials."""


class StorageStudy:
    """One study of a storage on a server, as a source."""

    def __init__(
        self,
        url: str,
        study: str | None = None,
        *,
        planned: int | None = None,
        direction: Literal["minimize", "maximize"] | None = None,
    ) -> None:
        """Connect and choose the study. Raises UsageError where Optuna is missing, or the storage or study is."""
        self._storage = _storage(url)
        try:
            found = self._storage.get_all_studies()
        except Exception as error:
            raise UsageError(f"{_shown(url)}: {clean(f'{type(error).__name__}: {error}', 300)}") from error
        entry = chosen([StudyEntry(one._study_id, one.study_name, 0, 0) for one in found], study, _shown(url))
        self.id = f"{_shown(url)}: {clean(entry.name, 80)}"
        self.behind = True
        self.alive: bool | None = None
        self.writer = StudyWriter(self._storage, entry.name)
        self.trouble = ""
        self.damage = ""
        self.restarts = 0
        self._study, self._looked = entry.key, -_EVERY
        notes = ["Read through Optuna; when the study ends, nobody says."]
        self._teller = StudyTeller(entry.name, "Optuna, on a server", planned, notes, direction)

    def poll(self, patience: float) -> list[Record]:
        """Return what is new; one question to the server is not cut short."""
        now = time.monotonic()
        if now - self._looked < _EVERY:
            return []
        self._looked = now
        try:
            records = self._read()
        except Exception as error:  # noqa: BLE001 - drivers of all kinds
            self.trouble = f"cannot be read: {clean(f'{type(error).__name__}: {error}', 200)}"
            return []
        self.trouble, self.behind = "", False
        return records

    def close(self) -> None:
        """Let go of the connection."""
        remove = getattr(self._storage, "remove_session", None)
        if remove is not None:
            remove()

    def _read(self) -> list[Record]:
        from optuna.distributions import distribution_to_json

        storage = self._storage
        system = storage.get_study_system_attrs(self._study)
        ways: list[Any] = [one.name.lower() for one in storage.get_study_directions(self._study)]
        names = system.get("study:metric_names") or []
        facts = StudyFacts(storage.get_study_name_from_id(self._study), ways, [str(name) for name in names])
        if self._teller.is_other(facts):
            self._teller.restart()
            self.restarts += 1
        trials = storage.get_all_trials(self._study, deepcopy=False)
        fresh = [trial for trial in trials if trial.number not in self._teller.done]
        grown = False
        for trial in fresh:
            for name, distribution in trial.distributions.items():
                grown = self._teller.axes.take(name, distribution_to_json(distribution)) or grown
        return self._teller.tell([self._plain(trial) for trial in fresh], facts, grown)

    def _plain(self, trial: Any) -> StudyTrial:
        labels = self._teller.labels
        constraints = trial.system_attrs.get("constraints") or [
            value for name, value in trial.system_attrs.items() if name.startswith("constraints:")
        ]
        return StudyTrial(
            number=trial.number,
            state=STATES[int(trial.state)],
            params={clean(k, 100): labels.value(clean(k, 100), v) for k, v in trial.params.items()},
            values=[float(value) for value in trial.values] if trial.values is not None else None,
            steps=sorted((int(step), float(value)) for step, value in trial.intermediate_values.items()),
            attributes={clean(k, 60): attribute(labels, k, v) for k, v in trial.user_attrs.items()},
            constraints=[float(value) for value in constraints],
            started=trial.datetime_start.timestamp() if trial.datetime_start else None,
            ended=trial.datetime_complete.timestamp() if trial.datetime_complete else None,
        )


def _shown(url: str) -> str:
    """Return an address without the password that may stand in it."""
    head, slashes, rest = url.partition("://")
    return clean(f"{head}{slashes}{rest.rpartition('@')[2]}", 200)


def _storage(url: str) -> Any:
    try:
        import optuna
    except ImportError:
        raise UsageError(
            f"{_shown(url)} is read through Optuna, which is not installed: pip install 'tunetop[optuna]'"
        ) from None
    try:
        if url.startswith("grpc://"):
            from optuna.storages import GrpcStorageProxy

            host, _, port = url.removeprefix("grpc://").strip("/").partition(":")
            return GrpcStorageProxy(host=host, port=int(port or 13000))
        if url.startswith("redis"):
            raise UsageError("Redis keeps snapshots as pickles, which are not opened: watch its program instead")
        rdb = optuna.storages.RDBStorage(url, skip_table_creation=True)
        return optuna.storages.get_storage(rdb)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"{_shown(url)}: {clean(f'{type(error).__name__}: {error}', 300)}") from error
