"""A search on disk: its preset, the files made of it, and what going on with it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ...engine.files import write_all
from ...engine.record.run_folder import RunFolder, load_state, preset_text
from ...engine.state import RunState

if TYPE_CHECKING:
    from ...engine.preset.preset import Preset


class Artefacts:
    """The folder of a run, and what is made of it; `preset` is what it was begun with, if that is known.

    The only thing on the screen that knows a folder. Methods read or write files: what may take long, in a thread.
    """

    def __init__(self, folder: RunFolder, preset: Preset | None = None) -> None:
        self.folder = folder
        self._preset = preset

    def preset(self) -> Preset:
        """Return the preset as its file has it now; raises `PresetError`."""
        from ...engine.preset.preset import load

        return load(self.folder.preset_file)

    def begun_with(self, state: RunState) -> Preset:
        """Return the preset that the run was begun with; raises `UsageError` where the file was changed since.

        While the run is going, it is what this process began it with.
        """
        from ...engine.problem.recorded import preset_of

        if self._preset is not None and not state.ended:
            return self._preset
        return preset_of(self.folder, state)

    def export(self) -> list[Path]:
        """Write the export files, over older ones, and return their paths."""
        from ...engine.export.formats import export

        return export(load_state(self.folder)[0], self.folder.path, force=True)

    def report(self) -> list[Path]:
        """Write the run as one HTML file, over an older one; raises `UsageError` where the extra is missing."""
        from ...engine.export.report.report import NAME, Subject, report

        return self.save({NAME: report([Subject(load_state(self.folder)[0], preset_text(self.folder))])})

    def save(self, files: Mapping[str, str]) -> list[Path]:
        """Write texts by file name, over older ones, and return their paths."""
        return write_all(self.folder.path, files, force=True)
