"""Reports: runs, or a race, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...state import RunState
from ...verdict.summary import Summary, run_summary
from ..figures.drawing import themed
from .page import check_extra, page
from .page_svg import PAGE
from .run_part import run_part

NAME = "report.html"
"""The file's name in a run's folder."""


@dataclass(frozen=True)
class Subject:
    """A run to be reported: its state, its preset's text ("" where it has none), and its summary if there is one."""

    state: RunState
    preset: str = ""
    summary: Summary | None = None


def report(subjects: Sequence[Subject], parts: Sequence[dict[str, Any]] = ()) -> str:
    """Return the HTML of a report on runs; `parts` made elsewhere come first. UsageError where the extra is missing."""
    check_extra()
    made = list(parts)
    # text stays text in the figures: it is searched, read aloud, and takes less room
    with themed(PAGE, text_as_text=True):
        for subject in subjects:
            summary = subject.summary or run_summary(subject.state)
            made.append(run_part(subject.state, summary, subject.preset, len(made) + 1))
    title = made[0]["title"] if len(made) == 1 else f"{len(made)} runs"
    return page(title, made)
