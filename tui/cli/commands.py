"""The commands of `tunetop` and the modules that do them, with typer doing the parsing."""

from __future__ import annotations

import importlib
from typing import Annotated, Any

import typer

from ... import __version__
from ...engine.record.store import Store
from .exit_codes import DONE
from .options import Mouse, RunsDir, Ssh
from .screen import open_screen

EXAMPLES = """\b
Examples:
  tunetop init churn.csv                   write a preset for a table
  tunetop run churn.toml                   run it and watch
  tunetop show                             the comparison of the latest run
  tunetop export --format model,python     its winner, fitted and as a script
  tunetop predict churn-1 new.csv --proba  what the winner says of new rows
  tunetop compare churn-1 churn-2          two runs side by side
"""

WHERE = {
    "init": "init",
    "run": "run",
    "resume": "run",
    "attach": "look",
    "list": "look",
    "show": "look",
    "stop": "steer",
    "pause": "steer",
    "unpause": "steer",
    "presets": "presets",
    "add": "add",
    "race": "race",
    "clean": "clean",
    "compare": "compare",
    "completion": "shell.command",
    "doctor": "doctor",
    "export": "export",
    "predict": "predict",
    "report": "report",
    "watch": "watch",
}
"""Command -> the module of this room that does it, whose `commands` has it."""

OF_ALL = ("completion",)
"""Commands that speak of all the others."""


def program(command: str | None = None) -> typer.Typer:
    """Return the command line, with that one command's module if there is one of that name, else with all of them.

    Most commands only look, and answer at once: what others need to run a search is a long import over a network disk.
    """
    app = typer.Typer(
        help="htop for hyperparameter search: watch scikit-learn tuning live in the terminal.",
        epilog=EXAMPLES,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(picker)
    alone = command in WHERE and command not in OF_ALL
    for module in dict.fromkeys([WHERE[str(command)]] if alone else WHERE.values()):
        group: Any = importlib.import_module(f".{module}", __package__)
        app.add_typer(group.commands)
    return app


def picker(
    context: typer.Context,
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> int:
    """Without a command: open the picker."""
    if version:
        print(f"tunetop {__version__}")
        raise typer.Exit(DONE)
    if context.invoked_subcommand is None:
        return open_screen(Store(runs_dir), ssh=ssh, mouse=mouse)
    context.obj = runs_dir
    return DONE
