"""The command `tunetop watch`: searches of other programs, from inside or from outside."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ...engine.errors import UsageError
from ...engine.events import Record
from ...engine.record.run_folder import RunFolder
from ...engine.record.store import Store
from ...engine.sources.address import Address
from ...engine.sources.base import Source
from ...engine.sources.find import ALLOWED, file_of, source_of
from ...engine.sources.here import found_here, studies_in
from ...engine.text import clean
from ..sessions.source import SourceFeed, SourceSession
from .closing import print_json
from .exit_codes import DONE
from .options import Headless, Json, Mouse, RunsDir, Ssh, store_of
from .screen import has_screen, open_screen

commands = typer.Typer()

_OFTEN = {"min": "minimize", "max": "maximize", "minimize": "minimize", "maximize": "maximize"}


@commands.command()
def watch(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE | -- COMMAND…]", help=f"What to watch: {ALLOWED}.")
    ] = None,
    study: Annotated[str | None, typer.Option(help="The study, where there are several.")] = None,
    of: Annotated[int | None, typer.Option("--of", help="How many trials there will be, where nobody says.")] = None,
    direction: Annotated[
        str | None, typer.Option(help="Which way the metric counts, where nobody says: minimize or maximize.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="The metric of a Ray experiment that leads.")] = None,
    mode: Annotated[str | None, typer.Option(help="min or max, as Ray says it.")] = None,
    record: Annotated[bool, typer.Option("--record", help="Keep what is watched as a run of its own.")] = False,
    take_over: Annotated[
        bool, typer.Option("--resume", help="With a command: do not fit again what was recorded before.")
    ] = False,
    headless: Headless = False,
    as_json: Json = False,
    runs_dir: RunsDir = None,
    ssh: Ssh = None,
    mouse: Mouse = True,
) -> int:
    """Watch searches that other programs make: scikit-learn's, Optuna's, Ray Tune's."""
    store = store_of(context, runs_dir)
    screen = not (headless or as_json) and has_screen()
    words = source or []
    if words and "--" in sys.argv:
        from .watch_program import watch_program

        return watch_program(words, store, screen=screen, as_json=as_json, resume=take_over, ssh=ssh, mouse=mouse)
    if len(words) > 1:
        raise UsageError(f"found {len(words)} sources; allowed: one, or a command after --")
    if of is not None and of < 1:
        raise UsageError(f"--of: found {of}; allowed: a whole number from 1 on")
    way = _mode(direction, mode)
    options = {"planned": of, "metric": metric, "mode": way}
    if words and (secrets := Address(words[0]).secrets):
        from .own_arguments import hide

        hide(reversed(secrets))
    if not words and not screen:
        return _list(as_json)
    if screen and (place := _to_choose_from(words, study)) is not None:
        from .watch_choices import choices

        find = choices(place, words[0] if words else None, store, options)
        return open_screen(store, ssh=ssh, mouse=mouse, choices=find, watch_only=True)

    def make() -> Source:
        return source_of(words[0], study=study, **options)

    if screen:
        return _on_screen(make, store, record=record, ssh=ssh, mouse=mouse)
    return _without_screen(make(), store, record=record, as_json=as_json, planned=of)


def _to_choose_from(words: list[str], study: str | None) -> Path | None:
    """Return the folder or the file that holds several searches of which none is named; None where one is meant."""
    if not words:
        return Path.cwd()
    file = file_of(words[0]) if study is None else None
    return file if file is not None and len(studies_in(file, words[0])) > 1 else None


def _mode(direction: str | None, mode: str | None) -> str | None:
    """Return the mode that either option asks for, as Ray says it."""
    for name, value in (("--direction", direction), ("--mode", mode)):
        if value is not None:
            if value not in _OFTEN:
                raise UsageError(f"{name}: found {clean(value, 40)!r}; allowed: minimize, maximize, min, max")
            return _OFTEN[value][:3]
    return None


def _on_screen(make: Callable[[], Source], store: Store, *, record: bool, ssh: bool | None, mouse: bool) -> int:
    """Show a source on the screen."""
    from ...engine.recorders.copy import Copy

    copy: Copy | None = None

    def kept() -> RunFolder | None:
        return copy.folder if copy is not None else None

    def take(records: list[Record]) -> None:
        if copy is not None:
            copy.take(records)

    session = SourceSession(make, also=take, kept=kept)
    if record:
        copy = Copy(store, clean(session.name, 56))
    try:
        return open_screen(store, ssh=ssh, mouse=mouse, watched=session, watch_only=True)
    finally:
        if copy is not None:
            copy.close()
            if copy.id:
                print(f"tunetop: kept as {clean(copy.id)}", file=sys.stderr)


def _without_screen(source: Source, store: Store, *, record: bool, as_json: bool, planned: int | None) -> int:
    """Show a source's progress in lines until it ends; as JSON, tell how it stands and leave."""
    from ...engine.recorders.copy import Copy
    from ...engine.verdict import summary
    from .headless import watch as follow

    copy = Copy(store, clean(source.id, 56)) if record else None
    feed = SourceFeed(source, also=copy.take if copy is not None else None, planned=planned)
    try:
        if as_json:
            while feed.poll(1.0) or feed.behind:
                if feed.trouble:
                    raise UsageError(f"{source.id}: {feed.trouble}")
            print_json(summary.run_summary(feed.state))
        else:
            follow(feed, None, sys.stdout)
    finally:
        if copy is not None:
            copy.close()
    if copy is not None and copy.id:
        print(f"tunetop: kept as {clean(copy.id)}", file=sys.stderr)
    return DONE


def _list(as_json: bool) -> int:
    """List what there is to watch here."""
    from ..render.columns import columns

    found = found_here(Path.cwd())
    if as_json:
        keys = ("source", "study", "kind", "what", "live")
        print_json([{key: getattr(one, key) for key in keys} for one in found])
    elif not found:
        print(f"Nothing to watch is found here. tunetop watch takes {ALLOWED}.")
    else:
        print(columns(["source", "kind", "what"], [[clean(one.source, 200), one.kind, one.what] for one in found]))
        print("\ntunetop watch SOURCE shows one of them; --study names one of several.")
    return DONE
