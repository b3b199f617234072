"""Everything about one trial."""

from __future__ import annotations

import math
import time

from rich.style import Style
from rich.text import Text

from ...engine.events import Axis, TrialKey, Value
from ...engine.state import RunState, TrialState, mean, spread
from ...engine.text import clean, clean_block
from ..render.lines import fit, width_of, wrapped
from ..render.look import Look
from ..render.numbers import compact, count, duration, score, score_within, signed
from ..sessions.base import Session
from ..widgets.pane import Row, cut, hanging, line
from .base import PaneScreen
from .host import Host

BOLD = Style(bold=True)


class TrialScreen(PaneScreen[None], where="trial"):
    """One trial of a run, live while it is running; left and right go to its neighbours."""

    def __init__(self, host: Host, session: Session, key: TrialKey) -> None:
        super().__init__(host)
        self._session = session
        self.key = key
        self._seen: object = None

    @property
    def state(self) -> RunState:
        """What is known of the run."""
        return self._session.state

    @property
    def trial(self) -> TrialState | None:
        """The trial shown."""
        return self.state.trial(self.key)

    def refresh_news(self) -> None:
        """Show what is new about the trial."""
        state, trial = self.state, self.trial
        seen = (self.key, trial.revision if trial else None, state.best.key if state.best else None, state.baseline)
        if seen != self._seen:
            self._seen = seen
            self.reload()

    def head(self) -> tuple[Text, Text]:
        """Return the trial's name and how it stands."""
        look, trial, state = self.look, self.trial, self.state
        name = line(" ", (f"{clean(self.key[0], 40)} #{self.key[1]}", BOLD))
        if trial is None:
            return name, line()
        if trial.manual:
            name.append("  by hand", look.dim_style)
        if state.best is trial:
            name.append_text(line("  ", (f"{look.star} best of the run", look.accent_style)))
        elif state.methods[trial.method].best is trial:
            name.append_text(line("  ", (f"{look.star} best of its method", look.accent_style)))
        if state.methods[trial.method].rule is not None and state.methods[trial.method].chosen is trial:
            name.append_text(line("  ", ("winner: the simplest near the best", look.accent_style)))
        phase = state.standing(trial.phase)
        glyph, style = look.phase_mark(phase)
        title = clean(state.info.title, 40) if state.info else ""
        return name, line((title, look.dim_style), "   ", (f"{glyph} {phase} ", style))

    def _rows(self, width: int) -> list[Row]:
        trial = self.trial
        if trial is None:
            return [Row(line(" This trial is gone: the journal was replaced."))]
        return trial_rows(self.state, trial, self.look, width)

    def action_copy(self) -> None:
        if (trial := self.trial) is not None:
            self.host.outputs.copy_parameters(trial)

    def action_add_by_hand(self) -> None:
        self.host.steering.ask_for_trial(self.trial)

    def action_fail(self) -> None:
        if (trial := self.trial) is not None:
            self.host.steering.ask_to_fail(trial)

    def action_step(self, by: int) -> None:
        numbers = sorted(self.state.methods[self.key[0]].trials) if self.key[0] in self.state.methods else []
        if self.key[1] in numbers:
            place = numbers.index(self.key[1]) + by
            if 0 <= place < len(numbers):
                self._show((self.key[0], numbers[place]))

    def action_best(self) -> None:
        if self.state.best is not None:
            self._show(self.state.best.key)

    def action_original(self) -> None:
        """The trial whose scores were reused."""
        trial = self.trial
        if trial is not None and trial.reused is not None:
            self._show((trial.reused[0], trial.reused[1]))

    def _show(self, key: TrialKey) -> None:
        self.key = key
        self.active.top = 0
        self.refresh_news()


