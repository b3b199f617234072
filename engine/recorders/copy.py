"""A source written into a run folder as it is read: `tunetop watch SOURCE --record`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..events import Record, RunFinished, RunStarted
from ..record.run_folder import RunFolder
from ..record.store import Store
from .recorder import Recorder


class Copy:
    """Writes the records of a source, with their own times, into a run of its own."""

    def __init__(self, store: Store, name: str) -> None:
        self._store, self._name = store, name
        self._time = 0.0
        self._recorder: Recorder | None = None
        self._ended = False

    @property
    def folder(self) -> RunFolder | None:
        """The run's folder, None as long as there is none."""
        return self._recorder.folder if self._recorder is not None else None

    @property
    def id(self) -> str:
        """The run's name, "" as long as there is none."""
        return self._recorder.folder.id if self._recorder is not None else ""

    def take(self, records: Sequence[Record]) -> None:
        """Write records; the first of all makes the run."""
        for record in records:
            self._time = record.t
            event = record.event
            if isinstance(event, RunStarted):
                self._begin(event)
            elif self._recorder is None:
                continue
            elif isinstance(event, RunFinished):
                self._ended = True
                self._recorder.close(event.state, event.reason)
            else:
                self._recorder.tell(event)

    def _begin(self, header: RunStarted) -> None:
        """Begin a run; a source that begins anew voids what was kept of it before, which stays as a run of its own."""
        self.close()
        self._ended = False
        self._recorder = Recorder(
            self._store, self._name, lambda run: msgspec.structs.replace(header, run=run), clock=lambda: self._time
        )

    def close(self) -> None:
        """Let go of the run: how the search ends, if it has not, nobody will have seen."""
        if self._recorder is not None and not self._ended:
            self._recorder.abandon()
