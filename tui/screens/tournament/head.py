"""The head of a race's screen: how far it is, which seed is under way, and how long it will take."""

from __future__ import annotations

from rich.style import Style
from rich.text import Text

from ....engine.text import clean
from ...render import numbers
from ...render.look import Look
from ...sessions.tournament import TournamentFeed, TournamentSession
from ...widgets.header import Part, packed, remaining
from ...widgets.pane import Row, line

_BOLD = Style(bold=True)

_GOING = ("running", "stopping")

_QUIET = 5
"""Seconds without news after which it is said how long ago the last came."""


def head_rows(session: TournamentSession, look: Look, width: int, now: float) -> list[Row]:
    """Return two rows, and a third where there is trouble; `now` is in seconds since the epoch."""
    rows = [Row(_first(session, look, width, now)), Row(_second(session, look, width))]
    if trouble := banner(session):
        rows.append(Row(line(" ", (trouble, look.fore(look.bad)), width=width)))
    return rows


def banner(session: TournamentSession) -> str:
    """Return what keeps the race from going on, or what ended it early; empty: nothing."""
    trouble = session.trouble or session.feed.plan.reason
    if session.phase == "interrupted":
        trouble = f"the process that ran this is gone; tunetop race {session.folder.id} --resume goes on"
    elif session.phase == "stopped" and not trouble:
        trouble = f"stopped; tunetop race {session.folder.id} --resume goes on"
    return f"! {clean(trouble, 400)}" if trouble and session.phase != "done" else ""


def seconds_to_go(session: TournamentSession, now: float) -> float | None:
    """Return the seconds to go, by what the seeds that are done took, and the one under way so far."""
    feed, live = session.feed, session.feed.live
    if session.phase != "running":
        return None
    took = [state.seconds(now) for state in feed.done.values()]
    rest = remaining(live) if live is not None else None
    spent = live.seconds(now) if live is not None else 0.0
    if not took and rest is None:
        return None
    each = sum(took) / len(took) if took else spent + (rest or 0.0)
    if live is not None and rest is None:
        rest = max(each - spent, 0.0)
    waiting = len(feed.plan.seeds) - len(took) - (live is not None)
    return each * waiting + (rest or 0.0)


def _first(session: TournamentSession, look: Look, width: int, now: float) -> Text:
    """What is raced, and how far."""
    feed, phase = session.feed, session.phase
    mark, style = look.phase_mark("new" if phase == "starting" else phase)
    elapsed = sum(known.state.seconds(now) for known in feed.feeds.values())
    left = [
        Part(line((clean(feed.plan.title, 60), _BOLD)), 60, floor=9),
        Part(line(("race", look.dim_style)), 50),
        Part(line((f"{mark} {phase} ".lstrip(), style + _BOLD), numbers.clock(elapsed)), 100),
    ]
    live, seeds = feed.live, feed.plan.seeds
    if phase in _GOING:
        place = seeds.index(feed.current) + 1 if feed.current is not None else len(feed.done)
        left.append(Part(line(f"seed {place} of {len(seeds)}"), 90))
    if (seconds := seconds_to_go(session, now)) is not None:
        left.append(Part(line(f"eta {numbers.eta(seconds)}"), 70))
    right = [] if session.own else [Part(line(("watching", look.dim_style)), 10)]
    if live is None or phase not in _GOING:
        return packed(left, [*right, Part(line((clean(session.folder.id, 40), look.dim_style)), 20)], width)
    busy = min(len(live.running_jobs), live.workers)
    right.append(Part(line((f"{busy}/{live.workers} workers", look.dim_style)), 40))
    age = max(now - (live.last_at or now), 0.0)
    if age >= _QUIET:
        right.append(Part(line((numbers.age(int(age)), look.fore(look.warn) if age >= 60 else look.dim_style)), 80))
    return packed(left, right, width)


def _second(session: TournamentSession, look: Look, width: int) -> Text:
    """All seeds, and what the one under way has come to."""
    feed, live = session.feed, session.feed.live
    left = [Part(_strip(feed, look, max(width // 3, 10)), 80)]
    if live is None:
        done, seeds = len(feed.done), len(feed.plan.seeds)
        words = {"starting": "loading data, starting workers …"}
        words["running"] = "writing the files …" if done == seeds else "on to the next seed …"
        said = words.get(session.phase, f"{done} of {seeds} seeds done")
        return packed([*left, Part(line((said, look.dim_style)), 100)], [], width)
    expected = live.expected_trials
    about = "~" if live.planned_trials is None else ""
    total = "" if expected is None else f"/{about}{numbers.count(expected)}"
    left.append(Part(line(f"{numbers.count(live.finished_trials)}{total} trials"), 90))
    if expected:
        left.append(Part(line((f"{min(100 * live.finished_trials // expected, 100)}%", look.dim_style)), 30))
    if (best := live.best) is not None:
        shown = line(("best ", look.dim_style), (f"{numbers.score(best.mean)} {look.star}", look.accent_style))
        shown.append(f" {clean(best.method, 14)} #{best.number}", look.fore(look.method_style(live, best.method)))
        left.append(Part(shown, 70))
    if live.failed_trials:
        left.append(Part(line((f"{live.failed_trials} failed", look.fore(look.bad))), 60))
    return packed(left, [], width)


def _strip(feed: TournamentFeed, look: Look, room: int) -> Text:
    """Return one glyph a seed: done, under way, waiting; where there are too many, those around the one under way."""
    text = line()
    seeds, done = feed.plan.seeds, feed.done
    current = feed.current
    first = 0
    if len(seeds) > room:
        place = seeds.index(current) if current is not None else len(done)
        first = min(max(place - room // 2, 0), len(seeds) - room)
    for seed in seeds[first : first + room]:
        if seed in done:
            text.append(look.tick, look.fore(look.good))
        elif seed in feed.feeds:
            text.append(*look.phase_mark(feed.feeds[seed].state.phase))
        else:
            text.append(look.missing, look.dim_style)
    return text