def trial_rows(state: RunState, trial: TrialState, look: Look, width: int) -> list[Row]:
    """Return all that is known about a trial as rows of at most `width` cells."""
    rows = [Row(_score_line(state, trial, look, width)), Row(line())]
    if trial.phase == "failed":
        rows += _failure_rows(trial, look, width)
    rows += [Row(line((" PARAMETERS", look.dim_style)))]
    axes = {axis.name: axis for axis in (state.info.axes if state.info else [])}
    longest = min(max((width_of(clean(name, 60)) for name in trial.params), default=0), width // 2)
    for name, value in trial.params.items():
        rows.append(Row(_parameter(clean(name, 60), value, axes.get(name), longest, look, width)))
    rows += _fold_rows(state, trial, look, width)
    rows += [Row(line()), *_fact_rows(state, trial, look, width)]
    if trial.warnings:
        total = sum(trial.warnings.values())
        rows += [Row(line()), Row(line((f" WARNINGS  {count(total)}", look.dim_style)))]
        for text, times in sorted(trial.warnings.items(), key=lambda item: -item[1]):
            lead = line((f"{f'{count(times)} ×':>9}  ", look.fore(look.warn)))
            rows += hanging(lead, clean(text, 1000), max(width - 12, 20))
    if trial.details:
        rows += [Row(line()), Row(line((" DETAILS", look.dim_style)))]
        for part in clean_block(trial.details).split("\n"):
            indent = " " * min(3 + len(part) - len(part.lstrip()), width // 2)
            rows += [Row(line(indent + piece, width=width)) for piece in wrapped(part, width - len(indent) - 1)]
    return rows


def _score_line(state: RunState, trial: TrialState, look: Look, width: int) -> Text:
    scoring = clean(state.info.scoring, 40) if state.info else "score"
    if trial.mean is None:
        known = trial.known_scores
        open_folds = state.info and state.info.folds and trial.phase == "running"
        text = f"{len(known)} of {state.folds} folds" if open_folds else "no score"
        return line(" ", (scoring, look.dim_style), "  ", text, width=width)
    std = f" {look.plus_minus} {score(trial.std)}" if trial.std is not None else ""
    if trial.phase == "raced" and trial.by_fold and state.info:
        std = f" reckoned from {len(trial.by_fold)} of {state.info.folds} folds"
    text = line(" ", (scoring, look.dim_style), "  ", (score(state.own(trial.mean)), BOLD), (std, look.dim_style))
    difference = state.difference_to_baseline(trial)
    if difference is not None and trial is not state.baseline:
        colour = look.good if difference > 0 else look.bad if difference < 0 else look.dim
        text.append_text(line("   ", (signed(difference).strip(), look.fore(colour)), " against the baseline"))
    better = sum(other.mean is not None and other.mean > trial.mean for other in state.trials)
    scored = sum(other.mean is not None for other in state.trials)
    text.append(f"   rank {count(better + 1)} of {count(scored)}", look.dim_style)
    return cut(text, width)


def _failure_rows(trial: TrialState, look: Look, width: int) -> list[Row]:
    bad = look.fore(look.bad)
    error = clean(trial.error or "no reason was given", 2000)
    return [*hanging(line((f" {look.cross} ", bad)), error, max(width - 4, 20), bad), Row(line())]


def _parameter(name: str, value: Value, axis: Axis | None, longest: int, look: Look, width: int) -> Text:
    exact = compact(value, 80) if isinstance(value, str) else repr(value)
    text = line("   ", fit(name, longest), "  ", (exact, BOLD))
    if axis is None:
        return cut(text, width)
    where = _place(value, axis)
    if where is None:
        labels = ", ".join(compact(label) for label in axis.labels)
        text.truncate(max(longest + 20, text.cell_len), pad=True)
        return cut(text.append(f"  of {labels}" if labels else "", look.dim_style), width)
    low, high = compact(axis.low), compact(axis.high)
    cells = min(width - longest - 40 - len(high) - len(axis.scale), 20)
    if cells < 6:
        return cut(text, width)
    text.truncate(longest + 28, overflow="ellipsis", pad=True)
    mark = round(min(max(where, 0.0), 1.0) * (cells - 1))
    rule, dot = look.rule, look.dot
    text.append_text(
        line(
            (f"{low:>8} {rule * mark}", look.dim_style),
            (dot, look.accent_style),
            (rule * (cells - 1 - mark), look.dim_style),
        )
    )
    outside = "" if 0 <= where <= 1 else "  outside the range"
    return cut(text.append(f" {high} {axis.scale}{outside}", look.dim_style), width)


def _place(value: Value, axis: Axis) -> float | None:
    """Return where a number lies between the axis's ends, 0 to 1 (or beyond), None for a choice."""
    low, high = axis.low, axis.high
    if axis.scale == "choice" or low is None or high is None or isinstance(value, bool | str | None) or high <= low:
        return None
    if axis.scale == "log":
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low)) if value > 0 and low > 0 else None
    return (value - low) / (high - low)


