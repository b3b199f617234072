"""Commands beyond a single plan: a trial added by hand, and a preset's methods raced over many seeds."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ..engine import budget
from ..engine.errors import UsageError
from ..engine.events import Value
from ..engine.launch import RunOptions, chosen_methods, extend
from ..engine.preset import load
from ..engine.state import RunState
from ..engine.store import load as load_state
from ..engine.text import clean
from .cli import DONE, FAILED, STOPPED
from .command_options import AllowImport, Json, RunsDir, WorkersOption, overrides_of, store_of
from .start import resume_headless, run_headless, start_headless
from .tables import columns

continuing = typer.Typer()


@continuing.command()
def add(
    context: typer.Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="Id or path of a run.")],
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="All hyperparameters of the trial.")],
    workers: WorkersOption = None,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    runs_dir: RunsDir = None,
) -> int:
    """Add a trial by hand: to a running run, or to a finished one, which is resumed for it."""
    folder = store_of(context, runs_dir).find(run_name)
    space = load(folder.preset_file).space
    point = budget.checked(space, _values(values))
    if folder.is_locked():
        folder.send("add:" + msgspec.json.encode(point).decode())
        print(f"{folder.id}: asked to try {_shown(point)}", file=sys.stderr if as_json else sys.stdout)
        return DONE
    state, _ = load_state(folder)
    if state.phase != "done":
        raise UsageError(
            f"{folder.id} is {state.phase}: go on with it first (tunetop resume {folder.id}), and add while it runs"
        )
    extend(folder, add=[point])
    return run_headless(
        resume_headless(folder, RunOptions(workers, allow_imports=tuple(allow_import))), as_json=as_json
    )


@continuing.command()
def race(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(help="A shipped preset's name, or the path of a .toml file.")],
    seeds: Annotated[int, typer.Option(help="How many seeds, each a run of its own.")] = 10,
    first_seed: Annotated[int, typer.Option(help="The first of them.")] = 0,
    methods: Annotated[str | None, typer.Option(help="Methods to run, with commas between.")] = None,
    workers: WorkersOption = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the preset.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for race.json, race.md, race.csv.")] = None,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - as above
    runs_dir: RunsDir = None,
) -> int:
    """Run a preset's methods over many seeds and rank them."""
    from ..engine import tournament

    if not 2 <= seeds <= 1000:
        raise UsageError(f"--seeds: found {seeds}; allowed: a whole number from 2 to 1000")
    if not 0 <= first_seed <= 2**31 - seeds:
        raise UsageError(f"--first-seed: found {first_seed}; allowed: a whole number from 0 to {2**31 - seeds}")
    store = store_of(context, runs_dir)
    names = tuple(name.strip() for name in methods.split(",") if name.strip()) if methods is not None else None
    options = RunOptions(workers, names, True, tuple(allow_import))
    states: dict[int, RunState] = {}
    for seed in range(first_seed, first_seed + seeds):
        loaded = load(preset, overrides_of(set_ or []), seed)
        if not chosen_methods(loaded, names):
            raise UsageError(f"--methods: there is nothing to race; {loaded.name} has its methods by name")
        started = start_headless(loaded, store, options)
        try:
            started.finished.wait()
        except KeyboardInterrupt:
            started.stop_now()
            started.finished.wait()
            return STOPPED
        state = states[seed] = load_state(started.folder)[0]
        if started.outcome != "done":
            print(f"tunetop: {started.folder.id}: {clean(started.trouble or state.reason, 600)}", file=sys.stderr)
            return FAILED if started.outcome == "failed" else STOPPED
        best = f"{state.best.method} {state.best.mean:.4f}" if state.best and state.best.mean is not None else "none"
        print(f"seed {seed}: {started.folder.id}, best {best}", file=sys.stderr)
    summary = tournament.summarise(states)
    folder = to or store.root / "races" / summary["runs"][0]
    paths = tournament.write(summary, folder)
    if as_json:
        print(json.dumps(summary, indent=2, allow_nan=False))
        return DONE
    print(columns(*tournament.rows(summary)))
    print()
    for sentence in tournament.sentences(summary):
        print(sentence)
    print(f"files: {', '.join(clean(path, 400) for path in paths)}")
    return DONE


def _values(texts: list[str]) -> dict[str, Value]:
    """Return `NAME=VALUE` as a dictionary; a value is a TOML number or flag, or failing that, text."""
    values: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"found {clean(text, 80)!r}; allowed: NAME=VALUE, such as C=10")
        try:
            read = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            read = value
        values[name.strip()] = read if isinstance(read, bool | int | float | str) else value
    return values


def _shown(point: dict[str, Value]) -> str:
    return clean(", ".join(f"{name}={value}" for name, value in point.items()))
