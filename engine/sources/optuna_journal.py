"""Optuna's journal file, read by its own lines: what is whole is shown, whatever is torn or unknown in between.

A journal that was torn in its middle can never be loaded by Optuna again. Here a torn line is passed over, and what
was written behind its beginning, on the same line, is read; that is said once. The file is only ever read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from ..errors import UsageError
from ..events import Record
from ..text import clean
from .optuna_base import StudyEntry, StudySource, chosen
from .optuna_log import Log, LoggedStudy, is_journal
from .optuna_write import StudyWriter
from .points import described
from .study import STATES, StudyTrial, distribution_of, fixed_point, value_of

__all__ = ["JournalStudy", "is_journal", "studies_of"]


def studies_of(path: str | os.PathLike[str]) -> list[StudyEntry]:
    """Return the studies that a journal holds, in the order in which they were made."""
    return _read_whole(Path(path)).entries()


def _read_whole(path: Path) -> Log:
    log = Log(path)
    while log.read(1.0):
        pass
    return log


class JournalStudy(StudySource):
    """One study of a journal file, as a source."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        study: str | None = None,
        *,
        planned: int | None = None,
        direction: Literal["minimize", "maximize"] | None = None,
    ) -> None:
        """Choose the study. Raises UsageError where there is no such file or study."""
        self.path = Path(path)
        if not self.path.is_file():
            raise UsageError(f"there is no file {clean(path, 400)}")
        # what is read to choose the study is what its trials are told from
        self._log = _read_whole(self.path)
        entry = chosen(self._log.entries(), study, clean(path, 400))
        writer = StudyWriter(self.path, entry.name, journal=True)
        note = "Read from the study's journal; when it ends, nobody says."
        super().__init__(clean(self.path.name, 80), entry, writer, "Optuna, journal file", note, planned, direction)

    def poll(self, patience: float) -> list[Record]:
        """Return what is new, reading for about so many seconds at most."""
        try:
            self._log.read(patience)
        except OSError as error:
            self.trouble = f"cannot be read: {clean(error.strerror or error)}"
            return []
        self.trouble, self.behind, self.damage = "", self._log.behind, self._log.damage
        key = self._log.key_of(self._name)
        study = self._log.studies[key] if key is not None else None
        if self._log.restarted or (study is not None and key != self._study):
            # another file, or a study that was made again by the same name
            self._study = key
            self._restart()
        if study is None:
            self.trouble = "" if self._log.behind else "the study is not there any more"
            return []
        if self._teller.is_other(study.facts):
            # what is through was forgotten once it was told: it is read again
            self._log = Log(self.path)
            self.behind = True
            self._restart()
            return []
        changed = [key for key in self._log.changed if self._log.trials[key].study == self._study]
        self._log.changed.clear()
        if not changed and study.facts == self._teller.facts:
            return []
        return self._told(study, changed)

    def _told(self, study: LoggedStudy, keys: list[int]) -> list[Record]:
        labels, axes, grown = self._teller.labels, self._teller.axes, False
        found = []
        for key in keys:
            trial = self._log.trials[key]
            params = {}
            for name, (value, distribution) in trial.params.items():
                grown = axes.take(name, distribution) or grown
                params[clean(name, 100)] = value_of(name, value, distribution_of(distribution), labels)
            found.append(
                StudyTrial(
                    number=trial.number,
                    state=STATES[trial.state] if 0 <= trial.state < len(STATES) else "FAIL",
                    params=params or (fixed_point(trial.fixed, labels) if trial.state == 4 else {}),
                    values=trial.values,
                    steps=sorted(trial.steps.items()),
                    attributes={clean(k, 60): described(v) for k, v in trial.attributes.items()},
                    constraints=trial.constraints,
                    started=trial.started,
                    ended=trial.ended,
                )
            )
            if trial.state in (1, 2, 3):
                # it never changes any more, and its number alone is needed from here on
                trial.params, trial.steps, trial.attributes = {}, {}, {}
        return self._teller.tell(found, study.facts, grown)
