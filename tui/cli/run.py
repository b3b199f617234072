"""`tunetop run` and `tunetop resume`: a run, on the screen, in lines, or in a process of its own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ...engine.preset.preset import load
from ...engine.run.launch import RunOptions, chosen_methods
from .closing import tell_detached
from .detach import detach, reporting
from .headless import resume_headless, run_headless, start_headless
from .options import (
    AllowImport,
    ClusterOption,
    Detach,
    Headless,
    Json,
    Methods,
    Mouse,
    Report,
    RunName,
    RunsDir,
    SetValue,
    Ssh,
    WorkersOption,
    again,
    cluster_of,
    names_of,
    overrides_of,
    seed_of,
    store_of,
)
from .screen import has_screen, open_screen

commands = typer.Typer()


@commands.command()
def run(
    context: typer.Context,
    preset: Annotated[str, typer.Argument(help="A shipped preset's name, or the path of a .toml file.")],
    methods: Methods = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    seed: Annotated[int | None, typer.Option(help="A seed for all methods instead of the preset's.")] = None,
    set_: SetValue = None,
    together: Annotated[bool, typer.Option("--together", help="Run the methods side by side.")] = False,
    headless: Headless = False,
    detached: Detach = False,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
    report_to: Report = None,
) -> int:
    """Run a preset and watch it."""
    store = store_of(context, runs_dir)
    names = names_of(methods)
    options = RunOptions(workers, names, together, tuple(allow_import), cluster_of(cluster))
    with reporting(report_to) as tell:
        loaded = load(preset, overrides_of(set_), seed_of(seed))
        chosen_methods(loaded, names)
        if detached:
            return tell_detached(store.find(detach(again(sys.argv[1:]))), as_json)
        screen = not (headless or as_json) and has_screen()
        started = None if screen else start_headless(loaded, store, options)
        tell(started)
    if started is None:
        return open_screen(store, ssh=ssh, mouse=mouse, preset=loaded, options=options)
    return run_headless(started, as_json=as_json)


@commands.command()
def resume(
    context: typer.Context,
    run_name: RunName = None,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    trials: Annotated[
        list[str],
        typer.Option("--trials", metavar="[METHOD=]N", help="More trials, of finished methods too: N in all, +N more."),
    ] = [],  # noqa: B006 - as above
    headless: Headless = False,
    detached: Detach = False,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - as above
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
    report_to: Report = None,
) -> int:
    """Go on with a run where it stopped."""
    store = store_of(context, runs_dir)
    options = RunOptions(workers, allow_imports=tuple(allow_import), cluster=cluster_of(cluster))
    with reporting(report_to) as tell:
        folder = store.find(run_name)
        if detached:
            return tell_detached(store.find(detach(again(sys.argv[1:]))), as_json)
        screen = not (headless or as_json) and has_screen()
        resumed = None if screen else resume_headless(folder, options, trials=trials)
        tell(resumed)
    if resumed is None:
        return open_screen(store, ssh=ssh, mouse=mouse, folder=folder, resume=True, trials=trials, options=options)
    return run_headless(resumed, as_json=as_json)
