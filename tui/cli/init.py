"""`tunetop init FILE`: a first preset for a table, written beside one's other presets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...engine.errors import UsageError
from ...engine.files import write_atomically
from ...engine.text import clean
from .exit_codes import DONE

commands = typer.Typer()


@commands.command()
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
    from ...engine.problem.first_preset import first_preset, named_after

    path = Path(file).expanduser()
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no plain file" if path.exists() else "no such file"
        raise UsageError(f"{clean(file, 300)}: {what}; name a .csv, .parquet, .feather or .xlsx file")
    place = named_after(path) if to is None else Path(to).expanduser()
    first = first_preset(path, target, model, place)
    write_atomically(place, first.text, force=force)
    for line in first.said:
        print(clean(line, 400))
    print(f"\nwrote {clean(place, 300)}; start it with: tunetop run {clean(place, 300)}")
    return DONE
