"""The problem as a run's folder records it: the preset that it was begun with, and what its trials were given."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError
from ..preset.preset import Preset, load
from ..record.run_folder import RunFolder
from ..search.base import ROWS
from ..state import RunState, TrialState


def preset_of(folder: RunFolder, state: RunState) -> Preset:
    """Return the preset that a run was begun with; raise `UsageError` where the file was changed since."""
    preset = load(folder.preset_file)
    if state.info is not None and preset.digest != state.info.digest:
        raise UsageError(
            f"{folder.id}: {folder.preset_file} was changed since the run began; put it back, or start a new run"
        )
    return preset


def arguments_of(preset: Preset, trial: TrialState) -> dict[str, Any]:
    """Return what the estimator was given for a trial, the iterations that halving allowed it among it."""
    arguments = preset.space.arguments(trial.params)
    resource = resource_of(preset, trial)
    return arguments if resource in ("", ROWS) else arguments | {resource: trial.resource}


def resource_of(preset: Preset, trial: TrialState) -> str:
    """Return what successive halving allowed a trial only a part of, "" where it had all there is."""
    if not trial.resource:
        return ""
    return next(one.resource for one in preset.methods if one.name == trial.method)
