"""A race without a screen: lines that can be searched while it goes on, and what it came to."""

from __future__ import annotations

import sys
import time
from typing import IO, TYPE_CHECKING

from ...engine.text import clean, without_age
from ..sessions.tournament import TournamentFeed
from ..terminal.tty import lasting_output
from .closing import print_json, tell
from .headless import interrupts

if TYPE_CHECKING:
    from ...engine.state import RunState
    from ...engine.tournament.conductor import Tournament

_LOOK = 0.1
"""Seconds between two looks at the journals."""


def run_race(race: Tournament, *, as_json: bool) -> int:
    """Show a race's progress as lines until it ends, then the comparison; return the exit code.

    With `as_json` the lines go to standard error and the comparison is one JSON document.
    """
    with lasting_output():
        lines = _Lines(sys.stderr if as_json else sys.stdout)
        feed = TournamentFeed(race.folder)
        where = f"folder={clean(race.folder.path, 400)}"
        lines.say("race", f"id={race.folder.id} preset={feed.plan.preset} seeds={len(feed.plan.seeds)} {where}")
        with interrupts(race) as notes:
            over, trouble = False, ""
            while not over:
                over = race.finished.wait(_LOOK)
                feed.poll(_LOOK)
                lines.show(feed)
                while notes:
                    lines.say("note", notes.pop(0))
                if without_age(race.trouble) != without_age(trouble) and not over:
                    trouble = race.trouble
                    lines.say("note", trouble or "going on")
            while feed.poll(1.0) or feed.behind:
                pass
            lines.show(feed)
            lines.say("race", f"state={race.outcome} {clean(race.trouble, 600)}".rstrip())
            if as_json:
                print_json(race.summary)
            else:
                print()
            return tell(race, sys.stderr if as_json else sys.stdout, table=not as_json)


class _Lines:
    """One line when a seed begins and when it ends: `2026-01-31T12:00:00 seed number=3 run=small-4 state=done …`."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        self._phases: dict[int, str] = {}

    def say(self, kind: str, text: str) -> None:
        """Write a line."""
        print(time.strftime("%Y-%m-%dT%H:%M:%S"), kind, clean(text, 4000), file=self._out, flush=True)

    def show(self, feed: TournamentFeed) -> None:
        """Write a line for each seed that stands otherwise than before."""
        for seed, known in feed.feeds.items():
            state = known.state
            if known.behind or state.phase in ("new", self._phases.get(seed)):
                continue
            self._phases[seed] = state.phase
            self.say("seed", _seed(seed, known.folder.id, state))


def _seed(seed: int, run: str, state: RunState) -> str:
    parts = [f"number={seed}", f"run={run}", f"state={state.phase}"]
    if state.finished_trials:
        parts.append(f"trials={state.finished_trials}")
    if state.best is not None and state.best.mean is not None:
        parts += [f"best={state.best.mean:.6g}", f"by={state.best.method}"]
    if state.ended:
        parts.append(f"seconds={state.seconds(time.time()):.3g}")
    return " ".join(parts)
