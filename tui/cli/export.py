"""`tunetop export`: a run as files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...engine.errors import UsageError
from ...engine.preset.imports import ALLOWED
from ...engine.record.run_folder import RunFolder
from ...engine.text import clean
from ...engine.tournament.folder import TournamentFolder, race_or_run
from .closing import print_json
from .exit_codes import DONE
from .options import AllowImport, Json, MethodName, RunsDir, state_of, store_of

if TYPE_CHECKING:
    from ...engine.export import winner

commands = typer.Typer()


@commands.command()
def export(
    context: typer.Context,
    run_name: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Id or path of a run or race; the latest run if left out.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Folder for the files (default: the run's own).")] = None,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="csv, json, md, cv_results, optuna, optuna-journal, png, svg, pdf, model, joblib, python; "
            "commas between.",
        ),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(
            help="Which picture: heatmap, scatter, trajectory, …, article (six panels), all; of a race: curves, seeds."
        ),
    ] = None,
    theme: Annotated[str | None, typer.Option(help="The pictures' colours: light or dark.")] = None,
    method: MethodName = None,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> int:
    """Write a run's or race's results and pictures as files, or a run's fitted winner, or a script of it."""
    from ...engine.export.figures.catalog import Choice
    from ...engine.export.formats import DEFAULT, FIGURES, OF_WINNER
    from ...engine.export.formats import export as write
    from ...engine.tournament.export import TEXTS
    from ...engine.tournament.export import export as write_race

    folder = race_or_run(store_of(context, runs_dir), run_name)
    usual = TEXTS if isinstance(folder, TournamentFolder) else DEFAULT
    wanted = [name.strip() for name in formats.split(",")] if formats else usual
    if (view or theme) and not set(wanted) & set(FIGURES):
        raise UsageError(f"--view and --theme are for pictures: name a --format of {', '.join(FIGURES)}")
    if method and not set(wanted) & set(OF_WINNER):
        raise UsageError(f"--method is for a winner: name a --format of {', '.join(OF_WINNER)}")
    figures = Choice(view or "all", theme or "light")
    # in the run's own folder the files are the program's own, and their renewal no loss
    own = force or to is None
    if isinstance(folder, TournamentFolder):
        paths = write_race(folder, to or folder.path, wanted, figures=figures, force=own)
    else:
        state, _ = state_of(folder)
        winner = _winner(folder, method, allow_import) if set(wanted) & set(OF_WINNER) else None
        paths = write(state, to or folder.path, wanted, force=own, figures=figures, winner=winner)
    for doubt in _doubts(wanted, paths):
        print(f"tunetop: {clean(doubt, 600)}", file=sys.stderr)
    if as_json:
        print_json({"run": folder.id, "files": [str(path) for path in paths]})
    else:
        for path in paths:
            print(clean(path, 4000))
    return DONE


def _winner(folder: RunFolder, method: str | None, allowed: Sequence[str]) -> winner.Choice:
    from ...engine.export.winner import Choice

    return Choice(folder, method, (*ALLOWED, *allowed))


def _doubts(formats: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Return what whoever takes a model along should know."""
    if not set(formats) & {"model", "joblib"}:
        return []
    from ...engine.export.model import FACTS, PICKLE_WARNING, doubts, read_facts

    said = [PICKLE_WARNING] if "joblib" in formats else []
    return said + [doubt for path in paths if path.name == FACTS for doubt in doubts(read_facts(path))]
