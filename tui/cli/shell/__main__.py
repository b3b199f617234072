"""Write the files of `share`: `python -m tunetop.tui.cli.shell FOLDER`, which `make share` does."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ..commands import program
from .command import shared_files


def write(root: Path) -> None:
    """Write completion scripts and manual page below a folder, each at the place where an installation has it."""
    for place, text in shared_files(typer.main.get_command(program())).items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
