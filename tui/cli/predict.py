"""`tunetop predict RUN FILE`: what a run's winner says of the rows of a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ...engine.errors import UsageError
from ...engine.files import write_atomically
from ...engine.record.run_folder import load_state
from ...engine.text import clean, clean_block
from .exit_codes import DONE
from .options import AllowImport, MethodName, RunsDir, store_of

commands = typer.Typer()

_MODELS = ("model.skops", "model.json")


@commands.command()
def predict(
    context: typer.Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="Id or path of a run, or an exported model.skops.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: .csv, .parquet, .feather or .xlsx.")],
    to: Annotated[Path | None, typer.Option("--to", help="Where the predictions go (default: stdout).")] = None,
    proba: Annotated[bool, typer.Option("--proba", help="A column with the probability of each class.")] = False,
    method: MethodName = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")] = False,
    allow_import: AllowImport = [],  # noqa: B006 - typer wants the default here, and does not change it
    runs_dir: RunsDir = None,
) -> int:
    """Predict the rows of a table by a run's winner; columns are read as the run's own were."""
    from ...engine.export.predict import exported, predict, refitted
    from ...engine.export.winner import Choice
    from ...engine.problem.imports import ALLOWED

    allowed = (*ALLOWED, *allow_import)
    if not file.is_file():
        what = "is no file that can be read twice" if file.exists() else "no such file"
        raise UsageError(f"{clean(file, 300)}: {what}; name a .csv, .parquet, .feather or .xlsx file")
    if to is not None and to.is_dir():
        raise UsageError(f"--to: {clean(to, 300)} is a folder; name a file in it, such as {clean(to / 'out.csv', 300)}")
    if to is not None and to.exists() and not force:
        raise UsageError(f"{clean(to, 300)} exists already; --force replaces it")
    path = Path(run_name).expanduser()
    if path.name in _MODELS and path.is_file():
        if method is not None:
            raise UsageError(f"--method is for a run; {clean(path, 300)} has one winner, of one method")
        model = exported(path, allowed)
    else:
        folder = store_of(context, runs_dir).find(run_name)
        model = refitted(Choice(folder, method, allowed), load_state(folder)[0])
    found = predict(model, file, probabilities=proba)
    for note in found.notes:
        print(f"tunetop: {clean(note, 600)}", file=sys.stderr)
    if to is not None:
        write_atomically(to.expanduser(), found.csv(), force=force)
        print(f"{clean(to, 4000)}: {len(found.rows)} rows", file=sys.stderr)
    else:
        text = found.csv()
        # labels are the data's own: into a file as they are, onto a terminal harmless
        sys.stdout.write(clean_block(text, len(text)) + "\n" if sys.stdout.isatty() else text)
    return DONE
