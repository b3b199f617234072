"""One row a search method: progress, best score, and the best so far as a sparkline."""

from __future__ import annotations

import math

from rich.text import Text

from ...engine.events import BASELINE
from ...engine.state import MethodState, RunState
from ...engine.text import clean
from ..render import numbers
from ..render.lines import fit, width_of
from ..render.look import Look
from ..render.spark import path_values, spark_levels
from .line_block import LineBlock, look_of

_LONGEST_SPARK = 48


class MethodsPanel(LineBlock):
    """The methods of a run, in its order."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: dict[str, tuple[tuple[object, ...], Text]] = {}

    def draw(self, state: RunState) -> None:
        """Draw everything anew; only what changed is sent."""
        self.draws_with(lambda: self.draw(state))
        look, width, height = look_of(self), self.size.width, self.size.height
        methods = list(state.methods.values())
        if not methods or not width:
            self.show([])
            return
        names = min(max(width_of(clean(method.name)) for method in methods), 14)
        counts = max(len(_count(method)) for method in methods)
        scores = [value for method in methods for _, value in method.path]
        ends = (min(scores), max(scores)) if scores else (0.0, 0.0)
        room = height if len(methods) <= height else max(height - 1, 0)
        lines: list[Text] = []
        for method in methods[:room]:
            basis = (*_numbers(method), state.ended, method.best is state.best, names, counts, ends, width, id(look))
            kept = self._rows.get(method.name)
            if kept is None or kept[0] != basis:
                kept = self._rows[method.name] = (basis, _row(method, state, look, names, counts, ends, width))
            lines.append(kept[1])
        if room < len(methods):
            lines.append(Text(f" {look.ellipsis} {len(methods) - room} more methods", look.dim_style, end=""))
        self.show(lines)


def _numbers(method: MethodState) -> tuple[object, ...]:
    """Return all that a method's row depends on, of the method itself."""
    return id(method), method.phase, method.expected, method.finished, method.failed, method.reused, len(method.path)


def _count(method: MethodState) -> str:
    planned, expected = method.planned, method.expected
    total = "?" if expected is None else f"{'~' if planned is None else ''}{numbers.count(expected)}"
    return f"{numbers.count(method.finished)}/{total}"


def _row(
    method: MethodState, state: RunState, look: Look, names: int, counts: int, ends: tuple[float, float], width: int
) -> Text:
    colour = look.fore(look.method_style(state, method.name))
    waiting = method.phase == "waiting"
    line = Text(" ", no_wrap=True, end="")
    name = fit(clean(method.name), names)
    line.append(look.glyph(name), look.dim_style if waiting else colour)
    line.append(" ").append(*look.phase_mark(state.standing(method.phase))).append("  ")
    line.append(_count(method).rjust(counts), look.dim_style if waiting else "")
    line.append("  ")
    best = method.best
    leads = best is not None and best is state.best
    score = numbers.score(state.own(best.mean)) if best is not None else look.nothing
    line.append(fit(score, 7, "right"), look.accent_style if leads else look.dim_style if best is None else "")
    line.append(f" {look.star} " if leads else "   ", look.accent_style)
    failed = f" {method.failed} failed" if method.failed else ""
    reused = f" {method.reused} reused" if method.reused else ""
    reason = _reason(method)
    room = min(width - line.cell_len - 1, _LONGEST_SPARK)
    if len(reason) <= room - 8:
        room = min(room, width - line.cell_len - 1 - len(reason))
    if method.name != BASELINE and room >= 8:
        line.append(_spark(method, room - len(failed) if width < 60 else room, ends, look), colour)
    for text, style in ((failed, look.fore(look.bad)), (reason, look.fore(look.warn)), (reused, look.dim_style)):
        if line.cell_len + len(text) < width:
            line.append(text, style)
    line.truncate(width, pad=True)
    return line


def _reason(method: MethodState) -> str:
    """Return why a method ended before its budget, with a blank before it; empty where it did not."""
    reason = method.result.reason if method.result is not None and method.phase == "done" else ""
    return f" {clean(reason, 60)}" if reason else ""


def _spark(method: MethodState, room: int, ends: tuple[float, float], look: Look) -> str:
    """Return the best so far over the planned trials, so that it grows to the right and what is drawn stays."""
    room = max(room, 1)
    planned = max(method.expected or method.finished, 1)
    cells = min(planned, room)
    reached = math.ceil(cells * method.finished / planned) if method.finished else 0
    values = path_values(method.path, method.finished, min(reached, cells))
    return spark_levels(values, *ends, look).ljust(room)
