"""Detach a run or a race into a process of its own, free of this terminal, and report how it started."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...engine.errors import TunetopError
from ...engine.record.run_folder import RunFolder
from .exit_codes import FAILED, exit_code_of, message_of

if TYPE_CHECKING:
    from ...engine.run.conductor import Run
    from ...engine.tournament.conductor import Tournament


def resume_detached(folder: RunFolder, extra: Sequence[str] = ()) -> str:
    """Resume a run in a process of its own, free of this terminal; return its id once it is under way."""
    return detach(["resume", str(folder.path), *extra])


def detach(arguments: Sequence[str]) -> str:
    """Do `tunetop ARGUMENTS --headless` in a process of its own; return the run's id once it is under way.

    Raises `TunetopError` with the process's own message when it gets no further than that. The process goes on if this
    one dies with its terminal.
    """
    reader, writer = os.pipe()
    # `-m` would import from the current folder first, which this process may not do
    blind = [] if os.getcwd() in sys.path else ["-P"]
    command = [sys.executable, *blind, "-m", "tunetop", *arguments, "--headless", "--report", str(writer)]
    with os.fdopen(reader, encoding="utf-8") as reports:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[writer],
        )
        os.close(writer)
        try:
            line = reports.readline()
        except BaseException:
            # whoever interrupts this does not know the run's name yet, and wants none
            process.terminate()
            raise
    report = json.loads(line) if line else {"error": "the process ended without a word", "code": FAILED}
    if "error" in report:
        problem = TunetopError(report["error"])
        problem.exit_code = report["code"]
        raise problem
    return report["run"]


@contextlib.contextmanager
def reporting(descriptor: int | None) -> Iterator[Callable[[Run | Tournament | None], None]]:
    """Tell the process that detached this one, if there is such a process, how the start went.

    What is begun, if anything is without a screen, is to be handed to the function that comes; what kept it from
    beginning is told, and raised as ever.
    """

    def tell(**message: Any) -> None:
        if descriptor is not None:
            # it may have been closed with its terminal; what it began goes on
            with contextlib.suppress(BrokenPipeError):
                os.write(descriptor, json.dumps(message).encode() + b"\n")
            os.close(descriptor)

    try:
        yield lambda begun: tell(run=begun.folder.id) if begun is not None else None
    except (TunetopError, OSError) as error:
        tell(error=message_of(error), code=exit_code_of(error))
        raise
