"""Commands beyond a plan: a trial added by hand."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from ...engine.errors import TunetopError, UsageError
from ...engine.events import MANUAL, Point, Value
from ...engine.problem.recorded import preset_of
from ...engine.record import inbox
from ...engine.record.run_folder import RunFolder, load_state
from ...engine.run.by_hand import checked
from ...engine.run.launch import RunOptions
from ...engine.space.space import Space
from ...engine.space.written import read
from ...engine.text import clean
from ..sessions.run import Feed
from .exit_codes import DONE
from .headless import resume_headless, run_headless
from .options import AllowImport, Json, RunsDir, WorkersOption, cluster_of, store_of

commands = typer.Typer()

_LOOK = 0.05
"""Seconds between two looks whether a trial was taken."""

_PATIENCE = 10.0
"""Seconds in which a run that is going takes a trial, or else something is in its way."""


@commands.command()
def add(
    context: typer.Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="Id or path of a run.")],
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="All hyperparameters of the trial.")],
    workers: WorkersOption = None,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    runs_dir: RunsDir = None,
) -> int:
    """Add a trial by hand: to a running run, or to one that has ended, which goes on with it."""
    folder = store_of(context, runs_dir).find(run_name)
    state = load_state(folder)[0]
    space = preset_of(folder, state).space
    point = checked(space, _values(space, values))
    out = sys.stderr if as_json else sys.stdout
    if folder.is_locked() and _taken_by_who_runs_it(folder, point):
        shown = ", ".join(f"{name}={value}" for name, value in point.items())
        print(f"{clean(folder.id)}: will try {clean(shown)}", file=out)
        return DONE
    phase = state.phase
    options = RunOptions(workers, allow_imports=tuple(allow_import), cluster=cluster_of(None))
    resumed = resume_headless(folder, options, add=[point])
    if phase in ("stopped", "interrupted", "failed"):
        print(f"{clean(folder.id)} was {phase}: it goes on, with this trial", file=out)
    return run_headless(resumed, as_json=as_json)


def _taken_by_who_runs_it(folder: RunFolder, point: Point) -> bool:
    """Ask the process that runs `folder` for a trial; return False if it ended before it took it."""
    feed = Feed(folder)

    def times() -> int:
        while feed.poll(1.0) and feed.behind:
            pass
        method = feed.state.methods.get(MANUAL)
        return method.added.count(point) if method is not None else 0

    before = times()
    folder.send(inbox.add(point))
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        locked = folder.is_locked()
        if times() > before:
            return True
        if not locked:
            return False
        time.sleep(_LOOK)
    why = feed.trouble or f"its log may say why: {folder.log}"
    raise TunetopError(f"{folder.id} was asked for the trial and has not taken it yet: {clean(why)}")


def _values(space: Space, texts: list[str]) -> dict[str, Value]:
    """Return `NAME=VALUE` as a dictionary; a name that the space does not have keeps its text."""
    dimensions = {dimension.name: dimension for dimension in space.dimensions}
    values: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError(f"found {clean(text, 80)!r}; allowed: NAME=VALUE, such as C=10")
        if name in values:
            raise UsageError(f"found {clean(name, 80)} twice; allowed: each hyperparameter once")
        values[name] = read(dimensions[name], value) if name in dimensions else value
    return values
