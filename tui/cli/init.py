"""`tunetop init FILE`: a first preset for a table, written beside one's other presets."""

from __future__ import annotations

from pathlib import Path

from ...engine.errors import UsageError
from ...engine.files import write_atomically
from ...engine.text import clean
from .exit_codes import DONE


def initialise(file: str, target: str | None, model: str, to: str | None, *, force: bool) -> int:
    """Look at the table, say what is seen, and write the preset; an existing file is replaced under `force` alone."""
    from ...engine.problem.first_preset import first_preset, named_after

    path = Path(file).expanduser()
    if not path.is_file():
        raise UsageError(f"{clean(file, 300)}: no such file; name a .csv, .parquet, .feather or .xlsx file")
    place = named_after(path) if to is None else Path(to).expanduser()
    first = first_preset(path, target, model, place)
    write_atomically(place, first.text, force=force)
    for line in first.said:
        print(clean(line, 400))
    print(f"\nwrote {clean(place, 300)}; start it with: tunetop run {clean(place, 300)}")
    return DONE
