"""The command `tunetop report`: runs, or races, as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ...engine.errors import UsageError
from ...engine.files import write_atomically
from ...engine.record.run_folder import RunFolder, preset_text
from ...engine.text import clean
from ...engine.tournament.folder import TournamentFolder, race_or_run
from .exit_codes import DONE
from .options import Json, RunsDir, state_of, store_of

commands = typer.Typer()


@commands.command()
def report(
    context: typer.Context,
    runs: Annotated[
        list[str], typer.Argument(metavar="[RUN]...", help="Ids or paths of runs or races; the latest run if left out.")
    ] = [],  # noqa: B006 - typer wants the default here, and does not change it
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.html", help="Where it goes (default: the first one's folder).")
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> int:
    """Write runs, or a race, as one HTML file that needs no network."""
    from ...engine.export.report.page import check_extra
    from ...engine.export.report.report import NAME

    check_extra()
    store = store_of(context, runs_dir)
    folders = [race_or_run(store, name) for name in runs or [None]]
    target = to or folders[0].path / NAME
    if target.is_dir():
        raise UsageError(f"--to: {target} is a folder; name a file in it, such as {target / NAME}")
    if not force and to is not None and (target.exists() or target.is_symlink()):
        raise UsageError(f"{target} exists already; --force replaces it")
    races = [folder for folder in folders if isinstance(folder, TournamentFolder)]
    html = _written([folder for folder in folders if isinstance(folder, RunFolder)], races)
    # in the run's own folder the file is the program's own, and its renewal no loss
    path = write_atomically(target, html, force=force or to is None)
    print(json.dumps({"file": str(path), "bytes": path.stat().st_size}) if as_json else clean(path, 4000))
    if look:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
    return DONE


def _written(runs: list[RunFolder], races: list[TournamentFolder]) -> str:
    from ...engine.export.report.report import Subject
    from ...engine.tournament.report import report

    subjects = [Subject(state_of(folder)[0], preset_text(folder)) for folder in runs]
    return report(subjects, races)
