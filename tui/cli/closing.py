"""Closing words of a run or a race: how it ended, and where its files are."""

from __future__ import annotations

import json
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import msgspec

from ...engine.record.locked_folder import LockedFolder
from ...engine.record.run_folder import RunFolder, load_state
from ...engine.text import clean
from ..render.numbers import duration
from .exit_codes import DONE, FAILED, exit_code

if TYPE_CHECKING:
    from ...engine.run.conductor import Run
    from ...engine.state import RunState
    from ...engine.tournament.conductor import Tournament
    from ...engine.verdict.over_seeds import TournamentSummary


def print_json(value: Any) -> None:
    """Print one JSON document on stdout: plain data, or structs as objects."""
    print(json.dumps(msgspec.to_builtins(value), indent=2, allow_nan=False))


def command_to_see(folder: LockedFolder) -> str:
    """Return the command that shows a run or a race."""
    name = clean(folder.id)
    return f"tunetop attach {name}" if isinstance(folder, RunFolder) else f"tunetop race {name} --open"


def tell_detached(folder: LockedFolder, as_json: bool) -> int:
    """Say of a run or a race that goes on in a process of its own where it is; return the exit code."""
    if as_json:
        print_json({"run" if isinstance(folder, RunFolder) else "race": folder.id, "path": str(folder.path)})
    else:
        print(f"{clean(folder.id)} runs on its own; to see it: {command_to_see(folder)}")
    return DONE


def stopping_words(state: RunState, at_once: bool) -> str:
    """Return what a run that is asked to stop waits for, and how to end it at once."""
    if at_once:
        return "asked to stop at once: running folds are given up"
    jobs = state.running_jobs
    if not jobs:
        return "asked to stop"
    (method, number, folds), since = min(jobs.items(), key=lambda job: job[1])
    what = f"{clean(method, 40)} #{number}" + (f" fold {folds[0] + 1}" if len(folds) == 1 else "")
    others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    seconds = max(time.time() - since, 0.0)
    return f"asked to stop; it waits for {what}{others}, running for {duration(seconds)} (again, or --now: at once)"


def tell_end(run: Run | Tournament, out: IO[str]) -> int:
    """Say in a few lines how a run or a race ended and where its files are; return the exit code."""
    from ...engine.tournament.conductor import Tournament
    from ...engine.verdict.summary import run_summary

    if isinstance(run, Tournament):
        return tell(run, out)
    summary = run.summary or run_summary(load_state(run.folder)[0])
    if run.trouble:
        print(f"tunetop: {clean(run.trouble, 600)}", file=sys.stderr)
    print(summary.verdict, file=out)
    print(f"{clean(run.folder.id)}: {summary.state}; files in {clean(run.folder.path, 4000)}", file=out)
    return exit_code(run.outcome)


def tell(race: Tournament, out: IO[str], *, table: bool = True) -> int:
    """Say how a race ended, what it came to, where its files are and how to go on; return the exit code."""
    name, done, planned = clean(race.folder.id), len(race.done), len(race.plan.seeds)
    if table and race.summary is not None:
        print(comparison(race.summary), file=out)
    if race.outcome != "done":
        why = f": {race.trouble}" if race.trouble else ""
        print(f"tunetop: {name} {race.outcome} after {done} of {planned} seeds{clean(why, 600)}", file=sys.stderr)
        print(f"tunetop: to go on: tunetop race {name} --resume", file=sys.stderr)
    if race.files:
        print(f"{name}: {race.outcome}; files: {', '.join(clean(path, 400) for path in race.files)}", file=out)
    elif race.outcome == "stopped":
        print(f"{name}: files come with the second seed, in {clean(race.folder.path, 400)}", file=out)
    if race.outcome == "failed":
        return race.error.exit_code if race.error is not None else FAILED
    return exit_code(race.outcome)


def comparison(summary: TournamentSummary) -> str:
    """Return the table of the methods and what the tests say, as plain text."""
    from ...engine.tournament.compare import power_note, rows, sentences
    from ..render.columns import columns

    note = power_note(len(summary.methods), len(summary.seeds))
    parts = ["\n".join(sentences(summary)), f"! {note}" if note else ""]
    return "\n\n".join([columns(*rows(summary)), *(part for part in parts if part)])
