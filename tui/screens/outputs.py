"""What leaves the screen: the files of the run that is on it, and parameters on the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ...engine.text import clean
from ..background import Background

if TYPE_CHECKING:
    from ...engine.state import TrialState
    from ..sessions.artefacts import Artefacts
    from ..sessions.base import Request, Session


class Notices(Protocol):
    """The app, as far as outputs are concerned with it."""

    def say(self, message: str, severity: str = "information", title: str = "") -> None:
        """Show a short notice."""

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""


class Outputs:
    """Writes files in threads, and says where they are, or why not; `session` gives the run on the screen."""

    def __init__(self, notices: Notices, background: Background, session: Callable[[], Session | None]) -> None:
        self._notices, self._background, self._session = notices, background, session

    def export(self) -> None:
        """Write the run's export files into its folder, and say where they are."""
        if (artefacts := self._artefacts("export")) is not None:
            self._do(artefacts.export, partial(self._say_written, artefacts), "Not exported", "export")

    def report(self) -> None:
        """Write the run as one HTML file into its folder, and say where it is."""
        if (artefacts := self._artefacts("export")) is not None:
            self._do(artefacts.report, partial(self._say_written, artefacts), "No report written", "report")

    def save(self, files: Callable[[], Mapping[str, str]]) -> None:
        """Write texts by file name beside them, made in a thread."""
        if (artefacts := self._artefacts("picture")) is not None:
            saved = partial(self._say_written, artefacts)
            self._do(lambda: artefacts.save(files()), saved, "Not saved", "picture")

    def copy_parameters(self, trial: TrialState) -> None:
        """Copy what the estimator takes for a trial, as a Python dict."""
        session = self._session()
        if session is None:
            return

        def work() -> str:
            from ...engine.export.python_code import as_python

            return as_python(session.arguments(trial))

        self._do(work, self._notices.copy, "Not copied", "copy")

    def _artefacts(self, request: Request) -> Artefacts | None:
        """Return the artefacts of the run on the screen; where it has none, say why a key cannot do what it should."""
        session = self._session()
        if session is not None and (why := session.refusal(request)):
            self._notices.say(why)
            return None
        return session.artefacts if session is not None else None

    def _say_written(self, artefacts: Artefacts, paths: list[Path]) -> None:
        many = f"{len(paths)} files" if len(paths) != 1 else "1 file"
        named = f"{clean(artefacts.folder.path)}: {clean(', '.join(path.name for path in paths))}"
        self._notices.say(named, title=f"{many} written")

    def _do(self, work: Callable[[], Any], then: Callable[[Any], None], failed: str, name: str) -> None:
        self._background.start(work, then, lambda error: self._notices.say(f"{failed}: {error}", "error"), name)
