"""Options that several commands share, and what is made of them."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from ...engine.errors import UsageError
from ...engine.record.journal import JournalDamaged
from ...engine.record.run_folder import RunFolder, load_state
from ...engine.record.store import Store
from ...engine.state import RunState
from ...engine.text import clean
from ..settings import SettingsFile, address_of

RunsDir = Annotated[
    Path | None, typer.Option("--runs-dir", envvar="TUNETOP_RUNS_DIR", help="Where runs are kept.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Methods = Annotated[str | None, typer.Option("--methods", help="Methods to run, with commas between.")]
SetValue = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the preset.")]
RunName = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Id or path of a run; the latest if left out.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", "-w", help="Worker processes (default: all cores).")]
ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="Run folds on a Dask cluster, tcp://HOST:PORT, tls://…, file:…; ray:auto"
    ),
]
AllowImport = Annotated[
    list[str], typer.Option("--allow-import", metavar="MODULE", help="A module that the preset may name besides.")
]
MethodName = Annotated[
    str | None, typer.Option("--method", help="Whose winner (default: the method that the verdict speaks of).")
]
Headless = Annotated[bool, typer.Option("--headless", help="Show progress without a screen.")]
Detach = Annotated[bool, typer.Option("--detach", help="Run free of this terminal, and return at once.")]
Ssh = Annotated[bool | None, typer.Option("--ssh/--no-ssh", help="Save bytes on the line (default: over SSH).")]
Mouse = Annotated[bool, typer.Option("--mouse/--no-mouse", help="Let the mouse be used.")]
Report = Annotated[int | None, typer.Option("--report", hidden=True)]


def store_of(context: typer.Context, runs_dir: Path | None) -> Store:
    """Return the runs folder, whether `--runs-dir` stood before or after the command."""
    return Store(runs_dir or context.obj)


def cluster_of(cluster: str | None) -> str:
    """Return the address of the cluster to run on, "" for this machine: as asked for, or else as in the settings."""
    return SettingsFile().cluster if cluster is None else address_of(cluster)


def names_of(methods: str | None) -> tuple[str, ...] | None:
    """Return the names that stand with commas between; None where nothing was said."""
    return None if methods is None else tuple(name for part in methods.split(",") if (name := part.strip()))


def overrides_of(settings: list[str] | None) -> dict[str, Any]:
    """Return `KEY=VALUE` settings as a dictionary; a value is TOML, or failing that, text."""
    overrides: dict[str, Any] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set: found {clean(setting, 80)!r}; allowed: KEY=VALUE, such as score.folds=3")
        try:
            overrides[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            overrides[key.strip()] = value
    return overrides


def seed_of(seed: int | None) -> int | None:
    """Return the seed, checked."""
    if seed is not None and not 0 <= seed <= 2**31:
        raise UsageError(f"--seed: found {seed}; allowed: a whole number from 0 to {2**31}")
    return seed


def again(arguments: list[str]) -> list[str]:
    """Return the command line as a detached process is to get it."""
    return [argument for argument in arguments if argument not in ("--detach", "--json", "--headless")]


def state_of(folder: RunFolder) -> tuple[RunState, str]:
    """Return what is known of a run, and what is wrong with its journal, which is told on stderr as well."""
    state, damage = load_state(folder)
    if state.info is None:
        if not damage:
            raise UsageError(f"{folder.id}: nothing is known of this run yet: it has only just begun")
        raise JournalDamaged(f"{folder.id}: nothing is known of this run: {clean(damage, 400)}")
    if damage:
        print(f"tunetop: {clean(damage, 400)}", file=sys.stderr)
    return state, damage
