"""Exit codes, and the one line that a person is told of an error."""

from __future__ import annotations

from ...engine.errors import TunetopError, told
from ...engine.files import NO_ENTRY, NO_NAME, NO_ROOM
from ...engine.text import clean

DONE, FAILED, WRONG, STOPPED, DAMAGED = 0, 1, 2, 3, 4

MEANINGS = {
    DONE: "Done.",
    FAILED: "The run failed.",
    WRONG: "Wrong usage or preset.",
    STOPPED: "Stopped before the end.",
    DAMAGED: "The journal is damaged.",
}


def exit_code_of(error: Exception) -> int:
    """Return the exit code for what kept the command from its end."""
    if isinstance(error, TunetopError):
        return error.exit_code
    return WRONG if isinstance(error, OSError) and error.errno in NO_ENTRY | NO_NAME else FAILED


def message_of(error: Exception) -> str:
    """Return the one line that a person is told of an error."""
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return "the current folder does not exist any more: go to another one"
    if isinstance(error, OSError) and not isinstance(error, TunetopError) and error.filename is not None:
        room = "; make room there, or name another place" if error.errno in NO_ROOM else ""
        hint = "; name another place" if error.errno in NO_ENTRY | NO_NAME else room
        return f"{clean(error.filename, 1000)}: {clean(error.strerror)}{hint}"
    if isinstance(error, TunetopError | OSError):
        return clean(error, 2000)
    return f"{clean(told(error), 2000)}. That should not happen; --debug shows where it did"


_OUTCOMES = {"done": DONE, "stopped": STOPPED, "failed": FAILED}


def exit_code(outcome: str | None) -> int:
    """Return the exit code for a run's outcome."""
    return _OUTCOMES.get(outcome or "", FAILED)
