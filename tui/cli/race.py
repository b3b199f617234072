"""The command `tunetop race`: a preset's methods over many seeds, begun, gone on with, or looked at again."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from ...engine.errors import UsageError
from ...engine.files import OutputExists, make_private_dir
from ...engine.preset.preset import Preset, load
from ...engine.record.store import Store
from ...engine.run.launch import RunOptions, chosen_methods
from ...engine.text import clean
from ...engine.tournament import folder as races
from ...engine.tournament.folder import FILES, TournamentFolder
from ...engine.workers.ahead import begin_workers
from .closing import comparison, print_json, tell_detached
from .detach import detach, reporting
from .exit_codes import DONE
from .options import (
    AllowImport,
    ClusterOption,
    Detach,
    Headless,
    Json,
    Methods,
    Mouse,
    Report,
    RunsDir,
    SetValue,
    Ssh,
    WorkersOption,
    again,
    cluster_of,
    names_of,
    overrides_of,
    store_of,
)
from .screen import has_screen, open_screen

if TYPE_CHECKING:
    from ...engine.tournament.conductor import Tournament

commands = typer.Typer()

SEEDS = 10
"""How many, unless it is said."""


@commands.command()
def race(
    context: typer.Context,
    preset: Annotated[
        str | None,
        typer.Argument(
            metavar="[PRESET | RACE]",
            help="A preset's name or path; with --resume or --open also a race's id or path, the latest if left out.",
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help=f"How many seeds, each a run of its own (default: {SEEDS}).")
    ] = None,
    first_seed: Annotated[int | None, typer.Option(help="The first of them (default: 0).")] = None,
    methods: Methods = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on: seeds that are done stay, a half-done one is resumed.")
    ] = False,
    look: Annotated[bool, typer.Option("--open", help="Look at a race, live or over, and run nothing.")] = False,
    workers: WorkersOption = None,
    cluster: ClusterOption = None,
    set_: SetValue = None,
    to: Annotated[Path | None, typer.Option(help="Folder for copies of race.json, race.md, race.csv.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite such files that are in --to already.")] = False,
    headless: Headless = False,
    detached: Detach = False,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
    report_to: Report = None,
) -> int:
    """Run a preset's methods over many seeds and rank them."""
    store = store_of(context, runs_dir)
    screen = not (headless or as_json or detached) and has_screen()
    if look:
        return _look(races.find(store, preset), screen, as_json, ssh, mouse)
    copies = to.absolute() if to else None
    wanted = _Wanted(preset, seeds, first_seed, names_of(methods), overrides_of(set_), copies, force)
    with reporting(report_to) as tell:
        if detached:
            return tell_detached(races.find(store, detach(again(sys.argv[1:]))), as_json)
        folder = _gone_on_with(store, wanted) if resume else _new(store, wanted)

        def conduct() -> Tournament:
            return _conducted(folder, options, adopt=resume)

        address = cluster_of(cluster)
        options = RunOptions(workers, tuple(folder.read().methods), True, tuple(allow_import), address)
        if not screen:
            # their imports may begin before this process's own
            begin_workers(address)
        started = None if screen else conduct()
        tell(started)
    if started is None:
        return open_screen(store, ssh=ssh, mouse=mouse, options=options, race=folder, conduct=conduct)
    from .headless_race import run_race

    return run_race(started, as_json=as_json)


@dataclass(frozen=True)
class _Wanted:
    """What the command line says about a race."""

    preset: str | None
    seeds: int | None
    first_seed: int | None
    methods: tuple[str, ...] | None
    overrides: dict[str, Any]
    to: Path | None
    force: bool

    def make_target(self, before: str = "") -> None:
        """Make the folder `--to`; raise `OutputExists` where it holds a race's files, and is not the one before."""
        if self.to is None or str(self.to) == before:
            return
        make_private_dir(self.to)
        for name in FILES if not self.force else ():
            if os.path.lexists(self.to / name):
                raise OutputExists(self.to / name)

    def range(self, count: int, first: int) -> list[int]:
        """Return the seeds, checked; `count` and `first` where the command line has none."""
        count = self.seeds if self.seeds is not None else count
        first = self.first_seed if self.first_seed is not None else first
        if not 2 <= count <= 1000:
            raise UsageError(f"--seeds: found {count}; allowed: a whole number from 2 to 1000")
        if not 0 <= first <= 2**31 - count:
            raise UsageError(f"--first-seed: found {first}; allowed: a whole number from 0 to {2**31 - count}")
        return list(range(first, first + count))

    def loaded(self, preset: str) -> tuple[Preset, list[str]]:
        """Return the preset and the names of the methods to race."""
        loaded = load(preset, self.overrides)
        methods = [method.name for method in chosen_methods(loaded, self.methods)]
        if not methods:
            raise UsageError(f"--methods: there is nothing to race; {loaded.name} has its methods by name")
        return loaded, methods


def _new(store: Store, wanted: _Wanted) -> TournamentFolder:
    """Make a new race."""
    if wanted.preset is None:
        raise UsageError("what to race? tunetop race PRESET --seeds 10; --resume goes on with a race, --open shows one")
    seeds = wanted.range(SEEDS, 0)
    preset, methods = wanted.loaded(wanted.preset)
    wanted.make_target()
    return races.create(store, preset, methods, seeds, wanted.to)


def _gone_on_with(store: Store, wanted: _Wanted) -> TournamentFolder:
    """Return the race to go on with, its plan changed to more seeds or another folder if that is asked for."""
    ref = wanted.preset
    if ref is None or races.named(store, ref) is not None:
        if wanted.methods is not None or wanted.overrides:
            raise UsageError("--methods, --set: a race goes on as it began; leave them out, or begin another one")
        folder = races.find(store, ref)
    else:
        folder = races.alike(store, *wanted.loaded(ref))
    plan = folder.read()
    seeds = wanted.range(len(plan.seeds), plan.seeds[0])
    if lost := [seed for seed in plan.runs if seed not in seeds]:
        raise UsageError(f"--seeds: {folder.id} has run seed {lost[0]} already; allowed: seeds that include it")
    wanted.make_target(plan.to)
    changed = msgspec.structs.replace(plan, seeds=seeds, to=str(wanted.to) if wanted.to else plan.to)
    if changed != plan:
        with folder.lock():
            folder.write(changed)
    return folder


def _conducted(folder: TournamentFolder, options: RunOptions, *, adopt: bool) -> Tournament:
    from ...engine.tournament.conductor import Tournament

    made = Tournament(folder, options, adopt=adopt)
    made.start()
    return made


def _look(folder: TournamentFolder, screen: bool, as_json: bool, ssh: bool | None, mouse: bool) -> int:
    """Show a race on the screen, or without one what it has come to."""
    if screen:
        return open_screen(folder.store, ssh=ssh, mouse=mouse, race=folder, watch_only=True)
    from ...engine.tournament.compare import tournament_summary
    from ..sessions.tournament import TournamentFeed

    feed = TournamentFeed(folder)
    while feed.poll(1.0) or feed.behind:
        pass
    facts = {"race": folder.id, "state": feed.phase, "planned_seeds": len(feed.plan.seeds)}
    summary = msgspec.structs.replace(tournament_summary(feed.done), **facts) if feed.done else None
    if as_json:
        print_json(summary or facts)
        return DONE
    done = f"{len(feed.done)} of {len(feed.plan.seeds)} seeds done"
    print(f"{clean(folder.id)}: {feed.phase}, {done}; files in {clean(folder.path, 4000)}\n")
    if summary is not None:
        print(comparison(summary))
    return DONE
