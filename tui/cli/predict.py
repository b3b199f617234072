"""`tunetop predict RUN FILE`: what a run's winner says of the rows of a file."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
_STREAM = Path("-")
"""Stands for standard input and output."""


@commands.command()
def predict(
    context: typer.Context,
    run_name: Annotated[str, typer.Argument(metavar="RUN", help="Id or path of a run, or an exported model.skops.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table: .csv, .parquet, .feather, .xlsx; - is stdin.")],
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
    from ...engine.preset.imports import ALLOWED

    allowed = (*ALLOWED, *allow_import)
    to = None if to == _STREAM else to
    if not (file.is_file() or _flows(file)):
        what = "is no file of rows" if file.exists() else "no such file"
        raise UsageError(f"{clean(file, 300)}: {what}; name a .csv, .parquet, .feather or .xlsx file")
    if file == _STREAM and (sys.stdin is None or sys.stdin.isatty()):
        raise UsageError("-: nothing comes from standard input; name a file, or write … | tunetop predict RUN -")
    if to is not None and to.is_dir():
        raise UsageError(f"--to: {clean(to, 300)} is a folder; name a file in it, such as {clean(to / 'out.csv', 300)}")
    if to is not None and to.exists() and not force:
        raise UsageError(f"{clean(to, 300)} exists already; --force replaces it")
    given = Path(run_name).expanduser()
    if given.name in _MODELS and given.is_file():
        if method is not None:
            raise UsageError(f"--method is for a run; {clean(given, 300)} has one winner, of one method")
        model = exported(given, allowed)
    else:
        folder = store_of(context, runs_dir).find(run_name)
        model = refitted(Choice(folder, method, allowed), load_state(folder)[0])
    with _on_disk(file) as path:
        found = predict(model, path, probabilities=proba, named="stdin" if file == _STREAM else str(file))
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


def _flows(file: Path) -> bool:
    """Tell whether rows come from a pipe, as standard input or under a name of its own."""
    return file == _STREAM or file.is_fifo()


@contextmanager
def _on_disk(file: Path) -> Iterator[Path]:
    """Give a file that can be read twice, which takes in what flows."""
    if not _flows(file):
        yield file
        return
    with tempfile.NamedTemporaryFile(prefix="tunetop-", suffix=".csv") as kept:
        if file == _STREAM:
            shutil.copyfileobj(sys.stdin.buffer, kept)
        else:
            kept.write(file.read_bytes())
        kept.flush()
        yield Path(kept.name)
