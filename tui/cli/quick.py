"""The way to the picker past the command line's library: only options that the picker takes, read in a few lines.

typer takes longer to import than the first screen to paint. What is not plainly one of these options, a mistake
included, is left to it, so that there is one place that explains what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SWITCHES: dict[str, tuple[str, bool]] = {
    "--ssh": ("ssh", True),
    "--no-ssh": ("ssh", False),
    "--mouse": ("mouse", True),
    "--no-mouse": ("mouse", False),
}
"""The picker's switches: the parameter of `commands.picker` that each sets, and to what."""

RUNS_DIR = "--runs-dir"


def picker_options(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return what a command line says to the picker, by parameter; None where it may say something else."""
    said: dict[str, Any] = {}
    left = list(arguments)
    while left:
        option = left.pop(0)
        name, equals, value = option.partition("=")
        if option in SWITCHES:
            parameter, on = SWITCHES[option]
            said[parameter] = on
        elif name == RUNS_DIR and (equals or left):
            value = value if equals else left.pop(0)
            if not value or value.startswith("-"):
                return None
            said["runs_dir"] = value
        else:
            return None
    return said
