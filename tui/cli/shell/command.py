"""`tunetop completion SHELL` and the files under `share`, which an installation puts where shells and `man` look."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from ....engine.errors import UsageError, choose
from ....engine.text import clean
from ..exit_codes import DONE
from ..options import RunsDir, store_of
from .names import NAMES, SHELLS, names

commands = typer.Typer()


@commands.command("completion")
def complete(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
    runs_dir: RunsDir = None,
) -> int:
    """Print the script that completes tunetop's commands, options, runs and presets in a shell."""
    if what in NAMES:
        print("\n".join(names(what, store_of(context, runs_dir))))
        return DONE
    if what not in SHELLS:
        raise UsageError(
            f"completion: found {clean(what, 40)!r}; allowed: {', '.join(SHELLS)}. {choose(what, [*SHELLS])}"
        )
    sys.stdout.write(shared_files(context.find_root().command)[PLACES[what]])
    return DONE


PLACES = {
    "bash": "bash-completion/completions/tunetop",
    "zsh": "zsh/site-functions/_tunetop",
    "fish": "fish/vendor_completions.d/tunetop.fish",
    "man": "man/man1/tunetop.1",
}
"""Where each file lies below an installation's `share`."""


def shared_files(parser: Any) -> dict[str, str]:
    """Return the files of `share` by their places, made from the command line as its parser has it."""
    from ....engine.problem.first_models import MODELS
    from . import bash, fish, manual, table, zsh

    program = table.read(parser, models=("auto", *MODELS))
    made = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script, "man": manual.page}
    return {PLACES[name]: make(program) for name, make in made.items()}
