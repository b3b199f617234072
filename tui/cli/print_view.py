"""A view printed once to standard output, for logs and scripts."""

from __future__ import annotations

import shutil
import sys

from ...engine.errors import UsageError, choose
from ...engine.state import RunState
from ...engine.text import clean
from ..render.look import LOOKS
from ..render.picture import to_ansi, to_text
from ..terminal.tty import inspect
from ..views.catalog import VIEWS
from ..views.options import ViewOptions


def print_view(state: RunState, name: str, width: int | None, height: int) -> None:
    """Print the view of that name; coloured on a terminal, plain elsewhere.

    Raises `UsageError` for a wrong name or size.
    """
    if name not in VIEWS:
        hint = choose(name, list(VIEWS))
        raise UsageError(f"--view: found {clean(name, 40)!r}; allowed: {', '.join(VIEWS)}. {hint}".rstrip())
    columns = width if width is not None else shutil.get_terminal_size((100, 24)).columns
    if not 20 <= columns <= 1000 or not 4 <= height <= 400:
        raise UsageError(f"found {columns} columns and {height} lines; allowed: --width 20 to 1000, --height 4 to 400")
    terminal = inspect()
    # what has no colours is drawn for none: shades stand for them
    look = LOOKS["dark"].with_colors(terminal.colors if sys.stdout.isatty() else "none")
    look = look if terminal.unicode else look.ascii()
    lines = VIEWS[name].draw(state, ViewOptions(), columns, height, look)
    sys.stdout.write(to_ansi(lines, look) if look.coloured else to_text(lines))
