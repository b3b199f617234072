"""Optuna's other storages, read through Optuna itself: PostgreSQL, MySQL, a gRPC server. Reading is all that is done.

A database that is no storage of Optuna is left as it is: no table is made, and no schema is changed.
"""

from __future__ import annotations

import time
from typing import Any, Literal

from ..errors import UsageError
from ..events import Record
from .address import OTHERWISE, Address
from .optuna_base import StudyEntry, StudySource, chosen
from .optuna_write import StudyWriter
from .study import StudyFacts, of_optuna

_EVERY = 1.0
"""Seconds between two looks: each one asks the server for all unfinished trials."""


class StorageStudy(StudySource):
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
        self._address = Address(url)
        self._storage = _storage(self._address)
        try:
            found = self._storage.get_all_studies()
        except Exception as error:  # noqa: BLE001 - drivers of all kinds
            raise UsageError(f"{self._address.shown}: {self._address.said(error)}") from None
        entry = chosen([StudyEntry(one._study_id, one.study_name, 0, 0) for one in found], study, self._address.shown)
        writer, note = StudyWriter(self._storage, entry.name), "Read through Optuna; when the study ends, nobody says."
        super().__init__(self._address.shown, entry, writer, "Optuna, on a server", note, planned, direction)
        self._looked = -_EVERY

    def poll(self, patience: float) -> list[Record]:
        """Return what is new; one question to the server is not cut short."""
        now = time.monotonic()
        if now - self._looked < _EVERY:
            return []
        self._looked = now
        try:
            records = self._read()
        except KeyError:
            self.trouble, self.behind = "the study is not there any more", False
            return []
        except Exception as error:  # noqa: BLE001 - drivers of all kinds
            self.trouble = f"cannot be read: {self._address.said(error, 200)}"
            return []
        self.trouble, self.behind = "", False
        return records

    def _read(self) -> list[Record]:
        from optuna.distributions import distribution_to_json

        storage = self._storage
        key = storage.get_study_id_from_name(self._name)
        if key != self._study:
            # it was deleted, and made again by the same name
            self._study = key
            self._restart()
        system = storage.get_study_system_attrs(self._study)
        ways: list[Any] = [one.name.lower() for one in storage.get_study_directions(self._study)]
        names = system.get("study:metric_names") or []
        facts = StudyFacts(self._name, ways, [str(name) for name in names])
        if self._teller.is_other(facts):
            self._restart()
        trials = storage.get_all_trials(self._study, deepcopy=False)
        fresh = [trial for trial in trials if trial.number not in self._teller.done]
        grown = False
        for trial in fresh:
            for name, distribution in trial.distributions.items():
                grown = self._teller.axes.take(name, distribution_to_json(distribution)) or grown
        return self._teller.tell([of_optuna(trial, self._teller.labels) for trial in fresh], facts, grown)


_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "MySQLdb": "mysqlclient",
    "grpc": "grpcio protobuf",
}
"""Packages that are not called as what is imported from them."""

_TABLES = {"studies", "trials", "version_info", "alembic_version"}
"""Without one of these Optuna would begin to write."""


def _storage(address: Address) -> Any:
    if address.scheme == "redis":
        raise UsageError(f"{address.shown}: snapshots in Redis are pickles, which are not opened; {OTHERWISE}")
    try:
        import optuna
    except ImportError:
        raise UsageError(
            f"{address.shown} is read through Optuna, which is not installed: pip install 'tunetop[optuna]'"
        ) from None
    try:
        if address.scheme == "grpc":
            from optuna.storages import GrpcStorageProxy

            host, _, port = address.url.partition("://")[2].strip("/").partition(":")
            return GrpcStorageProxy(host=host, port=int(port or 13000))
        _check_tables(address)
        return optuna.storages.get_storage(optuna.storages.RDBStorage(address.url, skip_table_creation=True))
    except UsageError:
        raise
    except ImportError as error:
        absent = getattr(error.__cause__, "name", None) or error.name
        package = f": pip install {_PACKAGES.get(absent, absent)}" if absent else f": {address.said(error)}"
        raise UsageError(f"{address.shown}: what speaks with it is not installed{package}") from None
    except Exception as error:  # noqa: BLE001 - drivers of all kinds
        # without its cause, which may have the password in its text
        raise UsageError(f"{address.shown}: {address.said(error)}") from None


def _check_tables(address: Address) -> None:
    """Raise UsageError for a database that is no storage of Optuna."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(address.url)
    try:
        found = set(sqlalchemy.inspect(engine).get_table_names())
    finally:
        engine.dispose()
    if not found >= _TABLES:
        raise UsageError(f"{address.shown} is a database, but holds no studies of Optuna")
