"""How one trial looks in the table, and the table's head."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ...engine.state import RunState, TrialState
from ...engine.text import clean
from ...engine.trials.scales import ScoreRange
from ..render import numbers
from ..render.glyphs import plain
from ..render.lines import fit, width_of
from ..render.look import Look
from ..render.spark import fold_strip
from .table_layout import Column, TableLayout

_PLAIN = Style.null()


@dataclass(frozen=True)
class RowStyle:
    """What all rows share: the look, the columns, the scales of folds and of means, and the number of folds."""

    look: Look
    layout: TableLayout
    state: RunState
    folds: int
    fold_range: ScoreRange
    mean_range: ScoreRange
    width: int


def head(row: RowStyle, sort: str, descending: bool) -> Strip:
    """Return the line with the columns' titles; the one sorted by carries an arrow."""
    look, layout = row.look, row.layout
    params = [column for column in layout.columns if column.axis is not None]
    parts: list[Segment] = [Segment(" ", _PLAIN)]
    for index, column in enumerate(layout.columns):
        if index:
            parts.append(Segment(" " * layout.gap, _PLAIN))
        title = column.title
        if params and column is params[0] and layout.before:
            title = f"<{layout.before} {title}"
        if params and column is params[-1] and layout.after:
            title = fit(title, max(min(width_of(title), column.width - len(str(layout.after)) - 2), 1))
            title += f" {layout.after}>"
        chosen = column.key == sort or (sort == "mean" and column.key == "mean")
        if chosen:
            title = fit(title, min(width_of(title), column.width - 1)) + (look.down if descending else look.up)
        text = fit(title, column.width, "left" if column.left else "right")
        style = look.accent_style if chosen else look.dim_style
        parts.append(Segment(text if look.unicode else plain(text), style))
    return Strip(parts).adjust_cell_length(row.width)


def line(row: RowStyle, trial: TrialState, best: bool) -> Strip:
    """Return a trial's line, `width` cells, without the cursor's mark."""
    layout = row.layout
    parts: list[Segment] = [Segment(" ", _PLAIN)]
    used = 1
    for index, column in enumerate(layout.columns):
        if index:
            parts.append(Segment(" " * layout.gap, _PLAIN))
            used += layout.gap
        if trial.phase == "failed" and column.key == "mean":
            # the reason takes the room of the numbers that a failed trial does not have
            reason = f"{row.look.cross} {clean(trial.error) or 'failed'}"
            parts.append(_segment(row, reason, row.width - used, row.look.fore(row.look.bad), left=True))
            break
        parts.extend(_cell(row, column, trial, best))
        used += column.width
    return Strip(parts).adjust_cell_length(row.width)


def _segment(row: RowStyle, text: str, width: int, style: Style, *, left: bool = False) -> Segment:
    cells = fit(text, max(width, 0), "left" if left else "right")
    return Segment(cells if row.look.unicode else plain(cells), style)


def _cell(row: RowStyle, column: Column, trial: TrialState, best: bool) -> list[Segment]:
    look, width, left = row.look, column.width, column.left

    def one(text: str, style: Style = _PLAIN) -> list[Segment]:
        return [_segment(row, text, width, style, left=left)]

    key = column.key
    quiet = look.dim_style if trial.reused is not None else _PLAIN
    if key == "number":
        return one(str(trial.number), look.dim_style)
    if key == "method":
        return one(clean(trial.method), look.fore(look.method_style(row.state, trial.method)))
    if column.axis is not None:
        return _param(row, column, trial, quiet)
    if key == "mean":
        return _score(row, width, trial, best)
    if key == "std":
        deviation = "" if trial.std is None else look.plus_minus + numbers.score_within(trial.std, 4)
        return one(deviation, look.dim_style)
    if key == "folds":
        return one(*_folds(row, width, trial))
    if key == "delta":
        difference = row.state.difference_to_baseline(trial)
        if difference is None:
            return one("")
        text = numbers.signed(difference)
        return one(text, look.fore(look.good) if text.startswith("+") else look.dim_style)
    if key == "seconds":
        return one(numbers.duration(trial.seconds) if trial.fit_seconds else "", look.dim_style)
    return one(*_phase(row, trial, width))


def _param(row: RowStyle, column: Column, trial: TrialState, quiet: Style) -> list[Segment]:
    assert column.axis is not None
    name = column.axis.name
    text = numbers.compact(trial.params[name], column.width) if name in trial.params else row.look.nothing
    return [_segment(row, text, column.width, quiet)]


def _score(row: RowStyle, width: int, trial: TrialState, best: bool) -> list[Segment]:
    look = row.look
    room = width - 2
    if trial.mean is not None:
        text = numbers.score(row.state.own(trial.mean))
        if trial.phase == "raced":
            # reckoned from some of the folds: it is no score either
            return [_segment(row, text, room, look.dim_style), _segment(row, " ~", 2, look.dim_style)]
        style = look.accent_style if best else look.dim_style if trial.reused is not None else _PLAIN
        return [_segment(row, text, room, style), _segment(row, f" {look.star}" if best else "", 2, look.accent_style)]
    known = trial.known_scores
    if known:
        # the mean of the folds so far, dimmed: it is no score yet
        partial = numbers.score(row.state.own(sum(known) / len(known)))
        return [_segment(row, partial, room, look.dim_style), _segment(row, look.ellipsis, 2, look.dim_style)]
    return [_segment(row, look.missing, room, look.dim_style), _segment(row, "", 2, _PLAIN)]


def _folds(row: RowStyle, width: int, trial: TrialState) -> tuple[str, Style]:
    look = row.look
    scores = trial.scores
    folds = max(row.folds, len(scores), 1)
    if folds > width:
        scores = [scores[index] if index < len(scores) else None for index in _thinned(folds, width)]
        folds = width
    marks = fold_strip(scores, folds, row.fold_range.low, row.fold_range.high, look).plain
    if trial.mean is None:
        return marks, look.dim_style
    return marks, look.point_style(row.mean_range.position(trial.mean))


def _thinned(folds: int, width: int) -> list[int]:
    return [index * folds // width for index in range(width)]


def _phase(row: RowStyle, trial: TrialState, width: int) -> tuple[str, Style]:
    look, wide = row.look, width >= 8
    if trial.phase == "running":
        done = len(trial.known_scores)
        text = f"{look.play} {done}/{row.folds}" if row.folds else look.play
        return text + (f" a{trial.attempt}" if trial.attempt > 1 else ""), look.fore(look.accent)
    if trial.reused is not None:
        return ("↺" if look.unicode else "=") + (" reused" if wide else ""), look.dim_style
    if trial.phase == "raced" and trial.by_fold:
        return f"{'out' if wide else look.pause} {len(trial.by_fold)}/{row.folds}", look.fore(look.warn)
    if trial.phase == "raced":
        return f"{look.pause} raced" if wide else look.pause, look.fore(look.warn)
    if trial.warnings:
        return f"! {sum(trial.warnings.values())}" + (" warn" if wide else ""), look.fore(look.warn)
    return "", _PLAIN
