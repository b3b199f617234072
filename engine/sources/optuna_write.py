"""Requests to an Optuna study from outside: a point to try next, and the end of a trial that is dead.

Both are done by Optuna itself, which alone knows its storages. Reading never comes here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..events import Point
from ..text import clean
from .points import Labels


class StudyWriter:
    """Writes into one study; `storage` is a file, or one of Optuna's own. Takes a second: for a thread."""

    def __init__(self, storage: Any, study: str, *, journal: bool = False) -> None:
        self._storage, self._study, self._journal = storage, study, journal

    def enqueue(self, point: Point) -> None:
        """Have the study try a point next. Raises UsageError where that cannot be."""
        study = self._open()
        study.enqueue_trial(_as_optuna_has_it(study, point))

    def fail(self, number: int) -> None:
        """End a trial that is running as failed. Raises UsageError where it is not running any more."""
        study = self._open()
        trial = next((one for one in study.get_trials(deepcopy=False) if one.number == number), None)
        if trial is None or trial.state.is_finished():
            raise UsageError(f"trial {number} is through already")
        import optuna

        study.tell(number, state=optuna.trial.TrialState.FAIL)

    def _open(self) -> Any:
        try:
            import optuna
        except ImportError:
            raise UsageError("this is done by Optuna, which is not installed: pip install 'tunetop[optuna]'") from None
        if isinstance(self._storage, Path) and not self._storage.is_file():
            # Optuna would make a new one
            raise UsageError(f"there is no file {clean(self._storage, 400)} any more")
        try:
            return optuna.load_study(study_name=self._study, storage=self._made())
        except Exception as error:
            raise UsageError(clean(f"{type(error).__name__}: {error}", 300)) from error

    def _made(self) -> Any:
        if not isinstance(self._storage, Path):
            return self._storage
        if self._journal:
            from optuna.storages import JournalStorage
            from optuna.storages.journal import JournalFileBackend

            return JournalStorage(JournalFileBackend(str(self._storage)))
        return f"sqlite:///{self._storage.absolute()}"


def _as_optuna_has_it(study: Any, point: Point) -> dict[str, Any]:
    """Return a point with the names and the choices that the study itself has, for what they are read as here."""
    found: dict[str, Any] = {}
    for trial in study.get_trials(deepcopy=False):
        found.update(trial.distributions)
    named = {clean(name, 100): name for name in found}
    made: dict[str, Any] = {}
    for label, value in point.items():
        name = named.get(label, label)
        choices = getattr(found.get(name), "choices", None)
        made[name] = value if choices is None else _choice(label, value, choices)
    return made


def _choice(name: str, wanted: Any, choices: Any) -> Any:
    labels = Labels()
    for choice in choices:
        label = labels.value(name, choice)
        if label == wanted and type(label) is type(wanted):
            return choice
    raise UsageError(f"{name}: {clean(wanted, 60)} is none of the study's choices any more")