def _fold_rows(state: RunState, trial: TrialState, look: Look, width: int) -> list[Row]:
    if not trial.scores:
        return []
    base = state.baseline if state.baseline is not trial else None
    others = base.scores if base is not None and len(base.scores) == len(trial.scores) else []
    known = [value for value in (*trial.scores, *others) if value is not None]
    heading = "   fold     score    Δ base  fit and score"
    longest = min(max((width_of(clean(host, 40)) for host in (trial.hosts or {}).values()), default=0), width // 4)
    rows = [Row(line()), Row(line((" FOLDS", look.dim_style))), Row(line((look.glyph(heading), look.dim_style)))]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    low -= 0.25 * (high - low)
    cells = max(min(width - 48 - longest, 48), 0)
    for index, value in enumerate(trial.scores):
        theirs = others[index] if others else None
        difference = signed(value - theirs) if value is not None and theirs is not None else look.nothing
        seconds = _fold_seconds(trial, index)
        text = line(f"   {index + 1:>4}  {score(state.own(value)):>8}  {difference:>8}  {duration(seconds):>13}  ")
        if trial.hosts is not None:
            text.append(fit(clean(trial.hosts.get(index, ""), 40), longest) + " ", look.dim_style)
        if value is not None and cells:
            share = (value - low) / (high - low) if high > low else 1.0
            colour = look.method_style(state, trial.method)
            text.append(look.full * max(round(share * cells), 1), look.fore(colour))
        elif cells:
            text.append(look.missing, look.dim_style)
        rows.append(Row(text))
    return rows


def _fold_seconds(trial: TrialState, index: int) -> float | None:
    # while a trial runs its seconds stand in order of arrival, which need not be the folds' order
    if trial.phase == "running" or trial.scores[index] is None:
        return None
    # a trial that was raced out has not had all folds, and seconds for those only that it had
    place = sum(value is not None for value in trial.scores[:index])
    if place >= len(trial.fit_seconds):
        return None
    return trial.fit_seconds[place] + (trial.score_seconds[place] if place < len(trial.score_seconds) else 0.0)


def _fact_rows(state: RunState, trial: TrialState, look: Look, width: int) -> list[Row]:
    started = time.strftime("%H:%M:%S", time.localtime(trial.started_at))
    facts = [("seen in the queue" if trial.phase == "waiting" else "started", started)]
    if trial.finished_at is not None:
        facts.append(("took", duration(trial.finished_at - trial.started_at)))
    if trial.fit_seconds:
        fit_seconds, score_seconds = sum(trial.fit_seconds), sum(trial.score_seconds)
        facts.append(("work", f"{duration(fit_seconds)} fitting, {duration(score_seconds)} scoring"))
    if trial.reused is not None:
        facts.append(("reused", f"the scores of {clean(trial.reused[0], 40)} #{trial.reused[1]}: nothing was fitted"))
    if trial.phase == "raced" and trial.by_fold and state.info:
        had = ", ".join(str(fold + 1) for fold in sorted(trial.by_fold))
        facts.append(("raced out", f"after {len(trial.by_fold)} of {state.info.folds} folds ({had}): it could not win"))
    elif trial.phase == "raced" and trial.steps:
        facts.append(("ended", f"early, after step {trial.steps[-1][0]}, by its own program"))
    elif trial.phase == "raced" and state.watched and not trial.resource:
        facts.append(("ended", "early, by its own program"))
    elif trial.phase == "raced":
        facts.append(("raced out", "others did better with as few resources"))
    if trial.resource:
        facts.append(("resources", f"{trial.resource:,}".replace(",", " ")))
    if trial.attempt > 1:
        facts.append(("attempt", f"{trial.attempt}: it was interrupted before"))
    if trial.manual:
        facts.append(("origin", "added by hand"))
    elif (method := state.methods.get(trial.method)) is not None and trial.number < method.plan.start:
        facts.append(("origin", "one of the points that the preset begins with"))
    facts += _further_facts(state, trial, look)
    longest = max(10, *(width_of(name) + 1 for name, _ in facts))
    return [Row(line((f"   {fit(name, longest)}", look.dim_style), value, width=width)) for name, value in facts]


def _further_facts(state: RunState, trial: TrialState, look: Look) -> list[tuple[str, str]]:
    """Return what else is known of a trial: further metrics, and of another program's its last step and attributes."""
    facts: list[tuple[str, str]] = []
    if trial.silent:
        facts.append(("silent", "not heard of for longer than trials take: its process may be gone"))
    if trial.steps:
        step, value = trial.steps[-1]
        facts.append(("last step", f"{step}: {score(state.own(value))}, of {len(trial.steps)} told"))
    for name, values in list((trial.others or {}).items())[:_MOST_FACTS]:
        apart = f" {look.plus_minus}{score_within(spread(values), 4)}" if len(values) > 1 else ""
        facts.append((clean(name, 20), score(mean(values)) + apart))
    for name, value in list((trial.attributes or {}).items())[:_MOST_FACTS]:
        facts.append((clean(name, 20), clean(value, 200)))
    return facts


_MOST_FACTS = 12
"""Further metrics, and attributes, that are listed of a watched trial."""
