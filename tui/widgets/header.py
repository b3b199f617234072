"""The monitor's head: what runs, how far it is, how good it is, and whether it is stuck."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from rich.style import Style
from rich.text import Text

from ...engine.events import BASELINE, Value
from ...engine.state import RunState
from ...engine.text import clean, elided
from ..render import numbers
from ..render.glyphs import plain
from ..render.lines import fit, width_of
from ..render.look import PHASES, Look
from ..sessions.base import Session, damage_note
from .line_block import LineBlock, look_of

_IDLE = 10.0
"""Seconds without a running trial from which on a watched search is called idle: when it ends, nobody may say."""

_LONG = 3.0
"""Seconds from which on a running fold is named: shorter ones come and go too fast to be read."""


_NAMES = (40, 30, 24, 20, 16, 14, 12)
"""How many characters of the best trial's names there are: as many as leave room for their values."""


@dataclass
class Part:
    """A piece of a line: the lower its `rank`, the sooner it goes; down to `floor` cells it is shortened before."""

    text: Text
    rank: int
    floor: int = 0
    shorter: Callable[[int], Text] | None = None
    """What it says in so many cells; without it, its end is cut off."""

    def shorten(self, cells: int) -> None:
        """Bring it to so many cells at most."""
        if self.shorter is not None:
            self.text = self.shorter(cells)
        self.text.truncate(cells, overflow="ellipsis")


def packed(left: Sequence[Part], right: Sequence[Part], width: int) -> Text:
    """Return a line of `width` cells with parts at both ends, two blanks apart; what matters least is left out."""
    left, right = list(left), list(right)

    def needed() -> int:
        parts = [*left, *right]
        return sum(part.text.cell_len for part in parts) + 2 * max(len(parts) - 1, 0) + 2

    while needed() > width and len(left) + len(right) > 1:
        last = min([*left, *right], key=lambda part: part.rank)
        over = needed() - width
        if last.floor and last.text.cell_len - over >= last.floor:
            last.shorten(last.text.cell_len - over)
            break
        left, right = ([part for part in side if part is not last] for side in (left, right))
    begin, end = _joined(left), _joined(right)
    room = width - 2 - begin.cell_len - end.cell_len
    line = Text(" ", no_wrap=True, end="").append_text(begin).append(" " * max(room, 0)).append_text(end)
    line.truncate(width, overflow="ellipsis", pad=True)
    return line


def _joined(parts: Sequence[Part]) -> Text:
    return Text("  ", no_wrap=True, end="").join(part.text for part in parts)


def _text(look: Look, text: str, style: Style | None = None) -> Text:
    return Text(look.glyph(text), style or "", no_wrap=True, end="")


def remaining(state: RunState) -> float | None:
    """Return the seconds to go as they looked at the last event; None while that cannot be said.

    It is judged by the trials so far, and does not move without news.
    """
    planned, finished = state.expected_trials, state.finished_trials
    if planned is None or not finished or state.phase != "running" or state.last_at is None:
        return None
    return state.seconds(state.last_at) / finished * max(planned - finished, 0)


def _phase(state: RunState, now: float) -> tuple[str, str]:
    """Return how a run stands, in a word, and the name of its colour."""
    if state.watched and state.phase == "running" and not state.running_jobs:
        if not state.trials:
            return "waiting", "dim"
        if state.last_at is not None and now - state.last_at >= _IDLE:
            return "idle", "dim"
    return "starting" if state.phase == "new" else state.phase, PHASES[state.phase][1]


def _failures(state: RunState, look: Look) -> Part:
    failed = state.failed_trials
    style = look.fore(look.bad, bold=True) if failed else look.dim_style
    return Part(_text(look, f"{failed} failed", style), 80 if failed else 25)


IDLE = 60.0
"""Seconds for which places may stand idle before it is said what would put them to work."""


def idle_hint(state: RunState, now: float) -> str:
    """Return what would put idle workers to work; "" where they are not, or not for long."""
    since = state.cluster.idle_since
    if since is None or state.phase != "running" or now - since < IDLE:
        return ""
    idle = max(state.workers - len(state.running_jobs), 0)
    waiting = [method for method in state.methods.values() if method.phase == "waiting"]
    hints = []
    if waiting and not (state.info and state.info.together):
        hints.append("--together runs methods side by side")
    if any(method.phase == "running" and method.plan.kind in ("bayes", "optuna") for method in state.methods.values()):
        hints.append("open = 4 in its [[method]] lets a search propose that many trials ahead")
    if not hints:
        hints.append("there are no more folds to do at a time than these")
    return f"{idle} of {state.workers} workers have had nothing to do for a minute: {'; '.join(hints)}"


