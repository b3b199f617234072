"""`tunetop doctor`: what a terminal, a Python and a runs folder have for tunetop, one line each (diagnostics)."""

from __future__ import annotations

import importlib.metadata
import locale
import os
import platform
import re
import shutil
import sys
from pathlib import Path

import typer

from ... import __version__
from ...engine.text import clean
from ...engine.workers.versions import version_of
from .closing import print_json
from .exit_codes import DONE, FAILED
from .options import Json, RunsDir, store_of

commands = typer.Typer()

PACKAGES = ("textual", "rich", "plotext", "scikit-learn", "numpy", "scipy", "pandas", "msgspec", "typer")
PACKAGE = "tunetop"
_NOT_FOR_USERS = ("tests", "dev")
"""Extras that serve the project's own tests."""

SMALLEST = (60, 16)
"""Columns and rows that the screen needs."""


@commands.command()
def doctor(context: typer.Context, as_json: Json = False, runs_dir: RunsDir = None) -> int:
    """Say what is here: terminal, colours, locale, versions, runs folder, extras; exit code 1 for trouble."""
    found = findings(store_of(context, runs_dir).root)
    if as_json:
        print_json([{"what": what, "found": text, "trouble": trouble} for what, text, trouble in found])
    else:
        for what, text, trouble in found:
            print(f"{'!' if trouble else ' '} {what:<14} {clean(text, 400)}{f': {trouble}' if trouble else ''}")
    return FAILED if any(trouble for _, _, trouble in found) else DONE


def findings(root: Path) -> list[tuple[str, str, str]]:
    """Return what was looked at, what is there, and what is wrong with it ("": nothing)."""
    return [
        ("tunetop", f"{__version__}, Python {platform.python_version()}, {platform.system()}", ""),
        *_terminal(),
        *[("package", f"{name} {version_of(name)}", "" if version_of(name) else "not installed") for name in PACKAGES],
        *[("extra", _extra(name, needed), "") for name, needed in _extras().items()],
        _runs_folder(root),
    ]


def _terminal() -> list[tuple[str, str, str]]:
    size = shutil.get_terminal_size()
    term, there = os.environ.get("TERM", ""), sys.stdout.isatty()
    tiny = size.columns < SMALLEST[0] or size.lines < SMALLEST[1]
    small = f"the screen needs {SMALLEST[0]}x{SMALLEST[1]}" if there and tiny else ""
    dumb = "no screen here, only plain lines" if there and term in ("", "dumb") else ""
    encoding = locale.getpreferredencoding(False)
    ascii_only = "" if "utf" in encoding.lower() else "drawn in ASCII; LANG=C.UTF-8 gives lines and dots"
    shown = f"{term or 'none'}, {size.columns}x{size.lines}{'' if there else ' (not a terminal)'}"
    return [
        ("terminal", shown, small or dumb),
        ("colours", os.environ.get("COLORTERM") or "those of TERM", ""),
        ("locale", encoding, ascii_only),
    ]


def _extras() -> dict[str, list[str]]:
    """Return each extra and the packages that it brings, as the installed package itself declares them."""
    found: dict[str, list[str]] = {}
    for line in importlib.metadata.requires(PACKAGE) or []:
        name, extra = re.match(r"[\w.-]+", line), re.search(r"extra == ['\"]([\w-]+)", line)
        if name and extra and extra[1] not in _NOT_FOR_USERS:
            found.setdefault(extra[1], []).append(name[0])
    return found


def _extra(name: str, needed: list[str]) -> str:
    versions = {package: version_of(package) for package in needed}
    if all(versions.values()):
        return f"{name}: " + ", ".join(f"{package} {version}" for package, version in versions.items())
    return f"{name}: not installed; pip install 'tunetop[{name}]' adds it"


def _runs_folder(root: Path) -> tuple[str, str, str]:
    place = next((path for path in (root, *root.parents) if path.exists()), root)
    trouble = "" if place.is_dir() and os.access(place, os.W_OK) else "cannot be written to: --runs-dir names another"
    free = shutil.disk_usage(place).free / 1e9
    return ("runs folder", f"{root}, {free:.1f} GB free", trouble)
