"""`tunetop clean`: old runs are listed, and removed once that was said yes to."""

from __future__ import annotations

import re
import sys
import time
from typing import Annotated

import typer

from ...engine.errors import StoreError, UsageError
from ...engine.record.clean import OldRun, looked_at, old_runs, remove, sweep_removed, total
from ...engine.text import clean as cleaned
from .exit_codes import DONE, FAILED, STOPPED
from .options import RunsDir, store_of

commands = typer.Typer()

_UNITS = {"h": 3600.0, "d": 86400.0, "w": 604800.0}
_MOST_TOLD = 30


@commands.command()
def clean(
    context: typer.Context,
    run_names: Annotated[list[str] | None, typer.Argument(metavar="[RUN…]", help="Ids or paths of runs.")] = None,
    older_than: Annotated[str | None, typer.Option(help="Runs untouched for so long: 30d, 12h, 4w.")] = None,
    keep: Annotated[int | None, typer.Option(help="All but so many of the newest.", min=0)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    runs_dir: RunsDir = None,
) -> int:
    """Remove old runs, after a question; runs that are going are never touched."""
    store = store_of(context, runs_dir)
    if not run_names and older_than is None and keep is None:
        raise UsageError("say which: RUN…, --older-than 30d or --keep 20 (--dry-run only lists them)")
    if run_names and (older_than is not None or keep is not None):
        raise UsageError("found runs by name beside --older-than or --keep; allowed: one or the other")
    sweep_removed(store)
    if run_names:
        named = {folder.path.resolve(): folder for name in run_names for folder in [store.find(name)]}
        runs = [looked_at(folder) for folder in named.values()]
    else:
        runs = old_runs(store, None if older_than is None else time.time() - _seconds(older_than), keep)
    if not runs:
        print("Nothing to remove.")
        return DONE
    print("\n".join(_lines(runs)))
    what = f"{len(runs)} run{'s' * (len(runs) != 1)}, {_size(total(runs))}"
    if dry_run:
        print(f"{what} would be removed.")
        return DONE
    if not yes and not _agreed(f"Remove {what}? They cannot be brought back. [y/N] "):
        print("Nothing was removed.")
        return STOPPED
    return _remove(runs)


def _remove(runs: list[OldRun]) -> int:
    removed = 0
    for run in runs:
        try:
            remove(run.folder)
            removed += 1
        except StoreError as error:
            print(f"tunetop: {cleaned(error, 600)}", file=sys.stderr)
    print(f"Removed {removed} run{'s' * (removed != 1)}.")
    return DONE if removed == len(runs) else FAILED


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; --yes removes without a question")
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        return False


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6})([hdw])", text.strip())
    if found is None:
        raise UsageError(f"--older-than: found {cleaned(text, 40)!r}; allowed: a number with h, d or w, such as 30d")
    return int(found[1]) * _UNITS[found[2]]


def _lines(runs: list[OldRun]) -> list[str]:
    lines = [
        f"{cleaned(run.folder.id, 60):<40} {time.strftime('%Y-%m-%d %H:%M', time.localtime(run.last_at))}"
        f" {_size(run.size):>10}"
        for run in runs[:_MOST_TOLD]
    ]
    more = len(runs) - len(lines)
    return [*lines, *([f"and {more} more"] if more else [])]


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
