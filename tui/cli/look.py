"""`tunetop list`, `show` and `attach`: what there is, what came of it, and how it goes."""

from __future__ import annotations

import signal
import sys
import time
from typing import Annotated

import typer

from ...engine.record.store import run_entry
from ...engine.text import clean
from ..render.columns import columns
from ..render.numbers import duration, score
from ..sessions.run import Feed
from .closing import print_json
from .exit_codes import DAMAGED, DONE
from .options import Headless, Json, Mouse, RunName, RunsDir, Ssh, state_of, store_of
from .screen import has_screen, open_screen

commands = typer.Typer()


@commands.command()
def attach(
    context: typer.Context,
    run_name: RunName = None,
    control: Annotated[bool, typer.Option("--control", help="Let the keys stop, pause, skip and add.")] = False,
    headless: Headless = False,
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
) -> int:
    """Watch a run of any process, live or finished."""
    store = store_of(context, runs_dir)
    folder = store.find(run_name)
    if headless or not has_screen():
        from .headless import watch

        if sys.stdout.isatty():
            # who watches needs the terminal that it is shown on
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        watch(Feed(folder), None, sys.stdout)
        return DONE
    return open_screen(store, ssh=ssh, mouse=mouse, folder=folder, control=control, watch_only=True)


@commands.command(name="list")
def list_runs(context: typer.Context, as_json: Json = False, runs_dir: RunsDir = None) -> int:
    """List the runs: state, progress, best score."""
    store = store_of(context, runs_dir)
    entries = [run_entry(folder) for folder in store.list()]
    if as_json:
        print_json(entries)
        return DONE
    if not entries:
        print(f"no runs in {clean(store.root, 400)} yet; to start one: tunetop run breast_cancer_mlp")
        return DONE
    rows: list[list[str]] = []
    for entry in entries:
        planned = entry.planned_trials
        trials = str(entry.finished_trials) if planned is None else f"{entry.finished_trials}/{planned}"
        began = "" if entry.started_at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.started_at))
        state = f"{entry.phase}{' (journal damaged)' if entry.damage else ''}"
        best = [score(entry.best), clean(entry.best_method)]
        rows.append([clean(entry.id), state, trials, str(entry.failed), *best, duration(entry.seconds), began])
    print(columns(["run", "state", "trials", "failed", "best", "by", "time", "begun"], rows))
    return DONE


@commands.command()
def show(
    context: typer.Context,
    run_name: RunName = None,
    as_json: Json = False,
    view: Annotated[str | None, typer.Option(help="Print one view instead: heatmap, scatter, trajectory, …")] = None,
    width: Annotated[int | None, typer.Option(help="Columns of the view (default: the terminal's).")] = None,
    height: Annotated[int, typer.Option(help="Lines of the view.")] = 24,
    runs_dir: RunsDir = None,
) -> int:
    """Print a run's comparison, or one of its views."""
    from ...engine.verdict.summary import run_summary
    from .tables import comparison

    state, damage = state_of(store_of(context, runs_dir).find(run_name))
    if view is not None:
        from .print_view import print_view

        print_view(state, view, width, height)
    elif as_json:
        print_json(run_summary(state))
    else:
        print(comparison(run_summary(state)))
    return DAMAGED if damage and not state.trials else DONE
