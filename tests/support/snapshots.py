"""Screens as text files: what is shown now against what was accepted, as a diff."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from places import ROOT

FOLDER = ROOT / "tests" / "tui" / "screens" / "snapshots"

ACCEPT = "TUNETOP_ACCEPT_SNAPSHOTS"
"""Set in the environment, what is shown is accepted: `make snapshots`."""


def hold(name: str, size: tuple[int, int], shown: str) -> str:
    """Return how a screen differs from what was accepted, as a diff; empty: it does not."""
    path = FOLDER / f"{name}-{size[0]}x{size[1]}.txt"
    text = "".join(f"{line.rstrip()}\n" for line in shown.splitlines())
    if os.environ.get(ACCEPT):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return ""
    return difference(path, text)


def difference(path: Path, text: str) -> str:
    """Return a unified diff from a file to a text."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), f"accepted {path.name}", "shown", lineterm="")
    return "\n".join(lines)