class Header(LineBlock):
    """Two lines, and a third where there is something to know about the run (`banner`)."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.frozen: int | None = None
        """How many trials came since the display was frozen; None: it is not."""
        self.damage = ""
        self.trouble = ""
        self.controlled = True
        """False where one only watches."""

    def take(self, session: Session, frozen: int | None) -> None:
        """Take what is to be said beside the state: what ails the search, who steers it, what is held back."""
        self.damage, self.trouble = session.damage, session.trouble
        self.controlled = session.controls is not None
        self.frozen = frozen

    def draw(self, state: RunState, now: float) -> None:
        """Draw everything anew; only what changed is sent."""
        self.draws_with(lambda: self.draw(state, now))
        look, width = look_of(self), self.size.width
        lines = [self._first(state, now, look, width), self._second(state, now, look, width)]
        if not look.unicode:
            # where something was cut
            for line in lines:
                line.plain = plain(line.plain)
        if banner := self.banner(state, now):
            text, colour = banner
            sign = "! " + text
            lines.append(_text(look, " " + fit(sign, max(width - 1, 0)), look.named(colour)))
        self.show(lines)

    def banner(self, state: RunState, now: float = 0.0) -> tuple[str, str] | None:
        """Return what must be known about the run and the name of its colour.

        Trouble that keeps it from going on goes before damage, that before a reason, and that before notes.
        """
        if self.trouble and not state.ended:
            return clean(self.trouble), "bad"
        if self.damage:
            return damage_note(self.damage), "bad"
        if state.phase == "interrupted":
            if state.watched:
                return "the program that makes this search is gone; here is what it told", "bad"
            name = f" {clean(state.info.run)}" if state.info else ""
            return f"the process that ran this is gone; tunetop resume{name} goes on where it stopped", "bad"
        if state.reason:
            return clean(f"{state.phase}: {state.reason}"), "bad" if state.phase == "failed" else "warn"
        notes = [*filter(None, (idle_hint(state, now),)), *state.notes]
        return (clean("; ".join(notes)), "bad" if state.doubts else "warn") if notes else None

    def _first(self, state: RunState, now: float, look: Look, width: int) -> Text:
        title = clean(state.info.title if state.info else "", 60) or "tunetop"
        word, colour = _phase(state, now)
        glyph = look.glyph(PHASES[word][0]) if word in ("running", "paused", "done", "failed") else ""
        phase = _text(look, f"{glyph} {word} ".lstrip(), look.named(colour, bold=True))
        phase.append(numbers.clock(state.seconds(now)))
        left = [Part(_text(look, title, Style(bold=True)), 60, floor=min(width_of(title), 9)), Part(phase, 100)]
        if self.frozen is not None:
            left.append(Part(_text(look, f"frozen, {self.frozen} new", look.accent_style), 95))
        if (seconds := remaining(state)) is not None:
            left.append(Part(_text(look, f"eta {numbers.eta(seconds)}"), 55))
        if state.watched:
            left.append(Part(_text(look, clean(state.source, 40), look.dim_style), 45))
        left.extend(self._progress(state, look, width))
        return packed(left, self._pulse(state, now, look), width)

    def _progress(self, state: RunState, look: Look, width: int) -> list[Part]:
        finished, planned = state.finished_trials, state.expected_trials
        about = "~" if state.planned_trials is None else ""
        of = f"/{about}{numbers.count(planned)}" if planned is not None else ""
        parts: list[Part] = []
        if planned:
            done = min(finished / planned, 1.0)
            cells = min(max((width - 100) // 2, 0), 30)
            if cells >= 8:
                full = int(done * cells)
                bar = _text(look, look.full * full, look.fore(look.accent))
                bar.append(look.empty * (cells - full), look.dim_style)
                parts.append(Part(bar, 20))
        parts.append(Part(_text(look, f"{numbers.count(finished)}{of} trials"), 90))
        if planned:
            parts.append(Part(_text(look, f"{min(100 * finished // planned, 100)}%"), 50))
        if state.watched and not state.folds:
            # what has no folds has no fits to count besides its trials
            return [*parts, _failures(state, look)]
        fits = state.folds_done
        total = f"/{about}{numbers.count(planned * state.folds)}" if planned and state.info and width >= 120 else ""
        parts.append(Part(_text(look, f"{numbers.count(fits)}{total} fits", look.dim_style), 15))
        return [*parts, _failures(state, look)]

    def _pulse(self, state: RunState, now: float, look: Look) -> list[Part]:
        if state.ended or state.last_at is None:
            return []
        busy = sum(1 for _ in state.running_jobs)
        hosts = len(state.cluster.hosts)
        on = f" on {hosts} host{'s' * (hosts != 1)}" if state.cluster.address else ""
        workers = _text(look, f"{min(busy, state.workers)}/{state.workers} workers{on}", look.dim_style)
        if state.watched and not state.folds:
            # how many workers there are, nobody says
            queued = f"  {numbers.count(state.waiting_trials)} waiting" if state.waiting_trials else ""
            workers = _text(look, f"{busy} running{queued}", look.dim_style)
        age = max(int(now - state.last_at), 0)
        last = _text(look, f"{_age(age)} ago", look.fore(look.warn) if age >= 60 else look.dim_style)
        watching = [] if self.controlled else [Part(_text(look, "watching", look.dim_style), 10)]
        return [*watching, Part(workers, 40), Part(last, 85)]

    def _second(self, state: RunState, now: float, look: Look, width: int) -> Text:
        best = state.best
        if best is None:
            left = [Part(_text(look, "no score yet", look.dim_style), 100)]
        else:
            name = "baseline" if best.method == BASELINE else f"{clean(best.method, 20)} #{best.number}"
            score = _text(look, "best ", look.dim_style)
            score.append(numbers.score(state.own(best.mean)), look.accent_style).append(
                f" {look.star} ", look.accent_style
            )
            score.append(name, look.fore(look.method_style(state, best.method)))
            left = [Part(score, 100)]
            if best.params:
                params = partial(_params, look, params=best.params)
                left.append(Part(params(width), 60, 12, params))
        base = state.baseline
        if base is not None and best is not base:
            left.append(Part(_text(look, f"baseline {numbers.score(base.mean)}", look.dim_style), 30))
        if state.info is not None and state.info.positive:
            left.append(Part(_text(look, f"positive: {clean(state.info.positive, 24)}", look.dim_style), 25))
        return packed(left, [Part(part, 90) for part in self._under_way(state, now, look)], width)

    def _under_way(self, state: RunState, now: float, look: Look) -> list[Text]:
        if state.ended or not state.running_jobs:
            return []
        if silent := [trial for method, number, _ in state.running_jobs
                      if (trial := state.trial((method, number))) is not None and trial.silent]:  # fmt: skip
            longest = min(silent, key=lambda trial: trial.heard_at)
            more = f" +{len(silent) - 1}" if len(silent) > 1 else ""
            said = f"! {clean(longest.method, 12)} #{longest.number} silent {_age(int(now - longest.heard_at))}{more}"
            return [_text(look, said, look.fore(look.warn))]
        (method, number, folds), since = min(state.running_jobs.items(), key=lambda job: job[1])
        others = len(state.running_jobs)
        if now - since < _LONG:
            return [_text(look, f"{others} running", look.dim_style)]
        name = "baseline" if method == BASELINE else f"{clean(method, 12)} #{number}"
        if len(folds) == 1:
            name += f" fold {folds[0] + 1}"
        more = f" +{others - 1}" if others > 1 else ""
        return [_text(look, f"{look.play} {name} {_age(int(now - since))}{more}", look.fore(look.accent))]


def _age(seconds: int) -> str:
    if seconds < 6000:
        return f"{seconds} s" if seconds < 100 else f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172800 else f"{seconds // 86400} d"


def _params(look: Look, cells: int, params: Mapping[str, Value]) -> Text:
    """Return names and values in so many cells: names shortened, then the last ones left out.

    No value is cut as long as one fits: its end may be the exponent.
    """
    items = [(clean(name, 40), numbers.compact(value)) for name, value in params.items()]

    def ends(longest: int) -> list[int]:
        """Return in which cell each ends, two blanks behind it counted."""
        return list(accumulate(width_of(elided(name, longest)) + width_of(value) + 3 for name, value in items))

    longest = next((n for n in _NAMES if ends(n)[-1] - 2 <= cells), _NAMES[-1])
    reached = ends(longest)
    # what is left out takes a cell for its ellipsis
    shown = len(items) if reached[-1] - 2 <= cells else max(bisect_right(reached, cells - 1), 1)
    named = [Text.assemble((elided(name, longest) + " ", look.dim_style), value) for name, value in items[:shown]]
    text = Text("  ", no_wrap=True, end="").join([*named, *([Text("…")] if shown < len(items) else [])])
    return text if look.unicode else Text(plain(text.plain), no_wrap=True, end="")
