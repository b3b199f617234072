"""The command line: what `tunetop …` does, with every error told in one line on stderr and a fixed exit code."""

from __future__ import annotations

import functools
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from ...engine.text import clean, clean_block
from ...engine.workers.warm import limit_threads
from ..terminal.tty import fill_descriptors
from .exit_codes import DONE, WRONG, exit_code_of, message_of
from .quick import picker_options


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code; `--debug` shows an error's traceback as well."""
    fill_descriptors()
    _escape_what_cannot_be_written()
    limit_threads()
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    try:
        if (said := picker_options(arguments)) is not None:
            # the way most sessions begin: straight to the picker, with nothing imported that it does not need
            from ...engine.record.store import Store
            from .screen import open_screen

            return open_screen(Store(said.pop("runs_dir", None)), **said)
        if arguments[:1] == ["completion"]:
            # asked for by a shell while somebody types
            from .shell.names import asked_for

            if (names := asked_for(arguments)) is not None:
                print("\n".join(names))
                return DONE
        return _parse(arguments)
    except BrokenPipeError:
        # whoever read our output has gone (`tunetop list | head`): no error, and nothing more to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except Exception as error:  # noqa: BLE001 - also of a fault of ours no text may reach the terminal as it is
        if debug:
            print(clean_block(traceback.format_exc(), 40_000), file=sys.stderr)
        print(f"tunetop: {message_of(error)}", file=sys.stderr)
        return exit_code_of(error)


def _escape_what_cannot_be_written() -> None:
    """Let a character that the locale's encoding lacks come as an escape: it must not end a command half-way."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@functools.lru_cache(maxsize=32)
def _command(first: str = "") -> Any:
    """Return what reads a command line that begins with such a word."""
    import typer

    from .commands import program

    return typer.main.get_command(program(first))


def _parse(arguments: Sequence[str]) -> int:
    import typer

    # typer carries its own click and does not name its base of usage errors; every version's BadParameter has it
    usage_error: Any = typer.BadParameter.__mro__[1]
    try:
        result = _command(*arguments[:1]).main(list(arguments), prog_name="tunetop", standalone_mode=False)
    except usage_error as error:
        context = getattr(error, "ctx", None)
        place = context.command_path if context is not None else "tunetop"
        said = clean(error.format_message(), 600).rstrip(".")
        print(f"tunetop: {said}. See: {place} --help", file=sys.stderr)
        return WRONG
    return int(result or DONE)
