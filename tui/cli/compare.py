"""`tunetop compare RUN RUN…`: runs side by side; of one run, the leaderboard of all on the same data."""

from __future__ import annotations

from typing import Annotated

import typer

from ...engine.errors import UsageError
from ...engine.text import clean
from ...engine.tournament import folder as tournaments
from ..render.side_by_side import board_lines, comparison_lines
from .closing import print_json
from .exit_codes import DONE
from .options import Json, RunsDir, store_of

commands = typer.Typer()


@commands.command()
def compare(
    context: typer.Context,
    run_names: Annotated[list[str], typer.Argument(metavar="RUN…", help="Ids or paths; one alone: its leaderboard.")],
    as_json: Json = False,
    runs_dir: RunsDir = None,
) -> int:
    """Hold runs side by side: what differs, winners with paired tests; of one run, all runs on the same data."""
    from ...engine.export.known_runs import known_run, runs_on_the_data_of
    from ...engine.verdict.side_by_side import leaderboard, side_by_side

    store = store_of(context, runs_dir)
    if race := next((name for name in run_names if tournaments.named(store, name)), None):
        named = clean(race, 300)
        raise UsageError(f"{named} is a race, not a run: tunetop race {named} --open compares its methods")
    folders = list({folder.path.resolve(): folder for name in run_names for folder in [store.find(name)]}.values())
    runs = [known_run(folder) for folder in folders]
    if len(runs) == 1:
        board = leaderboard(runs_on_the_data_of(runs[0], store))
        found, lines = board, board_lines(board, runs[0].name)
    else:
        found = side_by_side(runs)
        lines = comparison_lines(found)
    if as_json:
        print_json(found)
    else:
        print("\n".join(lines))
    return DONE
