"""Tables as plain text, for the command line."""

from __future__ import annotations

import textwrap

from msgspec import UNSET

from ...engine.verdict.figures import COLUMNS, FURTHER, ended_early, front, further, table
from ...engine.verdict.summary import Summary
from ..render.columns import columns

_MOST_WARNINGS = 10
"""Kinds of warnings that a comparison lists."""


def comparison(summary: Summary, width: int = 100) -> str:
    """Return a run's comparison: verdict, table, notes, and failures by reason."""
    parts = [textwrap.fill(summary.verdict, width), columns(COLUMNS, table(summary))]
    if more := further(summary):
        parts.append(columns(FURTHER, more))
    headings, lines, left = front(summary)
    if lines:
        parts.append(columns(headings, lines) + (f"\nand {left} more" if left else ""))
    if early := ended_early(summary):
        parts.append("\n".join(f"{method} ended before its budget: {reason}" for method, reason in early))
    if summary.failures:
        lines = [f"{group.count:5}  {group.reason}" for group in summary.failures]
        parts.append("\n".join([f"failed trials: {summary.failed}", *lines]))
    if summary.warnings is not UNSET:
        lines = [f"{one.count:5}  {one.warning} ({one.trials} trials)" for one in summary.warnings[:_MOST_WARNINGS]]
        more = len(summary.warnings) - _MOST_WARNINGS
        parts.append("\n".join(["warnings of trials:", *lines, *([f"       and {more} more"] if more > 0 else [])]))
    if summary.positive is not UNSET:
        parts.append(f"positive class: {summary.positive}")
    parts += [textwrap.fill(f"! {note}", width) for note in summary.notes]
    return "\n\n".join(parts) + "\n"
