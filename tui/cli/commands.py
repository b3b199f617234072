"""The commands of `tunetop`, one function each, with typer doing the parsing."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ... import __version__
from ...engine.problem.preset import LARGEST, SHIPPED, Preset, load
from ...engine.record.run_folder import load_state
from ...engine.record.store import Store, run_entry
from ...engine.run.launch import RunOptions, chosen_methods
from ...engine.text import clean, clean_block
from ..render.columns import columns
from ..render.numbers import duration, score
from ..sessions.run import Feed, RemoteControl
from .add import continuing
from .clean import cleaning
from .closing import print_json, stopping_words, tell_detached
from .compare import comparing
from .detach import detach, reporting
from .doctor import doctoring
from .exit_codes import DAMAGED, DONE
from .export import exporting
from .headless import resume_headless, run_headless, start_headless
from .init import initialise
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
    state_of,
    store_of,
)
from .predict import predicting
from .race import racing
from .report import reports
from .screen import has_screen, open_screen
from .shell.command import completion
from .tables import comparison
from .watch import watching

EXAMPLES = """\b
Examples:
  tunetop init churn.csv                   write a preset for a table
  tunetop run churn.toml                   run it and watch
  tunetop show                             the comparison of the latest run
  tunetop export --format model,python     its winner, fitted and as a script
  tunetop predict churn-1 new.csv --proba  what the winner says of new rows
  tunetop compare churn-1 churn-2          two runs side by side
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
presets_app = typer.Typer(help="The shipped presets, or the check of one's own.", rich_markup_mode=None)
app.add_typer(presets_app, name="presets")
groups = (continuing, racing, cleaning, comparing, completion, doctoring, exporting, predicting, reports, watching)
for group in groups:
    app.add_typer(group)


@app.callback(invoke_without_command=True)
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


@app.command()
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


@app.command()
def init(
    file: Annotated[str, typer.Argument(help="A table: .csv, .parquet, .feather or .xlsx.")],
    target: Annotated[str | None, typer.Option(help="The column to predict.")] = None,
    model: Annotated[
        str, typer.Option(help="auto, logistic, forest, hgb, svm, knn, mlp, xgboost or lightgbm.")
    ] = "auto",
    to: Annotated[str | None, typer.Option("--to", metavar="PRESET", help="Where the preset goes.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
) -> int:
    """Write a commented preset for a table: target, kinds of columns, metric, folds, model, space, four methods."""
    return initialise(file, target, model, to, force=force)


@app.command()
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


@app.command()
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


def _control(
    context: typer.Context,
    run_name: str | None,
    runs_dir: Path | None,
    ask: Callable[[RemoteControl], None],
    words: str,
) -> int:
    folder = store_of(context, runs_dir).find(run_name)
    ask(RemoteControl(folder))
    print(f"{clean(folder.id)}: {words}")
    return DONE


@app.command()
def stop(
    context: typer.Context,
    run_name: RunName = None,
    now: Annotated[bool, typer.Option("--now", help="Give up running folds.")] = False,
    runs_dir: RunsDir = None,
) -> int:
    """Stop a run of any terminal: running folds finish, the summary is written. Asked again, it ends at once."""
    state, _ = load_state(store_of(context, runs_dir).find(run_name))
    ask = RemoteControl.stop_now if now else RemoteControl.stop
    return _control(context, run_name, runs_dir, ask, stopping_words(state, now or state.phase == "stopping"))


@app.command()
def pause(context: typer.Context, run_name: RunName = None, runs_dir: RunsDir = None) -> int:
    """Let a run begin no new folds."""
    return _control(context, run_name, runs_dir, RemoteControl.pause, "asked to pause")


@app.command()
def unpause(context: typer.Context, run_name: RunName = None, runs_dir: RunsDir = None) -> int:
    """Let a paused run go on."""
    return _control(context, run_name, runs_dir, RemoteControl.unpause, "asked to go on")


@app.command(name="list")
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
        rows.append(
            [
                clean(entry.id),
                state,
                trials,
                str(entry.failed),
                score(entry.best),
                clean(entry.best_method),
                duration(entry.seconds),
                began,
            ]
        )
    print(columns(["run", "state", "trials", "failed", "best", "by", "time", "begun"], rows))
    return DONE


@app.command()
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

    state, damage = state_of(store_of(context, runs_dir).find(run_name))
    if view is not None:
        from .print_view import print_view

        print_view(state, view, width, height)
    elif as_json:
        print_json(run_summary(state))
    else:
        print(comparison(run_summary(state)))
    return DAMAGED if damage and not state.trials else DONE


@presets_app.callback(invoke_without_command=True)
def presets(context: typer.Context, as_json: Json = False) -> int:
    """List the shipped presets."""
    if context.invoked_subcommand is not None:
        return DONE
    loaded = [load(path) for path in sorted(SHIPPED.glob("*.toml"))]
    if as_json:
        print_json([_described(preset) for preset in loaded])
    else:
        print(columns(["preset", "title", "what"], [[p.name, p.title, p.description] for p in loaded]))
    return DONE


@presets_app.command("show")
def show_preset(name: str, as_json: Json = False) -> int:
    """Print a preset: its file, or with --json what it says."""
    preset = load(name)
    if as_json:
        print_json(_described(preset))
    else:
        print(clean_block(preset.text, LARGEST).rstrip())
    return DONE


@presets_app.command("check")
def check_preset(
    file: str,
    as_json: Json = False,
    allow_import: AllowImport = [],  # noqa: B006 - as above
) -> int:
    """Check a preset with its data, estimator, each choice and scorer, by one fit on few rows, without running it."""
    from ...engine.problem.problem import load_problem
    from ...engine.workers.check import check_baseline

    preset = load(file)
    problem = load_problem(preset, RunOptions(allow_imports=tuple(allow_import)).allowed)
    check_baseline(problem)
    card = problem.card
    if as_json:
        print_json({"preset": preset.name, "ok": True, "rows": card.rows, "features": card.features})
    else:
        counts = f"{card.rows} rows, {card.features} features, {card.test_rows} rows held out"
        print(f"{clean(preset.path, 400)}: good; {counts}")
        kinds = Counter(column.kind for column in card.columns)
        print(f"  features: {', '.join(f'{number} {kind}' for kind, number in kinds.items())}")
        if card.positive:
            print(f"  positive class: {clean(card.positive, 60)}")
        for note in card.notes:
            print(f"! {note}")
    return DONE


def _described(preset: Preset) -> dict[str, Any]:
    return {
        "name": preset.name,
        "title": preset.title,
        "description": preset.description,
        "source": preset.data.source,
        "estimator": preset.model.estimator,
        "scoring": preset.score.shown,
        "folds": preset.score.folds,
        "space": [dimension.axis() for dimension in preset.space.dimensions],
        "methods": preset.plans(),
    }
