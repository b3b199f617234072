"""`tunetop stop`, `pause` and `unpause`: a run of any terminal, asked from this one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ...engine.record.run_folder import load_state
from ...engine.text import clean
from ..sessions.run import RemoteControl
from .closing import stopping_words
from .exit_codes import DONE
from .options import RunName, RunsDir, store_of

commands = typer.Typer()


def _control(
    context: typer.Context,
    run_name: str | None,
    runs_dir: Path | None,
    ask: Callable[[RemoteControl], None],
    words: str,
) -> int:
    folder = store_of(context, runs_dir).find(run_name)
    ask(RemoteControl(folder))
    print(f"{clean(folder.id)}: {words}")
    return DONE


@commands.command()
def stop(
    context: typer.Context,
    run_name: RunName = None,
    now: Annotated[bool, typer.Option("--now", help="Give up running folds.")] = False,
    runs_dir: RunsDir = None,
) -> int:
    """Stop a run of any terminal: running folds finish, the summary is written. Asked again, it ends at once."""
    state, _ = load_state(store_of(context, runs_dir).find(run_name))
    ask = RemoteControl.stop_now if now else RemoteControl.stop
    return _control(context, run_name, runs_dir, ask, stopping_words(state, now or state.phase == "stopping"))


@commands.command()
def pause(context: typer.Context, run_name: RunName = None, runs_dir: RunsDir = None) -> int:
    """Let a run begin no new folds."""
    return _control(context, run_name, runs_dir, RemoteControl.pause, "asked to pause")


@commands.command()
def unpause(context: typer.Context, run_name: RunName = None, runs_dir: RunsDir = None) -> int:
    """Let a paused run go on."""
    return _control(context, run_name, runs_dir, RemoteControl.unpause, "asked to go on")
