"""Runs side by side: the best so far of each, laid over one another, and below it what differs and how winners compare.

Runs are read and compared in a thread; the screen shows what comes of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ...engine.text import clean
from ...engine.verdict.over_seeds import CurvePoint
from ..render.side_by_side import board_lines, comparison_lines
from ..widgets.pane import Row, line
from .base import PaneScreen
from .host import Host

if TYPE_CHECKING:
    from ...engine.record.run_folder import RunFolder
    from ...engine.verdict.side_by_side import Known

CURVES = 12
"""Rows of the picture, at most."""

_LABEL = 12


class SideBySideScreen(PaneScreen[None], where="side by side"):
    """Two or more runs; of one alone, all runs on the same data."""

    has_cursor = True

    def __init__(self, host: Host, folders: Sequence[RunFolder]) -> None:
        super().__init__(host)
        self._folders = list(folders)
        self._lines: list[str] = []
        self._courses: dict[str, list[float]] = {}
        self._trouble = ""

    def on_mount(self) -> None:
        """Read the runs."""
        self.host.background.start(self._read, self._show, self._fail, "side by side")

    def _read(self) -> tuple[list[str], dict[str, list[float]]]:
        from ...engine.export.known_runs import known_run, runs_on_the_data_of
        from ...engine.verdict.side_by_side import leaderboard, side_by_side

        runs = [known_run(folder) for folder in self._folders]
        if len(runs) == 1:
            alike = runs_on_the_data_of(runs[0], self.host.store)
            return board_lines(leaderboard(alike), runs[0].name), {run.name: best_so_far(run) for run in alike[:9]}
        return comparison_lines(side_by_side(runs)), {run.name: best_so_far(run) for run in runs}

    def _show(self, found: Any) -> None:
        self._lines, self._courses = found
        self.reload()

    def _fail(self, error: Exception) -> None:
        self._trouble = clean(error, 600)
        self.reload()

    def head(self) -> tuple[Text, Text]:
        alone = len(self._folders) == 1
        name = "All runs on the same data" if alone else f"{len(self._folders)} runs side by side"
        return line(" ", (name, self.look.accent_style)), line()

    def _rows(self, width: int) -> list[Row]:
        look = self.look
        if self._trouble:
            return [Row(line(f" {look.cross} ", (self._trouble, look.fore(look.bad))))]
        if not self._lines:
            return [Row(line((" Reading the runs …", look.dim_style)))]
        rows = [Row(part) for part in self._picture(width)]
        return [*rows, Row(line()), *(Row(line(" ", text)) for text in self._lines)]

    def _picture(self, width: int) -> list[Text]:
        from ..views.tournament_curves import draw

        curves = [(_label(name), _points(course)) for name, course in self._courses.items()]
        height = max(min(CURVES, self.size.height - 12), 6)
        return draw(curves, {}, "trial", max(width - 1, 20), height, self.look)


def _label(name: str) -> str:
    """Return a run's name short enough to stand beside its curve: of a long one the end, which tells runs apart."""
    return name if len(name) <= _LABEL else f"…{name[1 - _LABEL :]}"


def _points(course: Sequence[float]) -> list[CurvePoint]:
    return [CurvePoint(trial=n, q1=best, median=best, q3=best) for n, best in enumerate(course, 1)]


def best_so_far(run: Known) -> list[float]:
    """Return a run's best score after each of its trials, as they finished; NaN before any has one."""
    ended = [trial for trial in run.state.trials if trial.finished_at is not None]
    best, course = math.nan, []
    for trial in sorted(ended, key=lambda trial: trial.finished_at or 0.0):
        if trial.phase == "done" and trial.mean is not None and not best >= trial.mean:
            best = trial.mean
        course.append(best)
    return course
